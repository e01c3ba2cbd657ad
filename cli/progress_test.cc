#include "cli/progress.h"

#include <gtest/gtest.h>

namespace polc::cli {
namespace {

TEST(Progress, SaysHowFarAndHowLong) {
  const HowFar far{.done = 250, .total = 1000, .records = 50, .seconds = 10};
  EXPECT_EQ(ProgressText(far, 80),
            "[==========>                             ]   25 %  50 records  5/s  30 s left");
}

// What was done before this run is no measure of how fast it goes.
TEST(Progress, AResumedRunIsMeasuredFromWhereItBegan) {
  const HowFar far{.done = 600, .total = 1000, .begun = 500, .records = 10, .seconds = 10};
  EXPECT_NE(ProgressText(far, 100).find("60 %  10 records  1/s  40 s left"), std::string::npos);
  const HowFar none{.done = 500, .total = 1000, .begun = 500, .records = 0, .seconds = 0};
  EXPECT_EQ(ProgressText(none, 100).find("left"), std::string::npos);
}

TEST(Progress, FitsTheTerminal) {
  const HowFar far{.done = 1'000'000, .total = 1'000'000, .records = 123'456'789, .seconds = 3};
  for (size_t width = 1; width < 120; ++width) EXPECT_LE(ProgressText(far, width).size(), width);
  EXPECT_EQ(ProgressText(far, 200).find("[========================================]  100 %"), 0u);
}

TEST(Progress, OfAPipeOnlyWhatIsKnown) {
  const HowFar far{.done = 250, .records = 50, .seconds = 10};
  EXPECT_EQ(ProgressText(far, 80), "50 records  5/s");
}

// A log that grows while it is read.
TEST(Progress, NeverMoreThanAll) {
  const HowFar far{.done = 2000, .total = 1000, .records = 50, .seconds = 10};
  EXPECT_NE(ProgressText(far, 80).find("100 %"), std::string::npos);
  EXPECT_NE(ProgressText(far, 80).find("0 s left"), std::string::npos);
}

TEST(Progress, TimesInWords) {
  EXPECT_EQ(TimeLeftText(0), "0 s");
  EXPECT_EQ(TimeLeftText(59.0), "59 s");
  EXPECT_EQ(TimeLeftText(59.1), "1 min 0 s");
  EXPECT_EQ(TimeLeftText(63), "1 min 3 s");
  EXPECT_EQ(TimeLeftText(3599), "59 min 59 s");
  EXPECT_EQ(TimeLeftText(7500), "2 h 5 min");
  EXPECT_EQ(TimeLeftText(1e30), "days");
}

}  // namespace
}  // namespace polc::cli
