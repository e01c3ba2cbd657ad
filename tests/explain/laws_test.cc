// Explanations of random Pol programs: they say what was decided, and what they say would change it does.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
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

// What the stories of the rules alone make of it, as far as they go: what people said and limits that cannot
// be kept are not the rules'.
std::string Contradiction(const explain::Explanation& e, size_t hops) {
  const data::Outcome outcome = e.decision.outcome;
  if (!e.misfit.empty()) return outcome == data::Outcome::kDeny ? "" : "a misfit is not denied";
  bool forbidden = false, suggested = false, required = false, limited = false;
  std::map<std::string, bool> allowed;
  for (const explain::RuleStory& rule : e.rules) {
    if (rule.is_reason && !rule.holds) return "the reason " + rule.id + " does not hold";
    // A refusal counts for a rule that an approval lifts, too.
    if (rule.is_reason && rule.lifted && e.decision.why != data::Why::kRefused)
      return "the reason " + rule.id + " is lifted";
    if (rule.is_reason && rule.shadow) return "the reason " + rule.id + " is in shadow";
    if (!rule.holds || rule.lifted || rule.shadow) continue;
    forbidden |= rule.effect == "forbid";
    suggested |= rule.effect == "suggest";
    required |= rule.effect == "require";
    limited |= rule.effect == "limit";
    if (rule.effect == "allow") allowed[rule.hop] = true;
  }
  const bool deny = outcome == data::Outcome::kDeny;
  if (forbidden && !deny) return "a forbid holds, and it is not denied";
  if (allowed.size() < hops && !deny) return "somebody is not granted it, and it is not denied";
  const data::Why why = e.decision.why;
  if (deny && why == data::Why::kForbidden && !forbidden) return "forbidden, and no forbid holds";
  if (deny && why == data::Why::kNoGrant && allowed.size() >= hops) return "no grant, and all are granted it";
  if (!deny && suggested != (outcome == data::Outcome::kSuggest)) return "what is suggested is not";
  if (outcome == data::Outcome::kRequireApproval && !required) return "required, and no require holds";
  if (!deny && outcome <= data::Outcome::kAllowWithLimits &&
      limited != (outcome == data::Outcome::kAllowWithLimits))
    return "the limits are not the outcome's";
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

    // A look at another outcome, decided by the oracle.
    const auto want = static_cast<data::Outcome>(rng.Below(5));
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
      const auto changed = WithChanges(*vm.engine, request, alternative.changes, w.options.validate_request);
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
        says += "(the VM: " + std::string(OutcomeName(vm.engine->Decide(*made, &*vm.scratch).outcome)) + ") ";
        ADD_FAILURE() << "seed " << seed << ": wanted " << OutcomeName(want) << ", and with " << says
                      << "it is " << OutcomeName(then.outcome);
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
  EXPECT_GT(found, kCases / 10);
}

}  // namespace
}  // namespace polc::tests
