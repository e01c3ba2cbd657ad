// Builds the tests of a set: pol_tests.h says what they are. Tested by pol_facts_test.cc.
#pragma once

#include <vector>

#include "compiler/sema/pol_tests.h"
#include "compiler/sema/pol_world.h"

namespace polc::sema::pol {

// The good tests of the files of the set and of modules of the project, in source order. `program` is the
// finished one: expected rules have to be in it.
std::vector<TestCase> BuildTests(const World& world, const core::Program& program,
                                 const source::SourceMap& map, source::DiagnosticSink& sink);

}  // namespace polc::sema::pol
