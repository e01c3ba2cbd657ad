// What can be asked of a request beside its decision: what an approval of it has to name, who may approve,
// which state it reads and moves.
//
// A decision that nobody has to approve and that reads no state should not pay for these, so they are worked
// out when somebody asks, from the request anew: every rule for the requester and for each whom they act for.
// Has scratch memory of its own, so a decision made before stays as it is. Not for the hot path, and not for
// requests that do not fit the model. One thread at a time. Tested by pol_test.cc and, against the oracle,
// by tests/engine.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "runtime/vm/approvals.h"
#include "runtime/vm/interpreter.h"
#include "runtime/vm/state.h"

namespace polc::vm {

class Review {
 public:
  // Both must outlive the review.
  Review(const Engine& engine, const Request& request);

  // What approvals have to name, and the action they are made of.
  const Subject& subject();
  // The quorums of a row of Approvals for the principal of a hop; hop 0 is the requester. Null: no such hop.
  const std::vector<ResolvedQuorum>* Quorums(uint32_t approval, uint32_t hop);
  // Of what the host supplied, what the rules read.
  const std::vector<const StateValue*>& state_read();
  // What the outcome moves.
  const std::vector<Move>& Updates(Outcome outcome);

  // Where the moves' values lie: a builder of Region::kDecision.
  const entities::ValueBuilder& kept() const { return kept_; }

 private:
  struct Case {
    Case(const Engine& engine, Request r)
        : request(std::move(r)), scratch(engine), machine(engine, request, &scratch) {}
    const Request request;
    Scratch scratch;
    Machine machine;
  };
  std::vector<HoldingRule> Holding(Case* in);
  void Sort(std::vector<ResolvedQuorum>* quorums) const;

  const Engine& engine_;
  const Request& request_;
  std::deque<Case> cases_;     // the requester's first
  std::vector<bool> may_ask_;  // by hop: whether its rules are asked at all
  std::optional<Subject> subject_;
  std::map<std::pair<uint32_t, uint32_t>, std::vector<ResolvedQuorum>> quorums_;
  std::optional<std::vector<const StateValue*>> read_;
  std::optional<Outcome> outcome_;  // of `updates_`
  std::vector<Move> updates_;
  entities::ValueBuilder kept_{Region::kDecision};
};

}  // namespace polc::vm
