#include "compiler/mutate/mutants.h"

#include "compiler/core/print.h"
#include "compiler/policytest/machine.h"
#include "compiler/sema/lower.h"
#include "compiler/sema/pol_test_util.h"
#include "compiler/simulate/judge.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::mutate {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Not;
using testing::UnorderedElementsAre;

std::string Line(const Mutant& mutant) {
  return std::string(KindName(mutant.kind)) + ": " + mutant.was + " -> " + mutant.now;
}

std::vector<std::string> OfCedar(const std::string& text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("p.cedar", text);
  sema::Lowerer lowerer(sema::IdSource::kPosition, sink);
  for (const syntax::ParsedPolicy& policy : syntax::ParseCedar(map, file, sink)) lowerer.Add(policy.policy);
  const core::Program program = lowerer.Take();
  EXPECT_FALSE(sink.has_errors());
  std::vector<std::string> out;
  for (const Mutant& mutant : MakeMutants(program, map, {file})) {
    if (mutant.kind != Mutant::Kind::kRule) out.push_back(Line(mutant));
  }
  return out;
}

std::vector<std::string> When(const std::string& condition) {
  return OfCedar("permit (principal, action, resource) when { " + condition + " };");
}

TEST(Mutants, BoundariesMoveBothWays) {
  EXPECT_THAT(When("context.n <= 5"),
              UnorderedElementsAre("condition: context.n <= 5 -> ",
                                   "operator: context.n <= 5 -> context.n < 5", "threshold: 5 -> 6"));
  EXPECT_THAT(When("context.n < 5"), Contains("threshold: 5 -> 4"));
  EXPECT_THAT(When("context.n > 5"),
              AllOf(Contains("operator: context.n > 5 -> context.n >= 5"), Contains("threshold: 5 -> 6")));
  EXPECT_THAT(When("context.n >= 5"),
              AllOf(Contains("operator: context.n >= 5 -> context.n > 5"), Contains("threshold: 5 -> 4")));
  EXPECT_THAT(When("5 < context.n"), Contains("threshold: 5 -> 6"));
  EXPECT_THAT(When("context.d.lessThan(decimal(\"1.5\"))"),
              AllOf(Contains("operator: context.d.lessThan(decimal(\"1.5\")) -> "
                             "context.d.lessThanOrEqual(decimal(\"1.5\"))"),
                    Contains("threshold: decimal(\"1.5\") -> decimal(\"1.4999\")")));
}

TEST(Mutants, TheGreatestNumberStaysWhereItIs) {
  EXPECT_THAT(When("context.n <= 9223372036854775807"), Not(Contains(testing::HasSubstr("threshold"))));
}

TEST(Mutants, OperatorsTurnRound) {
  EXPECT_THAT(When("context.a == 1"), Contains("operator: context.a == 1 -> !(context.a == 1)"));
  EXPECT_THAT(When("context.a != 1"), Contains("operator: context.a != 1 -> !(context.a != 1)"));
  EXPECT_THAT(When("context.a.containsAll([1, 2])"),
              Contains("operator: context.a.containsAll([1, 2]) -> context.a.containsAny([1, 2])"));
}

TEST(Mutants, ConditionsAreLeftOutOneByOne) {
  EXPECT_THAT(When("context.a && context.b && context.c"),
              UnorderedElementsAre(
                  "operator: context.a && context.b -> context.a || context.b",
                  "operator: context.a && context.b && context.c -> context.a && context.b || context.c",
                  "condition: context.a -> ", "condition: context.b -> ", "condition: context.c -> "));
}

TEST(Mutants, ScopesAreWidened) {
  EXPECT_THAT(OfCedar("permit (principal in G::\"g\", action in [Action::\"a\", Action::\"b\"], resource is "
                      "T in G::\"h\");"),
              UnorderedElementsAre("scope: principal in G::\"g\" -> anything",
                                   "scope: resource is T in G::\"h\" -> T", testing::HasSubstr("without a"),
                                   testing::HasSubstr("without b")));
}

// A bit of everything: every mutant verifies, is a bundle, says something else than the original, and can be
// undone.
class EveryMutant : public sema::pol::PolTest {};

TEST_F(EveryMutant, StandsByItself) {
  const sema::pol::Set set = With(R"(
    switch freeze for each Environment
    counter done counts restart for each principal.ttl over 10m
    breaker runaway for each resource opens at 5 denials over 1m
    fact risk : Risk is the highest of
      critical when action is irreversible,
      high when context has blast and context.blast is above 5%,
      otherwise low
    fact late : Bool is now is after 2026-01-01T00:00:00Z
    rule a allow Agent in Team "sre" to restart, look on Service in Environment "e"
      when resource has tier and resource.tier is at least 2 and resource.data contains "x"
      unless late or resource.tier is one of [3, 4, 5]
    rule b limit timeout to 300s, hosts to ["a", "b"] for Agent to restart
    rule c require approval by 2 of Team "x" or Team "y" and 1 of Team "z" within 30m and evidence plan
      for Agent to change anything when risk is at least high
    rule d forbid anyone to change anything when freeze of Environment "e" is on
      unless approved by 1 of Team "x" within 5m
    rule e suggest look for Agent to drop when every s in resource.data satisfies s is not "y"
    rule f (shadow) forbid Agent to drop)");
  ASSERT_FALSE(sink_.has_errors()) << First();
  std::set<source::FileId> files;
  for (source::FileId file = 0; file < map_.size(); ++file) files.insert(file);
  const std::vector<Mutant> mutants = MakeMutants(set.program, map_, files);
  EXPECT_GT(mutants.size(), 60u);
  const auto store = policytest::ActionStore(set.program);
  const std::string original = core::Dump(set.program);
  core::Program program = set.program;
  std::set<Mutant::Kind> kinds;
  for (const Mutant& mutant : mutants) {
    mutant.apply(program);
    EXPECT_EQ(core::Verify(program), std::nullopt) << Line(mutant);
    EXPECT_NE(core::Dump(program), original) << Line(mutant);
    EXPECT_NE(simulate::Judge::Make(program, store), nullptr) << Line(mutant);
    Undo(mutant, set.program, program);
    EXPECT_EQ(core::Dump(program), original) << Line(mutant);
    kinds.insert(mutant.kind);
  }
  EXPECT_EQ(kinds.size(), 8u);
}

}  // namespace
}  // namespace polc::mutate
