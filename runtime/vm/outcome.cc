#include "runtime/vm/outcome.h"

#include "runtime/vm/interpreter.h"

namespace polc::vm {

using bundle::Effect;
using bundle::Mode;
using bundle::RuleRow;

std::string_view OutcomeName(Outcome outcome) {
  constexpr std::string_view kNames[] = {"allow", "allow_with_limits", "require_approval", "suggest", "deny"};
  return kNames[static_cast<size_t>(outcome)];
}

namespace {

// How many rules of each effect hold.
struct Tally {
  uint32_t by_effect[bundle::kEffectCount] = {};
  uint32_t& operator[](Effect e) { return by_effect[static_cast<size_t>(e)]; }

  // The order of effects: a forbid beats everything, without a grant nothing is allowed, then the most
  // restrictive term wins. Which needs are met is not asked here: none is.
  Outcome Decide() {
    if ((*this)[Effect::kForbid] > 0 || (*this)[Effect::kAllow] == 0) return Outcome::kDeny;
    if ((*this)[Effect::kSuggest] > 0) return Outcome::kSuggest;
    if ((*this)[Effect::kRequire] > 0) return Outcome::kRequireApproval;
    if ((*this)[Effect::kLimit] > 0) return Outcome::kAllowWithLimits;
    return Outcome::kAllow;
  }
};

bool IsReason(Outcome outcome, Effect effect) {
  switch (outcome) {
    case Outcome::kDeny:
      return effect == Effect::kForbid;
    case Outcome::kSuggest:
      return effect == Effect::kSuggest;
    case Outcome::kRequireApproval:
      return effect == Effect::kRequire;
    case Outcome::kAllowWithLimits:
    case Outcome::kAllow:
      return effect == Effect::kAllow || effect == Effect::kLimit;
  }
  return false;
}

bool IsShadow(const RuleRow& rule) { return static_cast<Mode>(rule.mode) == Mode::kShadow; }

// `rules` has rows by index, and size().
template <typename Rules>
Decision ConcludeOf(const Rules& rules, const Found& found, std::vector<uint32_t>* reasons,
                    std::vector<uint32_t>* shadow) {
  Tally enforced, with_shadow;
  for (uint32_t i : found.holding) {
    const Effect effect = static_cast<Effect>(rules[i].effect);
    ++with_shadow[effect];
    if (!IsShadow(rules[i])) ++enforced[effect];
  }
  Decision decision;
  decision.outcome = enforced.Decide();
  decision.would_be = with_shadow.Decide();

  reasons->clear();
  shadow->clear();
  size_t error = 0;
  auto shadow_errors_before = [&](size_t rule) {
    for (; error < found.errors.size() && found.errors[error].rule < rule; ++error) {
      if (IsShadow(rules[found.errors[error].rule])) shadow->push_back(found.errors[error].rule);
    }
  };
  for (uint32_t i : found.holding) {
    shadow_errors_before(i);
    if (error < found.errors.size() && found.errors[error].rule == i) ++error;
    if (IsShadow(rules[i])) {
      shadow->push_back(i);
    } else if (IsReason(decision.outcome, static_cast<Effect>(rules[i].effect))) {
      reasons->push_back(i);
    }
  }
  shadow_errors_before(rules.size());
  decision.reasons = *reasons;
  decision.errors = found.errors;
  decision.shadow = *shadow;
  return decision;
}

}  // namespace

Decision Conclude(Machine* machine, const Found& found, Scratch* scratch) {
  return ConcludeOf(machine->bundle().rules(), found, &scratch->reasons_, &scratch->shadow_);
}

Decision Conclude(std::span<const RuleRow> first, std::span<const RuleRow> then, const Found& found,
                  std::vector<uint32_t>* reasons, std::vector<uint32_t>* shadow) {
  struct Rules {
    std::span<const RuleRow> first, then;
    const RuleRow& operator[](size_t i) const { return i < first.size() ? first[i] : then[i - first.size()]; }
    size_t size() const { return first.size() + then.size(); }
  };
  return ConcludeOf(Rules{first, then}, found, reasons, shadow);
}

}  // namespace polc::vm
