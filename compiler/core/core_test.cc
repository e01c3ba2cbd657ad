#include "compiler/core/core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/core/link.h"
#include "compiler/core/print.h"
#include "compiler/core/verify.h"

namespace polc::core {
namespace {

using data::EntityUid;
using data::Value;
using ::testing::HasSubstr;

// allow when context has "mfa" && context.mfa, with a record and a pattern besides.
Rule SampleRule() {
  Rule r;
  r.id = "policy0";
  r.effect = Effect::kAllow;
  r.principal = {ScopeTest::Op::kIn, {"Team", "sre"}, false, "", {}};
  r.action = {ActionTest::Op::kIn, {{"Action", "read"}, {"Action", "list"}}, {}};
  r.resource = {ScopeTest::Op::kIs, {}, false, "Doc", {}};
  const ExprId has = r.AddNamed(Op::kHas, r.AddVar(Var::kContext), "mfa");
  const ExprId mfa = r.AddNamed(Op::kGetAttr, r.AddVar(Var::kContext), "mfa");
  r.exprs[mfa].kind = Kind::kBool;
  r.conditions.push_back(r.Add(Op::kAnd, {has, mfa}));
  const ExprId b = r.AddLiteral(Value(int64_t{2}));
  const ExprId a = r.AddLiteral(Value(std::string("x")));
  const ExprId record = r.AddRecord({{"b", b}, {"a", a}});
  r.conditions.push_back(r.Add(Op::kEq, {record, r.AddVar(Var::kResource)}));
  const ExprId text = r.AddLiteral(Value(std::string("a*b")));
  r.conditions.push_back(r.AddLike(text, {{false, "a*"}, {true, ""}}));
  return r;
}

TEST(Dump, ShowsARule) {
  Rule r = SampleRule();
  r.annotations = {{"id", "readers"}};
  EXPECT_EQ(Dump(r), R"(allow policy0
  @id "readers"
  principal in Team::"sre"
  action in [Action::"read", Action::"list"]
  resource is Doc
  when (and (has "mfa" context) (attr "mfa" context):bool)
  when (eq (record "a": "x" "b": 2) resource)
  when (like "a\**" "a*b")
)");
  r.mode = Mode::kShadow;
  r.on_error = ErrorRule::kFailClosed;
  EXPECT_THAT(Dump(r), HasSubstr("allow shadow policy0\n"));
  EXPECT_THAT(Dump(r), HasSubstr("  error fail_closed\n"));
}

TEST(Dump, ShowsLimitsNeedsTemplatesAndFacts) {
  Program p;
  Rule t;
  t.id = "t";
  t.effect = Effect::kForbid;
  t.principal = {ScopeTest::Op::kIsIn, {}, true, "User", {}};
  p.templates.push_back(t);
  Rule limit;
  limit.id = "l";
  limit.effect = Effect::kLimit;
  limit.limits.push_back({"timeout", limit.AddLiteral(Value(data::Duration{5})), {}});
  p.rules.push_back(limit);
  Rule need;
  need.id = "n";
  need.effect = Effect::kRequire;
  const ExprId sre = need.AddLiteral(Value(EntityUid{"Team", "sre"}));
  need.needs = {{.approval = {{{.parts = {{2, {sre}}}, .within_ms = 60000}}, {}}},
                {.kind = Need::Kind::kEvidence, .evidence = "ticket"}};
  p.rules.push_back(need);
  Fact fact;
  fact.name = "f";
  fact.body.conditions.push_back(fact.body.AddVar(Var::kAction));
  p.facts.push_back(fact);
  EXPECT_EQ(Verify(p), std::nullopt);
  EXPECT_EQ(Dump(p), R"(fact f action
forbid template t
  principal is User in ?principal
limit l
  limit timeout duration("5ms")
require n
  need approval by 2 of Team::"sre" within 60000ms
  need evidence ticket
)");
}

// Breaks a sound rule in one way and names the complaint.
void ExpectBroken(void (*breakit)(Rule&), const std::string& complaint) {
  Rule r = SampleRule();
  ASSERT_EQ(Verify(r), std::nullopt);
  breakit(r);
  const auto problem = Verify(r);
  ASSERT_TRUE(problem.has_value()) << complaint;
  EXPECT_THAT(*problem, HasSubstr(complaint));
}

TEST(Verify, Operands) {
  ExpectBroken([](Rule& r) { r.operand_pool[0] = 1; }, "comes before its operand 1");
  ExpectBroken([](Rule& r) { r.operand_pool[1] = 0; }, "shares operand 0");
  ExpectBroken([](Rule& r) { r.exprs[4].operand_count = 1; }, "has 1 operands, not 2");
  ExpectBroken([](Rule& r) { r.exprs[4].first_operand = 1000; }, "has no operands");
  ExpectBroken([](Rule& r) { r.exprs[0].op = static_cast<Op>(200); }, "no such operator");
}

TEST(Verify, Payloads) {
  ExpectBroken([](Rule& r) { r.exprs[0].payload = 5; }, "no such variable");
  ExpectBroken([](Rule& r) { r.exprs[1].payload = 99; }, "has no name");
  ExpectBroken([](Rule& r) { r.exprs[5].payload = 99; }, "has no value");
  ExpectBroken([](Rule& r) { r.exprs[4].payload = 1; }, "payload it has no use for");
  ExpectBroken([](Rule& r) { std::swap(r.name_pool[2], r.name_pool[3]); }, "keys unsorted");
  ExpectBroken([](Rule& r) { r.name_pool[2] = r.name_pool[3]; }, "keys unsorted or twice");
  ExpectBroken([](Rule& r) { r.name_pool.pop_back(); }, "has no keys");
  ExpectBroken([](Rule& r) { r.pattern_pool.clear(); }, "has no pattern");
  ExpectBroken([](Rule& r) { r.pattern_pool[0][1].literal = "x"; }, "wildcard with text");
  ExpectBroken([](Rule& r) { r.pattern_pool[0][0].literal = ""; }, "empty literal");
  ExpectBroken([](Rule& r) { r.pattern_pool[0][1] = {false, "x"}; }, "two literals in a row");
  ExpectBroken(
      [](Rule& r) {
        const ExprId call = r.AddCall(data::ExtFn::kDecimal, {});
        r.exprs[call].payload = 1000;
      },
      "no such function");
}

TEST(Verify, Kinds) {
  ExpectBroken([](Rule& r) { r.exprs[4].kind = Kind::kLong; }, "is bool, not long");
  ExpectBroken([](Rule& r) { r.exprs[0].kind = Kind::kEntity; }, "is record, not entity");
  ExpectBroken([](Rule& r) { r.exprs[0].kind = static_cast<Kind>(77); }, "no such kind");
}

TEST(Verify, Roots) {
  ExpectBroken([](Rule& r) { r.conditions[0] = 999; }, "a condition does not exist");
  ExpectBroken([](Rule& r) { r.conditions[0] = 0; }, "also another expression's operand");
  ExpectBroken([](Rule& r) { r.conditions[1] = r.conditions[0]; }, "also another expression's operand");
  ExpectBroken([](Rule& r) { r.limits.push_back({"timeout", kNoExpr, {}}); }, "a limit does not exist");
  ExpectBroken([](Rule& r) { r.limits.push_back({"", 0, {}}); }, "a limit has no kind");
  ExpectBroken([](Rule& r) { r.limits.push_back({"t", r.AddVar(Var::kAction), {}}); },
               "a rule that is no limit");
  ExpectBroken([](Rule& r) { r.needs.push_back({}); }, "an approval demands nothing");
}

TEST(Verify, Scope) {
  ExpectBroken([](Rule& r) { r.resource.type = ""; }, "resource lacks a type");
  ExpectBroken([](Rule& r) { r.principal.type = "T"; }, "a type without `is`");
  ExpectBroken([](Rule& r) { r.resource.entity = {"T", "a"}; }, "an entity without `==` or `in`");
  ExpectBroken([](Rule& r) { r.principal.slot = true; }, "either an entity or a slot");
  ExpectBroken([](Rule& r) { r.principal.entity = {}; }, "either an entity or a slot");
  ExpectBroken([](Rule& r) { r.action.op = ActionTest::Op::kEq; }, "needs one action");
  ExpectBroken([](Rule& r) { r.action.op = ActionTest::Op::kAny; }, "actions without `==` or `in`");
}

// Depth counts operands that are not first; both sides of the limit, on both kinds of chain.
TEST(Verify, Depth) {
  auto chain = [](uint32_t length, bool first) {
    Rule r;
    ExprId id = r.AddLiteral(Value(true));
    for (uint32_t i = 0; i < length; ++i) {
      const ExprId leaf = r.AddLiteral(Value(true));
      id = first ? r.Add(Op::kAnd, {id, leaf}) : r.Add(Op::kAnd, {leaf, id});
    }
    r.conditions.push_back(id);
    return r;
  };
  EXPECT_EQ(Verify(chain(kMaxExprDepth, false)), std::nullopt);
  EXPECT_THAT(Verify(chain(kMaxExprDepth + 1, false)).value_or(""), HasSubstr("nested deeper than 3000"));
  EXPECT_EQ(Verify(chain(10 * kMaxExprDepth, true)), std::nullopt);
}

Program WithTemplate() {
  Program p;
  p.rules.push_back(SampleRule());
  Rule t = SampleRule();
  t.id = "policy1";
  t.principal = {ScopeTest::Op::kEq, {}, true, "", {}};
  p.templates.push_back(t);
  return p;
}

TEST(VerifyProgram, IdsAndTemplates) {
  auto complaint = [](void (*breakit)(Program&)) {
    Program p = WithTemplate();
    EXPECT_EQ(Verify(p), std::nullopt);
    breakit(p);
    return Verify(p).value_or("nothing");
  };
  EXPECT_THAT(complaint([](Program& p) { p.rules[0].id = "policy1"; }), HasSubstr("its id stands twice"));
  EXPECT_THAT(complaint([](Program& p) { p.rules[0].id = ""; }), HasSubstr("no id"));
  EXPECT_THAT(complaint([](Program& p) { p.rules[0].principal = p.templates[0].principal; }),
              HasSubstr("it is a template"));
  EXPECT_THAT(complaint([](Program& p) { p.templates[0].principal = p.rules[0].principal; }),
              HasSubstr("it has no slot"));
  EXPECT_THAT(complaint([](Program& p) { p.rules[0].template_id = "gone"; }), HasSubstr("does not exist"));
  EXPECT_THAT(complaint([](Program& p) { p.rules[0].conditions[0] = kNoExpr; }), HasSubstr("rule `policy0`"));
  EXPECT_THAT(complaint([](Program& p) { p.facts.push_back({.name = "f"}); }),
              HasSubstr("fact `f`: has no expression"));
}

TEST(Link, BindsTheSlot) {
  Program p = WithTemplate();
  Linker linker(p);
  EXPECT_EQ(linker.Add({"policy1", "link0", EntityUid{"User", "a"}, {}, {3, 1, 2}}), std::nullopt);
  ASSERT_EQ(p.rules.size(), 2u);
  const Rule& linked = p.rules[1];
  EXPECT_EQ(linked.id, "link0");
  EXPECT_EQ(linked.template_id, "policy1");
  EXPECT_EQ(linked.principal.entity, (EntityUid{"User", "a"}));
  EXPECT_FALSE(linked.is_template());
  EXPECT_EQ(linked.span, (Span{3, 1, 2}));
  EXPECT_EQ(Verify(p), std::nullopt);
  EXPECT_TRUE(p.templates[0].is_template()) << "linking leaves the template as it was";
}

TEST(Link, RefusesWhatDoesNotFit) {
  Program p = WithTemplate();
  Linker linker(p);
  const EntityUid uid{"User", "a"};
  auto code = [&](const LinkRequest& link) {
    const auto error = linker.Add(link);
    EXPECT_TRUE(error.has_value());
    return error ? error->code : LinkError::Code{};
  };
  EXPECT_EQ(code({"policy9", "l", uid, {}, {}}), LinkError::Code::kNoSuchTemplate);
  EXPECT_EQ(code({"policy0", "l", uid, {}, {}}), LinkError::Code::kNotATemplate);
  EXPECT_EQ(code({"policy1", "l", {}, {}, {}}), LinkError::Code::kMissingSlot);
  EXPECT_EQ(code({"policy1", "l", {}, uid, {}}), LinkError::Code::kMissingSlot);
  EXPECT_EQ(code({"policy1", "l", uid, uid, {}}), LinkError::Code::kUnexpectedSlot);
  EXPECT_EQ(code({"policy1", "policy0", uid, {}, {}}), LinkError::Code::kDuplicateId);
  EXPECT_EQ(code({"policy1", "policy1", uid, {}, {}}), LinkError::Code::kDuplicateId);
  EXPECT_EQ(linker.Add({"policy1", "l", uid, {}, {}}), std::nullopt);
  EXPECT_EQ(code({"policy1", "l", uid, {}, {}}), LinkError::Code::kDuplicateId);
  EXPECT_EQ(p.rules.size(), 2u) << "a refused link adds nothing";
}

TEST(Ops, NamesAndArities) {
  EXPECT_EQ(OpName(Op::kContainsAll), "contains_all");
  EXPECT_EQ(OpArity(Op::kIf), 3);
  EXPECT_EQ(OpArity(Op::kSet), -1);
  EXPECT_EQ(KindName(Kind::kUnknown), "?");
  EXPECT_EQ(KindName(Kind::kIp), "ipaddr");
  EXPECT_EQ(KindName(Kind::kRecord), "record");
}

}  // namespace
}  // namespace polc::core
