#include "compiler/oracle/authorize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::oracle {
namespace {

using core::Effect;
using core::Rule;
using data::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

enum class Says { kTrue, kFalse, kErr, kNumber };

Rule MakeRule(std::string id, Effect effect, Says says) {
  Rule r;
  r.id = std::move(id);
  r.effect = effect;
  switch (says) {
    case Says::kTrue:
      break;
    case Says::kFalse:
      r.conditions = {r.AddLiteral(Value(false))};
      break;
    case Says::kErr:
      r.conditions = {r.AddNamed(core::Op::kGetAttr, r.AddVar(core::Var::kContext), "absent")};
      break;
    case Says::kNumber:
      r.conditions = {r.AddLiteral(Value(int64_t{1}))};
      break;
  }
  return r;
}

Answer Decide(std::vector<Rule> rules) {
  core::Program program;
  program.rules = std::move(rules);
  data::EntityStore store;
  EXPECT_FALSE(store.Close());
  data::Request request;
  request.principal = {"User", "a"};
  request.action = {"Action", "view"};
  request.resource = {"Doc", "d"};
  return Authorize(program, store, request);
}

TEST(Authorize, NothingAllowsNothing) {
  const Answer a = Decide({});
  EXPECT_EQ(a.outcome, Outcome::kDeny);
  EXPECT_FALSE(a.allowed());
  EXPECT_THAT(a.reasons, IsEmpty());
}

TEST(Authorize, AllowsThatHoldAreTheReasonsInRuleOrder) {
  const Answer a =
      Decide({MakeRule("b", Effect::kAllow, Says::kTrue), MakeRule("x", Effect::kAllow, Says::kFalse),
              MakeRule("a", Effect::kAllow, Says::kTrue)});
  EXPECT_TRUE(a.allowed());
  EXPECT_THAT(a.reasons, ElementsAre("b", "a"));
}

TEST(Authorize, ForbidWinsAndAloneIsTheReason) {
  const Answer a =
      Decide({MakeRule("p", Effect::kAllow, Says::kTrue), MakeRule("f", Effect::kForbid, Says::kTrue)});
  EXPECT_FALSE(a.allowed());
  EXPECT_THAT(a.reasons, ElementsAre("f"));
}

TEST(Authorize, SkipsWhatErrsForbidsToo) {
  const Answer a =
      Decide({MakeRule("p", Effect::kAllow, Says::kTrue), MakeRule("f", Effect::kForbid, Says::kErr),
              MakeRule("n", Effect::kForbid, Says::kNumber)});
  EXPECT_TRUE(a.allowed());
  ASSERT_EQ(a.errors.size(), 2u);
  EXPECT_EQ(a.errors[0].rule, "f");
  EXPECT_EQ(a.errors[0].error.code, EvalError::Code::kAttributeDoesNotExist);
  EXPECT_EQ(a.errors[1].error.message, "type error: expected bool, got long");
}

TEST(Authorize, FailsClosedWhereTheRuleSaysSo) {
  Rule allow = MakeRule("p", Effect::kAllow, Says::kErr);
  Rule forbid = MakeRule("f", Effect::kForbid, Says::kErr);
  allow.on_error = forbid.on_error = core::ErrorRule::kFailClosed;
  Answer a = Decide({allow});
  EXPECT_FALSE(a.allowed());
  EXPECT_THAT(a.reasons, IsEmpty());
  a = Decide({MakeRule("q", Effect::kAllow, Says::kTrue), forbid});
  EXPECT_FALSE(a.allowed());
  EXPECT_THAT(a.reasons, ElementsAre("f"));
  EXPECT_EQ(a.errors.size(), 1u);
}

TEST(Authorize, ConditionsStopAtTheFirstThatIsFalse) {
  Rule r = MakeRule("p", Effect::kAllow, Says::kFalse);
  r.conditions.push_back(r.AddLiteral(Value(int64_t{1})));
  EXPECT_THAT(Decide({r}).errors, IsEmpty());
  std::swap(r.conditions[0], r.conditions[1]);
  EXPECT_EQ(Decide({r}).errors.size(), 1u);
}

TEST(Authorize, ScopeGuardsConditions) {
  Rule r = MakeRule("p", Effect::kAllow, Says::kErr);
  r.resource = {core::ScopeTest::Op::kIs, {}, false, "Folder", {}};
  EXPECT_THAT(Decide({r}).errors, IsEmpty());
  r.resource.type = "Doc";
  EXPECT_EQ(Decide({r}).errors.size(), 1u);
}

TEST(Authorize, ScopeTests) {
  using SOp = core::ScopeTest::Op;
  using AOp = core::ActionTest::Op;
  auto allows = [](core::ScopeTest principal, core::ActionTest action) {
    Rule r = MakeRule("p", Effect::kAllow, Says::kTrue);
    r.principal = principal;
    r.action = action;
    return Decide({r}).allowed();
  };
  EXPECT_TRUE(allows({SOp::kEq, {"User", "a"}, false, "", {}}, {}));
  EXPECT_FALSE(allows({SOp::kEq, {"User", "b"}, false, "", {}}, {}));
  EXPECT_TRUE(allows({SOp::kIn, {"User", "a"}, false, "", {}}, {}));
  EXPECT_TRUE(allows({SOp::kIsIn, {"User", "a"}, false, "User", {}}, {}));
  EXPECT_FALSE(allows({SOp::kIsIn, {"User", "b"}, false, "User", {}}, {}));
  EXPECT_FALSE(allows({SOp::kIsIn, {"User", "a"}, false, "Group", {}}, {}));
  EXPECT_TRUE(allows({}, {AOp::kEq, {{"Action", "view"}}, {}}));
  EXPECT_TRUE(allows({}, {AOp::kIn, {{"Action", "edit"}, {"Action", "view"}}, {}}));
  EXPECT_FALSE(allows({}, {AOp::kIn, {}, {}}));
}

TEST(Authorize, ShadowRulesAreListedAndDecideNothing) {
  Rule f = MakeRule("f", Effect::kForbid, Says::kTrue);
  Rule e = MakeRule("e", Effect::kForbid, Says::kErr);
  f.mode = e.mode = core::Mode::kShadow;
  const Answer a = Decide({MakeRule("p", Effect::kAllow, Says::kTrue), f, e});
  EXPECT_TRUE(a.allowed());
  EXPECT_EQ(a.would_be, Outcome::kDeny);
  EXPECT_THAT(a.shadow, ElementsAre("f", "e"));
  EXPECT_THAT(a.reasons, ElementsAre("p"));
}

TEST(Authorize, TheMostRestrictiveEffectDecides) {
  const Rule allow = MakeRule("a", Effect::kAllow, Says::kTrue);
  const Rule limit = MakeRule("l", Effect::kLimit, Says::kTrue);
  const Rule require = MakeRule("r", Effect::kRequire, Says::kTrue);
  const Rule suggest = MakeRule("s", Effect::kSuggest, Says::kTrue);
  EXPECT_EQ(Decide({allow, limit}).outcome, Outcome::kAllowWithLimits);
  EXPECT_THAT(Decide({allow, limit}).reasons, ElementsAre("a", "l"));
  EXPECT_TRUE(Decide({allow, limit}).allowed());
  EXPECT_EQ(Decide({allow, limit, require}).outcome, Outcome::kRequireApproval);
  EXPECT_THAT(Decide({allow, limit, require}).reasons, ElementsAre("r"));
  EXPECT_FALSE(Decide({allow, require}).allowed());
  EXPECT_EQ(Decide({allow, require, suggest}).outcome, Outcome::kSuggest);
  EXPECT_EQ(Decide({limit, require, suggest}).outcome, Outcome::kDeny) << "nothing grants";
}

TEST(Authorize, TemplatesAreNeverEvaluated) {
  core::Program program;
  program.templates.push_back(MakeRule("t", Effect::kAllow, Says::kTrue));
  data::EntityStore store;
  EXPECT_FALSE(store.Close());
  EXPECT_FALSE(Authorize(program, store, {}).allowed());
}

}  // namespace
}  // namespace polc::oracle
