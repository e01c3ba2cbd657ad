#include "runtime/vm/review.h"

#include <algorithm>

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
  if (is_new) at->second = ResolveQuorums(&cases_[hop].machine, approval);
  return &at->second;
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
