#include "compiler/model/uid_text.h"

#include <fmt/format.h>

#include <vector>

#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"
#include "compiler/syntax/unescape.h"

namespace polc::model {
namespace {

bool IsIdentifierByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Whether `body` spells `id` in the normal way.
bool IsNormalSpelling(std::string_view body, std::string_view id) {
  size_t at = 0;
  auto eat = [&](std::string_view spelling) {
    if (body.substr(at, spelling.size()) != spelling) return false;
    at += spelling.size();
    return true;
  };
  for (size_t i = 0; i < id.size();) {
    size_t start = i;
    char32_t c = source::NextCodePoint(id, &i);
    std::string_view raw = id.substr(start, i - start);
    std::string_view simple = c == 0      ? "\\0"
                              : c == '\t' ? "\\t"
                              : c == '\n' ? "\\n"
                              : c == '\r' ? "\\r"
                              : c == '"'  ? "\\\""
                              : c == '\\' ? "\\\\"
                                          : "";
    if (!simple.empty()) {
      if (!eat(simple)) return false;
      continue;
    }
    bool control = c < 0x20 || c == 0x7F;
    if (!control && eat(raw)) continue;
    if (c == '\'' && eat("\\'")) continue;
    if (!control && c < 0x80) return false;
    if (!eat(fmt::format("\\u{{{:x}}}", static_cast<uint32_t>(c)))) return false;
  }
  return at == body.size();
}

}  // namespace

std::variant<data::EntityUid, std::string> ParseUid(std::string_view text) {
  const std::string wanted = "expected a type and a quoted id like `User::\"alice\"`";
  data::EntityUid uid;
  size_t at = 0;
  for (;;) {
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
  if (at + 1 != text.size()) return "unexpected text after the id; " + wanted;
  if (!IsNormalSpelling(text.substr(begin, at - begin), uid.id)) {
    return "the id is not spelt in the normal way: `" + source::Excerpt(data::ToString(uid)) + "`";
  }
  return uid;
}

}  // namespace polc::model
