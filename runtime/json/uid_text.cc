#include "runtime/json/uid_text.h"

#include <array>
#include <cstdint>

namespace polc::api_json {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Words of the language that name nothing.
bool IsTaken(std::string_view word) {
  switch (word.size()) {
    case 2:
      return word == "if" || word == "in" || word == "is";
    case 3:
      return word == "has";
    case 4:
      return word == "true" || word == "then" || word == "else" || word == "like";
    case 5:
      return word == "false";
    case 7:
      return word == "__cedar";
    default:
      return false;
  }
}

// What may stand in a name: 1, and at its beginning: 2.
constexpr std::array<uint8_t, 256> kNameBytes = [] {
  std::array<uint8_t, 256> bytes{};
  for (int c = 'a'; c <= 'z'; ++c)
    bytes[static_cast<size_t>(c)] = bytes[static_cast<size_t>(c - 'a' + 'A')] = 3;
  for (int c = '0'; c <= '9'; ++c) bytes[static_cast<size_t>(c)] = 1;
  bytes['_'] = 3;
  return bytes;
}();

void AppendUtf8(uint32_t c, std::string* out) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr uint8_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  *out += static_cast<char>(kLead[more] | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) *out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3F));
}

// Reads `\u{…}` from behind the `u`: lower case, no leading zero, and a character that has no shorter
// spelling.
bool ReadCodePoint(std::string_view body, size_t* at, std::string* out) {
  if (*at == body.size() || body[*at] != '{') return false;
  const size_t begin = ++*at;
  uint32_t c = 0;
  for (; *at < body.size() && body[*at] != '}'; ++*at) {
    const char d = body[*at];
    if (!IsDigit(d) && (d < 'a' || d > 'f')) return false;
    if (*at - begin == 6) return false;
    c = c * 16 + static_cast<uint32_t>(IsDigit(d) ? d - '0' : d - 'a' + 10);
  }
  if (*at == body.size() || *at == begin || body[begin] == '0') return false;
  ++*at;
  const bool named = c == '\t' || c == '\n' || c == '\r';
  const bool raw = c >= 0x20 && c < 0x7F;
  if (named || raw || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return false;
  AppendUtf8(c, out);
  return true;
}

// What stands between the quotes.
bool ReadId(std::string_view body, std::string* id) {
  for (size_t at = 0; at < body.size();) {
    const char c = body[at++];
    if (c != '\\') {
      if (c == '"' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
      *id += c;
      continue;
    }
    if (at == body.size()) return false;
    switch (body[at++]) {
      case '0':
        *id += '\0';
        break;
      case 't':
        *id += '\t';
        break;
      case 'n':
        *id += '\n';
        break;
      case 'r':
        *id += '\r';
        break;
      case '"':
        *id += '"';
        break;
      case '\'':
        *id += '\'';
        break;
      case '\\':
        *id += '\\';
        break;
      case 'u':
        if (!ReadCodePoint(body, &at, id)) return false;
        break;
      default:
        return false;
    }
  }
  return true;
}

}  // namespace

bool IsTypeName(std::string_view name) {
  for (;;) {
    size_t end = 0;
    while (end < name.size() && kNameBytes[static_cast<uint8_t>(name[end])] != 0) ++end;
    if (end == 0 || (kNameBytes[static_cast<uint8_t>(name[0])] & 2) == 0 || IsTaken(name.substr(0, end)))
      return false;
    if (end == name.size()) return true;
    if (!name.substr(end).starts_with("::")) return false;
    name.remove_prefix(end + 2);
  }
}

std::string_view Basename(std::string_view type) {
  const size_t at = type.rfind("::");
  return at == std::string_view::npos ? type : type.substr(at + 2);
}

std::optional<UidText> ParseUidText(std::string_view text) {
  const size_t quote = text.find('"');
  if (quote == std::string_view::npos || quote < 2 || text.substr(quote - 2, 2) != "::") return std::nullopt;
  UidText uid{text.substr(0, quote - 2), {}};
  if (!IsTypeName(uid.type) || text.size() < quote + 2 || text.back() != '"') return std::nullopt;
  if (!ReadId(text.substr(quote + 1, text.size() - quote - 2), &uid.id)) return std::nullopt;
  return uid;
}

}  // namespace polc::api_json
