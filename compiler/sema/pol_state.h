// State: switches, counters, totals, labels and breakers that the host keeps for the rules.
//
// Tested by pol_facts_test.cc.
#pragma once

#include "compiler/sema/pol_scope.h"

namespace polc::sema::pol {

// Enters what is declared into world.states, with the types of keys, so that expressions can read it.
void DeclareState(World& world, const source::SourceMap& map, source::DiagnosticSink& sink);

// The inputs of all state, and `now`, sorted by id.
std::vector<core::Input> BuildInputs(const World& world, const source::SourceMap& map,
                                     source::DiagnosticSink& sink);

}  // namespace polc::sema::pol
