// Which texts are names in Cedar.
//
// Tested by names_test.cc.
#pragma once

#include <string_view>

namespace polc::syntax {

// [_a-zA-Z][_a-zA-Z0-9]*
bool IsIdentifier(std::string_view text);

// true false if then else in is like has: identifiers that are never names.
bool IsReservedWord(std::string_view text);

// Identifiers joined by `::`, none of them reserved, nothing else (no spaces, no comments).
// `__cedar` is allowed: it may be referred to, only not declared.
bool IsNormalizedName(std::string_view text);

// Whether a part of the name is `__cedar`, which only Cedar itself may declare.
bool HasCedarPart(std::string_view name);

// The part behind the last `::`.
std::string_view Basename(std::string_view name);
inline bool IsQualified(std::string_view name) { return name.find("::") != std::string_view::npos; }

// Bool Boolean Entity Extension Long Record Set String: no common type may be called so.
bool IsReservedCommonTypeName(std::string_view name);

}  // namespace polc::syntax
