// Where rules can err: each kind of error, and the tests before it that rule it out.
#include "compiler/core/can_err.h"

#include <gtest/gtest.h>

namespace polc::core {
namespace {

TypePtr Make(Type type) { return std::make_shared<const Type>(std::move(type)); }

struct CanErr : ::testing::Test {
  Program p;
  Rule r;

  CanErr() {
    r.strict = true;
    r.principal = {.op = ScopeTest::Op::kIs, .entity = {}, .type = "Agent", .span = {}};
    const TypePtr text = Make({.kind = data::Kind::kString});
    const TypePtr human = Make({.kind = data::Kind::kEntity, .entity = "Human"});
    const TypePtr tool = Make(
        {.kind = data::Kind::kRecord,
         .fields = {{.name = "note", .type = text, .required = false}, {.name = "schema", .type = text}}});
    p.pol = true;
    p.model.entity_types = {{.name = "Agent",
                             .attributes = {{.name = "backup", .type = human, .required = false},
                                            {.name = "owner", .type = human}}},
                            {.name = "Human", .attributes = {{.name = "name", .type = text}}}};
    p.model.actions = {
        {.uid = {"Action", "go"},
         .principals = {"Agent"},
         .resources = {"Human"},
         .context = {
             {.name = "given", .type = text, .required = false, .if_missing = data::Value(std::string("x"))},
             {.name = "hosts", .type = text, .from_host = true},
             {.name = "note", .type = text, .required = false},
             {.name = "text", .type = text},
             {.name = "tool", .type = tool}}}};
  }
  ExprId Principal() { return r.AddVar(Var::kPrincipal); }
  ExprId Context(const char* name) { return r.AddNamed(Op::kGetAttr, r.AddVar(Var::kContext), name); }
  ExprId Owner(const char* name = "owner") { return r.AddNamed(Op::kGetAttr, Principal(), name); }
  ExprId IsX(ExprId e) { return r.Add(Op::kEq, {e, r.AddLiteral(data::Value(std::string("x")))}); }
  std::string Why(ExprId condition) {
    r.conditions = {condition};
    const auto found = FindError(p, r);
    return found ? found->why : "never";
  }
};

TEST_F(CanErr, WhatIsDeclaredIsThere) {
  EXPECT_EQ(Why(IsX(Context("text"))), "never");
  EXPECT_EQ(Why(IsX(Context("given"))), "never");
  EXPECT_EQ(Why(IsX(Context("hosts"))), "the host may not supply `context.hosts`");
  EXPECT_EQ(Why(IsX(Context("note"))), "`context.note` may be missing");
  EXPECT_EQ(Why(IsX(Context("undeclared"))), "`context.undeclared` may be missing");
  EXPECT_EQ(Why(IsX(r.AddNamed(Op::kGetAttr, Context("tool"), "schema"))), "never");
  EXPECT_EQ(Why(IsX(r.AddNamed(Op::kGetAttr, Context("tool"), "note"))),
            "`context.tool.note` may be missing");
}

TEST_F(CanErr, TestsBeforeIt) {
  auto has = [&] { return r.AddNamed(Op::kHas, r.AddVar(Var::kContext), "note"); };
  auto reads = [&] { return IsX(Context("note")); };
  EXPECT_EQ(Why(r.Add(Op::kAnd, {has(), reads()})), "never");
  EXPECT_NE(Why(r.Add(Op::kOr, {has(), reads()})), "never");
  EXPECT_EQ(Why(r.Add(Op::kOr, {r.Add(Op::kNot, {has()}), reads()})), "never");
  EXPECT_NE(Why(r.Add(Op::kAnd, {reads(), has()})), "never");
  EXPECT_EQ(Why(r.Add(Op::kIf, {has(), reads(), r.AddLiteral(data::Value(true))})), "never");
  EXPECT_NE(Why(r.Add(Op::kIf, {has(), r.AddLiteral(data::Value(true)), reads()})), "never");
  // Conditions are tested one after the other.
  r.conditions = {has(), reads()};
  EXPECT_FALSE(FindError(p, r));
  r.conditions = {reads(), has()};
  EXPECT_TRUE(FindError(p, r));
}

TEST_F(CanErr, EntitiesThatTheStoreMayNotHave) {
  auto in = [&](ExprId left) {
    return r.Add(Op::kIn, {left, r.AddLiteral(data::Value(data::EntityUid{"Team", "x"}))});
  };
  EXPECT_EQ(Why(in(Principal())), "never");
  EXPECT_EQ(Why(in(Owner())), "`principal.owner` may not be in the store");
  EXPECT_EQ(Why(IsX(r.AddNamed(Op::kGetAttr, Owner(), "name"))), "`principal.owner` may not be in the store");
  EXPECT_EQ(Why(IsX(Owner("backup"))), "`principal.backup` may be missing");
  // Cedar's `in` is false then, and no error.
  r.strict = false;
  EXPECT_EQ(Why(in(Owner())), "never");
  EXPECT_NE(Why(IsX(r.AddNamed(Op::kGetAttr, Owner(), "name"))), "never");
}

TEST_F(CanErr, Operators) {
  auto number = [&](int64_t n) { return r.AddLiteral(data::Value(n)); };
  EXPECT_EQ(Why(r.Add(Op::kLess, {r.Add(Op::kAdd, {number(1), number(2)}), number(3)})),
            "the result may not fit 64 bits");
  const ExprId good[] = {r.AddLiteral(data::Value(std::string("1.0")))};
  EXPECT_EQ(Why(IsX(r.AddCall(data::ExtFn::kDecimal, good))), "never");
  const ExprId bad[] = {r.AddLiteral(data::Value(std::string("1.00000")))};
  EXPECT_EQ(Why(IsX(r.AddCall(data::ExtFn::kDecimal, bad))), "it always does");
  const ExprId varies[] = {Context("text")};
  EXPECT_EQ(Why(IsX(r.AddCall(data::ExtFn::kDecimal, varies))), "`decimal` may be out of range");
  EXPECT_EQ(Why(IsX(r.AddNamed(Op::kInput, "freeze"))), "the host may not supply `freeze`");
}

TEST_F(CanErr, Facts) {
  Fact clean, erring;
  clean.name = "clean";
  clean.body.conditions = {clean.body.AddLiteral(data::Value(true))};
  erring.name = "erring";
  erring.body.conditions = {erring.body.AddNamed(Op::kInput, "freeze")};
  p.facts = {clean, erring};
  EXPECT_EQ(Why(r.AddNamed(Op::kFactRef, "clean")), "never");
  EXPECT_EQ(Why(r.AddNamed(Op::kFactRef, "erring")),
            "the fact `erring` may err: the host may not supply `freeze`");
}

TEST_F(CanErr, DepthIsBounded) {
  auto nots = [&](uint32_t depth) {
    ExprId e = r.AddLiteral(data::Value(true));
    for (uint32_t i = 0; i < depth; ++i) e = r.Add(Op::kNot, {e});
    return Why(e);
  };
  EXPECT_EQ(nots(kMaxGuardDepth), "never");
  EXPECT_EQ(nots(kMaxGuardDepth + 1), "it is nested too deeply to be sure");
  // A chain is no nesting.
  ExprId chain = r.AddLiteral(data::Value(true));
  for (int i = 0; i < 20'000; ++i) chain = r.Add(Op::kAnd, {chain, r.AddLiteral(data::Value(true))});
  EXPECT_EQ(Why(chain), "never");
  // Facts that read facts: as many as may be, and one more.
  auto facts = [&](uint32_t count) {
    p.facts.clear();
    for (uint32_t i = 0; i < count; ++i) {
      Fact fact;
      fact.name = "f" + std::to_string(i);
      fact.body.conditions = {i == 0 ? fact.body.AddLiteral(data::Value(true))
                                     : fact.body.AddNamed(Op::kFactRef, "f" + std::to_string(i - 1))};
      p.facts.push_back(fact);
    }
    return Why(r.AddNamed(Op::kFactRef, "f" + std::to_string(count - 1)));
  };
  EXPECT_EQ(facts(kMaxFactDepth), "never");
  EXPECT_NE(facts(kMaxFactDepth + 1), "never");
}

}  // namespace
}  // namespace polc::core
