// A request that shows a finding: of which some rules hold, as the oracle says.
//
// Made of what a search of the prover found, and shown only if the oracle evaluates the rules' scopes and
// conditions of it to true: an example is never wrong, but there may be none.
// Tested by tests/cases/lint.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/lint/prover.h"

namespace polc::lint {

// For Prover::found(). `hold`: rules whose scope and conditions have to be true, at least one.
std::optional<std::string> ExampleRequest(const Prover& prover, const std::vector<const core::Rule*>& hold);

}  // namespace polc::lint
