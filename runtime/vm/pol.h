// The decision of a bundle with Pol: language.md, §3 to §6.
//
// The rules that hold are found (find.h) for the requester and for each it acts for, in turn; what they
// demand is evaluated; approvals are asked (approvals.h); then the steps of the language's page follow, in
// its order. Whatever is in shadow is enforced in a second decision, made only if there is something, for
// `would_be`. Without approvals, chains and things in shadow nothing is allocated.
// Tested by pol_test.cc and, against the oracle, by tests/engine.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "runtime/vm/approvals.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/interpreter.h"

namespace polc::vm {

// Without `straight` rules are found by the tree. The decision lies in `scratch`.
Decision DecidePol(const Engine& engine, const Request& request, bool straight, Scratch* scratch);

// What suggestions and merged limits usually need of the arena, beside what code blocks do.
size_t PolArenaBytes(const bundle::Bundle& bundle);

// What a decision works with besides, kept for the next one.
struct PolScratch {
  explicit PolScratch(const bundle::Bundle& bundle);
  void Clear();

  // A rule that holds, for somebody.
  struct Held {
    uint32_t rule;
    uint8_t hop;
    bool by_error;        // its condition erred
    bool lifted;          // an approval lifts it
    bool unmet;           // something it needs is not met
    bool at_fault;        // one of its limits makes a deny
    uint32_t suggestion;  // of `made`, or kNone
  };
  struct LimitValue {
    uint32_t held;  // of `held`
    uint32_t kind;
    bool ok;
    Value value;
  };
  struct Made {  // a suggestion's context
    uint32_t suggestion;
    Value context;
  };
  std::vector<Held> held;
  std::vector<LimitValue> limit_values;
  std::vector<Made> made;
  std::vector<RuleError> clause_errors, input_errors;

  // The spans of a decision.
  std::vector<uint32_t> reasons, shadow;
  std::vector<uint8_t> reason_hops, shadow_hops, ungranted;
  std::vector<RuleError> errors;
  std::vector<RuleAt> shadow_caps, limits_by, suggested_by;
  std::vector<LimitTerm> limits;
  std::vector<NeedTerm> needs;
  std::vector<LiftTerm> liftable;
  std::vector<SuggestionTerm> suggestions;
  std::vector<FactTerm> facts;
  std::vector<uint32_t> counted;
  std::vector<NotCountedTerm> not_counted;

  // Made when a decision first has need of them.
  std::vector<Request> hop_requests;
  std::vector<Scratch::FactSlot> hop_facts[kMaxHops];
  std::unique_ptr<Scratch> shadow_scratch;
};

}  // namespace polc::vm
