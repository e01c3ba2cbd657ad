// Facts, ladders and caps: values, and what errors make of them (language.md, §3 and §5).
#include "compiler/oracle/pol_world.h"

namespace polc::oracle {
namespace {

using namespace world;
using core::Fact;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The fact's value as an allow reads it: the text of it, or "error: …".
std::string ValueOf(World& w, const std::string& fact) {
  Rule& rule = w.Add(("reads_" + std::to_string(w.program.rules.size())).c_str(), Effect::kForbid);
  rule.conditions = {rule.Add(Op::kEq, {rule.AddNamed(Op::kFactRef, fact), rule.AddLiteral(Text("?"))})};
  const Decision d = w.Decide();
  w.program.rules.pop_back();
  if (const auto found = d.facts.find(fact); found != d.facts.end()) return data::ToString(found->second);
  return d.errors.empty() ? "nothing" : d.errors.back().message;
}

struct Clause {
  const char* level;  // null: a value that errs
  Comes when;
};
Fact Risk(Fact::Form form, const std::vector<Clause>& clauses, const char* otherwise = "low") {
  Fact fact{.name = "risk", .form = form, .levels = "Risk"};
  fact.body.strict = true;
  auto value = [&](const char* level) {
    return level ? fact.body.AddLiteral(Text(level)) : World::Expr(fact.body, Comes::kErrs);
  };
  for (const Clause& c : clauses) fact.clauses.push_back({value(c.level), World::Expr(fact.body, c.when)});
  fact.otherwise = value(otherwise);
  return fact;
}
std::string RiskOf(Fact::Form form, const std::vector<Clause>& clauses, const char* otherwise = "low") {
  World w;
  w.program.facts = {Risk(form, clauses, otherwise)};
  return ValueOf(w, "risk");
}

constexpr Comes kT = Comes::kTrue, kF = Comes::kFalse, kE = Comes::kErrs;
constexpr const char* kErrs = "errs";

TEST(Fact, HighestOf) {
  const auto form = Fact::Form::kHighest;
  EXPECT_EQ(RiskOf(form, {{"medium", kT}, {"high", kT}, {"low", kT}}), "\"high\"");
  EXPECT_EQ(RiskOf(form, {{"medium", kT}, {"high", kF}}), "\"medium\"");
  EXPECT_EQ(RiskOf(form, {{"high", kF}}, "medium"), "\"medium\"");
  EXPECT_EQ(RiskOf(form, {{"low", kT}}, "medium"), "\"low\"");
}
TEST(Fact, HighestOfErrsUnlessSettled) {
  const auto form = Fact::Form::kHighest;
  EXPECT_EQ(RiskOf(form, {{"medium", kE}, {"high", kT}}), "\"high\"");
  EXPECT_EQ(RiskOf(form, {{"medium", kE}, {"medium", kT}}), "\"medium\"");
  EXPECT_THAT(RiskOf(form, {{"high", kE}, {"medium", kT}}), HasSubstr(kErrs));
  EXPECT_THAT(RiskOf(form, {{"low", kE}}, "high"), HasSubstr(kErrs));  // otherwise settles nothing
  EXPECT_EQ(RiskOf(form, {{nullptr, kT}, {"high", kT}}), "\"high\"");  // the top settles anything
  EXPECT_THAT(RiskOf(form, {{nullptr, kT}, {"medium", kT}}), HasSubstr(kErrs));
  EXPECT_EQ(RiskOf(form, {{nullptr, kF}}), "\"low\"");
  EXPECT_THAT(RiskOf(form, {{"nonesuch", kT}}), HasSubstr(kErrs));
  EXPECT_THAT(RiskOf(form, {}, nullptr), HasSubstr(kErrs));
}
TEST(Fact, HighestOfNumbers) {
  World w;
  Fact fact{.name = "n", .form = Fact::Form::kHighest};
  for (const int64_t n : {3, 7, 5})
    fact.clauses.push_back({fact.body.AddLiteral(Long(n)), World::Expr(fact.body, kT)});
  fact.otherwise = fact.body.AddLiteral(Long(0));
  w.program.facts = {fact};
  EXPECT_EQ(ValueOf(w, "n"), "7");
  // A number that errs might be any: nothing settles it.
  w.program.facts[0].clauses[0].value = World::Expr(w.program.facts[0].body, kE);
  EXPECT_THAT(ValueOf(w, "n"), HasSubstr(kErrs));
}
TEST(Fact, FirstOf) {
  const auto form = Fact::Form::kFirst;
  EXPECT_EQ(RiskOf(form, {{"low", kF}, {"medium", kT}, {"high", kT}}), "\"medium\"");
  EXPECT_EQ(RiskOf(form, {{"high", kF}}, "medium"), "\"medium\"");
  EXPECT_EQ(RiskOf(form, {{"medium", kT}, {"high", kE}}), "\"medium\"");
  EXPECT_THAT(RiskOf(form, {{"high", kE}, {"medium", kT}}), HasSubstr(kErrs));
  EXPECT_EQ(RiskOf(form, {{nullptr, kF}, {"medium", kT}}), "\"medium\"");
}
TEST(Fact, AnExpressionReadsFactsBeforeIt) {
  World w;
  Fact twice{.name = "twice"};
  twice.body.conditions = {twice.body.Add(
      Op::kAdd, {twice.body.AddNamed(Op::kFactRef, "one"), twice.body.AddNamed(Op::kFactRef, "one")})};
  Fact one{.name = "one"};
  one.body.conditions = {one.body.AddLiteral(Long(1))};
  w.program.facts = {one, twice};
  EXPECT_EQ(ValueOf(w, "twice"), "2");
  // Both are listed, and none that nobody reads.
  Rule& rule = w.Add("r", Effect::kForbid, Comes::kFalse);
  EXPECT_THAT(w.Decide().facts, IsEmpty());
  World::Condition(rule, Comes::kFalse);
  rule.conditions.push_back(
      rule.Add(Op::kEq, {rule.AddNamed(Op::kFactRef, "twice"), rule.AddLiteral(Long(2))}));
  EXPECT_EQ(w.Decide().facts.size(), 2u);  // read or not: it stands in a rule whose scope fits
}
TEST(Fact, ARuleThatReadsOneThatErrsErrs) {
  World w;
  w.Allow();
  w.program.facts = {Risk(Fact::Form::kHighest, {{"high", kE}})};
  Rule& rule = w.Add("r", Effect::kForbid);
  rule.conditions = {rule.Add(Op::kEq, {rule.AddNamed(Op::kFactRef, "risk"), rule.AddLiteral(Text("high"))})};
  const Decision d = w.Decide();
  EXPECT_EQ(d.why, Why::kError);
  EXPECT_THAT(d.errors[0].message, HasSubstr("the fact `risk` errs: record does not have the attribute"));
}

// --- autonomy ---

struct Ladder : World {
  Ladder() { program.facts = {{.name = "autonomy", .form = Fact::Form::kAutonomy, .levels = "Autonomy"}}; }
  Fact& fact() { return program.facts[0]; }
  Fact::Step& Step(std::vector<Fact::Step>& list, const char* id, const char* level, Comes when) {
    Fact::Step& step = list.emplace_back();
    step.rule = Pol(id, Effect::kAllow);
    Condition(step.rule, when);
    step.level = level ? step.rule.AddLiteral(Text(level)) : Expr(step.rule, Comes::kErrs);
    return step;
  }
  Fact::Step& Row(const char* level, Comes when = kT) { return Step(fact().rows, "row", level, when); }
  Fact::Step& Cap(const char* id, const char* level, Comes when = kT) {
    return Step(fact().caps, id, level, when);
  }
  std::string Level() { return ValueOf(*this, "autonomy"); }
};

TEST(Autonomy, TheHighestRowThatHolds) {
  Ladder l;
  EXPECT_EQ(l.Level(), "\"recommend\"");
  l.Row("approval");
  EXPECT_EQ(l.Level(), "\"approval\"");
  l.Row("autonomous", kF);
  EXPECT_EQ(l.Level(), "\"approval\"");
  l.Row("autonomous");
  EXPECT_EQ(l.Level(), "\"autonomous\"");
}
TEST(Autonomy, ARowThatErrsDoesNotCount) {
  Ladder l;
  l.Row("autonomous", kE);
  l.Row(nullptr);
  l.Row("nonesuch");
  EXPECT_EQ(l.Level(), "\"recommend\"");
}
TEST(Autonomy, ARowKeepsToItsScope) {
  Ladder l;
  l.Row("autonomous").rule.action = {core::ActionTest::Op::kIn, {Action("drop")}, {}};
  EXPECT_EQ(l.Level(), "\"recommend\"");
  l.request.action = Action("drop");
  EXPECT_EQ(l.Level(), "\"autonomous\"");
}
TEST(Autonomy, CapsLowerIt) {
  Ladder l;
  l.Row("autonomous");
  l.Cap("c", "approval");
  EXPECT_EQ(l.Level(), "\"approval\"");
  l.Cap("off", "recommend", kF);
  EXPECT_EQ(l.Level(), "\"approval\"");
  l.Cap("errs", "recommend", kE);
  EXPECT_EQ(l.Level(), "\"recommend\"");
}
TEST(Autonomy, ACapWhoseLevelErrsIsTheLowest) {
  Ladder l;
  l.Row("autonomous");
  l.Cap("c", nullptr);
  EXPECT_EQ(l.Level(), "\"recommend\"");
}
TEST(Autonomy, CapsInShadowAreListed) {
  Ladder l;
  l.Row("autonomous");
  l.Cap("c", "recommend").rule.mode = Mode::kShadow;
  EXPECT_EQ(l.Level(), "\"autonomous\"");
  Rule& rule = l.Add("go", Effect::kAllow);
  rule.conditions = {
      rule.Add(Op::kEq, {rule.AddNamed(Op::kFactRef, "autonomy"), rule.AddLiteral(Text("autonomous"))})};
  const Decision d = l.Decide();
  EXPECT_EQ(d.outcome, Outcome::kAllow);
  EXPECT_THAT(d.shadow, ElementsAre("c"));
  EXPECT_EQ(d.would_be, Outcome::kDeny);
}
TEST(Autonomy, ErrorsOfRowsAndCapsAreReported) {
  Ladder l;
  l.Row("autonomous", kE);
  l.Cap("c", "recommend", kE);
  Rule& rule = l.Add("r", Effect::kAllow);
  rule.conditions = {rule.Add(Op::kEq, {rule.AddNamed(Op::kFactRef, "autonomy"), rule.AddLiteral(Text(""))})};
  std::vector<std::string> who;
  for (const data::RuleError& e : l.Decide().errors) who.push_back(e.rule);
  EXPECT_THAT(who, ElementsAre("c", "row"));
}
TEST(Autonomy, RowsFromData) {
  Ladder l;
  auto grant = [](const char* of, const char* level, std::optional<int64_t> until = {}) {
    data::Record fields = {{"class", Text(of)}, {"level", Text(level)}};
    if (until) fields.emplace_back("until", Value(At(*until)));
    return Value::MakeRecord(std::move(fields));
  };
  Fact::Step& row = l.Row("approval");
  row.from_data = true;
  auto grants = [&](std::vector<Value> elements) {
    row.level = row.rule.AddLiteral(Value::MakeSet(std::move(elements)));
    return l.Level();
  };
  EXPECT_EQ(grants({grant("restarts", "approval"), grant("drops", "autonomous")}), "\"approval\"");
  EXPECT_EQ(grants({grant("restarts", "approval"), grant("restarts", "autonomous")}), "\"autonomous\"");
  EXPECT_EQ(grants({grant("restarts", "autonomous", 10001)}), "\"autonomous\"");
  EXPECT_EQ(grants({grant("restarts", "autonomous", 10000)}), "\"recommend\"");
  EXPECT_EQ(grants({grant("restarts", "nonesuch"), grant("restarts", "approval")}), "\"approval\"");
  EXPECT_EQ(grants({Text("restarts")}), "\"recommend\"");
  l.host.now.reset();
  EXPECT_EQ(grants({grant("restarts", "autonomous", 10001)}), "\"recommend\"");
  row.level = row.rule.AddLiteral(Text("autonomous"));
  EXPECT_EQ(l.Level(), "\"recommend\"");
}

}  // namespace
}  // namespace polc::oracle
