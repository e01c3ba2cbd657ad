// The kind an operator's result has whenever it does not err, where the operator alone says so: what the
// checker may not contradict (verify.h), and what a lint knows of rules that were not checked.
// Tested by core_test.cc and, through the lints, by tests/cases/lint.
#pragma once

#include <optional>

#include "compiler/core/core.h"

namespace polc::core {

// Nothing for operators whose result is whatever their operands hold (`if`, attributes, tags), for the
// element of a quantifier, and for inputs and facts. O(1).
std::optional<data::Kind> ResultKind(const Rule& rule, const Expr& e);

}  // namespace polc::core
