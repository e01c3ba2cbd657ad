// What would change a decision: the smallest sets of changes, to what it is made from, with which it comes
// out as wanted. Each was decided anew on the VM before it is given, and none of its proper subsets does it.
//
// The search asks what is in the way (the forbid that holds, the allow that does not, the need that is
// unmet), takes the single changes that would turn its tests (candidates.h), and decides again, in order of
// size. What is in the way has to go in any solution, and what is pursued has to hold in it, so nothing of
// the space is left out; a rule whose failed tests share no change needs one for each, which is how most are
// passed over without being tried. A change that makes the request one that does not fit the model is no
// answer.
//
// Bounded by sizes, by how many alternatives are wanted and by how often it decides; what came of it says
// whether the search was complete. Pure; the scratch is of the engine. Tested by
// tests/explain/laws_test.cc, which asks the oracle, and tests/explain/minimal_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/data/decision.h"
#include "compiler/data/entities.h"
#include "compiler/explain/candidates.h"
#include "runtime/vm/engine.h"

namespace polc::explain {

struct Alternative {
  std::vector<std::string> sentences;  // "blast_radius were at most 5% (it is 7.5%)"
  bool by_agent = false;               // all of it is the agent's to change
  data::Outcome outcome = data::Outcome::kDeny;
  std::vector<Candidate> changes;
};

// Whether it is of the action that was asked for. What another would come to says little about this one: when
// the search asks whether it has enough, such answers do not count, and where this action can do with no more
// changes, another with more than itself is left out.
bool KeepsAction(const Alternative& alternative);

struct Changes {
  data::Outcome want = data::Outcome::kAllow;
  bool already = false;
  std::vector<Alternative> found;  // smaller ones first
  uint32_t up_to = 0;
  uint64_t tried = 0;    // decisions
  bool complete = true;  // sets of that size and below were all looked at, or enough was found
};

struct ChangeOptions {
  data::Outcome want = data::Outcome::kAllow;  // kAllow: with or without limits
  uint32_t up_to = 3;
  uint32_t enough = 6;        // alternatives that keep the action
  uint64_t max_tried = 4000;  // decisions: below a second for hand-written sets
  bool validate_request = true;
  bool keeps_action = false;  // another may need another context, and whoever asks cannot say which
};

// More changes than these nobody makes to see a request through.
inline constexpr uint32_t kMaxChanges = 8;

Changes FindChanges(const vm::Engine& engine, const data::Request& request, vm::Scratch* scratch,
                    const ChangeOptions& options);

// The request with the changes made; nothing if they close a cycle of parents.
std::optional<data::Request> WithChanges(const vm::Engine& engine, const data::Request& request,
                                         const std::vector<Candidate>& changes, bool validate_request = true);

// Whether an outcome is what is wanted.
bool IsWanted(data::Outcome want, data::Outcome outcome);

}  // namespace polc::explain
