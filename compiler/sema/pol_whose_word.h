// Whose word: what an agent could get round by leaving something out, and what rests on its word alone
// (docs/language.md, Values and checking).
//
// The first is an error of what restricts (rules but allow, caps, facts whose levels are stricter when
// higher): a request in which an optional attribute is missing must not be less restricted than one in which
// it is there, whatever else is true. Decided by trying all truth values of the other tests; with more than
// kMaxTests of them, by whether the attribute is asked for only where its absence helps.
// Tested by pol_laws_test.cc.
#pragma once

#include <set>
#include <string>

#include "compiler/core/core.h"
#include "compiler/source/diagnostic.h"

namespace polc::sema::pol {

// 2^12 combinations take well under a millisecond.
inline constexpr size_t kMaxTests = 12;

// `quiet`: ids of rules whose resting on the agent's word is not worth a warning (the standard library's).
void CheckWhoseWord(const core::Program& program, const std::set<std::string>& quiet,
                    source::DiagnosticSink& sink);

}  // namespace polc::sema::pol
