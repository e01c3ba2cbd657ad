#include "runtime/vm/approvals.h"

#include <algorithm>

#include "runtime/vm/interpreter.h"
#include "runtime/vm/model.h"

namespace polc::vm {

using bundle::Bundle;

namespace {

// The groups that a pool's value stands for: an entity, or each of a set of them. False if it is neither.
bool AddPools(const Memory& memory, const Value& value, std::vector<EntityId>* pools) {
  if (value.kind == Kind::kEntity) {
    pools->push_back(value.entity());
    return true;
  }
  if (value.kind != Kind::kSet) return false;
  for (const Value& element : memory.Cells(value)) {
    if (element.kind != Kind::kEntity) return false;
    pools->push_back(element.entity());
  }
  return true;
}

ResolvedPart ResolvePart(Machine* machine, const bundle::QuorumPartRow& row) {
  ResolvedPart part;
  part.count = row.count;
  for (const bundle::PoolRow& pool : Slice(machine->bundle().pools(), row.pools)) {
    const Evaluation group = machine->Run(pool.group);
    if (!group.ok || !AddPools(machine->memory(), group.value, &part.pools)) part.error = true;
  }
  std::sort(part.pools.begin(), part.pools.end());
  part.pools.erase(std::unique(part.pools.begin(), part.pools.end()), part.pools.end());
  return part;
}

}  // namespace

std::vector<ResolvedQuorum> ResolveQuorums(Machine* machine, uint32_t approval) {
  machine->NeedFacts();
  const Bundle& b = machine->bundle();
  std::vector<ResolvedQuorum> quorums;
  for (const bundle::QuorumRow& row : Slice(b.quorums(), b.approvals()[approval].alternatives)) {
    ResolvedQuorum& quorum = quorums.emplace_back();
    quorum.within_ms = row.within_ms;
    quorum.including_owner = row.including_owner != 0;
    quorum.survives_policy_change = row.survives_policy_change != 0;
    for (const bundle::QuorumPartRow& part : Slice(b.quorum_parts(), row.parts)) {
      quorum.parts.push_back(ResolvePart(machine, part));
    }
  }
  return quorums;
}

std::string TermsText(const Engine& engine, const Request& request, const Memory& memory,
                      std::span<const HoldingRule> holding) {
  const Bundle& b = engine.bundle().bundle();
  TermsJson terms(engine, request, memory);
  for (const HoldingRule& held : holding) {
    const bundle::RuleRow& rule = b.rules()[held.rule];
    held.machine->NeedFacts();
    for (const bundle::LimitRow& limit : Slice(b.limits(), rule.limits)) {
      const bundle::LimitKindRow& kind = b.limit_kinds()[limit.kind];
      const Evaluation value = held.machine->Run(limit.value);
      const bool good =
          value.ok && IsOfType(engine, held.machine->world(), held.machine->memory(), value.value, kind.type);
      terms.AddLimit(b.String(kind.name), good ? &value.value : nullptr, held.machine->memory());
    }
    for (const bundle::NeedRow& need : Slice(b.needs(), rule.needs)) {
      if (static_cast<bundle::NeedKind>(need.kind) == bundle::NeedKind::kEvidence) {
        terms.AddEvidence(b.String(b.evidence_kinds()[need.what].name));
      } else {
        terms.AddApproval(ResolveQuorums(held.machine, need.what));
      }
    }
  }
  return terms.Finish();
}

const Subject& Approvals::subject() {
  if (!subject_) {
    Subject subject;
    subject.action = ActionJson(engine_, request_, context_, memory_);
    subject.action_digest = DigestOf(subject.action);
    subject.terms_digest = DigestOf(TermsText(engine_, request_, memory_, holding_));
    subject.snapshot = engine_.bundle().snapshot_id();
    subject_ = std::move(subject);
  }
  return *subject_;
}

Ballot& Approvals::ballot() {
  if (!ballot_) ballot_ = std::make_unique<Ballot>(engine_, request_, memory_, subject());
  return *ballot_;
}

const std::vector<ResolvedQuorum>& Approvals::Resolved(const HoldingRule& by, uint32_t approval) {
  const auto [at, is_new] = resolved_.try_emplace({by.machine, approval});
  if (is_new) at->second = ResolveQuorums(by.machine, approval);
  return at->second;
}

bool Approvals::Met(const HoldingRule& by, uint32_t approval) {
  return !request_.host().approvals.empty() && ballot().Meets(Resolved(by, approval), by.principal);
}

bool Approvals::Refused(const HoldingRule& by, uint32_t approval) {
  return !request_.host().refusals.empty() && ballot().Refused(Resolved(by, approval));
}

bool Approvals::HasEvidence(uint32_t kind) {
  return !request_.host().evidence.empty() && ballot().HasEvidence(kind);
}

std::vector<uint32_t> Approvals::Counted() {
  return request_.host().approvals.empty() ? std::vector<uint32_t>() : ballot().Counted();
}

std::vector<NotCountedTerm> Approvals::NotCounted() {
  return request_.host().approvals.empty() ? std::vector<NotCountedTerm>() : ballot().NotCounted();
}

}  // namespace polc::vm
