// What the report says of small bundles, each figure worked out by hand.
#include "compiler/tree/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/bundle/test_images.h"

namespace polc::tree {
namespace {

using bundle::Effect;
using ::testing::ElementsAre;

class ReportTest : public ::testing::Test {
 protected:
  std::string C(const bundle::Constant& c) { return std::to_string(b_.AddConstant(c)); }
  std::string S(const char* s) { return std::to_string(b_.String(s)); }
  // Tests joined by `&&`.
  void Rule(const std::vector<std::string>& tests, Effect effect = Effect::kAllow) {
    const std::string number = std::to_string(b_.image.rules.size());
    b_.image.rules.push_back(
        bundle::MakeRule(b_.String("r" + number), effect, AddBlock(&b_.image, bundle::JoinedByAnd(tests))));
  }
  TreeReport Make(Level level = Level::kFull) {
    EXPECT_TRUE(Write(b_.Finish(), &file_).ok());
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    EXPECT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    EXPECT_TRUE(Verify(opened, &verified).ok());
    return Report(opened,
                  Tree(opened, level, [](bundle::Builtin, std::string_view) -> std::optional<int64_t> {
                    return std::nullopt;
                  }));
  }
  std::string Principal(const char* id) {
    return "var principal\n const " + C(bundle::EntityConstant("User", id)) + "\n eq\n";
  }
  std::string Action(const char* id) {
    return "var action\n const " + C(bundle::EntityConstant("Action", id)) + "\n eq\n";
  }
  std::string RiskBelow(int64_t n) {
    return "var context\n attr " + S("risk") + "\n const " + C(bundle::LongConstant(n)) + "\n lt\n";
  }

  bundle::ImageBuilder b_;
  std::vector<uint8_t> file_;
};

std::vector<std::string> Lines(const TreeReport& report) {
  std::vector<std::string> out;
  for (const ActionCost& a : report.actions) {
    out.push_back(a.action + " " + std::to_string(a.rules) + " " + std::to_string(a.tests) + " " +
                  std::to_string(a.steps));
  }
  for (const UnindexedRule& u : report.unindexed) out.push_back(std::to_string(u.rule) + " " + u.reason);
  return out;
}

TEST_F(ReportTest, SharingAndBounds) {
  // Two principals exclude each other; each meets one rule of four instructions. The third is met by both.
  Rule({Principal("a"), Action("go"), RiskBelow(5)});
  Rule({Principal("b"), Action("go"), RiskBelow(5)});
  Rule({Action("go")});
  const TreeReport report = Make();
  EXPECT_EQ(report.rules, 3u);
  EXPECT_EQ(report.conjuncts, 7u);
  EXPECT_EQ(report.tests, 4u);
  EXPECT_EQ(report.scope_tests, 3u);
  EXPECT_EQ(report.atoms, 3u);
  EXPECT_EQ(report.groups, 3u);
  EXPECT_EQ(report.never, 0u);
  EXPECT_THAT(Lines(report), ElementsAre("Action::\"go\" 2 1 4", "any other 0 0 0"));
}

TEST_F(ReportTest, SwitchesAndWhatNothingFinds) {
  // Three thresholds of one value are one switch: one question, but every case's code if the value is of
  // another kind.
  Rule({RiskBelow(1)});
  Rule({RiskBelow(2)});
  Rule({RiskBelow(3)});
  Rule({"var context\n attr " + S("flag") + "\n check_bool\n"});
  Rule({"var context\n attr " + S("name") + "\n const " + C(bundle::TextConstant("x")) + "\n eq\n"});
  const TreeReport report = Make();
  EXPECT_EQ(report.groups, 1u);
  EXPECT_EQ(report.switches, 1u);
  EXPECT_EQ(report.cases, 3u);
  const uint64_t equal = 1 + uint64_t{bundle::kDefaultMaxElements} + bundle::kDefaultMaxBytes;
  EXPECT_THAT(Lines(report), ElementsAre("any other 5 3 " + std::to_string(2 + 3 * 4 + 3 + 3 + equal),
                                         "3 its first test is not a comparison with a constant",
                                         "4 no other rule compares the same value with a constant"));
}

TEST_F(ReportTest, AConstantKeepsARuleFromHolding) {
  Rule({"const " + C(bundle::BoolConstant(false)) + "\n"});
  Rule({"const " + C(bundle::BoolConstant(true)) + "\n"});
  const TreeReport report = Make();
  EXPECT_EQ(report.never, 1u);
  EXPECT_THAT(Lines(report), ElementsAre("any other 1 0 0"));
}

TEST_F(ReportTest, StraightHasNoTree) {
  Rule({Principal("a")});
  const TreeReport report = Make(Level::kStraight);
  EXPECT_EQ(report.groups, 0u);
  EXPECT_THAT(Lines(report), ElementsAre(::testing::StartsWith("any 1 1 ")));
}

}  // namespace
}  // namespace polc::tree
