// Where a rule can err although the request fits the model and the entities do: what `check` warns of where
// an error means that a rule is skipped, and what an export to Cedar lists.
//
// Errors that a check by types rules out (wrong kinds, attributes without a test) are left out but for rules
// that were not checked. What is left: arithmetic that overflows, texts that are no literals of their type,
// entities reached by an attribute that the store does not have, values the host did not supply, the end of
// a time zone's table. Conservative: a rule without a finding never errs on such a request; one with a
// finding may not, either. O(size of the rule times guards); recursion is bounded by kMaxGuardDepth.
// Tested by can_err_test.cc.
#pragma once

#include <optional>
#include <string>

#include "compiler/core/core.h"

namespace polc::core {

// Deepest nesting that is looked into; chains of `&&` and `||` are no nesting. Deeper expressions count as
// ones that can err.
inline constexpr uint32_t kMaxGuardDepth = 512;
// How many facts that read each other are followed; one that reads deeper counts as one that can err.
inline constexpr uint32_t kMaxFactDepth = 64;

struct MayErr {
  Span span{};        // of the expression
  std::string why{};  // "`principal.owner` may not be in the store"
};

// The first place at which the conditions of `rule` can err. The model may be empty; then attributes are
// taken to be there where a test guards them only.
std::optional<MayErr> FindError(const Program& program, const Rule& rule);

// Whether a rule with this test can be about the action.
bool Covers(const ActionTest& test, const Action& action);

}  // namespace polc::core
