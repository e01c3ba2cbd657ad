// polc_decision_to_json.

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/json/polc_json.h"

namespace {

// Writes what fits and counts everything.
class Writer {
 public:
  Writer(char* buffer, size_t size)
      : buffer_(buffer == nullptr || size == 0 ? nullptr : buffer),
        room_(buffer_ == nullptr ? 0 : size - 1) {}

  void Raw(std::string_view text) {
    if (size_ < room_) std::memcpy(buffer_ + size_, text.data(), std::min(text.size(), room_ - size_));
    size_ += text.size();
  }

  void Quoted(std::string_view text) {
    Raw("\"");
    size_t plain = 0;  // up to here it has been written
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
      Raw(text.substr(plain, i - plain));
      plain = i + 1;
      constexpr char kHex[] = "0123456789abcdef";
      const char wide[] = {'\\', 'u', '0', '0', kHex[c >> 4 & 1], kHex[c & 15]};
      const char narrow[] = {'\\', c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c};
      const bool is_wide = static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
      Raw(is_wide ? std::string_view(wide, sizeof wide) : std::string_view(narrow, sizeof narrow));
    }
    Raw(text.substr(plain));
    Raw("\"");
  }

  size_t Finish() {
    if (buffer_ != nullptr) buffer_[std::min(size_, room_)] = '\0';
    return size_;
  }

 private:
  char* buffer_;
  size_t room_;
  size_t size_ = 0;
};

bool WriteRule(const polc_request* request, uint32_t index, Writer* out) {
  polc_rule rule{};
  rule.struct_size = sizeof rule;
  if (polc_request_rule(request, index, &rule, nullptr) != POLC_OK) return false;
  out->Quoted({rule.id.data, rule.id.size});
  return true;
}

bool WriteErrors(const polc_request* request, const polc_decision& decision, Writer* out) {
  std::string message;
  for (size_t i = 0; i < decision.error_count; ++i) {
    out->Raw(i == 0 ? "{\"rule\":" : ",{\"rule\":");
    if (!WriteRule(request, decision.errors[i], out)) return false;
    message.resize(polc_error_text(request, i, nullptr, 0));
    polc_error_text(request, i, message.data(), message.size() + 1);
    out->Raw(",\"message\":");
    out->Quoted(message);
    out->Raw("}");
  }
  return true;
}

size_t Write(const polc_request* request, const polc_decision& decision, char* buffer, size_t size) {
  Writer out(buffer, size);
  out.Raw("{\"outcome\":");
  out.Quoted(polc_outcome_name(decision.outcome));
  const bool allowed = decision.outcome == POLC_ALLOW || decision.outcome == POLC_ALLOW_WITH_LIMITS;
  out.Raw(allowed ? ",\"decision\":\"allow\"" : ",\"decision\":\"deny\"");
  out.Raw(",\"reasons\":[");
  for (size_t i = 0; i < decision.reason_count; ++i) {
    if (i > 0) out.Raw(",");
    if (!WriteRule(request, decision.reasons[i], &out)) return 0;
  }
  out.Raw("],\"errors\":[");
  if (!WriteErrors(request, decision, &out)) return 0;
  out.Raw("],\"snapshot\":\"sha256:");
  for (uint8_t byte : decision.snapshot_id) {
    constexpr char kHex[] = "0123456789abcdef";
    const char digits[] = {kHex[byte >> 4], kHex[byte & 15]};
    out.Raw({digits, sizeof digits});
  }
  out.Raw("\"}");
  return out.Finish();
}

}  // namespace

extern "C" {

size_t polc_decision_to_json(const polc_request* request, const polc_decision* decision, char* buffer,
                             size_t size) {
  if (request == nullptr || decision == nullptr) return 0;
  if (decision->struct_size < offsetof(polc_decision, snapshot_id) + sizeof decision->snapshot_id) return 0;
  try {
    return Write(request, *decision, buffer, size);
  } catch (...) {
    return 0;
  }
}

}  // extern "C"
