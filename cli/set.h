// One set of policies with the entities as its model reads them: what commands that compare or ask whole sets
// begin with.
//
// Tested by tests/cases/{simulate,diff,who}.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/inputs.h"
#include "compiler/driver.h"
#include "compiler/simulate/simulate.h"

namespace polc::cli {

struct SetFlags {
  std::vector<std::string> schemas;
  std::string entities, ids;
  PolFlags pol;
};
// Declares the options of SetFlags.
void AddSetOptions(CommandLine& line, CLI::App* app, SetFlags& flags);

// `--partitioned-by`, of streams: whether the state that requests to `programs` move is kept by `key` alone,
// so that parts of a stream may be gone through apart. The exit code, all said, if it is not.
std::optional<int> KeptApart(const std::vector<const core::Program*>& programs, const std::string& key,
                             Shell& shell);

struct LoadedSet {
  driver::Sources sources;
  std::optional<model::Schema> schema;
  driver::PolicySet policies;
  data::EntityStore store;
  simulate::Side side;
  std::string entities_digest;

  LoadedSet() = default;
  LoadedSet(const LoadedSet&) = delete;  // `side` points into it
  LoadedSet& operator=(const LoadedSet&) = delete;

  // Reads everything and prints what was found. The exit code if there is no going on.
  std::optional<int> Read(const SetFlags& flags, const std::vector<std::string>& paths, Shell& shell);
};

}  // namespace polc::cli
