#include "tests/pol/random_ops.h"

namespace polc::tests {

using namespace oracle::world;  // NOLINT: the vocabulary of these tests

void RandomOps::MakeOpsWorld(World* w) {
  // A year has two changes, a day's shift at most, like no zone there is: only the table counts.
  core::Zone zone{.name = "Test/Zone", .version = "1", .rows = {{INT64_MIN, 0}}, .ends_ms = INT64_MAX};
  if (rng_.Chance(10)) zone.ends_ms = At(9000).ms;
  for (int64_t from = rng_.Range(-2, 2) * 86'400'000; zone.rows.size() < 4;
       from += rng_.Range(1, 3) * 3'600'000)
    zone.rows.push_back({from, static_cast<int32_t>(rng_.Range(-23, 23) * 3'600'000)});
  w->program.zones = {zone};
  w->program.hours = {{.name = "business",
                       .zone = zone.name,
                       .days = static_cast<uint8_t>(rng_.Range(1, 127)),
                       .from_minute = static_cast<uint16_t>(rng_.Range(0, 1439)),
                       .to_minute = static_cast<uint16_t>(rng_.Range(0, 1440))}};
  if (w->host.now && rng_.Chance(70)) w->host.now = data::Datetime{rng_.Range(-3, 8) * 3'600'000};

  core::Input tries{
      .id = "tries", .name = "tries", .kind = core::Input::Kind::kAttempts, .value = Kind::kLong};
  tries.over_ms = 60000;
  w->program.inputs.push_back(tries);
  if (rng_.Chance(80))
    w->host.state.push_back({.input = "tries", .value = Long(rng_.Range(0, 4)), .as_of = At(9990)});

  std::map<std::string, Value> attributes = {{"owner", Value(Human("dana"))}};
  if (rng_.Chance(60)) attributes.emplace("backup", Value(Human(rng_.Chance(80) ? "max" : "gone")));
  std::map<std::string, Value> tags;
  if (rng_.Chance(70)) tags.emplace("shift", Text(rng_.Chance(50) ? "Night" : "day"));
  w->store.Put(
      {.uid = {"Agent", "oncall"}, .attrs = attributes, .tags = tags, .parents = {Team("sre")}, .span = {}});
  w->Say("note", rng_.Chance(90) ? Text(rng_.Chance(50) ? "Drain Node" : "roll-out") : Long(3));
}

core::ExprId RandomOps::EntityOf(Rule& rule) {
  switch (rng_.Below(4)) {
    case 0:
      return rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kPrincipal), "backup");
    case 1:
      return rule.AddVar(Var::kResource);
    case 2:
      return rule.AddVar(Var::kAction);
    default:
      return rule.AddVar(Var::kPrincipal);
  }
}

core::ExprId RandomOps::TextOf(Rule& rule) {
  switch (rng_.Below(5)) {
    case 0:
      return rule.Add(Op::kLower, {TextOf(rule)});
    case 1: {
      const ExprId of = rng_.Chance(80) ? rule.AddVar(Var::kPrincipal) : EntityOf(rule);
      return rule.Add(Op::kGetTag, {of, rule.AddLiteral(Text(rng_.Chance(85) ? "shift" : "none"))});
    }
    case 2:
      return rule.AddLiteral(Text(rng_.Chance(50) ? "NIGHT" : "drain node"));
    case 3: {
      const ExprId operands[] = {rule.AddVar(Var::kContext), rule.AddLiteral(Text("Night"))};
      return rule.AddNamed(Op::kAttrOr, operands, rng_.Chance(50) ? "note" : "trace");
    }
    default:
      return World::Context(rule, "note");
  }
}

core::ExprId RandomOps::SetOf(Rule& rule, int depth) {
  switch (rng_.Below(depth > 0 ? 6 : 3)) {
    case 0: {
      std::vector<Value> members;
      for (const char* m : {"a", "b", "Night", "c"}) {
        if (rng_.Chance(50)) members.push_back(Text(m));
      }
      return rule.AddLiteral(Value::MakeSet(members));
    }
    case 1: {
      std::vector<ExprId> members;
      for (uint64_t n = rng_.Below(3); n > 0; --n) members.push_back(TextOf(rule));
      return rule.Add(Op::kSet, members);
    }
    case 2:
      return World::Context(rule, rng_.Chance(95) ? "tags" : "note");
    default: {
      const Op op = rng_.Chance(50) ? Op::kUnion : Op::kIntersect;
      const ExprId left = SetOf(rule, depth - 1), right = SetOf(rule, depth - 1);
      return rule.Add(op, {left, right});
    }
  }
}

core::ExprId RandomOps::Number(Rule& rule, int depth) {
  switch (rng_.Below(depth > 0 ? 9 : 4)) {
    case 0:
      return rule.AddLiteral(Long(rng_.Chance(5) ? INT64_MAX : rng_.Range(0, 3)));
    case 1:
      return World::Context(rule, "n");
    case 2:
      return rule.AddNamed(Op::kInput, "tries");
    case 3: {
      const ExprId operands[] = {rule.AddVar(Var::kResource), rule.AddLiteral(Long(2))};
      return rule.AddNamed(Op::kAttrOr, operands, "tier");
    }
    case 4:
      return rule.Add(Op::kSize, {SetOf(rule, 2)});
    case 5: {
      const ExprId set = SetOf(rule, 1);
      const ExprId element = rule.AddVar(Var::kElement);
      return rule.Add(Op::kNumber, {set, rule.Add(Op::kEq, {element, TextOf(rule)})});
    }
    case 6:
      return rule.Add(Op::kNeg, {Number(rule, depth - 1)});
    default: {
      constexpr std::array kArithmetic = {Op::kAdd, Op::kSub, Op::kMul};
      const Op op = rng_.Pick(kArithmetic);
      const ExprId left = Number(rule, depth - 1), right = Number(rule, depth - 1);
      return rule.Add(op, {left, right});
    }
  }
}

core::ExprId RandomOps::Extension(Rule& rule) {
  if (rng_.Chance(15)) return rule.AddNamed(Op::kCallUnknown, TextOf(rule), "frob");
  auto decimal = [&] {
    const ExprId text = rule.AddLiteral(Text(rng_.Chance(85) ? "1.5" : "much"));
    return rule.AddCall(data::ExtFn::kDecimal, std::span(&text, 1));
  };
  const ExprId operands[] = {decimal(), decimal()};
  return rule.AddCall(data::ExtFn::kLessThan, operands);
}

core::ExprId RandomOps::Leaf(Rule& rule) {
  switch (rng_.Below(15)) {
    case 0: {
      constexpr std::array<std::string_view, 4> kNames = {"note", "trace", "backup", "tier"};
      const ExprId of = rng_.Chance(50) ? rule.AddVar(Var::kContext) : EntityOf(rule);
      return rule.AddNamed(Op::kHas, of, std::string(rng_.Pick(kNames)));
    }
    case 1: {
      const ExprId of = EntityOf(rule);
      return rule.Add(Op::kHasTag, {of, rule.AddLiteral(Text(rng_.Chance(80) ? "shift" : "none"))});
    }
    case 2: {
      const ExprId set = SetOf(rule, 2);
      return rule.Add(Op::kContains, {set, TextOf(rule)});
    }
    case 3:
    case 4: {
      const Op op = rng_.Chance(50) ? Op::kContainsAll : Op::kContainsAny;
      const ExprId left = SetOf(rule, 1), right = SetOf(rule, 1);
      return rule.Add(op, {left, right});
    }
    case 5:
      return rule.Add(Op::kIsEmpty, {SetOf(rule, 2)});
    case 6:
      return rule.AddLike(TextOf(rule), {{false, "D"}, {true, ""}});
    case 7:
    case 8:
      return rule.AddNamed(Op::kInHours, rng_.Chance(95) ? rule.AddNamed(Op::kInput, "now") : TextOf(rule),
                           "business");
    case 9:
      return rule.AddNamed(Op::kIs, EntityOf(rule), rng_.Chance(50) ? "Agent" : "Human");
    case 10: {
      const ExprId of = EntityOf(rule);
      return rule.Add(Op::kIn, {of, rule.AddLiteral(Value(Team("sre")))});
    }
    case 11: {
      const ExprId made = rule.AddRecord({{"x", TextOf(rule)}, {"k", Number(rule, 1)}});
      return rule.Add(Op::kEq, {made, rule.AddRecord({{"k", Number(rule, 1)}, {"x", TextOf(rule)}})});
    }
    case 12:
      return Extension(rule);
    case 13: {
      const ExprId left = TextOf(rule);
      return rule.Add(Op::kEq, {left, TextOf(rule)});
    }
    default: {
      const Op op = rng_.Chance(50) ? Op::kLess : Op::kLessEq;
      const ExprId left = Number(rule, 2), right = Number(rule, 1);
      return rule.Add(op, {left, right});
    }
  }
}

core::ExprId RandomOps::Rows(Rule& rule) {
  std::vector<Value> rows;
  for (uint64_t n = rng_.Below(4); n > 0; --n) {
    data::Record row = {
        {"class", rng_.Chance(90) ? Text(rng_.Chance(70) ? "restarts" : "drops") : Long(1)},
        {"level", Text(rng_.Chance(80) ? rng_.Chance(50) ? "autonomous" : "approval" : "nonesuch")}};
    if (rng_.Chance(40))
      row.emplace_back("until", rng_.Chance(90) ? Value(At(rng_.Range(0, 20000))) : Text("never"));
    rows.push_back(Value::MakeRecord(row));
  }
  if (rng_.Chance(5)) rows.push_back(Text("no row"));
  return rng_.Chance(95) ? rule.AddLiteral(Value::MakeSet(rows)) : World::Context(rule, "n");
}

}  // namespace polc::tests
