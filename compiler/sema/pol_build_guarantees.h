// Builds guarantees and assumptions: pol_guarantees.h says what they are. Tested by pol_facts_test.cc.
#pragma once

#include "compiler/sema/pol_guarantees.h"
#include "compiler/sema/pol_scope.h"

namespace polc::sema::pol {

std::vector<Guarantee> BuildGuarantees(const World& world, const source::SourceMap& map,
                                       source::DiagnosticSink& sink);
std::vector<Assumption> BuildAssumptions(const World& world, const source::SourceMap& map,
                                         source::DiagnosticSink& sink);

}  // namespace polc::sema::pol
