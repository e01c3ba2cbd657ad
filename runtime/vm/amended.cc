#include "runtime/vm/amended.h"

#include <algorithm>

#include "runtime/bundle/text.h"
#include "runtime/vm/outcome.h"

namespace polc::vm {

Amended::Amended(std::shared_ptr<const Engine> base, std::shared_ptr<const Engine> added,
                 std::span<const uint32_t> removed)
    : base_(std::move(base)), added_(std::move(added)), removed_(removed) {
  if (added_->dispatch_ == nullptr) return;
  // Of the update's entities, which are few.
  for (EntityId id = added_->own_begin(); id < added_->entity_count(); ++id) {
    const std::optional<EntityId> in_base =
        base_->FindEntity(added_->TypeName(added_->TypeOf(id)), added_->IdOf(id));
    if (in_base) known_to_both_.emplace_back(*in_base, id);
  }
  std::sort(known_to_both_.begin(), known_to_both_.end());
  const std::span<const ClassId> bare = added_->bare_classes_;
  for (TypeId type = 0; type < base_->type_count(); ++type) {
    const TypeId there = added_->FindType(base_->TypeName(type)).value_or(entities::kNoId);
    strangers_.push_back(bare[std::min<size_t>(there, bare.size() - 1)]);
  }
}

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

ClassId Amended::ClassInAdded(EntityId id) const {
  // The store's numbers are the same.
  if (id < added_->snapshot().entity_count()) return added_->classes_.Of(id);
  const auto at = std::lower_bound(known_to_both_.begin(), known_to_both_.end(), std::pair(id, EntityId{0}));
  if (at != known_to_both_.end() && at->first == id) return added_->classes_.Of(at->second);
  return strangers_[base_->TypeOf(id)];
}

std::optional<Amended::Verdict> Amended::Settle(const Engine& engine, uint64_t key,
                                                std::span<const NamedValue> context) {
  const Memo::Slot* slot = engine.dispatch_->memo.Find(key);
  if (slot == nullptr) return std::nullopt;
  if (QuickDecision known; SettledBy(*slot, &known))
    return Verdict{!known.reasons.empty(), known.outcome == Outcome::kDeny, slot->rule};
  if (slot->accepts == 0) return std::nullopt;
  const std::string_view name = engine.bundle()->String(slot->name);
  for (const auto& [given, value] : context) {
    if (given != name) continue;
    if (value.kind != slot->kind) return std::nullopt;
    return Verdict{slot->Accepts(value.number()), (slot->accepts & Memo::Slot::kForbids) != 0, slot->rule};
  }
  return std::nullopt;  // it errs
}

bool Amended::DecideQuickly(const RequestBuilder& of_base, std::span<const NamedValue> context,
                            AmendedScratch* beside, QuickDecision* out) const {
  if (base_->dispatch_ == nullptr || added_->dispatch_ == nullptr) return false;
  ClassId in_base[3], in_added[3];
  for (size_t v = 0; v < 3; ++v) {
    const EntityId id = of_base.ids()[v];
    if (id >= base_->entity_count()) return false;
    in_base[v] = base_->classes_.Of(id);
    in_added[v] = ClassInAdded(id);
  }
  std::optional<Verdict> verdicts[] = {
      Settle(*base_, Memo::KeyOf(in_base[0], in_base[1], in_base[2]), context),
      Settle(*added_, Memo::KeyOf(in_added[0], in_added[1], in_added[2]), context)};
  auto& [kept, added] = verdicts;
  if (!kept || !added) return false;
  kept->holds = kept->holds && !IsRemoved(kept->rule);
  added->rule += first_added();

  bool allows = false, forbids = false;
  for (const auto& verdict : verdicts) (verdict->forbids ? forbids : allows) |= verdict->holds;
  std::vector<uint32_t>& reasons = beside->reasons_;
  reasons.clear();
  for (const auto& verdict : verdicts) {
    if (verdict->holds && verdict->forbids == forbids) reasons.push_back(verdict->rule);
  }
  if (reasons.size() == 2 && bundle::CompareText(IdOf(reasons[1]), IdOf(reasons[0])) < 0)
    std::swap(reasons[0], reasons[1]);
  *out = {allows && !forbids ? Outcome::kAllow : Outcome::kDeny, reasons, {}};
  return true;
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
