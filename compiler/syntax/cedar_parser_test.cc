#include "compiler/syntax/cedar_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace polc::syntax {
namespace {

using source::Code;

struct Result {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::vector<ParsedPolicy> policies;

  explicit Result(std::string text) {
    policies = ParseCedar(map, map.Add("test.cedar", std::move(text)), sink);
  }

  // "MissingSemicolon UnexpectedToken"
  std::string Codes() const {
    std::string out;
    for (const source::Diagnostic& d : sink.diagnostics()) {
      if (!out.empty()) out += ' ';
      out += source::Info(d.code).name;
    }
    return out;
  }
  // The text each diagnostic points at, one line each.
  std::string Places() const {
    std::string out;
    for (const source::Diagnostic& d : sink.diagnostics()) out += std::string(map.text(d.span)) + "\n";
    return out;
  }
};

std::string When(const std::string& expr) {
  return "permit(principal, action, resource) when { " + expr + " };";
}

std::string Repeat(std::string_view text, size_t n) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out += text;
  return out;
}

void ExpectGood(const std::string& text) {
  Result r(text);
  EXPECT_EQ(r.Codes(), "") << text.substr(0, 200) << "\n" << r.Places();
  for (const ParsedPolicy& p : r.policies) EXPECT_EQ(p.policy.Verify(), std::nullopt) << text.substr(0, 200);
}

void ExpectBad(const std::string& text, const std::string& codes) {
  Result r(text);
  EXPECT_EQ(r.Codes(), codes) << text.substr(0, 200);
}

TEST(CedarParser, ReadsEveryPartOfAPolicy) {
  Result r(R"(
    // kept apart
    @id("p0") @flag @if("x\n")
    permit (principal is A::User in Group::"g", action in [Action::"a", N::Action::"b",], resource == ?resource,)
    when { context has a.b && principal["x y"] like "a\*b*" }
    unless { if true then -5 < 1 else [1, "x", {a: 1, "b": ip("::1").isIpv6()}].contains(resource) };
    forbid(principal, action, resource);)");
  ASSERT_EQ(r.Codes(), "") << r.Places();
  ASSERT_EQ(r.policies.size(), 2u);
  const Policy& p = r.policies[0].policy;
  EXPECT_EQ(p.Verify(), std::nullopt);
  ASSERT_EQ(p.annotations.size(), 3u);
  EXPECT_EQ(*p.FindAnnotation("id"), "p0");
  EXPECT_EQ(*p.FindAnnotation("flag"), "");
  EXPECT_FALSE(p.annotations[1].value.has_value());
  EXPECT_EQ(*p.FindAnnotation("if"), "x\n");
  EXPECT_EQ(p.principal.op, ScopeConstraint::Op::kIsIn);
  EXPECT_EQ(p.principal.type.text, "A::User");
  EXPECT_EQ(std::get<EntityRef>(p.principal.target).id, "g");
  ASSERT_EQ(p.action.actions.size(), 2u);
  EXPECT_EQ(p.action.actions[1].type.text, "N::Action");
  EXPECT_TRUE(p.action.in_list);
  EXPECT_EQ(std::get<Slot>(p.resource.target), Slot::kResource);
  EXPECT_TRUE(p.is_template());
  ASSERT_EQ(p.conditions.size(), 2u);
  EXPECT_FALSE(p.conditions[0].unless);
  EXPECT_TRUE(p.conditions[1].unless);
  const Expr& both = p.exprs[p.conditions[0].body];
  ASSERT_EQ(both.kind, ExprKind::kAnd);
  const Expr& has = p.exprs[both.operands[0]];
  EXPECT_EQ(has.kind, ExprKind::kHas);
  EXPECT_EQ(has.texts, (std::vector<std::string>{"a", "b"}));
  const Expr& like = p.exprs[both.operands[1]];
  EXPECT_EQ(like.pattern, (Pattern{{false, "a*b"}, {true, ""}}));
  EXPECT_EQ(r.map.text(like.span), R"(principal["x y"] like "a\*b*")");
  const Expr& choice = p.exprs[p.conditions[1].body];
  ASSERT_EQ(choice.kind, ExprKind::kIf);
  const Expr& less = p.exprs[choice.operands[1]];
  EXPECT_EQ(p.exprs[less.operands[0]].kind, ExprKind::kLong);
  EXPECT_EQ(p.exprs[less.operands[0]].integer, -5);
  EXPECT_EQ(r.map.text(p.span).substr(0, 3), "@id");
  EXPECT_EQ(r.map.text(p.span).back(), ';');
  EXPECT_FALSE(r.policies[1].policy.is_template());
}

TEST(CedarParser, OneBadPolicyNeverHidesTheOthers) {
  Result r(
      "permit(principal,action,resource);\npermit(principal);\nforbid(principal,action,resource)\n"
      "@x permit(principal,action,resource);\npermit(principal,action,resource) when { 1 + };\n"
      "forbid(principal,action,resource);");
  EXPECT_EQ(r.Codes(), "InvalidScope InvalidScope MissingSemicolon UnexpectedToken");
  ASSERT_EQ(r.policies.size(), 3u);
  EXPECT_EQ(r.policies[0].index, 0u);
  EXPECT_EQ(r.policies[1].index, 3u);
  EXPECT_EQ(r.policies[2].index, 5u);
}

TEST(CedarParser, EmptyFilesHoldNoPolicies) {
  ExpectGood("");
  ExpectGood(" \xC2\xA0\xE2\x80\x83 // only a comment");
  ExpectBad(";", "UnexpectedToken");
}

TEST(CedarParser, LexicalRules) {
  ExpectGood(When("User \xC2\xA0 :: // type\n \"a\" == principal"));
  ExpectGood(When("\"a\nb\" == \"\\n\\r\\t\\\\\\0\\'\\\"\\x7F\\u{1F600}\\u{1_F}\""));
  ExpectGood(When("principal.permit.when.principal.context == permit::unless::\"x\""));
  ExpectBad(When("\"a\rb\" == \"\""), "InvalidEscape");
  ExpectBad(When("\"a\\\nb\" == 1"), "UnclosedString");
  ExpectBad(When("'a' == 1"), "UnexpectedToken UnexpectedToken");
  ExpectBad(When("/* no */ true"), "UnexpectedToken");
  ExpectBad("\xEF\xBB\xBF" + When("true"), "UnexpectedToken");
  ExpectBad(When("\"\xFF\" == 1"), "InvalidUtf8");
  Result escapes(When(R"("\q \x80 \u{110000} \xz" like "\*\q")"));
  EXPECT_EQ(escapes.Places(), "\\q\n\\x80\n\\u{110000}\n\\xz\n\\q\n") << "every error, exactly placed";
  EXPECT_EQ(escapes.policies.size(), 0u);
}

TEST(CedarParser, Numbers) {
  ExpectGood(When("9223372036854775807 == -9223372036854775808"));
  ExpectGood(When("--9223372036854775808 == 00000000000000000000000000001"));
  ExpectBad(When("9223372036854775808 == 1"), "IntegerTooLarge");
  ExpectBad(When("-(9223372036854775808) == 1"), "IntegerTooLarge");
  ExpectBad(When("-9223372036854775808.a == 1"), "IntegerTooLarge");
  ExpectBad(When("-9223372036854775809 == 1"), "IntegerTooLarge");
  ExpectBad(When("18446744073709551616 == 1"), "IntegerTooLarge");
  Result r(When("----9223372036854775808 == 1"));
  EXPECT_EQ(r.policies[0].policy.exprs[0].integer, INT64_MIN);
}

TEST(CedarParser, OperatorsAndPrecedence) {
  ExpectGood(When("!!!!true && ----1 < 2"));
  ExpectBad(When("!!!!!true"), "TooManyUnaryOperators");
  ExpectBad(When("1 == -----1"), "TooManyUnaryOperators");
  ExpectGood(When("1 - ----1 == 0"));
  ExpectBad(When("!-1"), "UnexpectedToken");
  for (const char* chain : {"1 < 2 < 3", "1 == 2 == 3", "principal has a == true", "1 == principal has a",
                            "principal is User is User", "principal is User in a in b", "1 in 2 is User",
                            "principal like \"\" == true", "principal is User == true"}) {
    Result r(When(chain));
    EXPECT_TRUE(r.Codes().find("ChainedRelation") != std::string::npos) << chain << ": " << r.Codes();
  }
  ExpectGood(When("(1 < 2) == (3 < 4)"));
  ExpectBad(When("1 = 1"), "UnsupportedOperator");
  ExpectBad(When("4 / 2 % 3 == 1"), "UnsupportedOperator UnsupportedOperator");
  ExpectBad(When("1 + if true then 1 else 2"), "UnexpectedToken");
  ExpectGood(When("1 + (if true then 1 else 2) == 3"));
  ExpectGood(When("if if true then true else false then 1 == 1 else if true then true else false && true"));
  Result r(When("1 - 2 * 3 - 4 == 5 || true && false"));
  const std::vector<Expr>& e = r.policies[0].policy.exprs;
  const Expr& root = e[r.policies[0].policy.conditions[0].body];
  EXPECT_EQ(root.kind, ExprKind::kOr);
  const Expr& eq = e[root.operands[0]];
  EXPECT_EQ(eq.kind, ExprKind::kEq);
  const Expr& minus = e[eq.operands[0]];
  EXPECT_EQ(minus.kind, ExprKind::kSub);
  EXPECT_EQ(e[minus.operands[0]].kind, ExprKind::kSub) << "left-associative";
  Result is(When("principal is User in Group::\"g\""));
  EXPECT_EQ(is.policies[0].policy.exprs.back().kind, ExprKind::kIsIn);
  EXPECT_EQ(is.policies[0].policy.exprs.size(), 3u);
}

TEST(CedarParser, NamesCallsAndAccess) {
  ExpectBad(When("foo"), "UnknownVariable");
  ExpectBad(When("foo.bar"), "InvalidAccess");
  ExpectBad(When("foo[\"bar\"]"), "InvalidAccess");
  ExpectBad(When("A::B::foo"), "UnknownVariable");
  ExpectBad(When("decimal.foo()"), "InvalidAccess");
  ExpectBad(When("principal()"), "InvalidCall");
  ExpectBad(When("(decimal)(\"1.0\")"), "UnknownVariable InvalidCall");
  ExpectBad(When("principal.a()"), "UndefinedFunction");
  ExpectBad(When("deciml(\"1.0\")"), "UndefinedFunction");
  ExpectBad(When("A::decimal(\"1.0\")"), "UndefinedFunction");
  ExpectBad(When("contains([1], 1)"), "InvalidCall");
  ExpectBad(When("isIpv4(ip(\"::1\"))"), "InvalidCall");
  ExpectBad(When("\"1.0\".decimal()"), "InvalidCall");
  ExpectBad(When("[1].contains()"), "WrongNumberArguments");
  ExpectBad(When("[1].isEmpty(1)"), "WrongNumberArguments");
  ExpectGood(When("[1].contains(1,) && decimal() == ip(1, 2, 3) && principal.isIpv4(1, 2)"));
  ExpectBad(When("principal[1]"), "InvalidAccess");
  ExpectBad(When("principal[(\"a\")]"), "InvalidAccess");
  ExpectBad(When("principal.if"), "ReservedWord");
  ExpectGood(When("principal[\"if\"].a[\"__cedar\"] == \"x\".y"));
  ExpectBad(When("principal.__cedar"), "ReservedWord");
  ExpectBad(When("principal is __cedar::X"), "ReservedWord");
  ExpectBad(When("__cedar::\"x\" == 1"), "ReservedWord");
  ExpectBad(When("principal has if"), "ReservedWord");
  ExpectBad(When("principal has a.if"), "ReservedWord");
  ExpectBad(When("principal has \"a\".b"), "UnexpectedToken");
  ExpectBad(When("principal has A::b"), "UnexpectedToken");
  ExpectGood(When("principal has principal.context && principal has \"if\" && principal has decimal"));
  ExpectBad(When("principal is \"User\""), "UnexpectedToken");
  ExpectBad(When("principal like principal"), "UnexpectedToken");
  ExpectBad(When("A::\"x\"::b == 1"), "UnexpectedToken");
}

TEST(CedarParser, SetsRecordsAndTrailingCommas) {
  ExpectGood(When("[1, 2,] == [] && {a: 1,} == {} && {\"a b\": 1, principal: 2, permit: {b: 1}} == 1"));
  ExpectBad(When("[,] == 1"), "UnexpectedToken");
  ExpectBad(When("{a: 1, \"a\": 2} == 1"), "DuplicateRecordKey");
  ExpectBad(When("{if: 1} == 1"), "ReservedWord");
  ExpectBad(When("{__cedar: 1} == 1"), "ReservedWord");
  ExpectBad(When("{(\"a\"): 1} == 1"), "UnexpectedToken");
}

TEST(CedarParser, Scope) {
  ExpectGood("permit(principal == ((User::\"a\")), action in (Action::\"a\"), resource in ?resource);");
  ExpectGood("permit(principal is User in ?principal, action in [], resource is A::B);");
  ExpectGood("permit(principal is principal, action == A::Action::\"x\", resource);");
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"()", "InvalidScope InvalidScope InvalidScope"},
      {"(principal, resource, action)", "InvalidScope InvalidScope"},
      {"(principal, action, resource, context)", "InvalidScope"},
      {"(principal = User::\"a\", action, resource)", "UnsupportedOperator"},
      {"(principal < User::\"a\", action, resource)", "InvalidScope"},
      {"(principal: User, action, resource)", "InvalidScope"},
      {"(principal is User == User::\"a\", action, resource)", "InvalidScope"},
      {"(principal in Group::\"g\" is User, action, resource)", "InvalidScope"},
      {"(principal == User, action, resource)", "InvalidScope"},
      {"(principal == \"a\", action, resource)", "InvalidScope"},
      {"(principal in [User::\"a\"], action, resource)", "InvalidScope"},
      {"(principal == ?resource, action, resource)", "InvalidSlot"},
      {"(principal == ?x, action, resource)", "InvalidSlot"},
      {"(principal, action == ?action, resource)", "InvalidSlot"},
      {"(principal, action is Action, resource)", "InvalidScope"},
      {"(principal, action == User::\"a\", resource)", "InvalidActionType"},
      {"(principal, action == [Action::\"a\"], resource)", "InvalidScope"},
      {"(principal, action in [[Action::\"a\"]], resource)", "InvalidScope"},
      {"(principal, action in [Action::\"a\", 1, ?principal], resource)", "InvalidScope InvalidSlot"},
  };
  for (const auto& [scope, codes] : bad) ExpectBad("permit" + scope + ";", codes);
  ExpectBad(When("principal == ?principal"), "InvalidSlot");
  ExpectBad(When("principal == ?x"), "InvalidSlot");
}

TEST(CedarParser, ClausesAndAnnotations) {
  ExpectBad("allow(principal, action, resource);", "InvalidEffect");
  ExpectBad("permit(principal, action, resource) where { true };", "InvalidCondition");
  ExpectBad("permit(principal, action, resource) when { };", "InvalidCondition");
  ExpectBad("permit(principal, action, resource) when { true }", "MissingSemicolon");
  ExpectGood("permit(principal, action, resource) when { true } when { true } unless { false };");
  ExpectBad("@a @a(\"x\") permit(principal, action, resource);", "DuplicateAnnotation");
  ExpectBad("@a() permit(principal, action, resource);", "UnexpectedToken");
  ExpectBad("@a(\"\\q\") permit(principal, action, resource);", "InvalidEscape");
  ExpectGood("@__cedar @in(\"\") permit(principal, action, resource);");
}

// Each limit from both sides.
TEST(CedarParserLimits, Brackets) {
  size_t most = kMaxBracketDepth - 1;  // one is the clause's own
  ExpectGood(When(Repeat("(", most) + "1" + Repeat(")", most)));
  ExpectBad(When(Repeat("(", most + 1) + "1" + Repeat(")", most + 1)), "NestingTooDeep");
  ExpectBad(When(Repeat("[", 200000)), "NestingTooDeep");
  std::string ifs = Repeat("if true then true else ", most);
  ExpectGood(When(ifs + "false"));
  ExpectBad(When("if true then true else " + ifs + "false"), "NestingTooDeep");
  ExpectGood(When("[" + Repeat("if true then 1 else 2, ", 2 * most) + "1] == 1"));
}

TEST(CedarParserLimits, Chains) {
  ExpectGood(When("true" + Repeat(" || true", kMaxExprDepth - 1)));
  ExpectBad(When("true" + Repeat(" || true", kMaxExprDepth)), "NestingTooDeep");
  ExpectGood(When("principal" + Repeat(".a", kMaxExprDepth - 1)));
  ExpectBad(When("principal" + Repeat(".a", kMaxExprDepth)), "NestingTooDeep");
  ExpectGood(When("[" + Repeat("1, ", 20000) + "].contains(1)"));
}

TEST(CedarParserLimits, Tokens) {
  // `permit ( principal , action , resource ) when { [ ] . isEmpty ( ) } ;` and two for each element.
  size_t fixed = 17;
  size_t elements = (kMaxPolicyTokens - fixed) / 2;
  std::string tail = " permit(principal, action, resource);";
  Result fits(When("[" + Repeat("1,", elements) + "].isEmpty()") + tail);
  EXPECT_EQ(fits.Codes(), "");
  Result too_many(When("[" + Repeat("1,", elements + 1) + "].isEmpty()") + tail);
  EXPECT_EQ(too_many.Codes(), "InputTooLarge");
  EXPECT_EQ(too_many.policies.size(), 1u) << "the policy behind it is read";
}

TEST(CedarParser, MissingSemicolons) {
  Result r(
      "@a(\"x\") @b permit(principal, action, resource)\n@c forbid(principal, action, resource) when { true }"
      " permit(principal, action, resource) unless { true } forbid(principal, action, resource);");
  EXPECT_EQ(r.Codes(), "MissingSemicolon MissingSemicolon MissingSemicolon");
  ASSERT_EQ(r.policies.size(), 1u);
  EXPECT_EQ(r.policies[0].index, 3u);
  EXPECT_EQ(r.map.text(r.sink.diagnostics()[0].labels.at(0).span), "@");
  ExpectBad("permit(principal, action, resource) whn { true } permit(principal, action, resource);",
            "MissingSemicolon");
  // Linear: each policy is looked at once.
  Result many(Repeat("permit(principal, action, resource)\n", 50000));
  EXPECT_EQ(many.sink.diagnostics().size(), 50000u);
}

TEST(CedarParser, HostileInput) {
  ExpectBad(Repeat("\x01", 100000), "UnexpectedToken");
  ExpectBad(std::string(1, '\0'), "UnexpectedToken");
  ExpectGood(When("\"" + Repeat("x", 1 << 20) + "\" == \"\xF0\x9F\x98\x80\""));
  ExpectBad(Repeat("!", 100000), "UnexpectedToken");
  ExpectBad("permit(principal, action, resource) when { ] ) } ;", "UnexpectedToken");
}

TEST(CedarParserExpr, ReadsOneExpression) {
  auto codes = [](std::string text) {
    source::SourceMap map;
    source::DiagnosticSink sink;
    auto expr = ParseCedarExpr(map, map.Add("e", std::move(text)), sink);
    EXPECT_EQ(expr.has_value(), !sink.has_errors());
    return sink.diagnostics().empty() ? "" : std::string(source::Info(sink.diagnostics()[0].code).name);
  };
  EXPECT_EQ(codes("1 + 2 // three"), "");
  EXPECT_EQ(codes("if true then 1 else 2"), "");
  EXPECT_EQ(codes("1 + 2;"), "UnexpectedToken");
  EXPECT_EQ(codes("1 ; 2"), "UnexpectedToken");
  EXPECT_EQ(codes(""), "UnexpectedToken");
  EXPECT_EQ(codes("?principal"), "InvalidSlot");
}

TEST(CedarTokens, KeepComments) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  auto file = map.Add("t", "@a // x\r\npermit ?principal if 12 \"s\" ==\xC2\xA0'");
  auto tokens = TokenizeCedar(map, file, sink);
  ASSERT_TRUE(tokens);
  std::string all;
  for (const SyntaxToken& t : *tokens)
    all += std::to_string(int(t.kind)) + std::string(map.text(t.span)) + "|";
  EXPECT_EQ(all, "5@|0a|6// x|0permit|4?principal|1if|212|3\"s\"|5==|7'|");
}

}  // namespace
}  // namespace polc::syntax
