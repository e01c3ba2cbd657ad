#include "compiler/simulate/compare.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace polc::simulate {

using data::Decision;
using data::Why;

namespace {

// Rules that erred, by name; messages may name places.
std::set<std::string_view> ErredIn(const Decision& decision) {
  std::set<std::string_view> out;
  for (const data::RuleError& error : decision.errors) out.insert(error.rule);
  return out;
}

bool ErrsAnew(const Decision& before, const Decision& after) {
  auto fails = [](Why why) {
    return why == Why::kError || why == Why::kInvalidRequest || why == Why::kUnknownEntity;
  };
  if (fails(after.why) && after.why != before.why) return true;
  const std::set<std::string_view> was = ErredIn(before);
  return std::ranges::any_of(after.errors,
                             [&](const data::RuleError& error) { return !was.contains(error.rule); });
}

auto Needs(const Decision& decision) {
  std::set<data::NeedTerm> out;
  for (const data::UnmetNeed& need : decision.needs) out.insert(need.need);
  return out;
}

}  // namespace

std::string_view BucketName(Bucket bucket) {
  switch (bucket) {
    case Bucket::kUnchanged:
      return "unchanged";
    case Bucket::kTerms:
      return "terms_changed";
    case Bucket::kStricter:
      return "stricter";
    case Bucket::kError:
      return "error";
    case Bucket::kLooser:
      return "looser";
    case Bucket::kNotReplayable:
      return "not_replayable";
  }
  return "";
}

bool SameTerms(const Decision& a, const Decision& b) {
  const bool same_limits = std::ranges::equal(a.limits, b.limits, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.value == y.second.value;
  });
  const bool same_suggestions =
      std::ranges::equal(a.suggestions, b.suggestions, [](const auto& x, const auto& y) {
        return std::tie(x.action, x.resource, x.context) == std::tie(y.action, y.resource, y.context);
      });
  return same_limits && same_suggestions && Needs(a) == Needs(b);
}

Bucket Compare(const Decision& before, const Decision& after, bool whole) {
  if (!whole) {
    if (before.allowed() == after.allowed()) return Bucket::kUnchanged;
    if (after.allowed()) return Bucket::kLooser;
    return ErrsAnew(before, after) ? Bucket::kError : Bucket::kStricter;
  }
  if (after.outcome < before.outcome) return Bucket::kLooser;
  if (ErrsAnew(before, after)) return Bucket::kError;
  if (after.outcome > before.outcome) return Bucket::kStricter;
  return SameTerms(before, after) ? Bucket::kUnchanged : Bucket::kTerms;
}

std::string OutcomeText(const Decision& decision) {
  std::string out(OutcomeName(decision.outcome));
  if (decision.why != Why::kNone) out += " (" + std::string(WhyName(decision.why)) + ")";
  return out;
}

std::vector<std::string> RulesOf(const Decision& decision) {
  std::set<std::string> out(decision.reasons.begin(), decision.reasons.end());
  for (const auto& [kind, limit] : decision.limits) out.insert(limit.by.begin(), limit.by.end());
  for (const data::UnmetNeed& need : decision.needs) out.insert(need.rule);
  for (const data::SuggestionTerm& s : decision.suggestions) out.insert(s.by.begin(), s.by.end());
  for (const data::Liftable& liftable : decision.liftable) out.insert(liftable.rule);
  for (const data::RuleError& error : decision.errors) {
    if (!error.rule.empty()) out.insert(error.rule);
  }
  out.insert(decision.shadow.begin(), decision.shadow.end());
  return {out.begin(), out.end()};
}

}  // namespace polc::simulate
