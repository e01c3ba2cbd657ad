#include "compiler/sema/lower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/core/print.h"
#include "compiler/core/verify.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::sema {
namespace {

using source::Code;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Lowered {
  source::SourceMap map;
  source::DiagnosticSink sink;
  core::Program program;

  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const core::Rule& r : program.rules) ids.push_back(r.id);
    return ids;
  }
  std::vector<Code> Codes() const {
    std::vector<Code> codes;
    for (const source::Diagnostic& d : sink.diagnostics()) codes.push_back(d.code);
    return codes;
  }
};

std::unique_ptr<Lowered> LowerText(const std::vector<std::string>& files, IdSource ids = IdSource::kPosition,
                                   const std::vector<syntax::TemplateLink>& links = {}) {
  auto out = std::make_unique<Lowered>();
  Lowerer lowerer(ids, out->sink);
  for (size_t i = 0; i < files.size(); ++i) {
    const auto file = out->map.Add("f" + std::to_string(i) + ".cedar", files[i]);
    const auto parsed = syntax::ParseCedar(out->map, file, out->sink);
    for (const auto& p : parsed) lowerer.Add(p.policy);
  }
  for (const auto& link : links) lowerer.AddLink(link);
  out->program = lowerer.Take();
  EXPECT_EQ(core::Verify(out->program), std::nullopt);
  return out;
}

// The lowered form of one condition.
std::string LowerExpr(const std::string& text) {
  auto lowered = LowerText({"permit(principal, action, resource) when { " + text + " };"});
  if (lowered->program.rules.size() != 1 || lowered->program.rules[0].conditions.size() != 1) {
    return "not one condition";
  }
  const core::Rule& rule = lowered->program.rules[0];
  return core::Dump(rule, rule.conditions[0]);
}

TEST(Lower, Sugar) {
  EXPECT_EQ(LowerExpr("1 != 2"), "(not (eq 1 2))");
  EXPECT_EQ(LowerExpr("1 > 2"), "(not (le 1 2))");
  EXPECT_EQ(LowerExpr("1 >= 2"), "(not (lt 1 2))");
  EXPECT_EQ(LowerExpr("((1)) < (2)"), "(lt 1 2)");
  EXPECT_EQ(LowerExpr("principal is A::B in resource"), "(and (is A::B principal) (in principal resource))");
  EXPECT_EQ(LowerExpr("principal is A"), "(is A principal)");
  EXPECT_EQ(LowerExpr("context has a"), "(has \"a\" context)");
  EXPECT_EQ(LowerExpr("context.x has a.b.c"),
            "(and (and (has \"a\" (attr \"x\" context)) (has \"b\" (attr \"a\" (attr \"x\" context)))) "
            "(has \"c\" (attr \"b\" (attr \"a\" (attr \"x\" context)))))");
}

TEST(Lower, EveryOperator) {
  EXPECT_EQ(LowerExpr("if true then 1 == -2 else \"a\" like \"b*\\*\""),
            "(if true (eq 1 -2) (like \"b*\\*\" \"a\"))");
  EXPECT_EQ(LowerExpr("a::b::\"c\" in [principal, action] || !(true && false)"),
            "(or (in a::b::\"c\" (set principal action)) (not (and true false)))");
  EXPECT_EQ(LowerExpr("1 + 2 - 3 * -context.x <= 4"),
            "(le (sub (add 1 2) (mul 3 (neg (attr \"x\" context)))) 4)");
  EXPECT_EQ(LowerExpr("{b: 1, a: 2}[\"b\"] == 1"), "(eq (attr \"b\" (record \"a\": 2 \"b\": 1)) 1)");
  EXPECT_EQ(LowerExpr("[1].contains(1) && [].containsAll([]) && [].containsAny([]) && [].isEmpty()"),
            "(and (and (and (contains (set 1) 1) (contains_all (set) (set))) (contains_any (set) (set))) "
            "(is_empty (set)))");
  EXPECT_EQ(LowerExpr("principal.hasTag(\"a\") && principal.getTag(\"a\")"),
            "(and (has_tag principal \"a\") (get_tag principal \"a\"))");
  EXPECT_EQ(LowerExpr("decimal(\"1.0\").lessThan(decimal(\"2.0\"))"),
            "(call lessThan (call decimal \"1.0\") (call decimal \"2.0\"))");
  EXPECT_EQ(LowerExpr("ip(\"::1\").isInRange(ip(\"::2\"), 3)"),
            "(call isInRange (call ip \"::1\") (call ip \"::2\") 3)");
}

TEST(Lower, PatternsMergeNeighbours) { EXPECT_EQ(LowerExpr("\"a\" like \"**a**\""), "(like \"*a*\" \"a\")"); }

TEST(Lower, RulesKeepScopeConditionsAndAnnotations) {
  auto lowered = LowerText({R"(
@note("x") @flag
forbid (principal is User in Team::"a", action in [Action::"r", Action::"w"], resource == Doc::"d")
when { true } unless { context.a };
permit (principal, action == Action::"r", resource in Doc::"d");)"});
  ASSERT_EQ(lowered->program.rules.size(), 2u);
  EXPECT_EQ(core::Dump(lowered->program), R"(forbid policy0
  @note "x"
  @flag ""
  principal is User in Team::"a"
  action in [Action::"r", Action::"w"]
  resource == Doc::"d"
  when true
  when (not (attr "a" context))
allow policy1
  action == Action::"r"
  resource in Doc::"d"
)");
  EXPECT_TRUE(lowered->program.rules[0].span.valid());
}

constexpr char kTemplate[] = R"(@id("t") permit(principal == ?principal, action, resource in ?resource);)";
constexpr char kPermit[] = "permit(principal, action, resource);";

TEST(Ids, CountTemplatesAndRunOverFiles) {
  auto lowered = LowerText({std::string(kPermit) + kTemplate, kPermit});
  EXPECT_THAT(lowered->Ids(), ElementsAre("policy0", "policy2"));
  ASSERT_EQ(lowered->program.templates.size(), 1u);
  EXPECT_EQ(lowered->program.templates[0].id, "policy1");
}

TEST(Ids, ComeFromAnnotationsWhereAsked) {
  const std::string named = "@id(\"mine\") " + std::string(kPermit);
  EXPECT_THAT(LowerText({kPermit + named}, IdSource::kPosition)->Ids(), ElementsAre("policy0", "policy1"));
  EXPECT_THAT(LowerText({kPermit + named + kPermit}, IdSource::kAnnotation)->Ids(),
              ElementsAre("policy0", "mine", "policy2"));
}

TEST(Ids, DuplicatesNameBothPlaces) {
  const std::string named = "@id(\"mine\") " + std::string(kPermit);
  auto lowered = LowerText({named, named}, IdSource::kAnnotation);
  EXPECT_THAT(lowered->Ids(), ElementsAre("mine"));
  ASSERT_THAT(lowered->Codes(), ElementsAre(Code::kDuplicatePolicyId));
  const source::Diagnostic& d = lowered->sink.diagnostics()[0];
  EXPECT_EQ(d.span.file, 1u);
  ASSERT_EQ(d.labels.size(), 1u);
  EXPECT_EQ(d.labels[0].span.file, 0u);
  // A position's id can collide with an annotation too.
  EXPECT_THAT(
      LowerText({"@id(\"policy1\") permit(principal, action, resource);", kPermit}, IdSource::kAnnotation)
          ->Codes(),
      ElementsAre(Code::kDuplicatePolicyId));
}

syntax::TemplateLink MakeLink(std::string template_id, std::string id, bool principal, bool resource) {
  syntax::TemplateLink link;
  link.template_id = std::move(template_id);
  link.new_id = std::move(id);
  if (principal) link.principal = syntax::EntityRef{{"User", {}}, "a", {}};
  if (resource) link.resource = syntax::EntityRef{{"Doc", {}}, "d", {}};
  return link;
}

TEST(Links, MakeRules) {
  auto lowered = LowerText({kTemplate}, IdSource::kAnnotation, {MakeLink("t", "l", true, true)});
  EXPECT_THAT(lowered->Codes(), IsEmpty());
  ASSERT_EQ(lowered->program.rules.size(), 1u);
  EXPECT_EQ(core::Dump(lowered->program.rules[0]), R"(allow l from t
  @id "t"
  principal == User::"a"
  resource in Doc::"d"
)");
}

TEST(Links, ReportWhatDoesNotFit) {
  auto codes = [](const syntax::TemplateLink& link) {
    auto lowered = LowerText({std::string(kTemplate) + kPermit}, IdSource::kAnnotation, {link});
    EXPECT_EQ(lowered->program.rules.size(), 1u);
    return lowered->Codes();
  };
  EXPECT_THAT(codes(MakeLink("u", "l", true, true)), ElementsAre(Code::kUnknownTemplate));
  EXPECT_THAT(codes(MakeLink("policy1", "l", true, true)), ElementsAre(Code::kUnknownTemplate));
  EXPECT_THAT(codes(MakeLink("t", "l", true, false)), ElementsAre(Code::kLinkSlotMismatch));
  EXPECT_THAT(codes(MakeLink("t", "policy1", true, true)), ElementsAre(Code::kDuplicatePolicyId));
}

// `(if context has a.b then context else context) has a.b`, nested: each level doubles the copies.
std::string NestedHas(int levels) {
  std::string text = "context";
  for (int i = 0; i < levels; ++i) text = "(if " + text + " has a.b then context else context)";
  return text + ".x";
}

TEST(Limits, RepeatedExpressions) {
  auto codes = [](const std::string& text) {
    auto lowered = LowerText({"permit(principal, action, resource) when { " + text + " };"});
    return lowered->Codes();
  };
  EXPECT_THAT(codes(NestedHas(8)), IsEmpty());
  EXPECT_THAT(codes(NestedHas(30)), ElementsAre(Code::kPolicyTooLarge));
  auto path = [](size_t steps) {
    std::string text = "context has a";
    for (size_t i = 1; i < steps; ++i) text += ".a";
    return text;
  };
  // A path of n steps repeats 1 + 2 + … + (n - 1) expressions: 65,341 for 362 steps, 65,703 for 363.
  EXPECT_THAT(codes(path(362)), IsEmpty());
  EXPECT_THAT(codes(path(363)), ElementsAre(Code::kPolicyTooLarge));
}

TEST(Limits, WhatTheParserAcceptsTheCoreHolds) {
  static_assert(core::kMaxExprDepth >= syntax::kMaxExprDepth);
  std::string chain = "true";
  for (int i = 0; i < 900; ++i) chain = "if true then true else " + chain;
  EXPECT_THAT(LowerText({"permit(principal, action, resource) when { " + chain + " };"})->Codes(), IsEmpty());
}

}  // namespace
}  // namespace polc::sema
