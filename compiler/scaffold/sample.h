// A request that fits the model, for each action: what a new project is tried on, and what its tests are
// about.
//
// Values are the plainest of their types: optional attributes are left out, sets are empty, entities are
// named "sample". Every entity that an attribute names is there. The first principal type and the first
// resource type of an action stand for all. Tested by scaffold_test.cc and tests/new, where all of them are
// decided.
#pragma once

#include <string>
#include <vector>

#include "compiler/core/core.h"

namespace polc::scaffold {

struct Samples {
  std::string entities{};  // an entities file
  std::string requests{};  // one line an action
  std::string tests{};     // a test an action: that nothing allows it
  size_t actions = 0;      // that somebody can ask for; others have none of these
};

Samples MakeSamples(const core::Program& program);

}  // namespace polc::scaffold
