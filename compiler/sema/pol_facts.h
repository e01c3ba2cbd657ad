// Facts, ladders and caps: values that rules read.
//
// A fact reads only facts before it: FactOrder sorts them and refuses circles. `autonomy` is the fact that
// ladders and caps make; a fact that reads it is, like it, only there for agents.
// Tested by pol_facts_test.cc.
#pragma once

#include "compiler/sema/pol_scope.h"

namespace polc::sema::pol {

// Enters the types of facts into world.facts, and which of them rest on autonomy.
void DeclareFacts(World& world, source::DiagnosticSink& sink);

// Builds all facts, each behind those it reads; `autonomy` only if there are levels for it.
std::vector<core::Fact> BuildFacts(const World& world, const source::SourceMap& map,
                                   source::DiagnosticSink& sink);

}  // namespace polc::sema::pol
