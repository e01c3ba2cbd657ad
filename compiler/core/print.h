// The golden text of the core, for tests and `polc inspect`: exact, compact, stable; not meant to be read
// back.
//
//   allow policy0
//     @id "readers"
//     principal in Team::"sre"
//     action in [Action::"read", Action::"list"]
//     resource is Doc
//     when (and (has "mfa" context) (attr "mfa" context):bool)
//
// Operators are those of ops.def, prefix, with a kind behind a colon where the checker proved one. Tests of
// anything, `error skip` and enforced mode go without saying. A Pol program's declarations come first, one
// a line with what belongs to it indented.
// Tested by core_test.cc.
#pragma once

#include <string>

#include "compiler/core/core.h"

namespace polc::core {

std::string Dump(const Program& program);
std::string Dump(const Rule& rule);
// One expression, on one line. O(size), no recursion.
std::string Dump(const Rule& rule, ExprId id);

}  // namespace polc::core
