// Checks the invariants of the core. A stage that makes or changes rules is tested with it, and debug
// builds run it between stages.
//
// Of a rule: operands come before their operator, have one parent and are as many as ops.def says; payloads
// are there and fit the operator; record keys are sorted and distinct; patterns hold no empty or adjacent
// literals; conditions, limits and needs refer to what exists; the scope names what its operator needs; kinds
// that the operator fixes are not contradicted; depth stays within kMaxExprDepth.
// Of a program: ids are there and unique over rules and templates; slots only in templates; a linked rule's
// template exists.
// Tested by core_test.cc, one test for each.
#pragma once

#include <optional>
#include <string>

#include "compiler/core/core.h"

namespace polc::core {

// The first broken invariant, or nothing. O(size), no recursion.
std::optional<std::string> Verify(const Rule& rule);
std::optional<std::string> Verify(const Program& program);

}  // namespace polc::core
