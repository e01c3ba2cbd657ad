// Checks the invariants of the core. A stage that makes or changes rules is tested with it, and debug
// builds run it between stages.
//
// Of a rule: operands come before their operator, have one parent and are as many as ops.def says; payloads
// are there and fit the operator; record keys are sorted and distinct; patterns hold no empty or adjacent
// literals; conditions, limits and needs refer to what exists; the scope names what its operator needs; kinds
// that the operator fixes are not contradicted; depth stays within kMaxExprDepth.
// An element is read only in the body of a quantifier, and those do not nest.
// Of a program: ids are there and unique over rules and templates; slots only in templates; a linked rule's
// template exists. Of a Pol program: lists are sorted and their names distinct; what expressions, limits and
// needs name is declared, and of the right kind; facts read only facts before them; limits, needs and
// suggestions stand in the rules that have to have them. Of any other: it has nothing of Pol.
// Tested by core_test.cc, one test for each.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "compiler/core/core.h"

namespace polc::core {

// The first broken invariant, or nothing. O(size), no recursion.
// `more_roots` are expressions of the rule that something outside it refers to.
std::optional<std::string> Verify(const Rule& rule, std::span<const ExprId> more_roots = {});
std::optional<std::string> Verify(const Program& program);
// The part of it that is about a program's declarations and who names them.
std::optional<std::string> VerifyDeclarations(const Program& program);

}  // namespace polc::core
