#include "compiler/oracle/approvals.h"

#include <algorithm>
#include <deque>
#include <tuple>

#include "compiler/oracle/digest.h"

namespace polc::oracle {

using data::ApprovalItem;
using data::EntityUid;
using data::NotCounted;
using data::QuorumPart;
using data::QuorumTerm;

namespace {

const data::Host kNoHost;

// Whether `issued` is at most `within` before `now`. What overflows is older than anything.
bool IsRecent(data::Datetime issued, data::Datetime now, int64_t within_ms) {
  int64_t age = 0;
  return !__builtin_sub_overflow(now.ms, issued.ms, &age) && age <= within_ms;
}

// Where the JSON value that begins at `at` ends, or npos: brackets are counted outside of strings.
size_t EndOfJson(const std::string& text, size_t at) {
  size_t open = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (open == 0 && (c == ',' || c == '}')) {
      return at;
    } else {
      in_string = c == '"';
      open += c == '{' || c == '[';
      open -= c == '}' || c == ']';
    }
  }
  return std::string::npos;
}

}  // namespace

Approvals::Approvals(const core::Program& program, const data::EntityStore& store,
                     const data::Request& request, Subject subject)
    : program_(program),
      store_(store),
      request_(request),
      host_(request.host ? *request.host : kNoHost),
      subject_(std::move(subject)) {
  for (const ApprovalItem& approval : host_.approvals) items_.push_back({&approval, WhyNever(approval)});
  std::ranges::sort(items_, [](const Item& a, const Item& b) {
    if (a.approval->issued != b.approval->issued) return a.approval->issued > b.approval->issued;
    return std::tie(a.approval->id, a.approval->approver, a.approval->signing_key) <
           std::tie(b.approval->id, b.approval->approver, b.approval->signing_key);
  });
}

std::optional<NotCounted> Approvals::WhyNever(const ApprovalItem& approval) const {
  if (approval.consumed) return NotCounted::kConsumed;
  if (!host_.now) return NotCounted::kNoTime;
  if (approval.issued > *host_.now) return NotCounted::kIssuedInFuture;
  if (approval.approver == request_.principal) return NotCounted::kFromRequester;
  for (const data::Hop& hop : host_.acts_for) {
    if (approval.approver == hop.principal) return NotCounted::kFromChain;
  }
  const core::EntityType* type = program_.model.FindType(approval.approver.type);
  if (!type || type->nature != core::EntityType::Nature::kPerson) return NotCounted::kNotAPerson;
  if (!store_.Find(approval.approver)) return NotCounted::kUnknownApprover;
  if (approval.action_digest != subject_.action_digest) return WhatChanged(approval);
  if (approval.terms_digest != subject_.terms_digest) return NotCounted::kChangedTerms;
  return std::nullopt;
}

// If the host kept what was approved, the first part of it that is another now.
NotCounted Approvals::WhatChanged(const ApprovalItem& approval) const {
  if (approval.action.empty() || DigestOf(approval.action) != approval.action_digest)
    return NotCounted::kAnotherRequest;
  constexpr std::pair<const char*, NotCounted> kParts[] = {
      {"principal", NotCounted::kChangedPrincipal},
      {"action", NotCounted::kChangedAction},
      {"resource", NotCounted::kChangedResource},
      {"acts_for", NotCounted::kChangedChain},
      {"tool", NotCounted::kChangedTool},
      {"context", NotCounted::kChangedContext},
      {"principal_attributes", NotCounted::kChangedAttribute},
      {"resource_attributes", NotCounted::kChangedAttribute}};
  // Canonical JSON has the parts in the order of their names, with nothing between them.
  std::map<std::string, std::string> before;
  size_t at = 1;
  for (auto part = subject_.action_parts.begin(); part != subject_.action_parts.end(); ++part) {
    const std::string name = CanonicalText(part->first) + ":";
    if (approval.action.compare(at, name.size(), name) != 0) return NotCounted::kAnotherRequest;
    at += name.size();
    const size_t end = EndOfJson(approval.action, at);
    if (end == std::string::npos) return NotCounted::kAnotherRequest;
    before[part->first] = approval.action.substr(at, end - at);
    at = end + 1;
  }
  for (const auto& [name, why] : kParts) {
    if (before[name] != subject_.action_parts.at(name)) return why;
  }
  return NotCounted::kAnotherRequest;
}

bool Approvals::InPool(const EntityUid& person, const QuorumPart& part) const {
  return std::ranges::any_of(part.pools, [&](const EntityUid& pool) { return store_.In(person, pool); });
}

std::optional<NotCounted> Approvals::WhyNot(const ApprovalItem& approval, const QuorumTerm& quorum,
                                            const QuorumPart& part, const Owners& owners) const {
  if (!InPool(approval.approver, part)) return NotCounted::kNotInPool;
  if (!quorum.including_owner && std::ranges::count(owners.known, approval.approver) > 0)
    return NotCounted::kFromOwner;
  if (!quorum.including_owner && owners.unknown) return NotCounted::kOwnerUnknown;
  if (!quorum.survives_policy_change && approval.snapshot != subject_.snapshot)
    return NotCounted::kChangedSnapshot;
  if (!IsRecent(approval.issued, *host_.now, quorum.within_ms)) return NotCounted::kExpired;
  return std::nullopt;
}

void Approvals::AddOwner(const EntityUid& principal, Owners& owners) const {
  const core::EntityType* type = program_.model.FindType(principal.type);
  if (!type || type->owner.empty()) return;
  const data::Entity* entity = store_.Find(principal);
  const auto owner =
      entity ? entity->attrs.find("owner") : std::map<std::string, data::Value>::const_iterator();
  if (!entity || owner == entity->attrs.end() || !owner->second.is(data::Kind::kEntity)) {
    owners.unknown = true;
  } else {
    owners.known.push_back(owner->second.as_entity());
  }
}

bool Approvals::MeetsQuorum(const QuorumTerm& quorum, const Owners& owners) {
  std::map<EntityUid, Item*> people;
  std::vector<std::vector<bool>> fits;  // person, part
  for (Item& item : items_) {
    if (item.never) continue;
    std::vector<bool> parts;
    for (const QuorumPart& part : quorum.parts) {
      const auto why = WhyNot(*item.approval, quorum, part, owners);
      parts.push_back(!why);
      if (why) item.why = std::max(item.why, *why);
    }
    if (std::ranges::count(parts, true) == 0) continue;
    const auto [first, is_first] = people.emplace(item.approval->approver, &item);
    if (is_first) {
      item.counts = true;
      fits.push_back(parts);
      continue;
    }
    const bool same_key = first->second->approval->signing_key == item.approval->signing_key;
    item.why = std::max(item.why, same_key ? NotCounted::kSameApprover : NotCounted::kSecondKey);
  }
  // One place for each person a part asks for.
  uint64_t places = 0;
  for (const QuorumPart& part : quorum.parts) places += part.count;
  if (places > fits.size()) return false;
  std::vector<std::vector<bool>> fits_place(fits.size());
  for (size_t part = 0; part < quorum.parts.size(); ++part) {
    for (size_t p = 0; p < fits.size(); ++p)
      fits_place[p].insert(fits_place[p].end(), quorum.parts[part].count, fits[p][part]);
  }
  return CanFill(fits_place, places);
}

bool Approvals::Meets(const std::vector<QuorumTerm>& quorums, const EntityUid& principal) {
  Owners owners;
  AddOwner(request_.principal, owners);
  if (principal != request_.principal) AddOwner(principal, owners);
  bool met = false;
  for (const QuorumTerm& quorum : quorums) met |= MeetsQuorum(quorum, owners);
  return met;
}

bool Approvals::HasEvidence(const std::string& kind) const {
  return std::ranges::any_of(host_.evidence, [&](const data::EvidenceItem& item) {
    return item.kind == kind && item.action_digest == subject_.action_digest;
  });
}

// In doubt about the time a refusal is recent, and in doubt about a pool its author is in it.
bool Approvals::Refused(const std::vector<QuorumTerm>& quorums) const {
  for (const data::RefusalItem& refusal : host_.refusals) {
    if (refusal.action_digest != subject_.action_digest) continue;
    for (const QuorumTerm& quorum : quorums) {
      const bool recent =
          !host_.now || refusal.issued > *host_.now || IsRecent(refusal.issued, *host_.now, quorum.within_ms);
      for (const QuorumPart& part : quorum.parts) {
        if (recent && (part.error || InPool(refusal.approver, part))) return true;
      }
    }
  }
  return false;
}

std::vector<data::CountedApproval> Approvals::counted() const {
  std::vector<data::CountedApproval> out;
  for (const Item& item : items_) {
    if (item.counts) out.push_back({item.approval->id, item.approval->approver});
  }
  std::ranges::sort(out);
  return out;
}

std::vector<data::UncountedApproval> Approvals::not_counted() const {
  std::vector<data::UncountedApproval> out;
  for (const Item& item : items_) {
    if (!item.counts)
      out.push_back({item.approval->id, item.approval->approver, item.never.value_or(item.why)});
  }
  std::ranges::sort(out);
  return out;
}

// Gives places to people one after the other; a person who is wanted elsewhere makes room if somebody else
// can take over their place, and so on (a search in breadth for an augmenting path).
bool CanFill(const std::vector<std::vector<bool>>& fits, size_t places) {
  constexpr size_t kNobody = SIZE_MAX;
  std::vector<size_t> place_of(fits.size(), kNobody);  // of each person
  for (size_t start = 0; start < places; ++start) {
    std::vector<size_t> asked_for(fits.size(), kNobody);  // the place a person was reached for
    std::deque<size_t> open = {start};
    size_t found = kNobody;
    while (!open.empty() && found == kNobody) {
      const size_t place = open.front();
      open.pop_front();
      for (size_t p = 0; p < fits.size() && found == kNobody; ++p) {
        if (!fits[p][place] || asked_for[p] != kNobody) continue;
        asked_for[p] = place;
        if (place_of[p] == kNobody) found = p;
        open.push_back(place_of[p]);
      }
    }
    if (found == kNobody) return false;
    // Back along the path: each person takes the place they were reached for, whose holder moves on.
    for (size_t p = found; p != kNobody;) {
      const size_t place = asked_for[p];
      const auto holder = std::ranges::find(place_of, place);
      const size_t next = holder == place_of.end() ? kNobody : static_cast<size_t>(holder - place_of.begin());
      place_of[p] = place;
      p = place == start ? kNobody : next;
    }
  }
  return true;
}

}  // namespace polc::oracle
