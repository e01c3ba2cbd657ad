#include "runtime/vm/ballot.h"

#include <algorithm>
#include <memory>

#include "runtime/vm/model.h"

namespace polc::vm {

using entities::Work;
using Reason = vm::NotCounted;

namespace {

// How old it is, if that is a number; nothing is as old as what is not.
bool IsRecent(int64_t issued_ms, int64_t now_ms, int64_t within_ms) {
  int64_t age = 0;
  return !__builtin_sub_overflow(now_ms, issued_ms, &age) && age <= within_ms;
}

}  // namespace

Ballot::Ballot(const Engine& engine, const Request& request, const Memory& memory, Subject subject)
    : engine_(engine),
      request_(request),
      host_(request.host()),
      memory_(memory),
      world_(engine, request),
      subject_(std::move(subject)) {
  for (uint32_t i = 0; i < host_.approvals.size(); ++i) items_.push_back({i, WhyNever(host_.approvals[i])});
  std::sort(items_.begin(), items_.end(), [&](const Item& x, const Item& y) {
    const Approval &a = Of(x), &b = Of(y);
    if (a.issued_ms != b.issued_ms) return a.issued_ms > b.issued_ms;
    if (IdLess(a, b) || IdLess(b, a)) return IdLess(a, b);
    return memory_.Text(a.signing_key) < memory_.Text(b.signing_key);
  });
}

bool Ballot::IdLess(const Approval& a, const Approval& b) const {
  auto name = [&](const Approval& approval) {
    return std::tuple(memory_.Text(approval.id), world_.TypeNameOf(approval.approver, memory_),
                      world_.IdOf(approval.approver, memory_));
  };
  return name(a) < name(b);
}

const bundle::EntityTypeRow* Ballot::TypeOf(EntityId id) const {
  return FindEntityType(engine_, world_, id);
}

std::optional<Reason> Ballot::WhyNever(const Approval& approval) const {
  if (approval.consumed) return Reason::kConsumed;
  if (!host_.now_ms) return Reason::kNoTime;
  if (approval.issued_ms > *host_.now_ms) return Reason::kIssuedInFuture;
  if (approval.approver == request_.principal()) return Reason::kFromRequester;
  for (const ActedFor& hop : host_.acts_for) {
    if (approval.approver == hop.principal) return Reason::kFromChain;
  }
  const bundle::EntityTypeRow* type = TypeOf(approval.approver);
  if (type == nullptr || static_cast<bundle::Nature>(type->nature) != bundle::Nature::kPerson) {
    return Reason::kNotAPerson;
  }
  if (world_.Attributes(approval.approver) == nullptr) return Reason::kUnknownApprover;
  if (approval.action != subject_.action_digest) return WhatChanged(approval);
  if (approval.terms != subject_.terms_digest) return Reason::kChangedTerms;
  return std::nullopt;
}

// Where the host kept what was approved: the first part of it that is another now.
Reason Ballot::WhatChanged(const Approval& approval) const {
  const std::string_view kept = memory_.Text(approval.canonical);
  if (kept.empty() || DigestOf(kept) != approval.action) return Reason::kAnotherRequest;
  const std::optional<ActionParts> before = SplitAction(kept), now = SplitAction(subject_.action);
  if (!before || !now) return Reason::kAnotherRequest;
  constexpr std::pair<ActionPart, Reason> kParts[] = {
      {ActionPart::kPrincipal, Reason::kChangedPrincipal},
      {ActionPart::kAction, Reason::kChangedAction},
      {ActionPart::kResource, Reason::kChangedResource},
      {ActionPart::kActsFor, Reason::kChangedChain},
      {ActionPart::kTool, Reason::kChangedTool},
      {ActionPart::kContext, Reason::kChangedContext},
      {ActionPart::kPrincipalAttributes, Reason::kChangedAttribute},
      {ActionPart::kResourceAttributes, Reason::kChangedAttribute}};
  for (const auto& [part, why] : kParts) {
    const size_t i = static_cast<size_t>(part);
    if ((*before)[i] != (*now)[i]) return why;
  }
  return Reason::kAnotherRequest;
}

bool Ballot::InPool(EntityId person, const ResolvedPart& part) {
  return std::any_of(part.pools.begin(), part.pools.end(), [&](EntityId pool) {
    Work unlimited;
    return world_.In(person, pool, &walk_, &seen_, &unlimited);
  });
}

std::optional<Reason> Ballot::WhyNot(const Approval& approval, const ResolvedQuorum& quorum,
                                     const ResolvedPart& part, const Owners& owners) {
  if (!InPool(approval.approver, part)) return Reason::kNotInPool;
  if (!quorum.including_owner) {
    if (std::count(owners.known.begin(), owners.known.end(), approval.approver) > 0)
      return Reason::kFromOwner;
    if (owners.unknown) return Reason::kOwnerUnknown;
  }
  if (!quorum.survives_policy_change && approval.snapshot != subject_.snapshot)
    return Reason::kChangedSnapshot;
  if (!IsRecent(approval.issued_ms, *host_.now_ms, quorum.within_ms)) return Reason::kExpired;
  return std::nullopt;
}

void Ballot::AddOwner(EntityId principal, Owners* owners) const {
  const bundle::EntityTypeRow* type = TypeOf(principal);
  if (type == nullptr || type->owner == bundle::kNone) return;
  const Value* attributes = world_.Attributes(principal);
  const Value* owner = attributes == nullptr ? nullptr : FindField(memory_, *attributes, "owner");
  if (owner == nullptr || owner->kind != Kind::kEntity) {
    owners->unknown = true;
  } else {
    owners->known.push_back(owner->entity());
  }
}

bool Ballot::MeetsOne(const ResolvedQuorum& quorum, const Owners& owners) {
  // Who approved, each with the approval that counts and the parts they may fill a place of.
  struct Person {
    const Approval* approval;
    std::vector<bool> may_fill;
  };
  std::vector<Person> people;
  for (Item& item : items_) {
    if (item.never) continue;
    const Approval& approval = Of(item);
    std::vector<bool> may_fill;
    for (const ResolvedPart& part : quorum.parts) {
      const std::optional<Reason> why = WhyNot(approval, quorum, part, owners);
      may_fill.push_back(!why);
      if (why) item.furthest = std::max(item.furthest, *why);
    }
    if (std::count(may_fill.begin(), may_fill.end(), true) == 0) continue;
    const auto same = std::find_if(people.begin(), people.end(), [&](const Person& person) {
      return person.approval->approver == approval.approver;
    });
    if (same == people.end()) {
      item.counts = true;
      people.push_back({&approval, std::move(may_fill)});
    } else {
      const bool same_key = memory_.Text(same->approval->signing_key) == memory_.Text(approval.signing_key);
      item.furthest = std::max(item.furthest, same_key ? Reason::kSameApprover : Reason::kSecondKey);
    }
  }
  places_.Begin(people.size());
  const auto row = std::make_unique<bool[]>(people.size());
  for (size_t part = 0; part < quorum.parts.size(); ++part) {
    for (size_t i = 0; i < people.size(); ++i) row[i] = people[i].may_fill[part];
    places_.AddPart(quorum.parts[part].count, {row.get(), people.size()});
  }
  return places_.CanBeFilled();
}

bool Ballot::Meets(std::span<const ResolvedQuorum> alternatives, EntityId principal) {
  if (items_.empty()) return false;
  Owners owners;
  AddOwner(request_.principal(), &owners);
  if (principal != request_.principal()) AddOwner(principal, &owners);
  bool met = false;
  for (const ResolvedQuorum& quorum : alternatives) met |= MeetsOne(quorum, owners);
  return met;
}

bool Ballot::Refused(std::span<const ResolvedQuorum> alternatives) {
  for (const Refusal& refusal : host_.refusals) {
    if (refusal.action != subject_.action_digest) continue;
    for (const ResolvedQuorum& quorum : alternatives) {
      const bool recent = !host_.now_ms || refusal.issued_ms > *host_.now_ms ||
                          IsRecent(refusal.issued_ms, *host_.now_ms, quorum.within_ms);
      if (!recent) continue;
      for (const ResolvedPart& part : quorum.parts) {
        if (part.error || InPool(refusal.approver, part)) return true;
      }
    }
  }
  return false;
}

bool Ballot::HasEvidence(uint32_t kind) const {
  return std::any_of(host_.evidence.begin(), host_.evidence.end(), [&](const EvidenceItem& item) {
    return item.kind == kind && item.action == subject_.action_digest;
  });
}

std::vector<uint32_t> Ballot::Counted() const {
  std::vector<uint32_t> counted;
  for (const Item& item : items_) {
    if (item.counts) counted.push_back(item.index);
  }
  std::sort(counted.begin(), counted.end(),
            [&](uint32_t a, uint32_t b) { return IdLess(host_.approvals[a], host_.approvals[b]); });
  return counted;
}

std::vector<NotCountedTerm> Ballot::NotCounted() const {
  std::vector<NotCountedTerm> out;
  for (const Item& item : items_) {
    if (!item.counts) out.push_back({item.index, item.never.value_or(item.furthest)});
  }
  std::sort(out.begin(), out.end(), [&](const NotCountedTerm& x, const NotCountedTerm& y) {
    const Approval &a = host_.approvals[x.approval], &b = host_.approvals[y.approval];
    if (IdLess(a, b) || IdLess(b, a)) return IdLess(a, b);
    return x.why < y.why;
  });
  return out;
}

}  // namespace polc::vm
