#include "compiler/syntax/names.h"

#include <algorithm>
#include <array>

namespace polc::syntax {
namespace {

constexpr std::array<std::string_view, 9> kReservedWords = {"true", "false", "if",   "then", "else",
                                                            "in",   "is",    "like", "has"};
constexpr std::array<std::string_view, 8> kReservedCommonTypeNames = {
    "Bool", "Boolean", "Entity", "Extension", "Long", "Record", "Set", "String"};

// Calls fn(part) for each part between `::`; stops and returns false when fn does.
template <typename Fn>
bool EachPart(std::string_view name, Fn fn) {
  for (;;) {
    size_t end = name.find("::");
    if (!fn(name.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    name.remove_prefix(end + 2);
  }
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

bool IsIdentifier(std::string_view text) {
  return !text.empty() && IsLetter(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLetter(c) || (c >= '0' && c <= '9'); });
}

bool IsReservedWord(std::string_view text) {
  return std::find(kReservedWords.begin(), kReservedWords.end(), text) != kReservedWords.end();
}

bool IsNormalizedName(std::string_view text) {
  return EachPart(text, [](std::string_view part) { return IsIdentifier(part) && !IsReservedWord(part); });
}

bool HasCedarPart(std::string_view name) {
  return !EachPart(name, [](std::string_view part) { return part != "__cedar"; });
}

std::string_view Basename(std::string_view name) {
  size_t at = name.rfind("::");
  return at == std::string_view::npos ? name : name.substr(at + 2);
}

bool IsReservedCommonTypeName(std::string_view name) {
  return std::find(kReservedCommonTypeNames.begin(), kReservedCommonTypeNames.end(), name) !=
         kReservedCommonTypeNames.end();
}

}  // namespace polc::syntax
