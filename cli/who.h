// Requests put together from words of the command line, for commands that ask who may do what.
//
// Tested by tests/cases/who.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/set.h"
#include "compiler/data/entities.h"

namespace polc::cli {

// An entity as people write it: `Agent::"oncall"`, `Agent "oncall"`.
std::optional<data::EntityUid> ReadUid(std::string_view text);

// What `polc simulate --who` prints: the actions and resources of one principal, as a matrix or a list. The
// exit code.
int PrintWhat(const LoadedSet& set, const std::string& who, const std::string& context,
              const std::string& host, bool matrix, bool json, Shell& shell);

}  // namespace polc::cli
