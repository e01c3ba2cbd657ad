// What people said to one action, and what that is worth: the counting of approvals, refusals and evidence.
//
// Asked with quorums whose pools are known already (approvals.h finds them out), so it needs no code of the
// bundle. Every approval that does not count has one reason, the first in the order of NotCounted that
// applies; of several quorums the one where it came furthest speaks. Of a person's approvals the latest that
// fits a quorum counts for it, and a person fills one place of a quorum; one approval may serve any number of
// quorums.
//
// In doubt an approval does not count and a refusal does: without a time nothing was approved and every
// refusal is recent; from a pool that erred nobody can approve and everybody can refuse; whose owner is
// unknown may have been approved by them. Tested by ballot_test.cc, one test for every attack.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/vm/digest.h"
#include "runtime/vm/quorum.h"
#include "runtime/vm/request.h"

namespace polc::vm {

// What approvals and refusals have to be about.
struct Subject {
  std::string action;  // as canonical JSON, of which `action_digest` is the digest
  Digest action_digest;
  Digest terms_digest;
  Digest snapshot;
};

class Ballot {
 public:
  // All but the subject must outlive the ballot.
  Ballot(const Engine& engine, const Request& request, const Memory& memory, Subject subject);

  // Whether one of the alternatives is met, for a rule that `principal` (the requester, or whom it acts for)
  // is under. Asks each of them, and notes what counts.
  bool Meets(std::span<const ResolvedQuorum> alternatives, EntityId principal);
  // Whether somebody who could approve one of the alternatives said no, recently enough for it.
  bool Refused(std::span<const ResolvedQuorum> alternatives);
  // Of a row of the bundle's EvidenceKinds.
  bool HasEvidence(uint32_t kind) const;

  // Of all the questions so far; by id and approver. Indices are of HostInputs::approvals.
  std::vector<uint32_t> Counted() const;
  std::vector<NotCountedTerm> NotCounted() const;

 private:
  struct Item {
    uint32_t index;  // of HostInputs::approvals
    std::optional<vm::NotCounted> never;
    vm::NotCounted furthest = vm::NotCounted::kNothingToApprove;
    bool counts = false;
  };
  struct Owners {
    std::vector<EntityId> known;
    bool unknown = false;
  };

  const Approval& Of(const Item& item) const { return host_.approvals[item.index]; }
  bool IdLess(const Approval& a, const Approval& b) const;
  std::optional<vm::NotCounted> WhyNever(const Approval& approval) const;
  vm::NotCounted WhatChanged(const Approval& approval) const;
  std::optional<vm::NotCounted> WhyNot(const Approval& approval, const ResolvedQuorum& quorum,
                                       const ResolvedPart& part, const Owners& owners);
  void AddOwner(EntityId principal, Owners* owners) const;
  bool MeetsOne(const ResolvedQuorum& quorum, const Owners& owners);
  bool InPool(EntityId person, const ResolvedPart& part);
  const bundle::EntityTypeRow* TypeOf(EntityId id) const;

  const Engine& engine_;
  const Request& request_;
  const HostInputs& host_;
  const Memory memory_;
  const World world_;
  const Subject subject_;
  std::vector<Item> items_;  // the latest first
  Quorum places_;
  std::vector<EntityId> walk_;
  std::unordered_set<EntityId> seen_;
};

}  // namespace polc::vm
