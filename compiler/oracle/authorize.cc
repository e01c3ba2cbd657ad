#include "compiler/oracle/authorize.h"

#include <algorithm>

#include "compiler/source/planted.h"

namespace polc::oracle {

namespace {

using core::Effect;
using core::Rule;

// The most restrictive effect among rules that hold decides; without an allow nothing is allowed.
Outcome Combine(const std::vector<const Rule*>& holding) {
  auto any = [&](Effect effect) {
    return std::any_of(holding.begin(), holding.end(),
                       [&](const Rule* rule) { return rule->effect == effect; });
  };
  if (any(Effect::kForbid) || !any(Effect::kAllow)) return Outcome::kDeny;
  if (any(Effect::kSuggest)) return Outcome::kSuggest;
  if (any(Effect::kRequire)) return Outcome::kRequireApproval;
  if (any(Effect::kLimit)) return Outcome::kAllowWithLimits;
  return Outcome::kAllow;
}

// Whether a rule that holds is a reason of the outcome.
bool IsReason(Effect effect, Outcome outcome) {
  if (outcome == Outcome::kDeny) return effect == Effect::kForbid;
  if (outcome == Outcome::kSuggest) return effect == Effect::kSuggest;
  if (outcome == Outcome::kRequireApproval) return effect == Effect::kRequire;
  return effect == Effect::kAllow || effect == Effect::kLimit;
}

}  // namespace

Answer Authorize(const core::Program& program, const data::EntityStore& store, const data::Request& request) {
  Answer answer;
  std::vector<const Rule*> enforced;
  std::vector<const Rule*> all;
  for (const Rule& rule : program.rules) {
    bool holds = ScopeHolds(rule, store, request);
    bool erred = false;
    for (size_t i = 0; holds && i < rule.conditions.size(); ++i) {
      EvalResult result = Evaluate(rule, rule.conditions[i], request, store);
      const auto* value = std::get_if<data::Value>(&result);
      if (value && value->is(data::Kind::kBool)) {
        holds = value->as_bool();
        continue;
      }
      if (value) {
        result = EvalError{EvalError::Code::kTypeError,
                           "type error: expected bool, got " + std::string(data::KindName(value->kind())),
                           rule.exprs[rule.conditions[i]].span};
      }
      answer.errors.push_back({rule.id, std::get<EvalError>(std::move(result))});
      erred = true;
      holds = (rule.on_error == core::ErrorRule::kFailClosed || source::Planted(2)) &&
              rule.effect != Effect::kAllow;
      break;
    }
    if (rule.mode == core::Mode::kShadow && (holds || erred)) answer.shadow.push_back(rule.id);
    if (!holds) continue;
    all.push_back(&rule);
    if (rule.mode == core::Mode::kEnforced) enforced.push_back(&rule);
  }
  answer.outcome = Combine(enforced);
  answer.would_be = Combine(all);
  for (const Rule* rule : enforced) {
    if (IsReason(rule->effect, answer.outcome)) answer.reasons.push_back(rule->id);
  }
  return answer;
}

}  // namespace polc::oracle
