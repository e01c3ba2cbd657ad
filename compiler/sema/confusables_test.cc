#include "compiler/sema/confusables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/model/schema.h"

namespace polc::sema {
namespace {

using source::Code;
using ::testing::ElementsAre;

TEST(IsSingleScript, PlainTexts) {
  EXPECT_TRUE(IsSingleScript(""));
  EXPECT_TRUE(IsSingleScript("test\t\n!"));
  EXPECT_TRUE(IsSingleScript("Grüße"));
  EXPECT_TRUE(IsSingleScript("привет"));
  EXPECT_TRUE(IsSingleScript("привет 123, _"));     // digits and punctuation fit any script
  EXPECT_TRUE(IsSingleScript("日本語のテキスト"));  // Han, Hiragana and Katakana are one writing system
  EXPECT_TRUE(IsSingleScript("한국漢字"));
  EXPECT_TRUE(IsSingleScript("🍌"));
}

TEST(IsSingleScript, Mixtures) {
  EXPECT_FALSE(IsSingleScript("say_һello"));  // һ is Cyrillic
  EXPECT_FALSE(IsSingleScript("аdmin"));      // а is Cyrillic
  EXPECT_FALSE(IsSingleScript("αb"));
  EXPECT_FALSE(IsSingleScript("한ひ"));
  EXPECT_FALSE(IsSingleScript("\xCD\xB8"));  // U+0378 is unassigned: of no script
}

TEST(HasBidiControl, TheNineCharacters) {
  EXPECT_FALSE(HasBidiControl("plain"));
  EXPECT_FALSE(HasBidiControl("\xE2\x80\xA9"));  // U+2029, just before
  EXPECT_TRUE(HasBidiControl("a\xE2\x80\xAA"));  // U+202A
  EXPECT_TRUE(HasBidiControl("a\xE2\x80\xAE"));  // U+202E
  EXPECT_FALSE(HasBidiControl("\xE2\x80\xAF"));  // U+202F, just after
  EXPECT_FALSE(HasBidiControl("\xE2\x81\xA5"));  // U+2065
  EXPECT_TRUE(HasBidiControl("\xE2\x81\xA6"));   // U+2066
  EXPECT_TRUE(HasBidiControl("\xE2\x81\xA9"));   // U+2069
  EXPECT_FALSE(HasBidiControl("\xE2\x81\xAA"));  // U+206A
}

TEST(FindRestricted, Identifiers) {
  EXPECT_EQ(FindRestricted("https://www.example.com/test?foo=bar&bar=baz#buz"), std::nullopt);
  EXPECT_EQ(FindRestricted("get /pets/{petId}"), std::nullopt);
  EXPECT_EQ(FindRestricted("Größe"), std::nullopt);
  EXPECT_EQ(FindRestricted("is\xE2\x80\x8B"
                           "Admin"),
            U'\x200B');
  EXPECT_EQ(FindRestricted("new\nline"), U'\n');
  EXPECT_EQ(FindRestricted(std::string_view("null\0", 5)), U'\0');
  EXPECT_EQ(FindRestricted("delete\x7f"), U'\x7f');
  EXPECT_EQ(FindRestricted("🍌"), U'🍌');
}

std::vector<Code> Codes(const core::Rule& rule) {
  model::Schema schema;
  SchemaIndex index(schema);
  Findings findings(&index);
  CheckConfusables(rule, findings);
  EXPECT_FALSE(findings.has_errors());
  std::vector<Code> codes;
  for (const source::Diagnostic& d : findings.Take("p", {})) {
    codes.push_back(d.code);
    EXPECT_EQ(d.severity, source::Severity::kWarning);
  }
  return codes;
}

core::Rule Literal(data::Value value) {
  core::Rule rule;
  rule.AddLiteral(std::move(value));
  return rule;
}

TEST(CheckConfusables, StringsPatternsAndIdentifiers) {
  EXPECT_THAT(Codes(Literal(data::Value(std::string("say_һello")))), ElementsAre(Code::kMixedScriptString));
  EXPECT_THAT(Codes(Literal(data::Value(std::string("user\u202e \u2066")))),
              ElementsAre(Code::kBidiCharsInString));
  EXPECT_THAT(Codes(Literal(data::Value(std::string("is\u200bfine in strings")))), ElementsAre());
  EXPECT_THAT(Codes(Literal(data::Value(data::EntityUid{"User", "say_һello"}))),
              ElementsAre(Code::kMixedScriptIdentifier));
  EXPECT_THAT(Codes(Literal(data::Value(data::EntityUid{"User", "a\u202e"}))),
              ElementsAre(Code::kBidiCharsInIdentifier));

  core::Rule rule;
  core::ExprId context = rule.AddVar(core::Var::kContext);
  core::ExprId attr = rule.AddNamed(core::Op::kGetAttr, context, "is\u200bAdmin");
  rule.AddLike(attr, {{true, ""}, {false, "_һello"}});
  rule.AddRecord({{"αb", rule.AddVar(core::Var::kContext)}});
  EXPECT_THAT(Codes(rule), ElementsAre(Code::kConfusableIdentifier, Code::kMixedScriptString,
                                       Code::kMixedScriptIdentifier));
}

TEST(CheckConfusables, Scope) {
  core::Rule rule;
  rule.principal.op = core::ScopeTest::Op::kIn;
  rule.principal.entity = {"User", "🍌"};
  rule.resource.op = core::ScopeTest::Op::kEq;
  rule.resource.slot = true;
  rule.action.op = core::ActionTest::Op::kEq;
  rule.action.actions = {{"Action", "a\u202e"}};
  EXPECT_THAT(Codes(rule), ElementsAre(Code::kConfusableIdentifier, Code::kBidiCharsInIdentifier));
}

}  // namespace
}  // namespace polc::sema
