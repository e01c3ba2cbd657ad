// Text that does not read as it compares: letters of several scripts in one word, invisible characters,
// characters that reverse the reading direction.
//
// Warnings only; the rules are those of Unicode Technical Standard 39 as Cedar applies them to strings,
// patterns and identifiers (attribute names, record keys, entity types and ids).
// Tested by confusables_test.cc.
#pragma once

#include <optional>
#include <string_view>

#include "compiler/core/core.h"
#include "compiler/sema/findings.h"

namespace polc::sema {

// Whether some script covers all of `text` (valid UTF-8); O(n log table).
bool IsSingleScript(std::string_view text);

// Whether `text` has one of the nine characters that override or isolate the reading direction.
bool HasBidiControl(std::string_view text);

// The first character that is neither printable ASCII nor in the General Security Profile for identifiers.
std::optional<char32_t> FindRestricted(std::string_view text);

void CheckConfusables(const core::Rule& rule, Findings& findings);

}  // namespace polc::sema
