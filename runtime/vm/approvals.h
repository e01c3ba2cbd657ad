// What approvals, refusals and evidence of the host come to in one decision: the bundle's quorums with their
// pools as they are now, put to the ballot (ballot.h).
//
// Begin says which rules hold when no approval counts, for the requester and for each whom they act for: with
// what they require and limit, those are the terms an approver was shown, and so part of what every approval
// has to name. Then each approval and need of these rules can be asked about. Nothing is computed, no digest
// above all, before the first question to which the host has supplied anything that could say yes. Running
// pools and limits cuts back the machine's arena: keep no value that a block left there across a call. Tested
// by pol_test.cc and, against the oracle, by tests/engine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/vm/ballot.h"
#include "runtime/vm/decision.h"
#include "runtime/vm/digest.h"

namespace polc::vm {

class Machine;

// The quorums of a row of the bundle's Approvals, for the principal of `machine`.
std::vector<ResolvedQuorum> ResolveQuorums(Machine* machine, uint32_t approval);

// A rule that holds, in the case of the principal its machine decides for.
struct HoldingRule {
  Machine* machine;
  EntityId principal;
  uint32_t rule;
};

// The terms of rules that hold when no approval counts, as canonical JSON. `request` is the requester's.
std::string TermsText(const Engine& engine, const Request& request, const Memory& memory,
                      std::span<const HoldingRule> holding);

class Approvals {
 public:
  // `request` is the requester's and `context` what its rules see. All must outlive this.
  Approvals(const Engine& engine, const Request& request, const Value& context, const Memory& memory)
      : engine_(engine), request_(request), context_(context), memory_(memory) {}

  void Begin(std::vector<HoldingRule> holding) { holding_ = std::move(holding); }

  // Of a row of the bundle's Approvals, asked by a rule that holds: whether one of the alternatives is met;
  // whether somebody in one of its pools refused this action, no longer ago than that alternative's `within`.
  bool Met(const HoldingRule& by, uint32_t approval);
  bool Refused(const HoldingRule& by, uint32_t approval);
  // Of a row of EvidenceKinds.
  bool HasEvidence(uint32_t kind);

  // After the last question; by id and approver. Indices are of HostInputs::approvals.
  std::vector<uint32_t> Counted();
  std::vector<NotCountedTerm> NotCounted();

  // What approvals have to name.
  const Subject& subject();

 private:
  Ballot& ballot();
  const std::vector<ResolvedQuorum>& Resolved(const HoldingRule& by, uint32_t approval);

  const Engine& engine_;
  const Request& request_;
  const Value context_;
  const Memory memory_;
  std::vector<HoldingRule> holding_;
  std::map<std::pair<const Machine*, uint32_t>, std::vector<ResolvedQuorum>> resolved_;
  std::optional<Subject> subject_;
  std::unique_ptr<Ballot> ballot_;
};

}  // namespace polc::vm
