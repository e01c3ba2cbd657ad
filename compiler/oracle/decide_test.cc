// The steps of the decision, one test for each rule of language.md §3 and §5.
#include "compiler/oracle/pol_world.h"

namespace polc::oracle {
namespace {

using namespace world;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Strings = std::vector<std::string>;

void Expect(const Decision& d, Outcome outcome, Why why, const Strings& reasons) {
  EXPECT_EQ(data::OutcomeName(d.outcome), data::OutcomeName(outcome));
  EXPECT_EQ(data::WhyName(d.why), data::WhyName(why));
  EXPECT_EQ(d.reasons, reasons);
}

TEST(Decide, WithoutARuleNothingIsGranted) {
  World w;
  const Decision d = w.Decide();
  Expect(d, Outcome::kDeny, Why::kNoGrant, {});
  EXPECT_THAT(d.errors, IsEmpty());
  EXPECT_EQ(d.snapshot, "sha256:s");
  EXPECT_EQ(d.would_be, std::nullopt);
}

TEST(Decide, AnAllowAllows) {
  World w;
  w.Allow("b");
  w.Allow("a");
  w.Allow("long");
  Expect(w.Decide(), Outcome::kAllow, Why::kNone, {"a", "b", "long"});
}

TEST(Decide, AnAllowThatErrsDoesNotHold) {
  World w;
  w.Add("go", Effect::kAllow, Comes::kErrs);
  const Decision d = w.Decide();
  Expect(d, Outcome::kDeny, Why::kNoGrant, {});
  ASSERT_EQ(d.errors.size(), 1u);
  EXPECT_EQ(d.errors[0].rule, "go");
  EXPECT_THAT(d.errors[0].message, HasSubstr("absent"));
}

TEST(Decide, AForbidDenies) {
  World w;
  w.Allow();
  w.Limit("l", "timeout", Seconds(3));
  w.Add("off", Effect::kForbid, Comes::kFalse);
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllowWithLimits);
  w.Add("no", Effect::kForbid);
  const Decision d = w.Decide();
  Expect(d, Outcome::kDeny, Why::kForbidden, {"no"});
  EXPECT_THAT(d.limits, IsEmpty());
}

TEST(Decide, AForbidThatErrsDeniesAndSaysSo) {
  World w;
  w.Allow();
  w.Add("no", Effect::kForbid, Comes::kErrs);
  Expect(w.Decide(), Outcome::kDeny, Why::kError, {"no"});
  w.Add("never", Effect::kForbid);
  Expect(w.Decide(), Outcome::kDeny, Why::kForbidden, {"no", "never"});
}

TEST(Decide, CedarsForbidThatErrsIsSkipped) {
  World w;
  w.Allow();
  Rule& rule = w.Add("no", Effect::kForbid, Comes::kErrs);
  rule.on_error = core::ErrorRule::kSkip;
  Expect(w.Decide(), Outcome::kAllow, Why::kNone, {"go"});
}

TEST(Decide, AConditionAfterOneThatIsFalseIsNotEvaluated) {
  World w;
  w.Allow();
  Rule& rule = w.Add("no", Effect::kForbid, Comes::kFalse);
  World::Condition(rule, Comes::kErrs);
  const Decision d = w.Decide();
  Expect(d, Outcome::kAllow, Why::kNone, {"go"});
  EXPECT_THAT(d.errors, IsEmpty());
}

TEST(Decide, AConditionThatIsNoBoolErrs) {
  World w;
  w.Allow();
  Rule& rule = w.Add("no", Effect::kForbid, Comes::kTrue);
  rule.conditions = {rule.AddLiteral(Long(1))};
  Expect(w.Decide(), Outcome::kDeny, Why::kError, {"no"});
}

TEST(Decide, ScopesBound) {
  World w;
  w.Allow();
  Rule& other = w.Add("other", Effect::kForbid);
  other.action = {core::ActionTest::Op::kIn, {Action("drop"), Action("archive")}, {}};
  Expect(w.Decide(), Outcome::kAllow, Why::kNone, {"go"});
  w.request.action = Action("drop");
  Expect(w.Decide(), Outcome::kDeny, Why::kForbidden, {"other"});
}

TEST(Decide, LimitsMergeByTheirKind) {
  World w;
  w.Allow();
  w.Limit("a", "timeout", Seconds(300));
  w.Limit("b", "timeout", Seconds(30));
  w.Limit("c", "read_only", Value(true));
  const Decision d = w.Decide();
  Expect(d, Outcome::kAllowWithLimits, Why::kNone, {"a", "b", "c", "go"});
  EXPECT_EQ(d.limits.at("timeout").value, Seconds(30));
  EXPECT_THAT(d.limits.at("timeout").by, ElementsAre("a", "b"));
  EXPECT_EQ(d.limits.at("read_only").value, Value(true));
}

TEST(Decide, ALimitThatIsNotEnforcedDenies) {
  World w;
  w.Allow();
  w.Limit("a", "timeout", Seconds(300));
  w.Limit("b", "read_only", Value(true));
  w.host.enforces = {"read_only", "unheard_of"};
  Expect(w.Decide(), Outcome::kDeny, Why::kUnenforceable, {"a"});
  w.program.rules[1].conditions = {World::Expr(w.program.rules[1], Comes::kErrs)};
  Expect(w.Decide(), Outcome::kDeny, Why::kError, {"a"});
}

TEST(Decide, ALimitWhoseValueErrsDenies) {
  World w;
  w.Allow();
  Rule& rule = w.Limit("a", "timeout", Seconds(300));
  rule.limits[0].value = World::Context(rule, "absent");
  const Decision d = w.Decide();
  Expect(d, Outcome::kDeny, Why::kError, {"a"});
  EXPECT_EQ(d.errors.size(), 1u);
  rule.limits[0].value = rule.AddLiteral(Long(3));
  Expect(w.Decide(), Outcome::kDeny, Why::kError, {"a"});
}

TEST(Decide, ALimitWhoseConditionErrsHolds) {
  World w;
  w.Allow();
  Rule& rule = w.Limit("a", "timeout", Seconds(300));
  World::Condition(rule, Comes::kErrs);
  Expect(w.Decide(), Outcome::kAllowWithLimits, Why::kNone, {"a", "go"});
}

TEST(Decide, LimitsThatMeetInNothingDeny) {
  World w;
  w.Allow();
  w.Limit("a", "hosts", Value::MakeSet({Text("x"), Text("y")}));
  w.Limit("b", "hosts", Value::MakeSet({Text("y"), Text("z")}));
  w.Limit("c", "redact", Value::MakeSet({}));
  EXPECT_EQ(w.Decide().limits.at("hosts").value, Value::MakeSet({Text("y")}));
  w.Limit("d", "hosts", Value::MakeSet({Text("x")}));
  Expect(w.Decide(), Outcome::kDeny, Why::kUnenforceable, {"a", "b", "d"});
}

TEST(Decide, ASuggestOutranksAnApproval) {
  World w;
  w.Allow();
  w.Require("r");
  w.Limit("l", "timeout", Seconds(1));
  w.Say("note", Text("why"));
  w.HostSays("share", Value(data::Decimal{100}));
  w.Suggest("s", "archive", {{"n", Long(7)}});
  const Decision d = w.Decide();
  Expect(d, Outcome::kSuggest, Why::kNone, {"s"});
  EXPECT_FALSE(d.allowed());
  EXPECT_EQ(d.limits.size(), 1u);
  EXPECT_EQ(d.needs.size(), 1u);
  ASSERT_EQ(d.suggestions.size(), 1u);
  EXPECT_EQ(d.suggestions[0].action, Action("archive"));
  EXPECT_EQ(d.suggestions[0].resource, w.request.resource);
  // The agent's words with the change; nothing of the host's.
  EXPECT_EQ(d.suggestions[0].context,
            Value::MakeRecord({{"n", Long(7)}, {"note", Text("why")}, {"tags", Value::MakeSet({})}}));
  EXPECT_THAT(d.suggestions[0].by, ElementsAre("s"));
}

TEST(Decide, ASuggestionDropsWhatTheOtherActionDoesNotKnow) {
  World w;
  w.Allow();
  w.Suggest("s", "look");
  EXPECT_EQ(w.Decide().suggestions[0].context, Value::MakeRecord({}));
}

TEST(Decide, ADenyListsSuggestionsAndTheyChangeNothing) {
  World w;
  w.Suggest("s2", "archive");
  w.Suggest("s1", "archive");
  const Decision d = w.Decide();
  Expect(d, Outcome::kDeny, Why::kNoGrant, {});
  ASSERT_EQ(d.suggestions.size(), 1u);
  EXPECT_THAT(d.suggestions[0].by, ElementsAre("s1", "s2"));
}

TEST(Decide, ASuggestThatErrsHolds) {
  World w;
  w.Allow();
  w.Suggest("s", "archive").conditions[0] = 0;
  Rule& rule = w.program.rules.back();
  rule.conditions = {World::Expr(rule, Comes::kErrs)};
  Expect(w.Decide(), Outcome::kSuggest, Why::kNone, {"s"});
  // One whose change errs has nothing to propose, and is a suggest all the same.
  core::PolPart& part = World::Part(rule);
  part.suggestion->changes = {{"n", World::Context(rule, "absent")}};
  const Decision d = w.Decide();
  Expect(d, Outcome::kSuggest, Why::kNone, {"s"});
  EXPECT_THAT(d.suggestions, IsEmpty());
  EXPECT_EQ(d.errors.size(), 1u);  // the same error twice
}

TEST(Decide, AnUnmetNeedRequiresApproval) {
  World w;
  w.Allow();
  w.Require("r", 2);
  w.RequireEvidence("e", "plan");
  const Decision d = w.Decide();
  Expect(d, Outcome::kRequireApproval, Why::kNone, {"e", "r"});
  ASSERT_EQ(d.needs.size(), 2u);
  EXPECT_EQ(d.needs[0].rule, "e");
  EXPECT_EQ(d.needs[0].need.evidence, "plan");
  EXPECT_EQ(d.needs[1].need.approval[0].parts[0].count, 2u);
  EXPECT_THAT(d.needs[1].need.approval[0].parts[0].pools, ElementsAre(Team("sec")));
}

TEST(Decide, EvidenceMeetsIfItIsAboutTheAction) {
  World w;
  w.Allow();
  w.RequireEvidence("e", "plan");
  const std::string digest = w.Decide().action_digest;
  w.host.evidence = {{.kind = "ticket", .value = Text("t"), .action_digest = digest},
                     {.kind = "plan", .value = Text("p"), .action_digest = "sha256:0"}};
  EXPECT_EQ(w.Decide().outcome, Outcome::kRequireApproval);
  w.host.evidence.push_back({.kind = "plan", .value = Text("p"), .action_digest = digest});
  Expect(w.Decide(), Outcome::kAllow, Why::kNone, {"go"});
}

TEST(Decide, ARequireThatErrsHolds) {
  World w;
  w.Allow();
  w.Require("r", 1, Team("sec"), Comes::kErrs);
  Expect(w.Decide(), Outcome::kRequireApproval, Why::kNone, {"r"});
  w.Approve(Human("kim"));
  Expect(w.Decide(), Outcome::kAllow, Why::kNone, {"go"});
}

TEST(Decide, BecauseAndControlsAreThoseOfTheReasons) {
  World w;
  w.Allow();
  core::PolPart& part = World::Part(w.program.rules[0]);
  part.because = "it is safe";
  part.controls = {{"soc2", "CC8.1"}};
  Rule& second = w.Allow("also");
  World::Part(second).because = "it is safe";
  World::Part(second).controls = {{"iso_27001", "8.2"}, {"soc2", "CC8.1"}};
  Rule& off = w.Add("off", Effect::kForbid, Comes::kFalse);
  World::Part(off).because = "never";
  const Decision d = w.Decide();
  EXPECT_THAT(d.because, ElementsAre("it is safe"));
  EXPECT_THAT(d.controls, ElementsAre(std::pair("iso_27001", "8.2"), std::pair("soc2", "CC8.1")));
}

TEST(Decide, ShadowRulesDecideNothingButWhatWouldBe) {
  World w;
  w.Allow();
  w.Add("s", Effect::kForbid, Comes::kTrue, Mode::kShadow);
  Decision d = w.Decide();
  Expect(d, Outcome::kAllow, Why::kNone, {"go"});
  EXPECT_THAT(d.shadow, ElementsAre("s"));
  EXPECT_EQ(d.would_be, Outcome::kDeny);
  w.program.rules.pop_back();
  // They need no enforcement; what would be does.
  w.Limit("l", "timeout", Seconds(1), Mode::kShadow);
  w.host.enforces = {};
  d = w.Decide();
  Expect(d, Outcome::kAllow, Why::kNone, {"go"});
  EXPECT_EQ(d.would_be, Outcome::kDeny);
  w.host.enforces = {"timeout"};
  EXPECT_EQ(w.Decide().would_be, Outcome::kAllowWithLimits);
}

TEST(Decide, ShadowRulesAreListedWhenTheyErrAndNotWhenTheyAreFalse) {
  World w;
  w.Add("errs", Effect::kAllow, Comes::kErrs, Mode::kShadow);
  w.Add("off", Effect::kAllow, Comes::kFalse, Mode::kShadow);
  Decision d = w.Decide();
  EXPECT_THAT(d.shadow, ElementsAre("errs"));
  EXPECT_EQ(d.would_be, Outcome::kDeny);
  w.Add("on", Effect::kAllow, Comes::kTrue, Mode::kShadow);
  d = w.Decide();
  Expect(d, Outcome::kDeny, Why::kNoGrant, {});
  EXPECT_EQ(d.would_be, Outcome::kAllow);
}

TEST(Decide, RequestsThatDoNotFitAreDenied) {
  World w;
  w.Allow();
  w.Say("nope", Long(1));
  Decision d = w.Decide();
  Expect(d, Outcome::kDeny, Why::kInvalidRequest, {});
  ASSERT_EQ(d.errors.size(), 1u);
  EXPECT_EQ(d.errors[0].rule, "");
  EXPECT_EQ(d.errors[0].message, "attribute `nope` of the context is not declared");
  EXPECT_EQ(d.action_digest, "");
  w.options.validate_request = false;
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
}

TEST(Decide, UnknownEntitiesAreDenied) {
  World w;
  w.Allow();
  w.request.resource = {"Service", "gone"};
  Expect(w.Decide(), Outcome::kDeny, Why::kUnknownEntity, {});
  w.options.validate_request = false;
  Expect(w.Decide(), Outcome::kDeny, Why::kUnknownEntity, {});
}

TEST(Decide, UntypedProgramsAreCedars) {
  World w;
  w.program = {};
  Rule& rule = w.program.rules.emplace_back();
  rule.id = "p";
  rule.effect = Effect::kAllow;
  w.request.resource = {"Nothing", "gone"};
  Expect(w.Decide(), Outcome::kAllow, Why::kNone, {"p"});
}

// --- unless approved by ---

TEST(Decide, AQuorumLiftsARuleThatRestricts) {
  for (const Effect effect : {Effect::kForbid, Effect::kLimit, Effect::kSuggest, Effect::kRequire}) {
    World w;
    w.Allow();
    if (effect == Effect::kForbid) w.Add("r", effect);
    if (effect == Effect::kLimit) w.Limit("r", "timeout", Seconds(1));
    if (effect == Effect::kSuggest) w.Suggest("r", "archive");
    if (effect == Effect::kRequire) w.RequireEvidence("r", "plan");
    World::LiftedBy(w.program.rules.back(), 1, Team("dba"));
    Decision d = w.Decide();
    EXPECT_NE(d.outcome, Outcome::kAllow);
    ASSERT_EQ(d.liftable.size(), 1u);
    EXPECT_EQ(d.liftable[0].rule, "r");
    EXPECT_FALSE(d.liftable[0].lifted);
    w.Approve(Human("max"));
    d = w.Decide();
    Expect(d, Outcome::kAllow, Why::kNone, {"go"});
    EXPECT_TRUE(d.liftable[0].lifted);
    EXPECT_EQ(d.counted.size(), 1u);
    EXPECT_THAT(d.limits, IsEmpty());
    EXPECT_THAT(d.suggestions, IsEmpty());
  }
}

TEST(Decide, ARuleThatHoldsByAnErrorIsLiftedToo) {
  World w;
  w.Allow();
  World::LiftedBy(w.Add("r", Effect::kForbid, Comes::kErrs), 1, Team("dba"));
  Expect(w.Decide(), Outcome::kDeny, Why::kError, {"r"});
  w.Approve(Human("max"));
  Expect(w.Decide(), Outcome::kAllow, Why::kNone, {"go"});
}

TEST(Decide, EitherOfTwoClausesLifts) {
  World w;
  w.Allow();
  Rule& rule = w.Add("r", Effect::kForbid);
  World::LiftedBy(rule, 1, Team("dba"));
  World::LiftedBy(rule, 2, Team("sec"));
  w.Approve(Human("kim"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kDeny);
  w.Approve(Human("lee"));
  const Decision d = w.Decide();
  EXPECT_EQ(d.outcome, Outcome::kAllow);
  ASSERT_EQ(d.liftable.size(), 2u);
  EXPECT_NE(d.liftable[0].lifted, d.liftable[1].lifted);
}

// --- delegation ---

TEST(Chain, EveryHopHasToBeAllowed) {
  World w;
  w.Put("Agent", "boss", {}, {{"owner", Value(Human("kim"))}});
  Rule& rule = w.Allow();
  rule.principal = {core::ScopeTest::Op::kIn, Team("sre"), false, "", {}};
  w.host.acts_for = {{.principal = {"Agent", "boss"}}};
  Expect(w.Decide(), Outcome::kDeny, Why::kNoGrant, {"acts_for Agent::\"boss\""});
  w.Allow("all");
  Expect(w.Decide(), Outcome::kAllow, Why::kNone, {"go", "all", "all for Agent::\"boss\""});
}

TEST(Chain, TheMostRestrictiveDecides) {
  World w;
  w.Put("Robot", "boss");
  w.Allow();
  Rule& limit = w.Limit("l", "timeout", Seconds(9));
  limit.principal = {core::ScopeTest::Op::kIs, {}, false, "Agent", {}};
  Rule& lower = w.Limit("m", "timeout", Seconds(3));
  lower.principal = {core::ScopeTest::Op::kIs, {}, false, "Robot", {}};
  w.host.acts_for = {{.principal = {"Robot", "boss"}}};
  Decision d = w.Decide();
  EXPECT_EQ(d.limits.at("timeout").value, Seconds(3));
  EXPECT_THAT(d.limits.at("timeout").by, ElementsAre("l", "m for Robot::\"boss\""));
  Rule& need = w.Require("r");
  need.principal = lower.principal;
  d = w.Decide();
  Expect(d, Outcome::kRequireApproval, Why::kNone, {"r for Robot::\"boss\""});
  w.Approve(Human("kim"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllowWithLimits);
  w.Add("f", Effect::kForbid).principal = lower.principal;
  Expect(w.Decide(), Outcome::kDeny, Why::kForbidden, {"f for Robot::\"boss\""});
}

TEST(Chain, AHopOfAnotherTypeOrScopeIsDenied) {
  World w;
  w.Allow();
  // People do not restart pods themselves.
  w.host.acts_for = {{.principal = Human("dana")}};
  Expect(w.Decide(), Outcome::kDeny, Why::kNoGrant, {"acts_for Human::\"dana\""});
  w.host.acts_for = {{.principal = {"Robot", "cron"}, .scope = {{"drops"}}}};
  Expect(w.Decide(), Outcome::kDeny, Why::kNoGrant, {"acts_for Robot::\"cron\""});
  w.host.acts_for = {{.principal = {"Robot", "cron"}, .scope = {{"drops", "restarts"}}}};
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
  w.host.acts_for = {{.principal = {"Robot", "gone"}}};
  Expect(w.Decide(), Outcome::kDeny, Why::kUnknownEntity, {});
}

TEST(Chain, FourHopsAreTheMost) {
  World w;
  w.Allow();
  w.host.acts_for.assign(4, {.principal = {"Robot", "cron"}});
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
  w.host.acts_for.assign(5, {.principal = {"Robot", "cron"}});
  Expect(w.Decide(), Outcome::kDeny, Why::kInvalidRequest, {});
  w.options.validate_request = false;
  Expect(w.Decide(), Outcome::kDeny, Why::kInvalidRequest, {});
}

TEST(Decide, OrderNeverShows) {
  World w;
  w.Allow("b");
  w.Allow("a");
  w.Limit("l2", "timeout", Seconds(2));
  w.Limit("l1", "timeout", Seconds(1));
  w.Require("r");
  w.Add("e", Effect::kAllow, Comes::kErrs);
  w.Suggest("s", "archive");
  const Decision d = w.Decide();
  std::ranges::reverse(w.program.rules);
  EXPECT_EQ(w.Decide(), d);
}

}  // namespace
}  // namespace polc::oracle
