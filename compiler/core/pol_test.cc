// What the core has for Pol: printed, verified, and what approvals name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/core/core.h"
#include "compiler/core/digest.h"
#include "compiler/core/print.h"
#include "compiler/core/verify.h"

namespace polc::core {
namespace {

using data::EntityUid;
using data::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Value Text(const char* text) { return Value(std::string(text)); }
Value Entity(const char* type, const char* id) { return Value(EntityUid{type, id}); }
TypePtr Make(Type type) { return std::make_shared<Type>(std::move(type)); }

Approval ApprovalBy(Rule& rule, uint32_t count, const char* team) {
  return {{{.parts = {{count, {rule.AddLiteral(Entity("Team", team))}}}, .within_ms = 60000}}, {}};
}

// One of everything there is.
Program Sample() {
  Program p;
  p.pol = true;
  p.levels = {{"Autonomy", {"recommend", "execute"}, false}, {"Risk", {"low", "high"}, true}};
  p.limit_kinds = {{"timeout", Make({.kind = data::Kind::kDuration}), Merge::kLowest}};
  p.evidence_kinds = {{"plan", true, Make({.kind = data::Kind::kString})}};
  p.zones = {{"Europe/Berlin", "2026a", {{INT64_MIN, 3600000}}, 4102444800000}};
  p.hours = {{"business", "Europe/Berlin", 31, 540, 1020}};
  p.settings = {{"std.identity.max_ttl", "15m"}};

  EntityType agent{
      .name = "Agent", .nature = EntityType::Nature::kAgent, .owner = "Human", .parents = {"Team"}};
  agent.attributes = {{.name = "owner", .type = Make({.kind = data::Kind::kEntity, .entity = "Human"})}};
  EntityType human{.name = "Human", .nature = EntityType::Nature::kPerson, .parents = {"Team"}};
  EntityType service{.name = "Service"};
  service.attributes = {{.name = "risk",
                         .type = Make({.kind = data::Kind::kString, .levels = "Risk"}),
                         .required = false,
                         .if_missing = Text("high")}};
  p.model.entity_types = {agent, human, service, {.name = "Team"}};
  p.model.classes = {{"pod_restart", Reversibility::kReversible}};
  Action restart{.uid = {"Action", "restart"}, .action_class = "pod_restart"};
  restart.principals = {"Agent"};
  restart.resources = {"Service"};
  restart.context = {
      {.name = "blast", .type = Make({.kind = data::Kind::kDecimal, .percent = true}), .from_host = true},
      {.name = "names",
       .type = Make({.kind = data::Kind::kSet, .at_most = 8, .element = Make({.kind = data::Kind::kString})}),
       .varies = true}};
  p.model.actions = {{.uid = {"Action", "read"}}, restart};

  Input freeze{.id = "freeze", .name = "freeze", .kind = Input::Kind::kSwitch, .value = data::Kind::kBool};
  freeze.by = "Service";
  freeze.key_type = Make({.kind = data::Kind::kEntity, .entity = "Service"});
  freeze.fresh_within_ms = 30000;
  Input now{.id = "now", .name = "now"};
  Input spend{.id = "spend", .name = "spend", .kind = Input::Kind::kTotal, .value = data::Kind::kLong};
  spend.over_ms = 1000;
  spend.amount = spend.update.AddLiteral(Value(int64_t{3}));
  p.inputs = {freeze, now, spend};

  Fact autonomy{.name = "autonomy", .form = Fact::Form::kAutonomy, .levels = "Autonomy"};
  Fact::Step row;
  row.rule.id = "ladder";
  row.rule.principal = {ScopeTest::Op::kIs, {}, false, "Agent", {}};
  row.level = row.rule.AddLiteral(Text("execute"));
  Fact::Step cap;
  cap.rule.id = "cap";
  cap.rule.mode = Mode::kShadow;
  cap.level = cap.rule.AddLiteral(Text("recommend"));
  autonomy.rows = {row};
  autonomy.caps = {cap};
  Fact risk{.name = "risk", .form = Fact::Form::kHighest, .levels = "Risk"};
  const ExprId owner = risk.body.AddNamed(Op::kGetAttr, risk.body.AddVar(Var::kPrincipal), "owner");
  const ExprId team = risk.body.AddNamed(Op::kGetAttr, owner, "team");
  const ExprId in = risk.body.Add(Op::kIn, {team, risk.body.AddVar(Var::kResource)});
  risk.clauses = {{risk.body.AddLiteral(Text("high")), in}};
  risk.otherwise = risk.body.AddLiteral(Text("low"));
  p.facts = {autonomy, risk};

  Rule gate;
  gate.id = "gate";
  gate.effect = Effect::kRequire;
  gate.on_error = ErrorRule::kFailClosed;
  gate.strict = true;
  gate.action = {ActionTest::Op::kIn, {{"Action", "restart"}}, {}};
  const ExprId rank = gate.AddNamed(Op::kRank, gate.AddNamed(Op::kFactRef, "risk"), "Risk");
  gate.conditions = {gate.Add(Op::kLessEq, {gate.AddLiteral(Value(int64_t{1})), rank})};
  gate.needs = {{.approval = ApprovalBy(gate, 2, "a")}, {.kind = Need::Kind::kEvidence, .evidence = "plan"}};
  PolPart part;
  part.lifted_by = {ApprovalBy(gate, 1, "dba")};
  part.because = "why";
  part.controls = {{"soc2", "CC8.1"}};
  gate.pol_part = std::make_shared<PolPart>(part);
  p.rules = {gate};

  Rule every;
  every.id = "every";
  every.effect = Effect::kForbid;
  const ExprId names = every.AddNamed(Op::kGetAttr, every.AddVar(Var::kContext), "names");
  const ExprId body = every.Add(Op::kEq, {every.AddVar(Var::kElement), every.AddLiteral(Text("x"))});
  const ExprId key = every.AddVar(Var::kResource);
  every.conditions = {every.Add(Op::kEvery, {names, body}), every.AddNamed(Op::kInput, key, "freeze"),
                      every.AddNamed(Op::kInHours, every.AddNamed(Op::kInput, "now"), "business")};
  p.rules.push_back(every);

  Rule archive;
  archive.id = "archive";
  archive.effect = Effect::kSuggest;
  PolPart suggest;
  suggest.suggestion = Suggestion{{"Action", "read"}, {{"dry_run", archive.AddLiteral(Value(true))}}};
  archive.pol_part = std::make_shared<PolPart>(suggest);
  p.rules.push_back(archive);
  FillDigests(p);
  return p;
}

TEST(Pol, Dump) {
  EXPECT_EQ(Verify(Sample()), std::nullopt);
  EXPECT_EQ(Dump(Sample()), R"(pol
setting std.identity.max_ttl 15m
levels Autonomy freer recommend, execute
levels Risk stricter low, high
entity Agent agent owned_by Human in Team
  owner: Human
entity Human person in Team
entity Service plain
  risk?: Risk if_missing "high"
entity Team plain
class pod_restart reversible
action Action::"read"
action Action::"restart" class pod_restart by Agent on Service
  blast: percent from_host
  names: set of string at_most 8 varies
  digest principal.owner
  digest principal.owner.team
limit_kind timeout duration lowest
evidence plan undo string
zone Europe/Berlin 2026a 1 rows to 4102444800000ms
hours business days 31 from 540 to 1020 in Europe/Berlin
input "freeze" switch bool by Service:Service fresh_within 30000ms
input "now" now datetime
input "spend" total long over 1000ms
  amount 3
fact autonomy:Autonomy autonomy
row ladder "execute"
  principal is Agent
cap shadow cap "recommend"
fact risk:Risk highest
  "high" when (in (attr "team" (attr "owner" principal)) resource)
  otherwise "low"
require gate
  action in [Action::"restart"]
  when (le 1 (rank Risk (fact risk)))
  need approval by 2 of Team::"a" within 60000ms
  need evidence plan
  lifted_by approval by 1 of Team::"dba" within 60000ms
  because "why"
  meets soc2 "CC8.1"
  strict
  error fail_closed
forbid every
  when (every (attr "names" context) (eq element "x"))
  when (input "freeze" resource)
  when (in_hours "business" (input "now"))
suggest archive
  suggest Action::"read"
    "dry_run" true
)");
}

// Breaks the sample in one way and gives the complaint.
std::string Broken(void (*break_it)(Program&)) {
  Program p = Sample();
  break_it(p);
  return Verify(p).value_or("nothing is wrong");
}
PolPart& PartOf(Rule& rule) { return const_cast<PolPart&>(*rule.pol_part); }

TEST(Pol, VerifiesRules) {
  EXPECT_THAT(Broken([](Program& p) { p.pol = false; }), HasSubstr("which is Pol"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[0].needs.clear(); }), HasSubstr("needs have to stand"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[2].pol_part = nullptr; }),
              HasSubstr("a suggestion has to stand"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[1].effect = Effect::kLimit; }),
              HasSubstr("limits have to stand"));
  EXPECT_THAT(Broken([](Program& p) {
                p.limit_kinds[0].name = "z";
                p.rules[1].effect = Effect::kLimit;
                p.rules[1].limits = {{"timeout", p.rules[1].AddLiteral(Value(true)), {}}};
              }),
              HasSubstr("limits `timeout`, which does not exist"));
  EXPECT_THAT(Broken([](Program& p) { p.evidence_kinds.clear(); }), HasSubstr("needs evidence `plan`"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[0].needs[0].approval.alternatives[0].within_ms = 0; }),
              HasSubstr("a quorum has no time"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[0].needs[0].approval.alternatives[0].parts[0].count = 0; }),
              HasSubstr("demands nobody"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[0].needs[0].approval.alternatives[0].parts[0].pools.clear(); }),
              HasSubstr("has no pool"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[0].needs[0].approval.alternatives[0].parts.clear(); }),
              HasSubstr("a quorum demands nothing"));
  EXPECT_THAT(
      Broken([](Program& p) { p.rules[0].needs[0].approval.alternatives[0].parts[0].pools = {kNoExpr}; }),
      HasSubstr("a pool does not exist"));
  EXPECT_THAT(Broken([](Program& p) { PartOf(p.rules[0]).controls.push_back({"soc2", "CC8.1"}); }),
              HasSubstr("controls are unsorted or twice"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[0].effect = Effect::kAllow; }), HasSubstr("cannot be lifted"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[2].effect = Effect::kForbid; }), HasSubstr("no suggest"));
}

TEST(Pol, VerifiesNames) {
  EXPECT_THAT(Broken([](Program& p) { p.levels.pop_back(); }), HasSubstr("levels `Risk` that do not exist"));
  EXPECT_THAT(Broken([](Program& p) { p.facts.pop_back(); }), HasSubstr("reads the fact `risk`"));
  EXPECT_THAT(Broken([](Program& p) { p.facts[0].caps[0].rule.AddNamed(Op::kFactRef, "risk"); }),
              HasSubstr("step `cap`: reads the fact `risk`, which is not before it"));
  EXPECT_THAT(Broken([](Program& p) { p.inputs.erase(p.inputs.begin()); }), HasSubstr("the input `freeze`"));
  EXPECT_THAT(Broken([](Program& p) { p.rules[0].AddNamed(Op::kInput, "freeze"); }),
              HasSubstr("without a key"));
  EXPECT_THAT(Broken([](Program& p) { p.hours.clear(); }), HasSubstr("names hours `business`"));
  EXPECT_THAT(Broken([](Program& p) { p.zones.clear(); }), HasSubstr("has no zone"));
}

TEST(Pol, VerifiesQuantifiers) {
  EXPECT_THAT(Broken([](Program& p) { p.rules[1].conditions.push_back(p.rules[1].AddVar(Var::kElement)); }),
              HasSubstr("reads an element outside of a quantifier"));
  EXPECT_THAT(Broken([](Program& p) {
                Rule& r = p.rules[1];
                r.Add(Op::kSome, {r.AddVar(Var::kContext), r.conditions[0]});
              }),
              HasSubstr("has another quantifier in it"));
  EXPECT_THAT(Broken([](Program& p) {
                Rule& r = p.rules[1];
                r.Add(Op::kSome, {r.AddVar(Var::kElement), r.AddLiteral(Value(true))});
              }),
              HasSubstr("has an element in its set"));
  EXPECT_THAT(Broken([](Program& p) {
                const ExprId two[] = {p.rules[1].AddVar(Var::kContext), p.rules[1].AddVar(Var::kContext)};
                p.rules[1].AddNamed(Op::kInput, two, "freeze");
              }),
              HasSubstr("has more than one key"));
}

TEST(Pol, VerifiesDeclarations) {
  EXPECT_THAT(Broken([](Program& p) { std::swap(p.levels[0], p.levels[1]); }),
              HasSubstr("levels are unsorted"));
  EXPECT_THAT(Broken([](Program& p) { p.levels[0].names = {"a", "a"}; }), HasSubstr("all distinct"));
  EXPECT_THAT(Broken([](Program& p) { p.limit_kinds[0].merge = Merge::kAnyTrue; }),
              HasSubstr("do not merge as `any`"));
  EXPECT_THAT(Broken([](Program& p) { p.model.entity_types[0].owner = "Team"; }),
              HasSubstr("no agent owned by"));
  EXPECT_THAT(Broken([](Program& p) { p.model.actions[1].action_class = "x"; }),
              HasSubstr("its class does not"));
  EXPECT_THAT(Broken([](Program& p) { p.model.entity_types[2].attributes[0].required = true; }),
              HasSubstr("is required and has a value if missing"));
  EXPECT_THAT(Broken([](Program& p) { p.model.entity_types[2].attributes[0].if_missing = Value(true); }),
              HasSubstr("of another kind"));
  EXPECT_THAT(Broken([](Program& p) { p.inputs[2].over_ms = 0; }), HasSubstr("has no window"));
  EXPECT_THAT(Broken([](Program& p) { p.inputs[2].amount = kNoExpr; }), HasSubstr("what to add"));
  EXPECT_THAT(Broken([](Program& p) { p.inputs[0].key_type = nullptr; }), HasSubstr("has half a key"));
  EXPECT_THAT(Broken([](Program& p) { p.inputs[0].key_type = Make({.kind = data::Kind::kSet}); }),
              HasSubstr("its key: a type is half a set's"));
  EXPECT_THAT(Broken([](Program& p) {
                p.model.entity_types[2].attributes[0] = {.name = "a",
                                                         .type = Make({.kind = data::Kind::kEntity})};
              }),
              HasSubstr("a type is half an entity's"));
  EXPECT_THAT(Broken([](Program& p) { p.inputs[0].value = data::Kind::kLong; }),
              HasSubstr("values of another kind"));
  EXPECT_THAT(Broken([](Program& p) { p.hours[0].days = 0; }), HasSubstr("no such days"));
  EXPECT_THAT(Broken([](Program& p) { p.facts[0].levels = ""; }), HasSubstr("has no levels"));
  EXPECT_THAT(Broken([](Program& p) { p.facts[1].otherwise = kNoExpr; }),
              HasSubstr("a value does not exist"));
  EXPECT_THAT(Broken([](Program& p) { p.facts[1].rows = p.facts[0].rows; }),
              HasSubstr("rows it has no use for"));
}

TEST(Pol, DigestsNameWhatRulesThatAskForApprovalsRead) {
  Program p = Sample();
  auto paths = [&](std::string_view action) {
    FillDigests(p);
    std::vector<std::string> out;
    for (const AttributePath& path : p.model.FindAction({"Action", std::string(action)})->digest) {
      out.push_back(path.of_resource ? "resource" : "principal");
      for (const std::string& name : path.names) out.back() += "." + name;
    }
    return out;
  };
  EXPECT_THAT(paths("restart"), ElementsAre("principal.owner", "principal.owner.team"));
  EXPECT_THAT(paths("read"), ElementsAre());
  // Of every rule with `unless approved`, and what is under `has`.
  Rule& every = p.rules[1];
  PolPart part;
  part.lifted_by = {ApprovalBy(every, 1, "x")};
  every.pol_part = std::make_shared<PolPart>(part);
  every.AddNamed(
      Op::kHas,
      every.AddNamed(Op::kAttrOr, std::vector{every.AddVar(Var::kResource), every.AddLiteral(Value(true))},
                     "a"),
      "b");
  EXPECT_THAT(paths("read"), ElementsAre("resource.a", "resource.a.b"));
  // Not of rules in shadow.
  every.mode = Mode::kShadow;
  EXPECT_THAT(paths("read"), ElementsAre());
}

}  // namespace
}  // namespace polc::core
