#include "compiler/sema/findings.h"

#include <gtest/gtest.h>

#include "compiler/model/schema.h"

namespace polc::sema {
namespace {

using source::Code;

class FindingsTest : public ::testing::Test {
 protected:
  FindingsTest() {
    for (const char* name : {"Team", "User"}) schema_.entity_types[name].name = name;
    for (const char* id : {"edit", "view"}) {
      data::EntityUid uid{"Action", id};
      model::Action& action = schema_.actions[uid];
      action.uid = uid;
      action.principal_types = {"Team", "User"};
      action.resource_types = {"User"};
    }
    schema_.action_types = {"Action"};
    index_.emplace(schema_);
    findings_.emplace(&*index_);
  }
  EntityTypeId Type(const char* name) { return *index_->FindEntityType(name); }

  model::Schema schema_;
  std::optional<SchemaIndex> index_;
  std::optional<Findings> findings_;
};

TEST_F(FindingsTest, SaysWhereUnlessEverywhere) {
  const source::Span at{0, 3, 9};
  findings_->SetEnvironment({0, Type("Team"), Type("User")});
  findings_->AddHere(Code::kUnexpectedType, at, "both");
  findings_->AddHere(Code::kUnexpectedType, at, "only teams");
  findings_->SetEnvironment({1, Type("User"), Type("User")});
  findings_->AddHere(Code::kUnexpectedType, at, "both");
  findings_->Add(Code::kImpossiblePolicy, at, "as such", "", source::Severity::kWarning);
  EXPECT_TRUE(findings_->has_errors());
  std::vector<source::Diagnostic> all = findings_->Take("p", {2, true, true, false});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].message, "both");
  EXPECT_EQ(all[1].message, "only teams, when principal is `Team` and action is `Action::\"edit\"`");
  EXPECT_EQ(all[2].message, "as such");
  EXPECT_EQ(all[0].rule, "p");
  EXPECT_FALSE(findings_->has_errors());
  EXPECT_TRUE(findings_->empty());
}

TEST_F(FindingsTest, CountsFurtherPlaces) {
  for (ActionId action : {0u, 1u}) {
    findings_->SetEnvironment({action, Type("Team"), Type("User")});
    findings_->AddHere(Code::kUnexpectedType, {}, "x");
  }
  std::vector<source::Diagnostic> all = findings_->Take("p", {4, false, true, false});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].message, "x, when action is `Action::\"edit\"` (and in 1 more case)");
}

TEST_F(FindingsTest, WarningsAreNoErrors) {
  findings_->Add(Code::kImpossiblePolicy, {}, "w", "", source::Severity::kWarning);
  EXPECT_FALSE(findings_->has_errors());
  EXPECT_FALSE(findings_->empty());
}

TEST(ExprText, PathsAndLiterals) {
  core::Rule rule;
  core::ExprId context = rule.AddVar(core::Var::kContext);
  core::ExprId a = rule.AddNamed(core::Op::kGetAttr, context, "a");
  core::ExprId odd = rule.AddNamed(core::Op::kGetAttr, a, "not an identifier");
  core::ExprId text = rule.AddLiteral(data::Value(std::string("t")));
  core::ExprId tag = rule.Add(core::Op::kGetTag, {a, text});
  core::ExprId negation = rule.Add(core::Op::kNot, {context});
  core::ExprId of_negation = rule.AddNamed(core::Op::kGetAttr, negation, "b");
  core::ExprId long_text = rule.AddLiteral(data::Value(std::string(100, 'x')));
  EXPECT_EQ(ExprText(rule, a), "context.a");
  EXPECT_EQ(ExprText(rule, odd), "context.a[\"not an identifier\"]");
  EXPECT_EQ(ExprText(rule, text), "\"t\"");
  EXPECT_EQ(ExprText(rule, tag), "context.a.getTag(\"t\")");
  EXPECT_EQ(ExprText(rule, of_negation), "");
  EXPECT_EQ(ExprText(rule, long_text), "");
}

}  // namespace
}  // namespace polc::sema
