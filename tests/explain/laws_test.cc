// Explanations of random Pol programs: they say what was decided, and what they say would change it does.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include "compiler/bridge/bridge.h"
#include "compiler/bridge/decision.h"
#include "compiler/emit/emit.h"
#include "compiler/explain/render.h"
#include "tests/pol/family.h"
#include "tests/pol/random_program.h"

namespace polc::tests {
namespace {

constexpr uint64_t kCases = kSanitized ? 1'000 : 10'000;

struct Loaded {
  explicit Loaded(const World& w) {
    source::DiagnosticSink sink;
    bytes = *emit::Emit(w.program, {}, sink);
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    if (!bundle::Bundle::Open(bytes, &opened).ok() || !Verify(opened, &verified).ok()) std::abort();
    engine = vm::Engine::Make(verified, bridge::MakeSnapshot(w.store));
    scratch.emplace(*engine);
  }
  std::vector<uint8_t> bytes;
  std::shared_ptr<const vm::Engine> engine;
  std::optional<vm::Scratch> scratch;
};

// The runtime's trace, which gateways get, against the explanation, which people get.
std::string Differing(const explain::Explanation& e, const vm::Engine& engine, const vm::Request& request) {
  vm::DecisionTracer tracer(engine, request);
  if (!e.misfit.empty()) return tracer.hops().empty() ? "" : "a request that is invalid has a trace";
  size_t told = 0;
  for (const uint8_t hop : tracer.hops()) {
    for (uint32_t i = 0; i < engine.bundle()->rules().size(); ++i) {
      const vm::RuleTrace rule = tracer.Rule(i, hop);
      if (rule.in_scope != (told < e.rules.size() && e.rules[told].rule == i)) {
        if (rule.in_scope) return "a rule in scope is not told";
        continue;
      }
      if (!rule.in_scope) continue;
      const explain::RuleStory& story = e.rules[told++];
      const vm::Verdict verdict = story.answer == vm::Answer::kYes     ? vm::Verdict::kSatisfied
                                  : story.answer == vm::Answer::kError ? vm::Verdict::kErred
                                                                       : vm::Verdict::kNotSatisfied;
      if (rule.verdict != verdict || rule.holds != story.holds) return "they differ about " + story.id;
      for (const vm::Answer answer :
           {vm::Answer::kYes, vm::Answer::kNo, vm::Answer::kError, vm::Answer::kNotAsked}) {
        const auto some = [&](const auto& tests) {
          return std::ranges::any_of(tests, [&](const auto& test) { return test.answer == answer; });
        };
        if (some(rule.tests) != some(story.tests)) return "they differ about the tests of " + story.id;
      }
    }
    for (const uint32_t fact : tracer.Facts()) {
      const vm::FactTrace trace = tracer.Fact(fact, hop);
      const auto story = std::ranges::find_if(e.facts, [&](const explain::FactStory& told_fact) {
        return told_fact.name == engine.bundle()->String(engine.bundle()->facts()[fact].name) &&
               told_fact.value.has_value() == trace.value.has_value();
      });
      if (story == e.facts.end()) return "they differ about a fact";
    }
  }
  return told == e.rules.size() ? "" : "a rule that is told is not in the trace";
}

// The decision anew, from nothing but what the explanation tells of rules and needs; the hops that are asked
// for are `hops`. Nothing where it is an approver's refusal or a limit that cannot be kept that decides:
// there the stories only have to allow it.
std::optional<data::Outcome> OutcomeOf(const explain::Explanation& e, size_t hops) {
  bool forbidden = false, suggested = false, limited = false, asks_people = false;
  std::set<std::string> allowed;
  for (const explain::RuleStory& rule : e.rules) {
    if (!rule.holds || rule.shadow) continue;
    asks_people |= rule.effect == "require" || rule.lifted;
    if (rule.lifted) continue;
    forbidden |= rule.effect == "forbid";
    suggested |= rule.effect == "suggest";
    limited |= rule.effect == "limit";
    if (rule.effect == "allow") allowed.insert(rule.hop);
  }
  asks_people |= std::ranges::any_of(e.needs, &explain::ApprovalStory::lifts);
  if (!e.misfit.empty() || forbidden || allowed.size() < hops) return data::Outcome::kDeny;
  const data::Why why = e.decision.why;
  if (limited && (why == data::Why::kUnenforceable || why == data::Why::kError)) return std::nullopt;
  if (asks_people && why == data::Why::kRefused) return std::nullopt;
  if (!e.amounts.empty()) return data::Outcome::kDeny;
  if (suggested) return data::Outcome::kSuggest;
  if (std::ranges::any_of(e.needs, [](const auto& need) { return !need.lifts && !need.met; }))
    return data::Outcome::kRequireApproval;
  return limited ? data::Outcome::kAllowWithLimits : data::Outcome::kAllow;
}

// What in the stories is not as decided.
std::string Contradiction(const explain::Explanation& e, size_t hops) {
  for (const explain::RuleStory& rule : e.rules) {
    if (rule.is_reason && !rule.holds) return "the reason " + rule.id + " does not hold";
    // A refusal counts for a rule that an approval lifts, too.
    if (rule.is_reason && rule.lifted && e.decision.why != data::Why::kRefused)
      return "the reason " + rule.id + " is lifted";
    if (rule.is_reason && rule.shadow) return "the reason " + rule.id + " is in shadow";
  }
  const std::optional<data::Outcome> outcome = OutcomeOf(e, hops);
  if (!outcome)
    return e.decision.outcome == data::Outcome::kDeny ? "" : "refused or unenforceable, and not denied";
  if (*outcome != e.decision.outcome)
    return "the trace makes it " + std::string(OutcomeName(*outcome)) + ", not " +
           std::string(OutcomeName(e.decision.outcome)) + " (" + std::string(WhyName(e.decision.why)) + ")";
  return "";
}

TEST(ExplainLaws, SayWhatWasDecidedAndWhatWouldChangeIt) {
  uint64_t contradictions = 0, wrong = 0, found = 0, asked = 0, complete = 0;
  std::map<std::string, uint64_t> outcomes;
  for (uint64_t seed = 0; seed < kCases; ++seed) {
    World w = RandomPolCase(seed).world;
    gen::Rng rng(seed, 11);
    w.program = Finished(std::move(w.program));
    ASSERT_FALSE(w.store.Close().has_value());
    Loaded vm(w);
    w.options.snapshot = bridge::DigestName(vm.engine->bundle().snapshot_id());
    w.options.validate_request = rng.Chance(10);
    Host host = w.host;
    host.approvals.clear();
    const Decision bare = DecideOn(w, w.program, w.request, host);
    host.approvals = w.host.approvals;
    for (auto& item : host.approvals) {
      item.action_digest = bare.action_digest;
      item.terms_digest = bare.terms_digest;
      item.snapshot = w.options.snapshot;
    }
    for (auto& item : host.refusals) item.action_digest = bare.action_digest;
    for (auto& item : host.evidence) item.action_digest = bare.action_digest;
    data::Request request = w.request;
    request.host = std::make_shared<Host>(host);

    const auto taken =
        bridge::MakeRequest(*vm.engine, request, {.validate_request = w.options.validate_request});
    ASSERT_TRUE(taken);
    const explain::Explanation e = explain::Explain(*vm.engine, *taken, &*vm.scratch);
    const Decision expected = DecideOn(w, w.program, request, host);
    ++outcomes[std::string(OutcomeName(expected.outcome))];
    std::string problem;
    if (e.decision.outcome != expected.outcome || e.decision.reasons != expected.reasons) {
      problem = "the explanation is of another decision: " + std::string(OutcomeName(e.decision.outcome)) +
                " for " + std::string(OutcomeName(expected.outcome));
    } else {
      problem = Contradiction(e, 1 + std::set(e.acts_for.begin(), e.acts_for.end()).size());
    }
    if (problem.empty()) problem = Differing(e, *vm.engine, *taken);
    if (!problem.empty() && ++contradictions <= 3) ADD_FAILURE() << "seed " << seed << ": " << problem;

    // A rule put together again from its trace is the rule.
    vm::Scratch scratch(*vm.engine);
    explain::Tracer tracer(*vm.engine, *taken, &scratch);
    for (uint32_t i = 0; i < vm.engine->bundle()->rules().size(); ++i) {
      const explain::Trace trace = tracer.Run(vm.engine->bundle()->rules()[i].condition);
      const vm::Evaluation evaluation = vm.engine->EvaluateRule(i, *taken, &*vm.scratch);
      EXPECT_EQ(trace.ok(), evaluation.ok) << seed;
      if (trace.ok()) {
        EXPECT_EQ(trace.holds(), evaluation.value.boolean()) << seed;
      } else {
        EXPECT_EQ(trace.at(trace.root).ok, false) << seed;
      }
    }

    // Every rendering is made of it without a mishap.
    for (const auto audience : {explain::Audience::kEngineer, explain::Audience::kAgent}) {
      const explain::Document document = Compose(e, {.audience = audience});
      EXPECT_FALSE(ToText(document).empty());
      EXPECT_FALSE(ToHtml(document).empty());
    }

    // A look at two other outcomes, decided by the oracle.
    const uint64_t first = rng.Below(5);
    for (const uint64_t index : {first, (first + 1 + rng.Below(4)) % 5}) {
      const auto want = static_cast<data::Outcome>(index);
      const explain::Changes changes = explain::FindChanges(*vm.engine, request, &*vm.scratch,
                                                            {.want = want,
                                                             .up_to = 2,
                                                             .enough = 3,
                                                             .max_tried = 60,
                                                             .validate_request = w.options.validate_request});
      EXPECT_EQ(changes.already, explain::IsWanted(want, expected.outcome) && e.misfit.empty()) << seed;
      if (changes.already) continue;
      ++asked;
      complete += changes.complete;
      for (const explain::Alternative& alternative : changes.found) {
        ++found;
        const auto changed =
            WithChanges(*vm.engine, request, alternative.changes, w.options.validate_request);
        ASSERT_TRUE(changed);
        data::EntityStore store(&w.store);
        for (const data::Entity& entity : changed->entities) store.Put(entity);
        ASSERT_FALSE(store.Close().has_value());
        const Decision then = oracle::Decide(w.program, store, *changed, w.options);
        if ((!explain::IsWanted(want, then.outcome) || then.outcome != alternative.outcome) && ++wrong <= 3) {
          std::string says;
          for (const std::string& s : alternative.sentences) says += s + "; ";
          const auto made =
              bridge::MakeRequest(*vm.engine, *changed, {.validate_request = w.options.validate_request});
          says +=
              "(the VM: " + std::string(OutcomeName(vm.engine->Decide(*made, &*vm.scratch).outcome)) + ") ";
          ADD_FAILURE() << "seed " << seed << ": wanted " << OutcomeName(want) << ", and with " << says
                        << "it is " << OutcomeName(then.outcome);
        }
      }
    }
  }
  std::printf(
      "%llu cases, %llu contradictions; %llu questions, %llu searched in full, %llu answers, %llu wrong;",
      static_cast<unsigned long long>(kCases), static_cast<unsigned long long>(contradictions),
      static_cast<unsigned long long>(asked), static_cast<unsigned long long>(complete),
      static_cast<unsigned long long>(found), static_cast<unsigned long long>(wrong));
  for (const auto& [outcome, n] : outcomes)
    std::printf(" %s %llu", outcome.c_str(), static_cast<unsigned long long>(n));
  std::printf("\n");
  EXPECT_EQ(contradictions, 0u);
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(asked, kCases);
  EXPECT_GT(found, kCases / 4);
}

}  // namespace
}  // namespace polc::tests
