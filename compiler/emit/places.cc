#include "compiler/emit/places.h"

#include <algorithm>

namespace polc::emit {
namespace {

// How many code points begin in [from, to).
uint32_t CodePoints(std::string_view text, uint32_t from, uint32_t to) {
  uint32_t count = 0;
  for (uint32_t i = from; i < to; ++i) count += (text[i] & 0xC0) != 0x80;
  return count;
}

}  // namespace

bundle::Place Places::At(source::Span span) {
  if (sources_ == nullptr || !span.valid()) return {bundle::kNone, 0, 0, 0, 0};
  const std::string_view text = sources_->text(span.file);
  used_.resize(std::max<size_t>(used_.size(), span.file + 1));
  cursors_.resize(used_.size());
  used_[span.file] = true;
  std::optional<Cursor>& slot = cursors_[span.file];
  if (!slot) {
    slot.emplace();
    slot->line_starts.push_back(0);
    for (size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
      slot->line_starts.push_back(static_cast<uint32_t>(at + 1));
    }
  }
  Cursor& c = *slot;
  const uint32_t offset = std::min(span.begin, static_cast<uint32_t>(text.size()));
  const auto after = std::upper_bound(c.line_starts.begin(), c.line_starts.end(), offset);
  const uint32_t line = static_cast<uint32_t>(after - c.line_starts.begin());
  if (line != c.line) {
    c.line = line;
    c.offset = c.line_starts[line - 1];
    c.column = 1;
  }
  c.column = offset >= c.offset ? c.column + CodePoints(text, c.offset, offset)
                                : c.column - CodePoints(text, offset, c.offset);
  c.offset = offset;
  return {span.file, offset, std::max(offset, std::min(span.end, static_cast<uint32_t>(text.size()))), c.line,
          c.column};
}

}  // namespace polc::emit
