#include "compiler/model/uid_text.h"

#include <vector>

#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"
#include "compiler/syntax/unescape.h"

namespace polc::model {
namespace {

// What Cedar's lexer skips as white space: Unicode's White_Space.
bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool IsIdentifierByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void SkipBlank(std::string_view text, size_t& at) {
  while (at < text.size()) {
    if (text.substr(at, 2) == "//") {
      while (at < text.size() && text[at] != '\n' && text[at] != '\r') ++at;
      continue;
    }
    size_t next = at;
    if (!IsSpace(source::NextCodePoint(text, &next))) return;
    at = next;
  }
}

}  // namespace

std::variant<data::EntityUid, std::string> ParseUid(std::string_view text) {
  const std::string wanted = "expected a type and a quoted id like `User::\"alice\"`";
  data::EntityUid uid;
  size_t at = 0;
  for (;;) {
    SkipBlank(text, at);
    if (at < text.size() && text[at] == '"' && !uid.type.empty()) break;
    size_t end = at;
    while (end < text.size() && IsIdentifierByte(text[end])) ++end;
    std::string_view part = text.substr(at, end - at);
    if (!syntax::IsIdentifier(part)) return wanted;
    if (syntax::IsReservedWord(part) || syntax::HasCedarPart(part)) {
      return "`" + std::string(part) + "` is reserved and cannot be part of an entity type";
    }
    if (!uid.type.empty()) uid.type += "::";
    uid.type += part;
    at = end;
    SkipBlank(text, at);
    if (text.substr(at, 2) != "::") return wanted;
    at += 2;
  }
  size_t begin = ++at;
  while (at < text.size() && text[at] != '"') {
    if (text[at] == '\\' && (at + 1 == text.size() || text[at + 1] == '\n')) return wanted;
    at += text[at] == '\\' ? 2 : 1;
  }
  if (at >= text.size()) return std::string("the id has no closing quote");
  std::vector<syntax::EscapeError> errors;
  uid.id = syntax::Unescape(text.substr(begin, at - begin), errors);
  if (!errors.empty()) return errors.front().message;
  ++at;
  SkipBlank(text, at);
  if (at != text.size()) return "unexpected text after the id; " + wanted;
  return uid;
}

}  // namespace polc::model
