#include "compiler/syntax/antlr_glue.h"

#include <fmt/format.h>

namespace polc::syntax {

bool CheckText(const source::SourceMap& map, source::FileId file, size_t most, source::DiagnosticSink& sink) {
  std::string_view text = map.text(file);
  if (text.size() > most) {
    sink.Report(source::Code::kInputTooLarge, {file, 0, 0},
                fmt::format("a file of {} bytes, the limit is {}", text.size(), most));
    return false;
  }
  auto bad = source::FindInvalidUtf8(text);
  if (!bad) return true;
  uint32_t at = static_cast<uint32_t>(*bad);
  sink.Report(source::Code::kInvalidUtf8, {file, at, at + 1},
              fmt::format("byte 0x{:02x} is not valid UTF-8", static_cast<unsigned char>(text[*bad])));
  return false;
}

std::string JoinOr(const std::vector<std::string>& items) {
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " or " : ", ";
    out += items[i];
  }
  return out;
}

}  // namespace polc::syntax
