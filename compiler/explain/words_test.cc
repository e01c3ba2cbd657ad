#include "compiler/explain/words.h"

#include <gtest/gtest.h>

namespace polc::explain {
namespace {

TEST(Words, Durations) {
  EXPECT_EQ(DurationText(0), "0s");
  EXPECT_EQ(DurationText(250), "250ms");
  EXPECT_EQ(DurationText(90'000), "1m30s");
  EXPECT_EQ(DurationText(5'400'000), "1h30m");
  EXPECT_EQ(DurationText(86'400'000), "1d");
  EXPECT_EQ(DurationText(-60'000), "-1m");
  EXPECT_EQ(DurationText(INT64_MIN), "-9223372036854775808ms");
}

TEST(Words, AClockTimeHasItsDateOnAnotherDay) {
  const data::Datetime now{1'795'231'440'000};  // 2026-11-21T03:24:00Z
  EXPECT_EQ(ClockText({now.ms + 20 * 60'000}, now), "03:44");
  EXPECT_EQ(ClockText({now.ms + 5'000}, now), "03:24:05");
  EXPECT_EQ(ClockText({now.ms + 24 * 3'600'000}, now), "2026-11-22T03:24:00Z");
  EXPECT_EQ(ClockText(now, std::nullopt), "2026-11-21T03:24:00Z");
}

TEST(Words, SourceIsShownOnOneLine) {
  EXPECT_EQ(OneLine("a\n   and\tb"), "a and b");
  EXPECT_EQ(OneLine("  a"), "a");
}

}  // namespace
}  // namespace polc::explain
