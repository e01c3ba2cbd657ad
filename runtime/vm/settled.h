// Pol decisions that are known before they are made.
//
// Where what the rules demand are constants, a decision follows from which rules hold; and where the rules
// that can hold for three classes (dispatch.h) hold always, or all by one simple question, there are two such
// sets at most. What followed from each is kept in the memo for all readers, compact, and is found again by
// the classes and the answer.
//
// Nothing is kept of a decision that rests on more: an error, something in shadow, facts, totals,
// suggestions, limits that are computed, sets, records or entities; an approval, a refusal, evidence or a
// chain of the request; entities that it brings. Such a request is decided anew. What the enforcement point
// declared is asked each time: where it lacks a kind of limit that holds, the request is decided anew, too.
//
// Invariants. What is kept follows from the bundle, the classes and the answer alone: no value of the store,
// no number of an entity, nothing of the request. It never changes once published, and lives as long as the
// bundle's classes do. Anything may be forgotten: what is not known is decided.
// Tested, against the oracle, by tests/engine/settled_test.cc, which counts how often it comes here.
#pragma once

#include "runtime/vm/engine.h"
#include "runtime/vm/host.h"

namespace polc::vm {

// The head and the reasons of most are in one line of the cache (Memo::Take).
struct Settled {
  Outcome outcome;
  Why why;
  uint16_t limit_count;
  uint32_t reason_count;
  uint32_t need_count;
  uint32_t liftable_count;
  uint64_t kinds;  // of limits that the enforcement point must have declared, as bits
  // Behind it: reasons, and then, each at a multiple of eight, limits, rules that limits are by, needs, ways
  // to lift rules.

  std::span<const uint32_t> reasons() const {
    return {reinterpret_cast<const uint32_t*>(this + 1), reason_count};
  }
  // All of it.
  Decision decision() const;
};
static_assert(sizeof(Settled) == 24);
inline constexpr uint32_t kKindBits = 64;

// Where it is kept what a request comes to, and what is there.
class SettledPlace {
 public:
  // Nowhere.
  SettledPlace() = default;
  // Of a request that fits the model; nowhere if it asks for more than is kept.
  SettledPlace(const Engine& engine, const Request& request, Scratch* scratch);

  // What it comes to, if that is known; lies in the engine.
  const Settled* Known(const Request& request) const;

  // Keeps the decision that was made about the request, if it is one to keep. `held`: the rules that hold.
  template <typename Held>
  void Keep(const Engine& engine, const Request& request, const Decision& decision, const Held& held) {
    if (!MayKeep(engine, request, decision)) return;
    for (const auto& rule : held) {
      if (!DemandsConstants(engine.bundle().bundle(), rule.rule)) return KeepNothing();
    }
    Put(engine, decision);
  }

  // What a slot has for an answer; null: nothing, or nothing that the kinds that can be enforced are enough
  // for.
  static const Settled* Known(const Memo& memo, const std::atomic<uint32_t>& place, const HostInputs& host) {
    const uint32_t number = place.load(std::memory_order_acquire);
    if (number <= kNothing) return nullptr;
    if (number == kNoGrant) return &kPlainNoGrant;
    const auto* known = static_cast<const Settled*>(memo.RoomAt(number));
    uint64_t kinds = known->kinds;
    if (kinds == 0) return known;
    for (const uint32_t kind : host.enforces) kinds &= ~(kind < kKindBits ? uint64_t{1} << kind : 0);
    return kinds == 0 ? known : nullptr;
  }
  // Whether the host says anything that may change what follows from the rules that hold.
  static bool SaysMore(const HostInputs& host) {
    return !host.acts_for.empty() || !host.approvals.empty() || !host.refusals.empty() ||
           !host.evidence.empty();
  }

 private:
  // Beside numbers of rooms: not known; not to be kept; no grant, and nothing else to say.
  enum : uint32_t { kUnknown = 0, kNothing = 1, kNoGrant = 2 };
  static_assert(uint32_t{kNoGrant} < uint32_t{Memo::kFirstEntry});
  static const Settled kPlainNoGrant;

  bool MayKeep(const Engine& engine, const Request& request, const Decision& decision) const;
  static bool DemandsConstants(const bundle::Bundle& bundle, uint32_t rule);
  void KeepNothing() const { place_->store(kNothing, std::memory_order_relaxed); }
  void Put(const Engine& engine, const Decision& decision) const;

  const Memo* memo_ = nullptr;
  std::atomic<uint32_t>* place_ = nullptr;  // null: nowhere
};

}  // namespace polc::vm
