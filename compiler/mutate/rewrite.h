// A rule, or the body of a fact, with one expression replaced.
//
// Internal to this room. Tested by mutants_test.cc.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "compiler/core/core.h"

namespace polc::mutate {

// Makes the replacement in `rule`, where the expression was copied to `copied`, the last there is, over the
// copies of its operands; returns what takes its place: that, one of the operands, or something appended.
using Replace = std::function<core::ExprId(core::Rule& rule, core::ExprId copied,
                                           std::span<const core::ExprId> operands)>;

// Replaces expression `target` of `rule`, and leaves out what nothing refers to any more. `more_roots` are
// expressions that something outside of the rule refers to; they are renumbered. O(size of the rule).
void Rewrite(core::Rule& rule, core::ExprId target, const Replace& replace,
             std::span<core::ExprId* const> more_roots = {});

}  // namespace polc::mutate
