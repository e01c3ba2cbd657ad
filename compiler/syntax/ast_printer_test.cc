#include "compiler/syntax/ast_printer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <string>
#include <tuple>

#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/policy_json.h"
#include "compiler/syntax/testing/random_policy.h"

namespace polc::syntax {
namespace {

std::optional<Policy> Parse(const std::string& text, std::string* errors = nullptr) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::vector<ParsedPolicy> policies = ParseCedar(map, map.Add("p", text), sink);
  for (const source::Diagnostic& d : sink.diagnostics()) {
    if (errors) *errors += d.message + " at `" + std::string(map.text(d.span)) + "`\n";
  }
  if (policies.size() != 1 || sink.has_errors()) return std::nullopt;
  return std::move(policies[0].policy);
}

std::string Reprint(const std::string& expr) {
  auto policy = Parse("permit(principal,action,resource)when{" + expr + "};");
  if (!policy) return "(does not parse)";
  return PrintExpr(*policy, policy->conditions[0].body);
}

TEST(AstPrinter, WritesOnlyTheParenthesesThatAreNeeded) {
  for (const char* text : {
           "1 + 2 * 3 - (4 - 5)",
           "(1 + 2) * 3 == 9",
           "true || false && !true",
           "(true || false) && true",
           "true || (false || true)",
           "(1 < 2) == (3 < 4)",
           "(principal is User) in resource",
           "principal is User in resource",
           "(-5).a == --5",
           "-(5) == ----(-5)",
           "!!!!(!true)",
           "!(-1)",
           "(if true then 1 else 2) + 1 == (if false then 1 else 2)",
           "principal has a.b.c && principal has \"a b\" && principal has \"a\"",
           "principal.a[\"b\"][\"if\"] like \"a\\*b*\\n\"",
           "{a: 1, \"b c\": [], \"if\": {}} == A::B::\"x\\\"y\"",
           "ip(\"::1\").isInRange(ip(\"::/8\")) || [1, 2].contains(3)",
           "(principal == action).a",
           "-9223372036854775808 * 2 < 9223372036854775807",
       }) {
    EXPECT_EQ(Reprint(text), text);
  }
  EXPECT_EQ(Reprint("((((1))))==(((2)*3))"), "1 == 2 * 3");
}

TEST(AstPrinter, WritesAWholePolicy) {
  auto policy = Parse(
      "@a(\"x\\ny\")@b\nforbid(principal is A::U in ?principal,action in[Action::\"v\"],resource==R::\"i\")"
      "when{true}unless{1<2};");
  ASSERT_TRUE(policy);
  EXPECT_EQ(
      PrintPolicy(*policy),
      "@a(\"x\\ny\")\n@b\nforbid (principal is A::U in ?principal, action in [Action::\"v\"], resource == "
      "R::\"i\")\nwhen { true }\nunless { 1 < 2 };\n");
}

// Whether two expressions are the same but for spans and parentheses.
bool Same(const Policy& p, ExprId a, const Policy& q, ExprId b) {
  const Expr& x = p.exprs[SkipParens(p, a)];
  const Expr& y = q.exprs[SkipParens(q, b)];
  if (std::tie(x.kind, x.integer, x.text, x.texts, x.name.text, x.pattern) !=
      std::tie(y.kind, y.integer, y.text, y.texts, y.name.text, y.pattern)) {
    return false;
  }
  if (x.operands.size() != y.operands.size()) return false;
  for (size_t i = 0; i < x.operands.size(); ++i) {
    if (!Same(p, x.operands[i], q, y.operands[i])) return false;
  }
  return true;
}

RC_GTEST_PROP(AstPrinterProperty, ParsingThePrintedTextGivesTheSameTree, ()) {
  Policy policy = testing::RandomPolicy(*rc::gen::arbitrary<uint32_t>());
  RC_ASSERT(!policy.Verify());
  std::string text = PrintPolicy(policy);
  std::string errors;
  std::optional<Policy> again = Parse(text, &errors);
  if (!again) RC_FAIL(text + "\n" + errors);
  RC_ASSERT(!again->Verify());
  RC_ASSERT(PrintPolicy(*again) == text);
  RC_ASSERT(again->conditions.size() == policy.conditions.size());
  for (size_t i = 0; i < policy.conditions.size(); ++i) {
    RC_ASSERT(again->conditions[i].unless == policy.conditions[i].unless);
    if (!Same(policy, policy.conditions[i].body, *again, again->conditions[i].body)) RC_FAIL(text);
  }
  RC_ASSERT(PolicyToJson(*again) == PolicyToJson(policy));
}

}  // namespace
}  // namespace polc::syntax
