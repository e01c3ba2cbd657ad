// Whether a rule can hold for an action at a level of autonomy, as far as its scope and conditions tell
// without a request.
//
// What is not known is taken to be possible: the answer "no" is certain, "yes" is not. Known are the action,
// the level, and what follows from them by the operators of core (comparisons of levels, classes of actions,
// and, or, not). O(expressions). Tested by grid_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"

namespace polc::grid {

// `level` is the value of the fact `autonomy`; "": there is none.
bool CanHold(const core::Program& program, const core::Rule& rule, const core::Action& action,
             std::string_view level);

// The types among the action's principals that the rule's scope can speak about.
std::vector<std::string> PrincipalsOf(const core::Rule& rule, const core::Action& action);

}  // namespace polc::grid
