#include "runtime/vm/review.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "runtime/vm/chain.h"
#include "runtime/vm/find.h"

namespace polc::vm {

Review::Review(const Engine& engine, const Request& request) : engine_(engine), request_(request) {
  cases_.emplace_back(engine, request);
  may_ask_.push_back(true);
  const Memory memory = cases_[0].machine.memory();
  for (const ActedFor& hop : request.host().acts_for) {
    cases_.emplace_back(engine, request.WithPrincipal(hop.principal));
    may_ask_.push_back(MayAct(engine, request, memory, hop));
  }
}

// The rules that hold when no approval counts, and are enforced.
std::vector<HoldingRule> Review::Holding(Case* in) {
  std::vector<HoldingRule> holding;
  const Found found = FindStraight(&in->machine, &in->scratch);
  for (const uint32_t rule : found.holding) {
    if (static_cast<bundle::Mode>(in->machine.bundle().rules()[rule].mode) == bundle::Mode::kShadow) continue;
    holding.push_back({&in->machine, in->request.principal(), rule});
  }
  return holding;
}

const Subject& Review::subject() {
  if (!subject_) {
    std::vector<HoldingRule> holding;
    for (size_t hop = 0; hop < cases_.size(); ++hop) {
      if (!may_ask_[hop]) continue;
      const std::vector<HoldingRule> more = Holding(&cases_[hop]);
      holding.insert(holding.end(), more.begin(), more.end());
    }
    Approvals approvals(engine_, request_, request_.context(), cases_[0].machine.memory());
    approvals.Begin(std::move(holding));
    subject_ = approvals.subject();
  }
  return *subject_;
}

const std::vector<ResolvedQuorum>* Review::Quorums(uint32_t approval, uint32_t hop) {
  if (hop >= cases_.size()) return nullptr;
  const auto [at, is_new] = quorums_.try_emplace({approval, hop});
  if (is_new) {
    at->second = ResolveQuorums(&cases_[hop].machine, approval);
    Sort(&at->second);
  }
  return &at->second;
}

// By names, so that the order of neither sources nor numbers shows: pools, then parts, then alternatives.
void Review::Sort(std::vector<ResolvedQuorum>* quorums) const {
  const World& world = cases_[0].machine.world();
  const Memory& memory = cases_[0].machine.memory();
  auto name = [&](EntityId id) { return std::pair(world.TypeNameOf(id, memory), world.IdOf(id, memory)); };
  auto pool_less = [&](EntityId a, EntityId b) { return name(a) < name(b); };
  auto part_less = [&](const ResolvedPart& a, const ResolvedPart& b) {
    if (a.count != b.count) return a.count < b.count;
    if (a.pools != b.pools) {
      return std::lexicographical_compare(a.pools.begin(), a.pools.end(), b.pools.begin(), b.pools.end(),
                                          pool_less);
    }
    return a.error < b.error;
  };
  auto quorum_less = [&](const ResolvedQuorum& a, const ResolvedQuorum& b) {
    if (std::lexicographical_compare(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                                     part_less)) {
      return true;
    }
    if (std::lexicographical_compare(b.parts.begin(), b.parts.end(), a.parts.begin(), a.parts.end(),
                                     part_less)) {
      return false;
    }
    return std::tuple(a.within_ms, a.including_owner, a.survives_policy_change) <
           std::tuple(b.within_ms, b.including_owner, b.survives_policy_change);
  };
  for (ResolvedQuorum& quorum : *quorums) {
    for (ResolvedPart& part : quorum.parts) std::sort(part.pools.begin(), part.pools.end(), pool_less);
    std::sort(quorum.parts.begin(), quorum.parts.end(), part_less);
  }
  std::sort(quorums->begin(), quorums->end(), quorum_less);
}

const std::vector<const StateValue*>& Review::state_read() {
  if (!read_) {
    std::vector<bool> inputs;
    for (size_t hop = 0; hop < cases_.size(); ++hop) {
      if (may_ask_[hop]) MarkRead(&cases_[hop].machine, &inputs);
    }
    read_ = StateRead(engine_, request_, cases_[0].machine.memory(), inputs);
  }
  return *read_;
}

const std::vector<Move>& Review::Updates(Outcome outcome) {
  if (outcome_ != outcome) {
    updates_ = MovesOf(&cases_[0].machine, request_, &kept_).moves;
    const auto inputs = engine_.bundle().bundle().inputs();
    std::erase_if(updates_, [&](const Move& move) { return !IsMade(inputs[move.input], outcome); });
    outcome_ = outcome;
  }
  return updates_;
}

}  // namespace polc::vm
