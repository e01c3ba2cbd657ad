// Polarity: that granting more never allows less, and a stricter fact never more (docs/language.md, law 5).
//
// What restricts (rules but allow, caps, facts whose levels are stricter when higher) may hold more often
// when a `stricter` level rises or a `freer` one falls, never the other way round; what grants (allows,
// ladders, facts whose levels are freer when higher) the other way. The value of a limit reads no levels at
// all. Looks at the core, where a test of levels is a comparison of ranks, whatever was written; facts are
// looked through. O(size), once for each direction a fact is read in. Tested by pol_laws_test.cc.
#pragma once

#include "compiler/core/core.h"
#include "compiler/source/diagnostic.h"

namespace polc::sema::pol {

void CheckPolarity(const core::Program& program, source::DiagnosticSink& sink);

}  // namespace polc::sema::pol
