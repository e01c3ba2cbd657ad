// Which approvals count, what they meet, and who refused (language.md, §4).
//
// Approvers are people of the store, and neither the requester nor anyone it acts for nor, unless a quorum
// includes them, the owner of the requester or of whom it acts for there. Of a person's approvals the latest
// that fits a quorum is the one that counts for it. In one quorum a person fills one place; places are filled
// so that as many as possible are.
// Tested by approvals_test.cc, one test for every attack.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"

namespace polc::oracle {

// What approvals have to be about.
struct Subject {
  std::map<std::string, std::string> action_parts{};  // digest.h
  std::string action_digest{};
  std::string terms_digest{};
  std::string snapshot{};
};

class Approvals {
 public:
  // All must outlive this; `request` is the requester's.
  Approvals(const core::Program& program, const data::EntityStore& store, const data::Request& request,
            Subject subject);

  // Whether one of the quorums is met, for a rule that `principal` (the requester, or whom it acts for) is
  // under. Asks every quorum, and notes what counts.
  bool Meets(const std::vector<data::QuorumTerm>& quorums, const data::EntityUid& principal);
  bool HasEvidence(const std::string& kind) const;
  // Whether someone who could approve one of the quorums said no.
  bool Refused(const std::vector<data::QuorumTerm>& quorums) const;

  // Of all the quorums asked so far.
  std::vector<data::CountedApproval> counted() const;
  std::vector<data::UncountedApproval> not_counted() const;

 private:
  struct Item {
    const data::ApprovalItem* approval;
    std::optional<data::NotCounted> never;                       // whatever the quorum
    data::NotCounted why = data::NotCounted::kNothingToApprove;  // how far it came, unless it counts
    bool counts = false;
  };
  struct Owners {
    std::vector<data::EntityUid> known;
    bool unknown = false;
  };

  std::optional<data::NotCounted> WhyNever(const data::ApprovalItem& approval) const;
  data::NotCounted WhatChanged(const data::ApprovalItem& approval) const;
  std::optional<data::NotCounted> WhyNot(const data::ApprovalItem& approval, const data::QuorumTerm& quorum,
                                         const data::QuorumPart& part, const Owners& owners) const;
  void AddOwner(const data::EntityUid& principal, Owners& owners) const;
  bool MeetsQuorum(const data::QuorumTerm& quorum, const Owners& owners);
  bool InPool(const data::EntityUid& person, const data::QuorumPart& part) const;

  const core::Program& program_;
  const data::EntityStore& store_;
  const data::Request& request_;
  const data::Host& host_;
  Subject subject_;
  std::vector<Item> items_;  // the latest first
};

// Whether each place can be given to a person of its own: `fits[p][q]`, person p could fill place q.
bool CanFill(const std::vector<std::vector<bool>>& fits, size_t places);

}  // namespace polc::oracle
