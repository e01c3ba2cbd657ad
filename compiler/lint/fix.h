// Repairs: the edits of findings, carried out on the text.
//
// An edit replaces no more than what its finding is about. One that would remove a comment is left out,
// unless it removes nothing else (an unused suppression), and so is one that meets another: what is left is
// found again by the next check. Tested by fix_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/lint/lint.h"

namespace polc::lint {

struct Fixed {
  std::string text;
  size_t fixes = 0;  // how many findings were repaired
};

// The text of `file` with as many of `fixes` (the edits of one finding each) as go together.
Fixed ApplyFixes(const source::SourceMap& map, source::FileId file,
                 const std::vector<std::vector<Edit>>& fixes);

}  // namespace polc::lint
