// State: what reads as what, what errs, and what is to be written (language.md, §6).
#include "compiler/oracle/state.h"

#include "compiler/oracle/pol_world.h"

namespace polc::oracle {
namespace {

using namespace world;
using core::Input;
using K = Input::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct State : World {
  State() {
    Allow();
    program.inputs = {{.id = "now", .name = "now"}};
  }
  // `freeze`, with or without a key, read by a forbid.
  void Switch(int64_t fresh_seconds = 0, bool keyed = true) {
    Input input{.id = "freeze", .name = "freeze", .kind = K::kSwitch, .value = Kind::kBool};
    if (keyed) {
      input.by = "Env";
      input.key_type = Type({.kind = Kind::kEntity, .entity = "Env"});
    }
    input.fresh_within_ms = fresh_seconds * 1000;
    program.inputs.push_back(input);
    Rule& rule = Add("frozen", Effect::kForbid);
    const EntityUid prod{"Env", "prod"};
    rule.conditions = {keyed ? rule.AddNamed(Op::kInput, rule.AddLiteral(Value(prod)), "freeze")
                             : rule.AddNamed(Op::kInput, "freeze")};
  }
  void Supply(Value value, std::optional<data::Datetime> as_of = At(9990), const char* env = "prod") {
    data::StateItem item{.input = "freeze", .value = std::move(value), .as_of = as_of};
    if (!program.inputs.back().by.empty()) {
      item.by = "Env";
      item.key = Value(EntityUid{"Env", env});
    }
    host.state.push_back(std::move(item));
  }
  Input& Counting(const char* name, K kind, Kind value) {
    Input input{.id = std::string(name) + " of principal", .name = name, .kind = kind, .value = value};
    input.by = "principal";
    input.key_type = Type({.kind = Kind::kEntity, .entity = "Agent"});
    input.key = input.update.AddVar(Var::kPrincipal);
    if (kind != K::kLabel) input.over_ms = 1000;
    program.inputs.push_back(std::move(input));
    return program.inputs.back();
  }
};

TEST(ReadState, SwitchesAreOnOrOff) {
  State s;
  s.Switch();
  s.Supply(Value(false));
  s.Supply(Value(true), At(9990), "test");
  Decision d = s.Decide();
  EXPECT_EQ(d.outcome, Outcome::kAllow);
  EXPECT_EQ(d.state_read.size(), 2u);
  s.host.state[0].value = Value(true);
  EXPECT_EQ(s.Decide().why, Why::kForbidden);
}
TEST(ReadState, OneWithoutAKey) {
  State s;
  s.Switch(0, false);
  s.Supply(Value(true));
  EXPECT_EQ(s.Decide().why, Why::kForbidden);
}
TEST(ReadState, NotSuppliedErrs) {
  State s;
  s.Switch();
  Decision d = s.Decide();
  EXPECT_EQ(d.why, Why::kError);
  EXPECT_THAT(d.errors[0].message, HasSubstr("`freeze of Env::\"prod\"` was not supplied"));
  s.Supply(Value(false), At(9990), "test");
  EXPECT_EQ(s.Decide().why, Why::kError);
}
TEST(ReadState, StaleErrs) {
  State s;
  s.Switch(30);
  s.Supply(Value(false), At(9970));
  EXPECT_EQ(s.Decide().outcome, Outcome::kAllow);
  s.host.state[0].as_of->ms -= 1;
  EXPECT_EQ(s.Decide().why, Why::kError);
  s.host.state[0].as_of = At(10001);  // of the future
  EXPECT_EQ(s.Decide().why, Why::kError);
  s.host.state[0].as_of.reset();
  EXPECT_EQ(s.Decide().why, Why::kError);
  s.host.state[0].as_of = At(9990);
  s.host.now.reset();
  EXPECT_EQ(s.Decide().why, Why::kError);
}
TEST(ReadState, NowIsTheHosts) {
  State s;
  Rule& rule = s.Add("late", Effect::kForbid);
  rule.conditions = {
      rule.Add(Op::kLessEq, {rule.AddLiteral(Value(At(10000))), rule.AddNamed(Op::kInput, "now")})};
  EXPECT_EQ(s.Decide().why, Why::kForbidden);
  s.host.now = At(9999);
  EXPECT_EQ(s.Decide().outcome, Outcome::kAllow);
  s.host.now.reset();
  EXPECT_EQ(s.Decide().why, Why::kError);
}
TEST(ReadState, WhatIsNotDeclaredIsInvalid) {
  State s;
  s.Switch();
  s.Supply(Value(false));
  s.host.state[0].input = "freez";
  EXPECT_EQ(s.Decide().why, Why::kInvalidRequest);
  s.host.state[0].input = "freeze";
  s.host.state[0].value = Long(1);
  EXPECT_EQ(s.Decide().why, Why::kInvalidRequest);
  s.options.validate_request = false;
  EXPECT_EQ(s.Decide().why, Why::kError);
  s.options.validate_request = true;
  s.host.state[0].value = Value(false);
  s.Supply(Value(true));
  EXPECT_EQ(s.Decide().why, Why::kInvalidRequest);  // two values for one key
  s.host.state.pop_back();
  s.host.state[0].key.reset();
  EXPECT_EQ(s.Decide().why, Why::kInvalidRequest);
}
TEST(ReadState, OnlyWhatRulesReadIsSaid) {
  State s;
  s.Switch();
  s.Supply(Value(false));
  s.program.rules.pop_back();
  EXPECT_THAT(s.Decide().state_read, IsEmpty());
}

std::vector<std::string> Moved(const Decision& d) {
  std::vector<std::string> out;
  for (const data::StateUpdate& u : d.state_updates) {
    using U = data::StateUpdate::Kind;
    out.push_back(u.input +
                  (u.kind == U::kSet      ? " set"
                   : u.kind == U::kDenial ? " denial"
                                          : " add") +
                  (u.amount ? " " + data::ToString(*u.amount) : ""));
  }
  return out;
}

TEST(Updates, FollowTheOutcome) {
  State s;
  s.Counting("attempts", K::kAttempts, Kind::kLong);
  s.Counting("breaker", K::kBreaker, Kind::kBool).opens_at = 3;
  s.Counting("counter", K::kCounter, Kind::kLong);
  s.Counting("label", K::kLabel, Kind::kBool);
  Input& total = s.Counting("total", K::kTotal, Kind::kLong);
  total.amount = World::Context(total.update, "n");
  s.Say("n", Long(5));
  Decision d = s.Decide();
  EXPECT_THAT(Moved(d), ElementsAre("attempts add 1", "counter add 1", "label set", "total add 5"));
  EXPECT_EQ(d.state_updates[0].key, Value(s.request.principal));
  EXPECT_EQ(d.state_updates[0].read, std::nullopt);
  s.Limit("l", "timeout", Seconds(1));
  EXPECT_EQ(s.Decide().state_updates.size(), 4u);
  s.Require("r");
  EXPECT_THAT(Moved(s.Decide()), ElementsAre("attempts add 1"));
  s.Suggest("s", "archive");
  EXPECT_THAT(Moved(s.Decide()), ElementsAre("attempts add 1"));
  s.Add("f", Effect::kForbid);
  EXPECT_THAT(Moved(s.Decide()), ElementsAre("attempts add 1", "breaker denial"));
  s.Say("nope", Long(1));
  EXPECT_THAT(Moved(s.Decide()), IsEmpty());  // invalid
}
TEST(Updates, CarryTheValueRead) {
  State s;
  s.Counting("counter", K::kCounter, Kind::kLong);
  s.host.state = {
      {.input = "counter", .by = "principal", .key = Value(s.request.principal), .value = Long(7)}};
  EXPECT_EQ(s.Decide().state_updates.at(0).read, Long(7));
}
TEST(Updates, CountWhatTheyCount) {
  State s;
  s.Counting("counter", K::kCounter, Kind::kLong).update.action = {
      core::ActionTest::Op::kIn, {Action("drop")}, {}};
  EXPECT_THAT(Moved(s.Decide()), IsEmpty());
  s.request.action = Action("drop");
  EXPECT_THAT(Moved(s.Decide()), ElementsAre("counter add 1"));
}
TEST(Updates, ALabelWhoseConditionErrsIsSet) {
  for (const Comes comes : {Comes::kTrue, Comes::kFalse, Comes::kErrs}) {
    State s;
    World::Condition(s.Counting("label", K::kLabel, Kind::kBool).update, comes);
    EXPECT_EQ(Moved(s.Decide()).size(), comes == Comes::kFalse ? 0u : 1u);
  }
}
TEST(Updates, AKeyThatErrsMovesNothing) {
  State s;
  Input& input = s.Counting("counter", K::kCounter, Kind::kLong);
  input.key = World::Context(input.update, "note");
  const Decision d = s.Decide();
  EXPECT_EQ(d.outcome, Outcome::kAllow);
  EXPECT_THAT(Moved(d), IsEmpty());
}
TEST(Updates, ATotalWithoutAnAmountDenies) {
  State s;
  Input& total = s.Counting("total", K::kTotal, Kind::kLong);
  total.amount = World::Context(total.update, "n");
  s.Say("n", Long(0));
  EXPECT_EQ(s.Decide().outcome, Outcome::kAllow);
  s.Say("n", Long(-1));
  Decision d = s.Decide();
  EXPECT_EQ(d.why, Why::kError);
  EXPECT_THAT(d.reasons, IsEmpty());
  ASSERT_EQ(d.errors.size(), 1u);
  EXPECT_EQ(d.errors[0].rule, "total of principal");
  total.amount = World::Context(total.update, "note");
  EXPECT_EQ(s.Decide().why, Why::kError);
  s.Say("n", Long(1));
  s.Say("note", Text("1"));
  EXPECT_EQ(s.Decide().why, Why::kError);
}
TEST(Updates, OfTheRequesterOnlyAndNotInShadow) {
  State s;
  s.Counting("counter", K::kCounter, Kind::kLong);
  s.host.acts_for = {{.principal = {"Robot", "cron"}}};
  const Decision d = s.Decide();
  EXPECT_EQ(d.outcome, Outcome::kAllow);
  ASSERT_EQ(d.state_updates.size(), 1u);
  EXPECT_EQ(d.state_updates[0].key, Value(s.request.principal));
  s.program.inputs.back().mode = Mode::kShadow;
  EXPECT_THAT(s.Decide().state_updates, IsEmpty());
}

}  // namespace
}  // namespace polc::oracle
