// Comments that excuse findings: `// polc: allow CODE: reason`.
//
//   // polc: allow RedundantRule: kept until the old clients are gone
//   permit (principal in Team::"sre", action, resource);
//
//   forbid (principal, action, resource) when { context.n + 1 > 5 };  // polc: allow ForbidCanErr: n is
//   bounded
//
// A comment on a line of its own covers the policy or declaration that follows, or else the next line that
// has anything but comments; one behind code covers its line; `allow-file` in either place covers the file.
// Several codes are separated by commas. Errors cannot be excused. A suppression without a reason excuses
// nothing, one that names what does not exist neither; these, and one that nothing needed, are findings
// themselves. Tested by suppress_test.cc and tests/cases/lint.
#pragma once

#include <vector>

#include "compiler/lint/context.h"
#include "compiler/source/diagnostic.h"

namespace polc::lint {

// Drops from `findings` and `reported` what comments excuse, and adds what there is to say about the
// comments. `complete`: all lints that are on have run, so what is unused can be known.
void ApplySuppressions(Context& context, bool complete, std::vector<Finding>& findings,
                       std::vector<source::Diagnostic>& reported);

// Whether the text may have comments that speak to polc. Most have none, and need not be read again.
bool SpeaksToPolc(std::string_view text);

}  // namespace polc::lint
