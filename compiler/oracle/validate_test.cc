// Whether requests fit the model, and the context rules see.
#include "compiler/oracle/validate.h"

#include "compiler/oracle/pol_world.h"

namespace polc::oracle {
namespace {

using namespace world;

std::string Why(World& w) {
  data::Request request = w.request;
  request.host = std::make_shared<Host>(w.host);
  return WhyInvalid(w.program, request).value_or("");
}
std::string WhySaying(const std::string& name, Value value) {
  World w;
  w.Say(name, std::move(value));
  return Why(w);
}

TEST(Validate, WhatFits) {
  World w;
  w.Say("risk", Text("high"));
  w.Say("tags", Value::MakeSet({Text("a"), Text("b"), Text("c")}));
  w.HostSays("share", Value(data::Decimal{10000}));
  w.HostSays("tool", Value::MakeRecord({{"schema", Text("s")}}));
  EXPECT_EQ(Why(w), "");
}
TEST(Validate, TheEnds) {
  World w;
  w.request.action = Action("gone");
  EXPECT_EQ(Why(w), "the action `Action::\"gone\"` is not declared");
  w = World();
  w.request.principal = Human("kim");
  EXPECT_EQ(Why(w), "principal type `Human` is not one that `Action::\"restart_pod\"` applies to");
  w = World();
  w.request.resource = {"Env", "prod"};
  EXPECT_EQ(Why(w), "resource type `Env` is not one that `Action::\"restart_pod\"` applies to");
  w = World();
  w.program.model.entity_types[4].enum_ids = {{"db"}};
  EXPECT_EQ(Why(w), "resource `Service::\"web\"` is none of its type's");
  w.request.resource.id = "db";
  EXPECT_EQ(Why(w), "");
  EXPECT_TRUE(IsKnown(w.program, w.store, w.request.resource));
}
TEST(Validate, TheAgentsContext) {
  EXPECT_EQ(WhySaying("nope", Long(1)), "attribute `nope` of the context is not declared");
  EXPECT_EQ(WhySaying("n", Text("1")), "attribute `n` of the context is string, not long");
  EXPECT_EQ(WhySaying("risk", Text("extreme")),
            "attribute `risk` of the context is \"extreme\", which is no level of `Risk`");
  EXPECT_EQ(WhySaying("tags", Value::MakeSet({Text("a"), Text("b"), Text("c"), Text("d")})),
            "attribute `tags` of the context has 4 elements, and at most 3 are declared");
  EXPECT_EQ(WhySaying("tags", Value::MakeSet({Long(1)})),
            "an element of attribute `tags` of the context is long, not string");
  EXPECT_EQ(WhySaying("share", Value(data::Decimal{1})),
            "attribute `share` of the context is the host's, and comes from the agent");
  World w;
  w.request.context = Value::MakeRecord({});
  EXPECT_EQ(Why(w), "attribute `n` of the context is missing");
  w.request.context = Long(1);
  EXPECT_EQ(Why(w), "the context is no record");
}
TEST(Validate, TheHostsContext) {
  World w;
  w.HostSays("share", Value(data::Decimal{10001}));
  EXPECT_EQ(Why(w), "attribute `share` of the host's context is not between 0% and 100%");
  w.HostSays("share", Value(data::Decimal{-1}));
  EXPECT_EQ(Why(w), "attribute `share` of the host's context is not between 0% and 100%");
  w = World();
  w.HostSays("note", Text("x"));
  EXPECT_EQ(Why(w), "attribute `note` of the host's context is the agent's, and comes from the host");
  w = World();
  w.HostSays("tool", Value::MakeRecord({}));
  EXPECT_EQ(Why(w), "attribute `schema` of attribute `tool` of the host's context is missing");
}
TEST(Validate, Evidence) {
  World w;
  w.host.evidence = {{.kind = "nope", .value = Text("x")}};
  EXPECT_EQ(Why(w), "evidence `nope` is not declared");
  w.host.evidence = {{.kind = "plan", .value = Long(1)}};
  EXPECT_EQ(Why(w), "evidence `plan` is long, not string");
}

TEST(Complete, FillsInAndKeepsTheDoorsApart) {
  World w;
  w.Say("share", Value(data::Decimal{1}));  // the agent's word for what is the host's
  w.HostSays("note", Text("x"));            // and the other way round
  data::Request request = w.request;
  request.host = std::make_shared<Host>(w.host);
  EXPECT_EQ(CompleteContext(w.program, request),
            Value::MakeRecord(
                {{"n", Long(1)}, {"share", Value(data::Decimal{10000})}, {"tags", Value::MakeSet({})}}));
  request.action = Action("gone");
  EXPECT_EQ(CompleteContext(w.program, request), request.context);
}
TEST(Complete, RecordsAtEveryLevel) {
  World w;
  const auto inner = Type(
      {.kind = Kind::kRecord,
       .fields = {
           {.name = "x", .type = Type({.kind = Kind::kLong}), .required = false, .if_missing = Long(3)}}});
  w.program.model.actions[2].context = {{.name = "rs", .type = Type({.kind = Kind::kSet, .element = inner})}};
  w.request.action = Action("look");
  w.request.context = Value::MakeRecord({{"rs", Value::MakeSet({Value::MakeRecord({})})}});
  EXPECT_EQ(CompleteContext(w.program, w.request),
            Value::MakeRecord({{"rs", Value::MakeSet({Value::MakeRecord({{"x", Long(3)}})})}}));
}

}  // namespace
}  // namespace polc::oracle
