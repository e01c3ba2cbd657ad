#include "compiler/policytest/run.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::policytest {

using data::Decision;
using data::EntityUid;
using data::Host;
using data::Kind;
using data::Outcome;
using data::Value;

namespace {

std::string_view Text(TestCase::Expected::Outcome outcome) {
  return data::OutcomeName(static_cast<Outcome>(outcome));
}
static_assert(static_cast<int>(TestCase::Expected::Outcome::kDeny) == static_cast<int>(Outcome::kDeny));
static_assert(static_cast<int>(TestCase::Expected::Outcome::kAllowWithLimits) ==
              static_cast<int>(Outcome::kAllowWithLimits));

std::string ActionText(const EntityUid& action) { return action.id; }

// What is in `a` and not in `b`; both sorted alike.
std::vector<std::string> Without(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  std::vector<std::string> rest;
  std::ranges::set_difference(a, b, std::back_inserter(rest));
  return rest;
}

class Comparison {
 public:
  Comparison(const TestCase::Expected& expected, Result& result)
      : expected_(expected), result_(result), decision_(result.decision) {}

  void Compare() {
    CompareOutcome();
    CompareSuggestion();
    CompareLimits();
    CompareReasons();
    std::ranges::sort(result_.rules);
    const auto twice = std::ranges::unique(result_.rules);
    result_.rules.erase(twice.begin(), twice.end());
  }

 private:
  template <typename... Args>
  void Differ(fmt::format_string<Args...> format, Args&&... args) {
    result_.differences.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  void Look(const std::vector<std::string>& rules) {
    result_.rules.insert(result_.rules.end(), rules.begin(), rules.end());
  }

  void CompareOutcome() {
    if (static_cast<int>(expected_.outcome) != static_cast<int>(decision_.outcome)) {
      Differ("expected {}, and it is {}", Text(expected_.outcome), Summary(decision_));
      Look(decision_.reasons);
      for (const data::RuleError& error : decision_.errors) {
        Differ("{} erred: {}", error.rule.empty() ? "the request" : error.rule, error.message);
        if (!error.rule.empty()) Look({error.rule});
      }
      for (const data::UncountedApproval& approval : decision_.not_counted) {
        Differ("the approval by {} does not count: {}", data::ToString(approval.approver),
               data::NotCountedName(approval.why));
      }
    } else if (expected_.why && *expected_.why != data::WhyName(decision_.why)) {
      Differ("expected deny because {}, and it is because {}", *expected_.why, data::WhyName(decision_.why));
    }
  }

  void CompareSuggestion() {
    if (!expected_.suggestion || decision_.outcome != Outcome::kSuggest) return;
    const bool there = std::ranges::any_of(decision_.suggestions,
                                           [&](const auto& s) { return s.action == *expected_.suggestion; });
    if (there) return;
    std::vector<std::string> actions;
    for (const auto& suggestion : decision_.suggestions) actions.push_back(ActionText(suggestion.action));
    Differ("expected the suggestion {}, and it is {}", ActionText(*expected_.suggestion),
           fmt::join(actions, ", "));
  }

  void CompareLimits() {
    if (!expected_.limits) return;
    std::map<std::string, Value> wanted(expected_.limits->begin(), expected_.limits->end());
    for (const auto& [kind, value] : wanted) {
      const auto limit = decision_.limits.find(kind);
      if (limit == decision_.limits.end()) {
        Differ("expected the limit {} {}, and there is none", kind, data::ToString(value));
      } else if (!(limit->second.value == value)) {
        Differ("expected the limit {} {}, and it is {} by {}", kind, data::ToString(value),
               data::ToString(limit->second.value), fmt::join(limit->second.by, ", "));
        Look(limit->second.by);
      }
    }
    for (const auto& [kind, limit] : decision_.limits) {
      if (wanted.contains(kind)) continue;
      Differ("there is a limit that is not expected: {} {} by {}", kind, data::ToString(limit.value),
             fmt::join(limit.by, ", "));
      Look(limit.by);
    }
  }

  void CompareReasons() {
    if (!expected_.by) return;
    const std::vector<std::string> missing = Without(*expected_.by, decision_.reasons);
    const std::vector<std::string> more = Without(decision_.reasons, *expected_.by);
    if (!missing.empty()) Differ("expected by {}, which is not a reason", fmt::join(missing, ", "));
    if (!more.empty()) Differ("{} is a reason, and not expected", fmt::join(more, ", "));
    Look(missing);
    Look(more);
  }

  const TestCase::Expected& expected_;
  Result& result_;
  const Decision& decision_;
};

}  // namespace

Result RunTest(const TestCase& test, const Decide& decide) {
  data::Request request = test.request;
  Result result{decide(request), {}, {}};
  if (!test.approvals.empty() || !test.refusals.empty() || !request.host->evidence.empty()) {
    auto host = std::make_shared<Host>(*request.host);
    const Decision& shown = result.decision;
    auto issued = [&](const TestCase::Vote& vote) { return data::Datetime{host->now->ms - vote.ago_ms}; };
    for (const TestCase::Vote& vote : test.approvals) {
      host->approvals.push_back({.id = fmt::format("approval-{}", host->approvals.size() + 1),
                                 .approver = vote.person,
                                 .issued = issued(vote),
                                 .action_digest = shown.action_digest,
                                 .terms_digest = shown.terms_digest,
                                 .snapshot = shown.snapshot,
                                 .span = vote.span});
    }
    for (const TestCase::Vote& vote : test.refusals) {
      host->refusals.push_back({.id = fmt::format("refusal-{}", host->refusals.size() + 1),
                                .approver = vote.person,
                                .issued = issued(vote),
                                .action_digest = shown.action_digest,
                                .span = vote.span});
    }
    for (data::EvidenceItem& item : host->evidence) item.action_digest = shown.action_digest;
    request.host = std::move(host);
    result.decision = decide(request);
  }
  Comparison(test.expected, result).Compare();
  return result;
}

std::string Summary(const Decision& decision) {
  std::string text(data::OutcomeName(decision.outcome));
  if (decision.why != data::Why::kNone) text += fmt::format(" ({})", data::WhyName(decision.why));
  if (!decision.reasons.empty()) text += fmt::format(" by {}", fmt::join(decision.reasons, ", "));
  return text;
}

}  // namespace polc::policytest
