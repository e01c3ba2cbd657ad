// Suggestions that lead back to where they came from. Tested by pol_rules_test.cc.
#pragma once

#include "compiler/core/core.h"
#include "compiler/source/diagnostic.h"

namespace polc::sema::pol {

// Reports each suggesting rule whose variant may be answered with suggestions that end at an action it is
// about. A rule that suggests its own action with a change under which it does not hold is none.
void CheckSuggestions(const core::Program& program, source::DiagnosticSink& sink);

}  // namespace polc::sema::pol
