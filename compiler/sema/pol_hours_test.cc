// The built-in zones and what `now is within` makes of them, beside the C library and the system's database
// of zones, which share nothing with either.
#include "compiler/sema/pol_hours.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>

#include "compiler/oracle/eval.h"

namespace polc::sema::pol {
namespace {

constexpr int64_t kFirstMs = 852076800000;  // 1997-01-01T00:00:00Z, from when on the tables speak

int32_t OffsetAt(const core::Zone& zone, int64_t ms) {
  int32_t at = 0;
  for (const core::Zone::Row& row : zone.rows) {
    if (row.from_ms <= ms) at = row.offset_ms;
  }
  return at;
}

// The system's local time, in a zone of its database.
class LocalTime {
 public:
  explicit LocalTime(const std::string& zone) {
    const char* before = getenv("TZ");
    if (before != nullptr) before_ = before;
    setenv("TZ", (":" + zone).c_str(), 1);
    tzset();
  }
  ~LocalTime() {
    before_ ? setenv("TZ", before_->c_str(), 1) : unsetenv("TZ");
    tzset();
  }
  LocalTime(const LocalTime&) = delete;
  LocalTime& operator=(const LocalTime&) = delete;

  static std::tm At(int64_t ms) {
    const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
    std::tm out{};
    localtime_r(&seconds, &out);
    return out;
  }
  // Whether the database has the zone.
  static bool Knows(const std::string& zone) { return std::filesystem::exists(Directory() / zone); }

  // Up to when the database and the tables have to agree: what was decided since the older of the two was
  // released only one of them knows.
  static int64_t AgreesUntil() {
    std::ifstream file(Directory() / "tzdata.zi");
    std::string mark, word, version;
    file >> mark >> word >> version;  // "# version 2026b"
    if (version == kZonesVersion) return kZonesEnd;
    int year = std::atoi(std::string(kZonesVersion).c_str());
    if (const int theirs = std::atoi(version.c_str()); theirs > 1997) year = std::min(year, theirs);
    std::tm first{};
    first.tm_year = year - 1900;
    first.tm_mday = 1;
    std::printf("the system's zones are of \"%s\", the tables of \"%s\": compared up to %d\n",
                version.c_str(), std::string(kZonesVersion).c_str(), year);
    return int64_t{timegm(&first)} * 1000;
  }

 private:
  static std::filesystem::path Directory() {
    const char* dir = getenv("TZDIR");
    return dir != nullptr ? dir : "/usr/share/zoneinfo";
  }
  std::optional<std::string> before_;
};

#define SKIP_WITHOUT_ZONES() \
  if (!LocalTime::Knows("Europe/Berlin")) GTEST_SKIP() << "the system has no database of time zones"

// Changes of a zone are where local time jumps, so both sides of each; and anywhere else.
TEST(PolHours, EveryZoneHasTheOffsetsOfTheSystemsDatabase) {
  SKIP_WITHOUT_ZONES();
  std::mt19937_64 random(20261121);
  const int64_t until = LocalTime::AgreesUntil();
  size_t zones = 0, instants = 0, unknown = 0;
  for (const std::string& name : ZoneNames()) {
    if (!LocalTime::Knows(name)) {
      ++unknown;
      continue;
    }
    ++zones;
    const core::Zone zone = *FindZone(name);
    const LocalTime local(name);
    std::vector<int64_t> at = {kFirstMs, kZonesEnd - 1};
    for (const core::Zone::Row& row : zone.rows) {
      if (row.from_ms <= kFirstMs) continue;
      for (const int64_t step : {-3600000, -1000, -1, 0, 1, 1000, 3600000}) at.push_back(row.from_ms + step);
    }
    for (int i = 0; i < 3000; ++i)
      at.push_back(kFirstMs + static_cast<int64_t>(random() % static_cast<uint64_t>(kZonesEnd - kFirstMs)));
    size_t differ = 0;
    for (const int64_t ms : at) {
      if (ms >= until) continue;
      ++instants;
      const std::tm there = LocalTime::At(ms);
      if (OffsetAt(zone, ms) == static_cast<int64_t>(there.tm_gmtoff) * 1000) continue;
      if (++differ <= 3) {
        ADD_FAILURE() << name << " at " << ms << ": " << OffsetAt(zone, ms) / 1000
                      << " seconds, the system says " << there.tm_gmtoff << " (" << there.tm_year + 1900
                      << ")";
      }
    }
  }
  EXPECT_GE(zones, 40u);
  std::printf("%zu zones, %zu instants; %zu zones not in the system's database\n", zones, instants, unknown);
}

// `now is within`: random days, times and zones at random instants, at the edges of the hours above all.
TEST(PolHours, WithinIsWhatAClockOnTheWallSays) {
  SKIP_WITHOUT_ZONES();
  std::mt19937_64 random(7);
  auto below = [&](uint64_t n) { return static_cast<int64_t>(random() % n); };
  const std::vector<std::string> names = ZoneNames();
  const int64_t until = LocalTime::AgreesUntil();
  size_t cases = 0, within = 0;
  for (int round = 0; round < 2000; ++round) {
    const std::string& name = names[static_cast<size_t>(below(names.size()))];
    if (!LocalTime::Knows(name)) continue;
    const core::Zone zone = *FindZone(name);
    const LocalTime local(name);
    core::Hours hours;
    hours.name = "h";
    hours.zone = name;
    hours.days = static_cast<uint8_t>(1 + below(127));
    hours.from_minute = static_cast<uint16_t>(below(1440));
    hours.to_minute = static_cast<uint16_t>(below(1441));
    if (below(8) == 0) hours.to_minute = hours.from_minute;
    for (int i = 0; i < 40; ++i) {
      int64_t ms = kFirstMs + below(static_cast<uint64_t>(until - kFirstMs));
      if (i % 2 == 0) {  // near a day's beginning or end of the hours
        ms -= ms % 86400000 + OffsetAt(zone, ms);
        ms += (i % 4 == 0 ? hours.from_minute : hours.to_minute) * int64_t{60000} + below(3) - 1;
      } else if (i % 5 == 0 && zone.rows.size() > 2) {  // near a change of clocks
        ms = zone.rows[1 + static_cast<size_t>(below(zone.rows.size() - 1))].from_ms + below(7200001) -
             3600000;
      }
      if (ms < kFirstMs || ms >= until) continue;
      const std::tm wall = LocalTime::At(ms);
      const int minute = wall.tm_hour * 60 + wall.tm_min;
      const int today = (wall.tm_wday + 6) % 7;  // Monday is 0
      auto is_day = [&](int day) { return (hours.days >> day & 1) != 0; };
      const bool over_midnight = hours.to_minute <= hours.from_minute;
      const bool expected = over_midnight
                                ? (is_day(today) && minute >= hours.from_minute) ||
                                      (is_day((today + 6) % 7) && minute < hours.to_minute)
                                : is_day(today) && minute >= hours.from_minute && minute < hours.to_minute;
      const std::optional<bool> got = oracle::WithinHours(hours, zone, data::Datetime{ms});
      ASSERT_TRUE(got) << name << " at " << ms;
      ASSERT_EQ(*got, expected) << name << " at " << ms << ", days " << int{hours.days} << " from "
                                << hours.from_minute << " to " << hours.to_minute;
      ++cases;
      within += expected;
    }
  }
  std::printf("%zu cases, %zu of them within\n", cases, within);
  EXPECT_GT(cases, 50000u);
  EXPECT_GT(within, cases / 10);
  EXPECT_LT(within, cases * 9 / 10);
}

TEST(PolHours, ZonesAreWhatTheyWere) {
  const core::Zone berlin = *FindZone("Europe/Berlin");
  EXPECT_EQ(OffsetAt(berlin, 1774745999999), 60 * 60000);   // 2026-03-29T00:59:59.999Z
  EXPECT_EQ(OffsetAt(berlin, 1774746000000), 120 * 60000);  // 2026-03-29T01:00:00Z
  EXPECT_EQ(OffsetAt(berlin, 1792889999999), 120 * 60000);  // 2026-10-25T00:59:59.999Z
  EXPECT_EQ(OffsetAt(berlin, 1792890000000), 60 * 60000);
  const core::Zone york = *FindZone("America/New_York");
  EXPECT_EQ(OffsetAt(york, 1772953199999), -300 * 60000);  // 2026-03-08T06:59:59.999Z
  EXPECT_EQ(OffsetAt(york, 1772953200000), -240 * 60000);
  const core::Zone vancouver = *FindZone("America/Vancouver");
  EXPECT_EQ(OffsetAt(vancouver, 1762073999999), -420 * 60000);  // 2025-11-02T08:59:59.999Z
  EXPECT_EQ(OffsetAt(vancouver, 1762074000000), -480 * 60000);
  EXPECT_EQ(OffsetAt(vancouver, 1793523600000), -420 * 60000);  // 2026-11-01T09:00:00Z: summer time stays
  const core::Zone sydney = *FindZone("Australia/Sydney");
  EXPECT_EQ(OffsetAt(sydney, 1775318399999), 660 * 60000);  // 2026-04-04T15:59:59.999Z
  EXPECT_EQ(OffsetAt(sydney, 1775318400000), 600 * 60000);
}

TEST(PolHours, PastTheTablesEndNobodyKnows) {
  const core::Zone zone = *FindZone("UTC");
  core::Hours hours;
  hours.days = 127;
  hours.to_minute = 1440;
  EXPECT_EQ(oracle::WithinHours(hours, zone, data::Datetime{kZonesEnd - 1}), true);
  EXPECT_EQ(oracle::WithinHours(hours, zone, data::Datetime{kZonesEnd}), std::nullopt);
}

TEST(PolHours, Names) {
  EXPECT_FALSE(FindZone("Europe/Nowhere"));
  EXPECT_TRUE(std::ranges::is_sorted(ZoneNames()));
}

}  // namespace
}  // namespace polc::sema::pol
