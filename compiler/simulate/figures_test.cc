#include "compiler/simulate/figures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace polc::simulate {
namespace {

class FiguresTest : public ::testing::Test {
 protected:
  const Figure& Of(std::string_view key) {
    figures_ = FiguresOf(report_, about_);
    const auto found = std::ranges::find(figures_.list, key, &Figure::key);
    EXPECT_NE(found, figures_.list.end()) << key;
    return *found;
  }

  Report report_;
  About about_;
  Figures figures_;
};

// Of an empty log nothing is 0: nothing is known.
TEST_F(FiguresTest, NothingIsMadeOfNothing) {
  for (const Figure& figure : FiguresOf(report_, about_).list) {
    EXPECT_FALSE(figure.value) << figure.key;
    EXPECT_NE(figure.why_not, "") << figure.key;
    EXPECT_EQ(ValueText(figure), "not known: " + figure.why_not);
  }
}

TEST_F(FiguresTest, SharesAreOfWhatTheyAreSharesOf) {
  report_.records = 10;
  report_.buckets[static_cast<size_t>(Bucket::kNotReplayable)] = 2;
  report_.complete = 9;
  report_.asked = 4;
  report_.granted = 3;
  report_.approval_waits_ms = {1000, 2000, 9000};
  report_.before.why["no_grant"] = 2;
  report_.before.outcomes = {3, 1, 0, 0, 4};
  report_.before.approvals = 4;
  report_.before.expired = 1;
  report_.before.other_snapshot = 2;
  EXPECT_DOUBLE_EQ(*Of("audit_completeness").value, 0.9);
  EXPECT_DOUBLE_EQ(*Of("default_deny_share_before").value, 0.25);
  EXPECT_DOUBLE_EQ(*Of("limit_use_before").value, 0.25);
  EXPECT_DOUBLE_EQ(*Of("approval_rate").value, 0.75);
  EXPECT_DOUBLE_EQ(*Of("approval_expiry_rate_before").value, 0.25);
  EXPECT_DOUBLE_EQ(*Of("approval_snapshot_mismatch_rate_before").value, 0.5);
  EXPECT_DOUBLE_EQ(*Of("approval_wait_median_ms").value, 2000);
  EXPECT_DOUBLE_EQ(*Of("approval_wait_95_ms").value, 9000);
  EXPECT_EQ(ValueText(Of("approval_rate")), "75.0 % (3 of 4)");
  // It is there, and is 0.
  EXPECT_DOUBLE_EQ(*Of("default_deny_share_after").value, 0);
}

TEST_F(FiguresTest, AnotherEnginesLogSaysLess) {
  report_.from_log = true;
  report_.records = report_.partial = 3;
  report_.before.outcomes = report_.after.outcomes = {3, 0, 0, 0, 0};
  EXPECT_EQ(Of("default_deny_share_before").why_not, "the log says allow or deny and no more");
  EXPECT_EQ(Of("approval_rate").why_not, "the log says allow or deny and no more");
  EXPECT_TRUE(Of("default_deny_share_after").value);
  // Replayed by an old set, it says all.
  report_.from_log = false;
  EXPECT_TRUE(Of("default_deny_share_before").value);
}

TEST_F(FiguresTest, DriftNeedsTwoWindows) {
  EXPECT_NE(Of("drift_of_actions").why_not.find("--baseline or --split"), std::string::npos);
  about_.earlier = "before 2026-11-20";
  EXPECT_EQ(Of("drift_of_actions").why_not, "the earlier window has no records");
  report_.windows[0].actions["a"] = 1;
  EXPECT_EQ(Of("drift_of_actions").why_not, "the later window has no records");
  report_.windows[1].actions["a"] = 1;
  EXPECT_DOUBLE_EQ(*Of("drift_of_actions").value, 0);
  EXPECT_EQ(Of("drift_of_outcomes").why_not, "one of the windows has no decisions");
}

// By hand: shares of (99.5, 0.5) / 100 and (49.5, 50.5) / 100.
TEST_F(FiguresTest, TheStabilityIndexIsTheSumOfItsTerms) {
  const std::optional<Drift> drift = DriftOf({{"a", 99}}, {{"a", 49}, {"b", 50}});
  ASSERT_TRUE(drift);
  const double a = (0.495 - 0.995) * std::log(0.495 / 0.995), b = (0.505 - 0.005) * std::log(0.505 / 0.005);
  EXPECT_NEAR(drift->index, a + b, 1e-12);
  ASSERT_EQ(drift->terms.size(), 2u);
  EXPECT_EQ(drift->terms[0].name, "b");
  EXPECT_NEAR(drift->terms[0].index, b, 1e-12);
  EXPECT_EQ(drift->terms[0].earlier, 0u);
  EXPECT_EQ(drift->terms[0].later, 50u);
  // The same both ways, none where shares are the same, never below 0.
  EXPECT_NEAR(DriftOf({{"a", 49}, {"b", 50}}, {{"a", 99}})->index, drift->index, 1e-12);
  EXPECT_NEAR(DriftOf({{"a", 7}, {"b", 3}}, {{"a", 7}, {"b", 3}})->index, 0, 1e-12);
  EXPECT_FALSE(DriftOf({}, {{"a", 1}}));
  EXPECT_FALSE(DriftOf({{"a", 1}}, {}));
  for (const Drift::Term& term : drift->terms) EXPECT_GE(term.index, 0);
}

TEST_F(FiguresTest, WordsForAnIndex) {
  EXPECT_EQ(DriftWord(0.0999), "hardly any");
  EXPECT_EQ(DriftWord(kSomeDrift), "some");
  EXPECT_EQ(DriftWord(0.2499), "some");
  EXPECT_EQ(DriftWord(kLargeDrift), "much");
}

TEST(ReadWindow, CountsWhatWasAskedAndDecided) {
  const std::string line =
      R"({"request":{"subject":{"type":"U","id":"u"},"action":{"name":"go"},"resource":{"type":"R","id":"r"}},)"
      R"("response":{"decision":true},"time":"2026-11-20T00:00:00Z"})"
      "\n";
  const std::string log = line + line + "no record\n" + line;
  log::Splitter splitter(log::Splitter::From(log), 64);
  uint64_t broken = 0;
  const Window window = ReadWindow(log::Reader(log::Format::kAuthzen), splitter, nullptr, broken);
  EXPECT_EQ(window.outcomes[static_cast<size_t>(data::Outcome::kAllow)], 3u);
  EXPECT_EQ(window.actions, (std::map<std::string, uint64_t>{{"Action::\"go\"", 3}}));
  EXPECT_EQ(broken, 1u);
}

}  // namespace
}  // namespace polc::simulate
