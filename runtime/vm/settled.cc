#include "runtime/vm/settled.h"

#include <algorithm>
#include <memory>
#include <new>

#include "runtime/vm/asker.h"
#include "runtime/vm/request.h"

namespace polc::vm {

namespace {

constexpr size_t kAlign = 8;
static_assert(alignof(LimitTerm) <= kAlign && sizeof(Settled) % kAlign == 0);

constexpr size_t Aligned(size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

// Goes over the lists behind a Settled, in their order.
class Cursor {
 public:
  explicit Cursor(const void* at) : at_(static_cast<uint8_t*>(const_cast<void*>(at))) {}
  template <typename Item>
  std::span<Item> Next(size_t count) {
    const std::span<Item> items(reinterpret_cast<Item*>(at_), count);
    at_ += Aligned(items.size_bytes());
    return items;
  }
  template <typename Item>
  std::span<const Item> Put(std::span<const Item> from) {
    const std::span<Item> items = Next<Item>(from.size());
    std::uninitialized_copy(from.begin(), from.end(), items.begin());
    return items;
  }

 private:
  uint8_t* at_;
};

size_t BytesFor(const Decision& d) {
  size_t bytes = sizeof(Settled) + Aligned(d.reasons.size_bytes()) + Aligned(d.limits.size_bytes()) +
                 Aligned(d.needs.size_bytes()) + Aligned(d.liftable.size_bytes());
  for (const LimitTerm& limit : d.limits) bytes += Aligned(limit.by.size_bytes());
  return bytes;
}

// Whether a limit's value is the same over every snapshot and outlives the decision.
bool IsLasting(const Value& v) {
  return v.kind != Kind::kEntity && !v.is_container() &&
         (v.region == Region::kNone || v.region == Region::kBundle);
}

bool HasConstantPools(const bundle::Bundle& b, const bundle::ApprovalRow& approval) {
  for (const bundle::QuorumRow& quorum : Slice(b.quorums(), approval.alternatives)) {
    for (const bundle::QuorumPartRow& part : Slice(b.quorum_parts(), quorum.parts)) {
      for (const bundle::PoolRow& pool : Slice(b.pools(), part.pools)) {
        if (!Machine::IsConstant(b, pool.group)) return false;
      }
    }
  }
  return true;
}

}  // namespace

const Settled SettledPlace::kPlainNoGrant{Outcome::kDeny, Why::kNoGrant, 0, 0, 0, 0, 0};

Decision Settled::decision() const {
  Decision d;
  d.outcome = d.would_be = outcome;
  d.why = why;
  d.reasons = reasons();
  Cursor at(this + 1);
  at.Next<uint32_t>(reason_count);
  d.limits = at.Next<LimitTerm>(limit_count);
  for (const LimitTerm& limit : d.limits) at.Next<RuleAt>(limit.by.size());
  d.needs = at.Next<NeedTerm>(need_count);
  d.liftable = at.Next<LiftTerm>(liftable_count);
  return d;
}

SettledPlace::SettledPlace(const Engine& engine, const Request& request, Scratch* scratch) {
  if (engine.dispatch_ == nullptr || request.brings_entities() || SaysMore(request.host())) return;
  const Memo& memo = engine.dispatch_->memo;
  const Memo::Slot* slot = memo.Find(engine.KeyFor(request));
  if (slot == nullptr) return;
  bool holds = false;
  switch (slot->rests) {
    case Memo::Rests::kOnMore:
      return;
    case Memo::Rests::kOnClasses:
      break;
    case Memo::Rests::kOnNumber:
    case Memo::Rests::kOnQuestion: {
      const Machine machine(engine, request, scratch);
      if (!Asker(machine, scratch).Answer(memo.EntryOf(*slot).question - 1, &holds)) return;
      break;
    }
  }
  std::atomic<uint32_t>& place = memo.EntryOf(*slot).settled[holds];
  if (place.load(std::memory_order_relaxed) == kNothing) return;
  memo_ = &memo;
  place_ = &place;
}

const Settled* SettledPlace::Known(const Request& request) const {
  return place_ == nullptr ? nullptr : Known(*memo_, *place_, request.host());
}

bool SettledPlace::MayKeep(const Engine& engine, const Request& request, const Decision& d) const {
  if (place_ == nullptr || place_->load(std::memory_order_relaxed) != kUnknown) return false;
  const bundle::Bundle& b = engine.bundle().bundle();
  // An outcome before limits, or one to which all limits that hold have come.
  const bool is_plain = d.why == Why::kNone || d.why == Why::kForbidden || d.why == Why::kNoGrant;
  if (!is_plain || !d.errors.empty() || !d.shadow.empty() || !d.shadow_caps.empty() ||
      !d.suggestions.empty() || d.limits.size() > UINT16_MAX) {
    return false;
  }
  const uint32_t action = request.action_row();
  const bool reads_facts = action == bundle::kNone ? !b.facts().empty() : b.actions()[action].facts.count > 0;
  const bool has_totals =
      std::ranges::any_of(b.inputs(), [](const bundle::InputRow& input) { return input.amount.count > 0; });
  const bool are_lasting = std::ranges::all_of(
      d.limits, [](const LimitTerm& limit) { return IsLasting(limit.value) && limit.kind < kKindBits; });
  if (!reads_facts && !has_totals && are_lasting) return true;
  KeepNothing();
  return false;
}

bool SettledPlace::DemandsConstants(const bundle::Bundle& b, uint32_t number) {
  const bundle::RuleRow& rule = b.rules()[number];
  const auto limits = Slice(b.limits(), rule.limits);
  const auto needs = Slice(b.needs(), rule.needs);
  if (!std::ranges::all_of(
          limits, [&](const bundle::LimitRow& limit) { return Machine::IsConstant(b, limit.value); }) ||
      !std::ranges::all_of(needs, [&](const bundle::NeedRow& need) {
        return static_cast<bundle::NeedKind>(need.kind) != bundle::NeedKind::kApproval ||
               HasConstantPools(b, b.approvals()[need.what]);
      })) {
    return false;
  }
  if (rule.pol == 0) return true;
  const bundle::PolRuleRow& pol = b.pol_rules()[rule.pol - 1];
  return pol.suggestion == bundle::kNone &&
         std::ranges::all_of(Slice(b.approvals(), pol.lifted_by), [&](const bundle::ApprovalRow& approval) {
           return HasConstantPools(b, approval);
         });
}

void SettledPlace::Put(const Engine& engine, const Decision& d) const {
  if (d.why == Why::kNoGrant && d.liftable.empty()) {
    place_->store(kNoGrant, std::memory_order_release);
    return;
  }
  uint32_t number;
  void* room = engine.dispatch_->memo.AllocateRoom(BytesFor(d), &number);
  if (room == nullptr) return;
  auto* out = new (room) Settled{d.outcome,
                                 d.why,
                                 static_cast<uint16_t>(d.limits.size()),
                                 static_cast<uint32_t>(d.reasons.size()),
                                 static_cast<uint32_t>(d.needs.size()),
                                 static_cast<uint32_t>(d.liftable.size()),
                                 0};
  Cursor at(out + 1);
  at.Put(d.reasons);
  const std::span<LimitTerm> limits = at.Next<LimitTerm>(d.limits.size());
  for (size_t i = 0; i < limits.size(); ++i) {
    new (&limits[i]) LimitTerm{d.limits[i].kind, d.limits[i].value, at.Put(d.limits[i].by)};
    out->kinds |= uint64_t{1} << limits[i].kind;
  }
  at.Put(d.needs);
  at.Put(d.liftable);
  place_->store(number, std::memory_order_release);
}

}  // namespace polc::vm
