#include "compiler/policytest/run.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

#include "compiler/simulate/state.h"
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
    CompareMissing();
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

  void CompareMissing() {
    if (!expected_.missing || decision_.outcome != Outcome::kRequireApproval) return;
    sema::pol::MissingTerms there;
    for (const data::UnmetNeed& need : decision_.needs) {
      if (need.need.evidence.empty()) {
        there.approval = true;
      } else {
        there.evidence.push_back(need.need.evidence);
      }
    }
    std::ranges::sort(there.evidence);
    const auto twice = std::ranges::unique(there.evidence);
    there.evidence.erase(twice.begin(), twice.end());
    auto text = [](const sema::pol::MissingTerms& missing) {
      std::vector<std::string> parts;
      if (missing.approval) parts.emplace_back("approval");
      for (const std::string& kind : missing.evidence) parts.push_back("evidence " + kind);
      return fmt::format("{}", fmt::join(parts, " and "));
    };
    if (text(there) == text(*expected_.missing)) return;
    Differ("expected {} to be missing, and it is {}", text(*expected_.missing), text(there));
    Look(decision_.reasons);
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
    std::vector<std::string> absent, unwanted;
    for (const std::string& rule : expected_.with) {
      if (std::ranges::count(decision_.reasons, rule) == 0) absent.push_back(rule);
    }
    for (const std::string& rule : expected_.not_by) {
      if (std::ranges::count(decision_.reasons, rule) > 0) unwanted.push_back(rule);
    }
    if (!absent.empty()) Differ("expected by {}, which is not a reason", fmt::join(absent, ", "));
    if (!unwanted.empty()) Differ("expected not by {}, which is a reason", fmt::join(unwanted, ", "));
    Look(absent);
    Look(unwanted);
    if (expected_.errors && *expected_.errors != decision_.errors.size()) {
      Differ("expected {} errors, and there are {}", *expected_.errors, decision_.errors.size());
      for (const data::RuleError& error : decision_.errors) Differ("{} erred: {}", error.rule, error.message);
    }
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

// The host of one test: what is kept between its requests.
class TestHost {
 public:
  TestHost(const TestCase& test, const Decide& decide, const core::Program& program)
      : decide_(decide),
        program_(program),
        names_(NamesOf(program)),
        book_(program, Nothing(), &names_),
        began_ms_(test.request.host && test.request.host->now ? test.request.host->now->ms : 0) {}

  // Decides one request of a step; `fresh`: its votes are cast now.
  Result::Decided Ask(const sema::pol::TestStep& step, bool fresh) {
    data::Request request = step.request;
    // A Cedar request has no host.
    if (!request.host) {
      Decision decision = decide_(request);
      return {std::move(request), std::move(decision)};
    }
    auto host = std::make_shared<Host>(*request.host);
    KeepState(*host);
    const Host given = *host;
    if (book_.moves() && host->now) {
      std::set<std::string> assumed;
      book_.Fill(request, *host->now, true, *host, assumed);
    }
    request.host = host;
    Decision decision = decide_(request);
    const bool votes = fresh && !(step.approvals.empty() && step.refusals.empty());
    if (votes || !approvals_.empty() || !refusals_.empty() || !host->evidence.empty()) {
      if (fresh) Cast(step, decision, *host);
      host->approvals = approvals_;
      host->refusals = refusals_;
      for (data::EvidenceItem& item : host->evidence) item.action_digest = decision.action_digest;
      decision = decide_(request);
    }
    if (decision.allowed()) {
      for (data::ApprovalItem& item : approvals_) {
        item.consumed |= std::ranges::count(decision.counted, item.id, &data::CountedApproval::id) > 0;
      }
    }
    if (book_.moves() && host->now) book_.Add(*host->now, given, nullptr, decision);
    return {std::move(request), std::move(decision)};
  }

 private:
  static const data::EntityStore& Nothing() {
    static const data::EntityStore* const kNothing = [] {
      auto* store = new data::EntityStore;
      store->Close();
      return store;
    }();
    return *kNothing;
  }

  static std::set<std::string> NamesOf(const core::Program& program) {
    std::set<std::string> out;
    for (const core::Input& input : program.inputs) out.insert(input.name);
    return out;
  }

  // What was given at the beginning and has left its window.
  void KeepState(Host& host) const {
    if (!host.now) return;
    for (data::StateItem& item : host.state) {
      for (const core::Input& input : program_.inputs) {
        if (input.name != item.input || input.by != item.by) continue;
        const int64_t lasts = input.closes_after_ms > 0 ? input.closes_after_ms : input.over_ms;
        if (lasts == 0 || host.now->ms - began_ms_ < lasts) continue;
        if (item.value.is(Kind::kBool)) item.value = Value(false);
        if (item.value.is(Kind::kLong)) item.value = Value(int64_t{0});
        if (item.value.is(Kind::kDecimal)) item.value = Value(data::Decimal{0});
      }
    }
  }

  // Approvals and refusals of what the decision without them was about.
  void Cast(const sema::pol::TestStep& step, const Decision& shown, const Host& host) {
    auto issued = [&](const TestCase::Vote& vote) { return data::Datetime{host.now->ms - vote.ago_ms}; };
    for (const TestCase::Vote& vote : step.approvals) {
      approvals_.push_back({.id = fmt::format("approval-{}", approvals_.size() + 1),
                            .approver = vote.person,
                            .issued = issued(vote),
                            .action_digest = shown.action_digest,
                            .terms_digest = shown.terms_digest,
                            .snapshot = shown.snapshot,
                            .span = vote.span});
    }
    for (const TestCase::Vote& vote : step.refusals) {
      refusals_.push_back({.id = fmt::format("refusal-{}", refusals_.size() + 1),
                           .approver = vote.person,
                           .issued = issued(vote),
                           .action_digest = shown.action_digest,
                           .span = vote.span});
    }
  }

  const Decide& decide_;
  const core::Program& program_;
  const std::set<std::string> names_;  // of inputs: a test supplies every one it can read
  simulate::StateBook book_;
  const int64_t began_ms_;
  std::vector<data::ApprovalItem> approvals_;
  std::vector<data::RefusalItem> refusals_;
};

}  // namespace

Result RunTest(const TestCase& test, const Decide& decide, const core::Program& program) {
  Result result;
  std::vector<const sema::pol::TestStep*> steps = {&test};
  for (const sema::pol::TestStep& step : test.then) steps.push_back(&step);
  TestHost host(test, decide, program);
  size_t number = 0, all = 0;
  for (const sema::pol::TestStep* step : steps) all += step->times;
  for (const sema::pol::TestStep* step : steps) {
    for (uint32_t i = 0; i < step->times && result.passed(); ++i) {
      result.decided.push_back(host.Ask(*step, i == 0));
      result.decision = result.decided.back().decision;
      Comparison(step->expected, result).Compare();
      ++number;
      if (result.passed() || all == 1) continue;
      for (std::string& difference : result.differences) {
        difference = fmt::format("request {} of {}: {}", number, all, difference);
      }
    }
  }
  return result;
}

std::string NameOf(const TestCase& test) { return fmt::format("{}/{}", test.policy, test.title); }

std::string Summary(const Decision& decision) {
  std::string text(data::OutcomeName(decision.outcome));
  if (decision.why != data::Why::kNone) text += fmt::format(" ({})", data::WhyName(decision.why));
  if (!decision.reasons.empty()) text += fmt::format(" by {}", fmt::join(decision.reasons, ", "));
  return text;
}

}  // namespace polc::policytest
