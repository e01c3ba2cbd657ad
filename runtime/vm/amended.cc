#include "runtime/vm/amended.h"

#include <algorithm>

#include "runtime/bundle/text.h"
#include "runtime/vm/outcome.h"

namespace polc::vm {

std::shared_ptr<const Amended> Amended::Make(std::shared_ptr<const Engine> base,
                                             const bundle::VerifiedUpdate& update,
                                             std::shared_ptr<const void> owner) {
  std::shared_ptr<const Snapshot> snapshot = base->shared_snapshot();
  std::shared_ptr<const Engine> added = Engine::Make(update.added(), std::move(snapshot), std::move(owner));
  return std::shared_ptr<const Amended>(new Amended(std::move(base), std::move(added), update.removed()));
}

std::shared_ptr<const Amended> Amended::After(const Amended& before, std::shared_ptr<const Engine> base) {
  std::shared_ptr<const Engine> added = Engine::After(*before.added_, base->shared_snapshot());
  return std::shared_ptr<const Amended>(new Amended(std::move(base), std::move(added), before.removed_));
}

bool Amended::IsRemoved(uint32_t rule) const {
  return std::binary_search(removed_.begin(), removed_.end(), rule);
}

std::string_view Amended::IdOf(uint32_t rule) const {
  const bool is_added = rule >= first_added();
  const bundle::Bundle& b = (is_added ? *added_ : *base_).bundle().bundle();
  return b.String(b.rules()[is_added ? rule - first_added() : rule].id);
}

bool AmendedScratch::Follow(const Amended& amended, const Request& request) {
  EntityId in_cycle;
  request_ = builder_.MakeSame(amended.base(), request) ? builder_.Ready(&in_cycle) : nullptr;
  return request_ != nullptr;
}

Decision Decide(const Amended& amended, const Request& request, Scratch* scratch, AmendedScratch* beside,
                bool straight) {
  const Found kept = amended.base().Find(request, straight, scratch);
  const Found added = amended.added().Find(*beside->request_, straight, &beside->scratch_);
  const uint32_t first = amended.first_added();
  beside->holding_.clear();
  beside->errors_.clear();
  for (const uint32_t rule : kept.holding)
    if (!amended.IsRemoved(rule)) beside->holding_.push_back(rule);
  for (const RuleError& e : kept.errors)
    if (!amended.IsRemoved(e.rule)) beside->errors_.push_back(e);
  for (const uint32_t rule : added.holding) beside->holding_.push_back(first + rule);
  for (RuleError e : added.errors) {
    e.rule += first;
    beside->errors_.push_back(e);
  }
  Decision decision = Conclude(amended.base().bundle()->rules(), amended.added().bundle()->rules(),
                               {beside->holding_, beside->errors_}, &beside->reasons_, &beside->shadow_);

  auto before = [&](uint32_t a, uint32_t b) {
    return bundle::CompareText(amended.IdOf(a), amended.IdOf(b)) < 0;
  };
  std::sort(beside->reasons_.begin(), beside->reasons_.end(), before);
  std::sort(beside->shadow_.begin(), beside->shadow_.end(), before);
  std::sort(beside->errors_.begin(), beside->errors_.end(),
            [&](const RuleError& a, const RuleError& b) { return before(a.rule, b.rule); });
  return decision;
}

}  // namespace polc::vm
