#include "compiler/translate/translate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::translate {
namespace {

std::optional<std::string> Into(const std::string& text, Syntax to, std::string* messages = nullptr) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::optional<std::string> out = Translate(map, map.Add("f", text), to, sink);
  EXPECT_EQ(out.has_value(), !sink.has_errors());
  for (const source::Diagnostic& d : sink.diagnostics()) {
    if (messages) *messages += std::string(source::Info(d.code).name) + "\n";
  }
  return out;
}

Content Of(const std::string& text) {
  source::SourceMap map;
  return Recognize(map, map.Add("f", text));
}

TEST(Recognize, ContentTells) {
  EXPECT_EQ(Of("// entity\n@entity(\"action\") permit (principal, action, resource);").kind, Kind::kPolicies);
  EXPECT_EQ(Of("@doc(\"permit\") @forbid\nentity User;").kind, Kind::kSchema);
  EXPECT_EQ(Of("namespace A {}").kind, Kind::kSchema);
  EXPECT_EQ(Of("").kind, Kind::kPolicies);
  EXPECT_EQ(Of(" {\"effect\": \"permit\"}").kind, Kind::kPolicy);
  EXPECT_EQ(Of("{\"staticPolicies\": {}}").kind, Kind::kPolicies);
  EXPECT_EQ(Of("{\"\": {\"entityTypes\": {}, \"actions\": {}}}").kind, Kind::kSchema);
  EXPECT_EQ(Of("{").syntax, Syntax::kJson);
}

TEST(Translate, PoliciesAndBack) {
  const std::string text =
      "@k(\"v\") permit(principal==U::\"a\",action,resource) "
      "when{context.x>1&&!true};forbid(principal,action,resource);";
  std::optional<std::string> json = Into(text, Syntax::kJson);
  ASSERT_TRUE(json);
  EXPECT_THAT(*json, testing::HasSubstr("\"policy1\""));
  std::optional<std::string> cedar = Into(*json, Syntax::kCedar);
  ASSERT_TRUE(cedar);
  EXPECT_EQ(*cedar, *Into(text, Syntax::kCedar));
  EXPECT_EQ(*Into(*cedar, Syntax::kJson), *json);
  EXPECT_EQ(*Into(*json, Syntax::kJson), *json);
}

TEST(Translate, ANameDeclaredTwiceIsNoKeyTwice) {
  for (const char* text : {"entity A; entity B, A;", "type T = Long; type T = Long;",
                           "action a; action a, b;", "namespace N { entity A; entity A; }"}) {
    for (const Syntax to : {Syntax::kJson, Syntax::kCedar}) {
      std::string messages;
      EXPECT_FALSE(Into(text, to, &messages)) << text;
      EXPECT_EQ(messages, "DuplicateDeclaration\n") << text;
    }
  }
  // Of different kinds, or in different namespaces, they are two things.
  EXPECT_TRUE(
      Into("entity A; action A; type B = Long; namespace N { entity A; type B = A; }", Syntax::kJson));
}

TEST(Translate, SchemasAndBack) {
  const std::string text =
      "entity User in [Team] { name: String }; entity Team; action view appliesTo { principal: User, "
      "resource: Team };";
  std::optional<std::string> json = Into(text, Syntax::kJson);
  ASSERT_TRUE(json);
  std::optional<std::string> cedar = Into(*json, Syntax::kCedar);
  ASSERT_TRUE(cedar);
  EXPECT_EQ(*Into(*cedar, Syntax::kJson), *json);
}

TEST(Translate, WhatCannotBeSaidIsRefused) {
  std::string messages;
  EXPECT_FALSE(Into(
      R"({"staticPolicies":{},"templates":{"t":{"effect":"permit","principal":{"op":"==","slot":"?principal"},)"
      R"("action":{"op":"All"},"resource":{"op":"All"},"conditions":[]}},)"
      R"("templateLinks":[{"templateId":"t","newId":"l","values":{"?principal":{"type":"U","id":"a"}}}]})",
      Syntax::kCedar, &messages));
  EXPECT_EQ(messages, "LinksNotExpressible\n");
  EXPECT_FALSE(Into("permit (", Syntax::kJson));
  EXPECT_FALSE(Into("{", Syntax::kCedar));
  EXPECT_FALSE(Into("\xFF", Syntax::kJson));
}

}  // namespace
}  // namespace polc::translate
