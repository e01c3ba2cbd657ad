// Line differences in the unified format (`polc fmt --diff`, the golden tests).
//
// Myers' greedy algorithm over lines: O((n + m) d) time, where d is the number of changed lines, and
// O(d²) memory. Past kMaxDiffEdits changed lines the middle is shown as removed and added whole, which
// is still a correct difference.
// Tested by diff_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace polc::source {

// 2,000 edits take 16 MB of trace; nobody reads a longer difference line by line.
inline constexpr int kMaxDiffEdits = 2000;

// What turns `before` into `after`, with three lines of context; the empty string if they are equal.
// The names stand in the `---` and `+++` lines.
std::string UnifiedDiff(std::string_view before, std::string_view after, std::string_view before_name,
                        std::string_view after_name);

}  // namespace polc::source
