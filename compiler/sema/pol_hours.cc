#include "compiler/sema/pol_hours.h"

#include <cstdint>
#include <limits>
#include <string_view>

namespace polc::sema::pol {

namespace {

constexpr int64_t kDay = 86'400'000, kHour = 3'600'000, kMinute = 60'000;

// Days since 1970-01-01 of a date of the Gregorian calendar.
int64_t DaysOf(int64_t year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = y / 400, of_era = y % 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// 0 = Sunday. 1970-01-01 was a Thursday.
int64_t WeekdayOf(int64_t days) { return (days + 4) % 7; }

// The n-th Sunday of a month, n from 1; the last one for n = 0.
int64_t SundayOf(int64_t year, int month, int n) {
  if (n > 0) {
    const int64_t first = DaysOf(year, month, 1);
    return first + (7 - WeekdayOf(first)) % 7 + 7 * (n - 1);
  }
  const int64_t next = month == 12 ? DaysOf(year + 1, 1, 1) : DaysOf(year, month + 1, 1);
  return next - 1 - WeekdayOf(next - 1);
}

enum class Rule : uint8_t { kNone, kEurope, kAmerica, kVancouver, kAustralia, kNewZealand };

struct ZoneInfo {
  std::string_view name;
  int64_t minutes;
  Rule rule;
};
constexpr ZoneInfo kZones[] = {
#define POLC_ZONE(name, minutes, rule) {name, minutes, Rule::rule},
#include "compiler/sema/zones.def"
};

// When clocks go forward and back in a year, in UTC, for standard time `offset`.
struct Change {
  int64_t forward, back;
};
Change ChangeOf(Rule rule, int64_t year, int64_t offset) {
  switch (rule) {
    case Rule::kEurope:  // last Sundays of March and October, at 01:00 UTC
      return {SundayOf(year, 3, 0) * kDay + kHour, SundayOf(year, 10, 0) * kDay + kHour};
    case Rule::kVancouver:
    case Rule::kAmerica:  // at 02:00 local time, by the rule of 1987 and that of 2007
      if (year < 2007) {
        return {SundayOf(year, 4, 1) * kDay + 2 * kHour - offset,
                SundayOf(year, 10, 0) * kDay + kHour - offset};
      }
      return {SundayOf(year, 3, 2) * kDay + 2 * kHour - offset,
              SundayOf(year, 11, 1) * kDay + kHour - offset};
    case Rule::kAustralia:  // at 02:00 standard time, by the rule of 2001 and that of 2008
      if (year < 2008) {    // for the Olympic Games of 2000 clocks went forward in August
        return {SundayOf(year, year == 2000 ? 8 : 10, 0) * kDay + 2 * kHour - offset,
                SundayOf(year, year == 2006 ? 4 : 3, year == 2006 ? 1 : 0) * kDay + 2 * kHour - offset};
      }
      return {SundayOf(year, 10, 1) * kDay + 2 * kHour - offset,
              SundayOf(year, 4, 1) * kDay + 2 * kHour - offset};
    case Rule::kNewZealand:  // at 02:00 standard time, by the rule of 1990 and that of 2007
      return {SundayOf(year, year < 2007 ? 10 : 9, year < 2007 ? 1 : 0) * kDay + 2 * kHour - offset,
              SundayOf(year, year < 2008 ? 3 : 4, year < 2008 ? 3 : 1) * kDay + 2 * kHour - offset};
    case Rule::kNone:
      break;
  }
  return {0, 0};
}

}  // namespace

std::vector<std::string> ZoneNames() {
  std::vector<std::string> names;
  for (const ZoneInfo& zone : kZones) names.emplace_back(zone.name);
  return names;
}

std::optional<core::Zone> FindZone(const std::string& name) {
  for (const ZoneInfo& info : kZones) {
    if (info.name != name) continue;
    core::Zone zone;
    zone.name = name;
    zone.version = kZonesVersion;
    zone.ends_ms = kZonesEnd;
    const int64_t offset = info.minutes * kMinute;
    const auto standard = static_cast<int32_t>(offset), summer = static_cast<int32_t>(offset + kHour);
    zone.rows.push_back({std::numeric_limits<int64_t>::min(), standard});
    if (info.rule == Rule::kNone) return zone;
    for (int64_t year = 1996; year < 2100; ++year) {
      const Change change = ChangeOf(info.rule, year, offset);
      // South of the equator the year begins in summer.
      if (change.forward < change.back) {
        zone.rows.push_back({change.forward, summer});
        // British Columbia put its clocks forward once more in 2026, and leaves them there.
        if (info.rule == Rule::kVancouver && year == 2026) break;
        zone.rows.push_back({change.back, standard});
      } else {
        if (zone.rows.back().offset_ms == summer) zone.rows.push_back({change.back, standard});
        zone.rows.push_back({change.forward, summer});
      }
    }
    return zone;
  }
  return std::nullopt;
}

}  // namespace polc::sema::pol
