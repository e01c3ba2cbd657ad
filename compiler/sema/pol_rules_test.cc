#include "compiler/sema/pol_rules.h"

#include <set>

#include "compiler/sema/pol_controls.h"
#include "compiler/sema/pol_test_util.h"

namespace polc::sema::pol {
namespace {

using PolRules = PolTest;

TEST_F(PolRules, ScopesBecomeTests) {
  Set set = With(R"(
    rule a allow Agent in Team "t" to restart on Service in Environment "e"
    rule b forbid anyone to do anything
    rule c forbid any agent to change anything
    rule d forbid Agent in principal.owner to look
  )");
  EXPECT_EQ(Reported(), "IncompatibleTypes") << First();  // nobody is in a Human
  ASSERT_EQ(set.program.rules.size(), 3u);
  const core::Rule& a = set.program.rules[0];
  EXPECT_EQ(a.id, "p/a");
  EXPECT_TRUE(a.strict);
  EXPECT_EQ(a.principal.op, core::ScopeTest::Op::kIsIn);
  EXPECT_EQ(a.principal.type, "Agent");
  EXPECT_EQ(a.action.op, core::ActionTest::Op::kEq);
  EXPECT_EQ(set.program.rules[1].action.op, core::ActionTest::Op::kAny);
  EXPECT_EQ(set.program.rules[1].principal.op, core::ScopeTest::Op::kAny);
  EXPECT_EQ(set.program.rules[2].principal.op, core::ScopeTest::Op::kIs);
  EXPECT_EQ(set.program.rules[2].action.actions.size(), 2u);  // not `look`, which is read_only
}

TEST_F(PolRules, NothingToBeAbout) {
  EXPECT_EQ(Codes("rule r allow Human to restart"), "InvalidActionApplication");
  EXPECT_EQ(Help(), "it is done by `Agent`, `Robot` on `Service`");
  EXPECT_EQ(Codes("rule r allow Team to do anything"), "InvalidActionApplication");
  EXPECT_EQ(Codes("rule r allow Agent to do anything on Team"), "InvalidActionApplication");
  EXPECT_EQ(Codes("rule r allow Agents to do anything"), "UnknownName");
  EXPECT_EQ(Help(), "did you mean `Agent`?");
  EXPECT_EQ(Codes("rule r allow Agent to restrat"), "UnknownName");
  EXPECT_EQ(Codes("rule r allow Agent to do any restart"), "UnknownName");
}

TEST_F(PolRules, IdsAreUnique) {
  EXPECT_EQ(Codes("rule r allow Agent to look rule r allow Agent to drop"), "DuplicatePolicyId");
}

TEST_F(PolRules, ClausesComeInTheirOrder) {
  Set set = With(R"(rule r forbid Agent to restart
    when context.n is 1
    unless context.n is 2
    unless approved by 1 of Team "t" within 10m or by 2 of principal.owner.owner within 1h
    until 2030-01-01
    because "it is so"
    meets soc2 "CC8.1", soc2 "CC6.1"
  )");
  EXPECT_EQ(Reported(), "UnsafeAttributeAccess");  // an owner has no owner
  set = With(R"(rule r forbid Agent to restart
    when context.n is 1
    unless context.n is 2
    unless approved by 1 of Team "t" within 10m or by 2 of principal.owner within 1h
    until 2030-01-01
    because "it is so"
    meets soc2 "CC8.1", soc2 "CC6.1"
  )");
  EXPECT_EQ(Reported(), "") << First();
  const core::Rule& rule = set.program.rules.at(0);
  ASSERT_EQ(rule.conditions.size(), 3u);
  EXPECT_EQ(core::Dump(rule, rule.conditions[1]), "(not (eq (attr \"n\" context) 2))");
  ASSERT_EQ(rule.pol().lifted_by.size(), 1u);
  EXPECT_EQ(rule.pol().lifted_by[0].alternatives.size(), 2u);
  EXPECT_EQ(rule.pol().lifted_by[0].alternatives[0].within_ms, 600000);
  EXPECT_EQ(rule.pol().because, "it is so");
  EXPECT_EQ(rule.pol().controls.front().clause, "CC6.1");
  EXPECT_TRUE(rule.pol().until_ms.has_value());
}

TEST_F(PolRules, OnlyWhatRestrictsCanBeLifted) {
  EXPECT_EQ(Codes("rule r allow Agent to look unless approved by 1 of Team \"t\" within 10m"),
            "MisplacedClause");
}

TEST_F(PolRules, Quorums) {
  auto quorum = [&](const std::string& q) {
    return Codes("rule r require approval by " + q + " for Agent to drop");
  };
  EXPECT_EQ(quorum("1 of Team \"t\" within 10m"), "");
  EXPECT_EQ(quorum("1000 of Team \"t\" within 10m"), "");
  EXPECT_EQ(quorum("1001 of Team \"t\" within 10m"), "InvalidQuorum");
  EXPECT_EQ(quorum("0 of Team \"t\" within 10m"), "InvalidQuorum");
  EXPECT_EQ(quorum("1 of Environment \"t\" within 10m"), "InvalidQuorum");
  EXPECT_EQ(quorum("1 of Team \"t\" within 0s"), "InvalidQuorum");
  EXPECT_EQ(quorum("1 of principal.ttl within 10m"), "InvalidQuorum");
}

TEST_F(PolRules, Limits) {
  EXPECT_EQ(Codes("rule r limit timeout to 30s, read_only for Agent to drop"), "");
  EXPECT_EQ(Codes("rule r limit tiemout to 30s for Agent to drop"), "UnknownName");
  EXPECT_EQ(Help(), "did you mean `timeout`?");
  EXPECT_EQ(Codes("rule r limit timeout to 30 for Agent to drop"), "UnexpectedType");
  EXPECT_EQ(Codes("rule r limit timeout for Agent to drop"), "UnexpectedType");
  EXPECT_EQ(Codes("rule r limit timeout to 1s, timeout to 2s for Agent to drop"), "DuplicateDeclaration");
  EXPECT_EQ(Codes("limit kind mode : Text, lowest wins"), "UnexpectedType");
  EXPECT_EQ(Codes("limit kind ok : Bool, any true"), "");
  // The language's own, which nothing can declare, whether or not a rule limits it.
  EXPECT_EQ(Codes("limit kind read_only : Bool, any true"), "DuplicateDeclaration");
  EXPECT_EQ(FirstText(), "read_only");
  EXPECT_EQ(Codes("limit kind read_only : Number, lowest wins rule r limit read_only for Agent to drop"),
            "DuplicateDeclaration");
}

TEST_F(PolRules, SuggestionsAreRequestsOfTheModel) {
  EXPECT_EQ(Codes("rule r suggest look for Agent to drop"), "");
  EXPECT_EQ(Codes("rule r suggest restart for Agent to drop"), "InvalidSuggestion InvalidSuggestion");
  EXPECT_EQ(Help(), "say what it is: `suggest restart with n …`");
  EXPECT_EQ(Codes("rule r suggest restart with n 1, to [] for Agent to drop"), "");
  EXPECT_EQ(Codes("rule r suggest restart with n 1, to [], blast 1% for Agent to drop"), "InvalidSuggestion");
  EXPECT_EQ(Codes("rule r suggest restart with m 1 for Agent to drop"),
            "InvalidSuggestion InvalidSuggestion InvalidSuggestion");
  EXPECT_EQ(Codes("rule r suggest look for Robot to restart"),
            "InvalidSuggestion InvalidSuggestion InvalidSuggestion InvalidSuggestion");
}

TEST_F(PolRules, SuggestionsLeadSomewhere) {
  EXPECT_EQ(Codes("rule a suggest look for Agent to drop\nrule b suggest drop for Agent to look"),
            "SuggestionCycle SuggestionCycle");
  EXPECT_EQ(Codes("rule a suggest drop for Agent to drop"), "SuggestionCycle");
  EXPECT_EQ(Codes("rule a suggest restart with n 0 for Agent to restart when context.n is not 0"),
            "AgentsWordAlone");
  EXPECT_EQ(Codes("rule a suggest restart with n 1 for Agent to restart when context.n is not 0"),
            "AgentsWordAlone SuggestionCycle");
}

TEST_F(PolRules, ControlsAreThoseOfTheCatalogues) {
  EXPECT_EQ(Codes("rule r allow Agent to look meets soc2 \"CC8.2\""), "UnknownControl");
  EXPECT_EQ(Help(), "did you mean \"CC6.2\"?");
  EXPECT_EQ(Codes("rule r allow Agent to look meets soc3 \"CC8.1\""), "UnknownControl");
  EXPECT_EQ(Help(), "did you mean `soc2`?");
  std::set<std::pair<std::string_view, std::string_view>> distinct;
  for (const KnownControl& control : KnownControls()) {
    EXPECT_TRUE(distinct.emplace(control.catalogue, control.clause).second) << control.clause;
  }
  std::set<std::string_view> catalogues;
  for (const auto& [catalogue, clause] : distinct) catalogues.insert(catalogue);
  EXPECT_EQ(catalogues.size(), 9u);
}

TEST_F(PolRules, APolicyGovernsItsScope) {
  Set set =
      Run({{"m.pol", std::string(kModel)}, {"pay.pol", R"(policy "pay" governs Service in Environment "pay"
                    rule r allow Agent to look
                    rule s allow Agent to look on Service in Environment "other"
                    rule t allow Agent to look on Team "x")"}});
  EXPECT_EQ(Reported(), "InvalidActionApplication");
  ASSERT_EQ(set.program.rules.size(), 2u);
  EXPECT_EQ(set.program.rules[0].resource.entity.id, "pay");
  EXPECT_EQ(set.program.rules[1].resource.entity.id, "other");
  EXPECT_EQ(core::Dump(set.program.rules[1], set.program.rules[1].conditions.at(0)),
            "(in resource Environment::\"pay\")");
}

TEST_F(PolRules, ShadowIsAModeOfRulesAndModules) {
  Set set = Run(
      {{"p.pol", std::string(kModel) + "use m (shadow)\nrule r (shadow) allow Agent to look"},
       {"mod/m.pol", "policy \"m\"\nrule a forbid anyone to look\nrule b (enforced) forbid anyone to look"}});
  EXPECT_EQ(Reported(), "") << First();
  ASSERT_EQ(set.program.rules.size(), 3u);
  EXPECT_EQ(set.program.rules[0].mode, core::Mode::kShadow);
  EXPECT_EQ(set.program.rules[1].mode, core::Mode::kEnforced);
  EXPECT_EQ(set.program.rules[2].mode, core::Mode::kShadow);
}

}  // namespace
}  // namespace polc::sema::pol
