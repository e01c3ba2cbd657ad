#include "runtime/vm/explain.h"

#include <gtest/gtest.h>

#include "runtime/bundle/test_images.h"

namespace polc::vm {
namespace {

using bundle::PartKind;
using entities::MakeLong;

// principal is User && context.n < 5 && context.s == "x", with n and s as the case gives them.
class ExplainTest : public ::testing::Test {
 protected:
  RuleExplanation Explain(std::optional<Value> n, const char* type = "User") {
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
    image.debug.push_back({9, {0, 30, 40, 3, 3}});
    image.rules.push_back(rule);
    const bundle::Status written = Write(b.Finish(), &file_);
    EXPECT_TRUE(written.ok()) << BundleErrorName(written.error) << written.at;
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    EXPECT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    EXPECT_TRUE(Verify(opened, &verified).ok());
    entities::SnapshotBuilder store;
    EntityId bad;
    engine_ = Engine::Make(verified, store.Finish(&bad));
    RequestBuilder builder(*engine_);
    auto& v = builder.values();
    builder.SetPrincipal(builder.Entity(type, "a"));
    builder.SetAction(builder.Entity("Action", "v"));
    builder.SetResource(builder.Entity("Doc", "d"));
    std::vector<std::pair<std::string_view, Value>> fields = {{"s", v.String("x")}};
    if (n) fields.emplace_back("n", *n);
    builder.SetContext(*v.Record(fields));
    const auto request = builder.Finish(&bad);
    Scratch scratch(*engine_);
    return ExplainRule(*engine_, 0, *request, &scratch);
  }

  std::vector<uint8_t> file_;
  std::shared_ptr<const Engine> engine_;
};

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

}  // namespace
}  // namespace polc::vm
