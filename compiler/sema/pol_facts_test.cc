// Facts, ladders, caps, state, settings and modules.
#include "compiler/sema/pol_facts.h"

#include "compiler/core/key.h"
#include "compiler/sema/pol_hours.h"
#include "compiler/sema/pol_test_util.h"

namespace polc::sema::pol {
namespace {

using PolFacts = PolTest;
using PolState = PolTest;
using PolModules = PolTest;

TEST_F(PolFacts, EachStandsBehindThoseItReads) {
  Set set = With("fact a : Bool is b and c\nfact b : Bool is c\nfact c : Bool is action is look");
  EXPECT_EQ(Reported(), "") << First();
  ASSERT_EQ(set.program.facts.size(), 4u);
  EXPECT_EQ(set.program.facts[0].name, "autonomy");
  EXPECT_EQ(set.program.facts[1].name, "c");
  EXPECT_EQ(set.program.facts[2].name, "b");
  EXPECT_EQ(set.program.facts[3].name, "a");
}

TEST_F(PolFacts, CirclesHaveNoValue) {
  EXPECT_EQ(Codes("fact a : Bool is not a"), "FactCycle");
  EXPECT_EQ(First(), "fact `a` reads itself");
  EXPECT_EQ(Codes("fact a : Bool is b\nfact b : Bool is c\nfact c : Bool is a\nfact d : Bool is a"),
            "FactCycle");
  EXPECT_EQ(First(), "facts read each other in a circle: a reads b reads c reads a");
  EXPECT_EQ(Codes("fact a : Bool is autonomy is alone\ncap c autonomy at recommend when a"), "FactCycle");
}

TEST_F(PolFacts, AutonomyIsForAgents) {
  EXPECT_EQ(Codes("rule r allow Human to look when autonomy is alone"), "AutonomyOutsideAgents");
  EXPECT_EQ(Codes("rule r allow anyone to look when autonomy is alone"), "AutonomyOutsideAgents");
  EXPECT_EQ(Codes("rule r allow any agent to look when autonomy is alone"), "");
  EXPECT_EQ(Codes("fact free : Bool is autonomy is alone\nrule r allow Human to look when free"),
            "AutonomyOutsideAgents");
  EXPECT_EQ(Codes("rule r allow anyone to look when principal is Agent and autonomy is alone"), "");
  EXPECT_EQ(Codes("ladder for Human gives looks : alone"), "AutonomyOutsideAgents");
  EXPECT_EQ(Codes("fact autonomy : Autonomy is alone"), "DuplicateDeclaration");
}

TEST_F(PolFacts, LaddersAndCapsMakeAutonomy) {
  Set set = With(R"(
    ladder for Agent "a" on Service in Environment "e" when context has n gives restarts : alone until 2030-01-01, drops : recommend
    ladder for Agent gives rows of principal.grants
    cap c (shadow) autonomy at recommend for Agent to drop when principal.ttl is above 1h)");
  EXPECT_EQ(Reported(), "UnsafeAttributeAccess UnsafeAttributeAccess");  // drop has no n, Agent no grants
  set = With(R"(
    ladder for Agent "a" on Service in Environment "e" gives restarts : alone until 2030-01-01, drops : recommend
    cap c (shadow) autonomy at recommend for Agent to drop when principal.ttl is above 1h)");
  EXPECT_EQ(Reported(), "") << First();
  const core::Fact& autonomy = set.program.facts.at(0);
  ASSERT_EQ(autonomy.rows.size(), 2u);
  EXPECT_EQ(autonomy.rows[0].rule.id, "p/ladder1.drops");
  EXPECT_EQ(autonomy.rows[1].rule.action.actions.at(0).id, "restart");
  EXPECT_EQ(autonomy.rows[1].rule.conditions.size(), 1u);  // until
  ASSERT_EQ(autonomy.caps.size(), 1u);
  EXPECT_EQ(autonomy.caps[0].rule.mode, core::Mode::kShadow);
  EXPECT_EQ(Codes("ladder for Agent gives drops : alon"), "UnknownName");
  EXPECT_EQ(Help(), "did you mean `alone`?");
}

TEST_F(PolFacts, RowsFromData) {
  Set set = Run({{"p.pol", R"(
    levels Autonomy is no < yes, higher is freer
    record Row has class : Class level : Autonomy until? : Time
    person Human agent Agent owned by Human has levels : Set of Row, at most 8
    resource R action act by Agent on R
    ladder for Agent gives rows of principal.levels
    rule r allow Agent to act when autonomy is yes)"}});
  EXPECT_EQ(Reported(), "") << First();
  EXPECT_TRUE(set.program.facts.at(0).rows.at(0).from_data);
  EXPECT_EQ(Codes("ladder for Agent gives rows of principal.ttl"), "UnexpectedType");
}

TEST_F(PolFacts, HighestNeedsAnOrder) {
  EXPECT_EQ(Codes("fact f : Text is the highest of \"a\" when action is look, otherwise \"b\""),
            "UnexpectedType");
  EXPECT_EQ(Codes("fact f : Number is the highest of 3 when action is look, otherwise 0"), "");
  EXPECT_EQ(Codes("fact f : Number is the first of \"x\" when action is look, otherwise 0"),
            "UnexpectedType");
}

TEST_F(PolState, InputsOfEachKind) {
  Set set = With(R"(
    switch freeze for each Environment fresh within 30s
    switch stop
    counter restarts_done counts restart for each principal, resource over 10m
    attempts tries counts do anything for each principal over 1m
    total moved sums context.n of restart for each principal over 1d
    label tainted on principal, set by restart when context.n is above 3
    breaker runaway for each principal.owner opens at 5 denials over 1m closes after 10m
    rule a forbid anyone to restart when freeze of Environment "p" is on or stop is on
      or restarts_done of principal is at least 5 or restarts_done of resource is at least 9
      or moved of principal is above 100 or tainted of principal
    rule b forbid Agent to drop when runaway of principal.owner is open)");
  EXPECT_EQ(Reported(), "") << First();
  std::vector<std::string> ids;
  for (const core::Input& input : set.program.inputs) ids.push_back(input.id);
  EXPECT_THAT(ids, testing::ElementsAre("freeze", "moved of principal", "now", "restarts_done of principal",
                                        "restarts_done of resource", "runaway of principal.owner", "stop",
                                        "tainted of principal", "tries of principal"));
  const core::Input* moved = core::FindInput(set.program.inputs, "moved of principal");
  EXPECT_EQ(moved->value, data::Kind::kLong);
  EXPECT_NE(moved->amount, core::kNoExpr);
  EXPECT_EQ(core::FindInput(set.program.inputs, "freeze")->fresh_within_ms, 30000);
  EXPECT_EQ(core::FindInput(set.program.inputs, "runaway of principal.owner")->closes_after_ms, 600000);
}

TEST_F(PolState, AKeyMayBeOfSeveralTypes) {
  Set set = With(R"(
    counter single counts restart for each resource over 10m
    counter several counts restart for each principal over 10m
    rule r forbid anyone to restart when several of principal is at least 2)");
  EXPECT_EQ(Reported(), "") << First();
  EXPECT_EQ(core::FindInput(set.program.inputs, "single of resource")->key_type->entity, "Service");
  const core::Type& several = *core::FindInput(set.program.inputs, "several of principal")->key_type;
  EXPECT_EQ(several.kind, data::Kind::kEntity);
  EXPECT_EQ(several.entity, "");
  for (const char* type : {"Agent", "Robot", "Service"}) {
    EXPECT_TRUE(core::IsKeyOf(set.program.model, several, type)) << type;
  }
  EXPECT_FALSE(core::IsKeyOf(set.program.model, several, "Robots"));

  // What a test does not give is 0, for each type alike, and for those alone that can be the key.
  set = With(R"(
    counter several counts restart for each principal over 10m
    rule a allow anyone to restart
    rule r forbid anyone to restart when several of principal is at least 2
    test "t" given Robot "r" given Service "s" with data [] given Human "h" given Agent "a" with owner Human "h", ttl 1h
      when Robot "r" asks to restart on Service "s" with n 1, to [], blast 1% expect allow by a
    test "u" given Robot "r" given Service "s" with data [] given several of Robot "r" is 2
      when Robot "r" asks to restart on Service "s" with n 1, to [], blast 1% expect deny by r)");
  EXPECT_EQ(Reported(), "") << First();
  ASSERT_EQ(set.tests.size(), 2u);
  std::vector<std::string> keys;
  for (const data::StateItem& item : set.tests[0].request.host->state) {
    keys.push_back(data::ToString(item.key->as_entity()));
  }
  EXPECT_THAT(keys, testing::UnorderedElementsAre("Agent::\"a\"", "Robot::\"r\""));
  EXPECT_EQ(Decide(set, set.tests[0]).outcome, data::Outcome::kAllow);
  EXPECT_EQ(Decide(set, set.tests[1]).outcome, data::Outcome::kDeny);
}

TEST_F(PolState, KeysAndWordsHaveToFit) {
  const std::string state =
      "counter c counts restart for each principal over 10m\nswitch s for each Environment\n";
  EXPECT_EQ(Codes(state + "rule r forbid Agent to drop when c of resource is 1"), "InvalidStateKey");
  EXPECT_EQ(Codes(state + "rule r forbid Agent to drop when s is on"), "InvalidStateKey");
  EXPECT_EQ(Help(), "write `s of Environment \"…\"`");
  EXPECT_EQ(Codes(state + "rule r forbid Agent to drop when s of Environment \"e\" is open"),
            "UnexpectedType");
  EXPECT_EQ(Codes(state + "rule r forbid Agent to drop when c of principal is on"), "UnexpectedType");
  EXPECT_EQ(Codes(state + "rule r forbid Agent to drop when d of principal is 1"), "UnknownName");
  EXPECT_EQ(Codes("counter c counts restart for each principal over 0s"), "InvalidBound");
  EXPECT_EQ(Codes("breaker b for each principal opens at 0 denials over 1m"), "InvalidBound");
  EXPECT_EQ(Codes("breaker b for each principal opens at 1 grants over 1m"), "UnknownName");
  EXPECT_EQ(Codes("counter c counts restart for each context.to over 1m"), "InvalidStateKey");
  EXPECT_EQ(Codes("total t sums context.host of restart for each principal over 1m"),
            "UnsafeOptionalAttributeAccess");
}

TEST_F(PolState, HoursAreReadOfTimes) {
  EXPECT_EQ(Codes("hours open_hours is Mon to Fri from 09:00 to 17:00 in \"Europe/Berlin\"\n"
                  "rule r forbid Agent to drop unless now is within open_hours"),
            "");
  EXPECT_EQ(Codes("hours open_hours is Mon to Fri from 09:00 to 17:00 in \"Europe/Berlni\""),
            "UnknownTimeZone");
  EXPECT_EQ(Codes("rule r forbid Agent to drop unless now is within business"), "UnknownName");
}

TEST_F(PolModules, NamesAreSeenWhereTheModuleIsUsed) {
  const std::map<std::string, std::string> files = {
      {"a.pol", std::string(kModel) + "use m\nfact f : Trust is good"},
      {"b.pol", "fact g : Bool is f is at least good"},
      {"mod/m.pol", "policy \"m\" levels Trust is bad < good, higher is freer"}};
  Run(files);
  EXPECT_EQ(Reported(), "UnknownName");
  EXPECT_EQ(Help(), "module `m` declares it: add `use m`");
}

TEST_F(PolModules, SettingsHaveOneValue) {
  const std::string m =
      "policy \"m\" setting most : Number is 3 setting who : Pool\n"
      "rule r require approval by most of who within 1m for anyone to drop";
  Set set = Run({{"a.pol", std::string(kModel) + "use m with who Team \"x\""}, {"mod/m.pol", m}});
  EXPECT_EQ(Reported(), "") << First();
  EXPECT_EQ(set.program.rules.at(0).needs.at(0).approval.alternatives[0].parts[0].count, 3u);
  ASSERT_EQ(set.program.settings.size(), 2u);
  EXPECT_EQ(set.program.settings[0].name, "m.most");
  Run({{"a.pol", std::string(kModel) + "use m"}, {"mod/m.pol", m}});
  EXPECT_EQ(Reported(), "SettingNotSet");
  Run({{"a.pol", std::string(kModel) + "use m with who Team \"x\", most 2\nuse m with most 4"},
       {"mod/m.pol", m}});
  EXPECT_EQ(Reported(), "SettingConflict");
  Run({{"a.pol", std::string(kModel) + "use m with who Team \"x\", mots 2"}, {"mod/m.pol", m}});
  EXPECT_EQ(Reported(), "UnknownName");
  set = Run({{"a.pol", std::string(kModel) + "use m with who Team \"x\""}, {"mod/m.pol", m}}, nullptr,
            {{"most", "7"}});
  EXPECT_EQ(Reported(), "") << First();
  EXPECT_EQ(set.program.rules.at(0).needs.at(0).approval.alternatives[0].parts[0].count, 7u);
  Run({{"a.pol", std::string(kModel) + "use m with who Team \"x\""}, {"mod/m.pol", m}}, nullptr,
      {{"most", "7%"}});
  EXPECT_NE(Reported(), "");
  Run({{"a.pol", std::string(kModel) + "use m with who Team \"x\""}, {"mod/m.pol", m}}, nullptr,
      {{"least", "7"}});
  EXPECT_EQ(Reported(), "UnknownName");
}

TEST_F(PolModules, TheOrderOfFilesNeverShows) {
  const std::string a = "policy \"a\" rule x forbid Agent to drop rule y allow Agent to look";
  const std::string b = "policy \"b\" rule x allow Agent to drop fact z : Bool is action is look";
  Set first = Run({{"1.pol", std::string(kModel)}, {"2.pol", a}, {"3.pol", b}});
  Set second = Run({{"1.pol", b}, {"2.pol", std::string(kModel)}, {"3.pol", a}});
  EXPECT_EQ(Reported(), "") << First();
  EXPECT_EQ(core::Dump(first.program), core::Dump(second.program));
}

TEST_F(PolModules, EveryModuleOfTheStandardLibraryParsesAndStandsAlone) {
  for (const stdlib::Module& module : stdlib::Modules()) {
    sink_ = {};
    source::FileId file = map_.Add(std::string(module.name) + ".pol", std::string(module.text));
    Options options;
    options.find_module = [&](const std::string& name, source::FileId) -> std::optional<FoundModule> {
      const stdlib::Module* found = stdlib::Find(name);
      if (!found) return std::nullopt;
      return FoundModule{map_.Add(name + ".pol", std::string(found->text)), true};
    };
    Analyze(map_, {file}, options, sink_);
    for (const source::Diagnostic& d : sink_.diagnostics()) {
      // By itself a module has nothing to speak about.
      const bool expected = d.code == source::Code::kInvalidActionApplication ||
                            d.code == source::Code::kUnmetNeeds || d.code == source::Code::kSettingNotSet;
      EXPECT_TRUE(expected) << module.name << ": " << d.message;
    }
  }
}

TEST_F(PolModules, TestsAndGuarantees) {
  Set set = With(R"(
    switch freeze for each Environment
    rule r forbid Agent to drop on Service in Environment "e" when freeze of Environment "e" is on
    test "t"
      given Agent "a" in Team "x" with ttl 5m, owner Human "h"
      given freeze of Environment "e" is on
      given approval by Human "h" 10m ago
      given Agent "a" acts for Human "h"
      when Agent "a" asks to drop on Service "s"
      expect deny because forbidden by r
    guarantee g never allow Agent to drop on Service in Environment "e" without approval by 1 of Team "x" within 5m
    assume calm action is drop or action is not drop)");
  EXPECT_EQ(Reported(), "") << First();
  ASSERT_EQ(set.tests.size(), 1u);
  const TestCase& test = set.tests[0];
  EXPECT_EQ(test.expected.by, std::vector<std::string>{"p/r"});
  EXPECT_EQ(test.approvals.at(0).ago_ms, 600000);
  EXPECT_EQ(test.request.host->acts_for.size(), 1u);
  EXPECT_EQ(test.request.host->now->ms, 946684800000);
  EXPECT_EQ(set.guarantees.at(0).name, "p/g");
  EXPECT_EQ(set.assumptions.size(), 1u);
  const std::string given = "test \"t\" given Agent \"a\" with ttl 5m, owner Human \"h\" ";
  EXPECT_EQ(Codes(given + "when Agent \"a\" asks to drop on Service \"s\" with n 1 expect allow"),
            "UnsafeAttributeAccess");
  EXPECT_EQ(Codes(given + "when Agent \"a\" asks to restart on Service \"s\" with n 1 expect allow"),
            "UnexpectedType");
  EXPECT_EQ(Codes(given + "when Agent \"a\" asks to drop on Service \"s\" expect allow by nothing_here"),
            "UnknownName");
  EXPECT_EQ(Codes("test \"t\" given Agent \"a\" with ttl 5m when Agent \"a\" asks to drop on Service \"s\" "
                  "expect deny"),
            "UnexpectedType");
}

}  // namespace
}  // namespace polc::sema::pol
