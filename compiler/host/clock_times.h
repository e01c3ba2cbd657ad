// Times as people write them, in what is shown of Cedar's values.
//
// Cedar has no literal for most moments, and what always can be read back, `datetime("1970-01-01")` with an
// offset of so many milliseconds, nobody can read. Between the years 0000 and 9999 the same moment has a
// text that both can: `datetime("2026-11-21T03:14:00Z")`. Pure. Tested by clock_times_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace polc::host {

// The text with each such time rewritten, in Cedar's syntax and in its JSON alike. What is within a string
// stays: there quotes are escaped. O(text).
std::string WithClockTimes(std::string_view text);

}  // namespace polc::host
