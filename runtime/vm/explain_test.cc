#include "runtime/vm/explain.h"

#include <gtest/gtest.h>

#include "runtime/bundle/test_images.h"
#include "runtime/vm/trace.h"

namespace polc::vm {
namespace {

using bundle::PartKind;
using entities::MakeLong;

// principal is User && context.n < 5 && context.s == "x", with n and s as the case gives them.
class ExplainTest : public ::testing::Test {
 protected:
  RuleExplanation Explain(std::optional<Value> n, const char* type = "User") {
    Ask(n, type);
    Scratch scratch(*engine_);
    return ExplainRule(*engine_, 0, *request_, &scratch);
  }
  void Ask(std::optional<Value> n, const char* type = "User", bool has_s = true) {
    bundle::ImageBuilder b;
    bundle::Image& image = b.image;
    const auto num = [](uint32_t i) { return std::to_string(i); };
    const std::string five = num(b.AddConstant(bundle::LongConstant(5)));
    const std::string x = num(b.AddConstant(bundle::TextConstant("x")));
    bundle::RuleRow rule = bundle::MakeRule(
        b.String("r"), bundle::Effect::kAllow,
        AddBlock(&image, "0 var principal\n 1 is " + num(b.Type("User")) +
                             "\n 2 and 12\n 3 var context\n 4 attr " + num(b.String("n")) + "\n 5 const " +
                             five + "\n 6 lt\n 7 and 12\n 8 var context\n 9 attr " + num(b.String("s")) +
                             "\n 10 const " + x + "\n 11 eq\n 12 return"));
    rule.parts = {0, 3};
    image.parts.push_back({static_cast<uint8_t>(PartKind::kPrincipal), {}, 0, bundle::kNowhere, 0});
    image.parts.push_back({static_cast<uint8_t>(PartKind::kCondition), {}, 3, bundle::kNowhere, 0});
    image.parts.push_back({static_cast<uint8_t>(PartKind::kCondition), {}, 8, bundle::kNowhere, 0});
    image.files.push_back({b.String("a.cedar"), 0, 0, 0});
    image.debug.push_back({4, {0, 10, 20, 2, 3}});
    image.debug.push_back({6, {0, 10, 24, 2, 3}});
    image.debug.push_back({9, {0, 30, 40, 3, 3}});
    // A second rule, without parts: of a writer that does not say which test is what.
    bundle::RuleRow other =
        bundle::MakeRule(b.String("two"), bundle::Effect::kAllow,
                         AddBlock(&image, "0 var principal\n 1 is " + num(b.Type("Robot")) + "\n 2 return"));
    image.rules.push_back(rule);
    other.parts = {3, 0};
    image.rules.push_back(other);
    const bundle::Status written = Write(b.Finish(), &file_);
    EXPECT_TRUE(written.ok()) << BundleErrorName(written.error) << written.at;
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    EXPECT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    const bundle::Status checked = Verify(opened, &verified);
    EXPECT_TRUE(checked.ok()) << BundleErrorName(checked.error) << checked.at;
    entities::SnapshotBuilder store;
    EntityId bad;
    engine_ = Engine::Make(verified, store.Finish(&bad));
    RequestBuilder builder(*engine_);
    auto& v = builder.values();
    builder.SetPrincipal(builder.Entity(type, "a"));
    builder.SetAction(builder.Entity("Action", "v"));
    builder.SetResource(builder.Entity("Doc", "d"));
    std::vector<std::pair<std::string_view, Value>> fields;
    if (has_s) fields.emplace_back("s", v.String("x"));
    if (n) fields.emplace_back("n", *n);
    builder.SetContext(*v.Record(fields));
    request_ = builder.Finish(&bad);
  }

  std::vector<uint8_t> file_;
  std::shared_ptr<const Engine> engine_;
  std::optional<Request> request_;
};

std::vector<Answer> Answers(const RuleTrace& rule) {
  std::vector<Answer> out;
  for (const TestTrace& test : rule.tests) out.push_back(test.answer);
  return out;
}

TEST_F(ExplainTest, Satisfied) {
  const RuleExplanation e = Explain(MakeLong(4));
  EXPECT_EQ(e.verdict, Verdict::kSatisfied);
  EXPECT_FALSE(e.part);
}

TEST_F(ExplainTest, TheScopeDecides) {
  const RuleExplanation e = Explain(MakeLong(4), "Robot");
  EXPECT_EQ(e.verdict, Verdict::kNotSatisfied);
  EXPECT_EQ(e.part, 0u);
}

TEST_F(ExplainTest, AConditionDecidesWithTheValuesItSaw) {
  const RuleExplanation e = Explain(MakeLong(9));
  EXPECT_EQ(e.verdict, Verdict::kNotSatisfied);
  EXPECT_EQ(e.part, 1u);
  ASSERT_EQ(e.observations.size(), 1u);
  EXPECT_EQ(e.observations[0].value, "9");
  EXPECT_EQ(e.observations[0].place.line, 2u);
}

TEST_F(ExplainTest, AnErrorDecides) {
  const RuleExplanation e = Explain(std::nullopt);
  EXPECT_EQ(e.verdict, Verdict::kErred);
  EXPECT_EQ(e.part, 1u);
  EXPECT_EQ(e.message, "record does not have the attribute `n`");
}

TEST_F(ExplainTest, TheTraceHasEveryTestThatFails) {
  Ask(MakeLong(9));
  DecisionTracer tracer(*engine_, *request_);
  EXPECT_EQ(tracer.hops(), std::vector<uint8_t>{0});
  const RuleTrace rule = tracer.Rule(0, 0);
  EXPECT_EQ(rule.verdict, Verdict::kNotSatisfied);
  EXPECT_TRUE(rule.in_scope);
  EXPECT_FALSE(rule.holds);
  EXPECT_EQ(Answers(rule), (std::vector{Answer::kYes, Answer::kNo, Answer::kYes}));
  EXPECT_EQ(rule.failed(), 1u);
  ASSERT_EQ(rule.tests[1].observations.size(), 1u);
  EXPECT_EQ(rule.tests[1].observations[0].value, "9");
  EXPECT_EQ(rule.tests[1].part, 1u);
}

TEST_F(ExplainTest, AnErrorBehindATestThatFailedWasNotAsked) {
  Ask(MakeLong(9), "User", false);
  RuleTrace rule = DecisionTracer(*engine_, *request_).Rule(0, 0);
  EXPECT_EQ(Answers(rule), (std::vector{Answer::kYes, Answer::kNo, Answer::kNotAsked}));
  EXPECT_EQ(rule.tests[2].message, "record does not have the attribute `s`");
  EXPECT_EQ(rule.verdict, Verdict::kNotSatisfied);
  Ask(std::nullopt, "User", false);
  rule = DecisionTracer(*engine_, *request_).Rule(0, 0);
  EXPECT_EQ(Answers(rule), (std::vector{Answer::kYes, Answer::kError, Answer::kNotAsked}));
  EXPECT_EQ(rule.verdict, Verdict::kErred);
  EXPECT_FALSE(rule.holds) << "an allow that errs does not";
}

TEST_F(ExplainTest, OutOfScopeTheConditionsAreNotAsked) {
  Ask(MakeLong(1), "Human");
  const RuleTrace rule = DecisionTracer(*engine_, *request_).Rule(0, 0);
  EXPECT_FALSE(rule.in_scope);
  EXPECT_EQ(Answers(rule), std::vector{Answer::kNo});
}

TEST_F(ExplainTest, NearMissesAreTheAllowsThatComeNearest) {
  Ask(MakeLong(9));
  // Both have one test that fails; the second has no scope that could rule it out.
  EXPECT_EQ(DecisionTracer(*engine_, *request_).NearMisses(0), (std::vector<RuleAt>{{0, 0}, {1, 0}}));
  Ask(MakeLong(9), "Human");
  EXPECT_EQ(DecisionTracer(*engine_, *request_).NearMisses(0), (std::vector<RuleAt>{{1, 0}, {0, 0}}))
      << "a scope that fits comes first";
  Ask(MakeLong(1));
  EXPECT_TRUE(DecisionTracer(*engine_, *request_).NearMisses(0).empty()) << "it is granted";
  Ask(MakeLong(9), "Robot");
  EXPECT_TRUE(DecisionTracer(*engine_, *request_).NearMisses(0).empty());
}

}  // namespace
}  // namespace polc::vm
