// Time zones for `hours`: their offsets from 1997 on, as tables.
//
// The table is made of the rules zones have had since then, so that bundles do not depend on the machine that
// makes them, and names its version; before the first rule a zone has its standard time, and at kZonesEnd the
// table ends, past which nobody knows the rules. Tested by pol_hours_test.cc, against the system's database
// where there is one; of another release, up to the year of the older one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/model.h"

namespace polc::sema::pol {

// The release of the IANA database that the rules are those of.
inline constexpr std::string_view kZonesVersion = "2026b";
// 2100-01-01T00:00:00Z.
inline constexpr int64_t kZonesEnd = 4102444800000;

// The zone by its name in the IANA database; nothing if it is not built in.
std::optional<core::Zone> FindZone(const std::string& name);
std::vector<std::string> ZoneNames();

}  // namespace polc::sema::pol
