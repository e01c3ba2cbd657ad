// The least request that still flips: parts are left out one by one for as long as the flip stays what it is.
//
// Tested by simulate_test.cc.
#pragma once

#include <functional>

#include "compiler/data/entities.h"
#include "compiler/simulate/simulate.h"

namespace polc::simulate {

// How often a flip is decided while it is made small. A request of 60 parts takes two rounds.
inline constexpr size_t kMaxShrinkSteps = 240;

// `flips` decides a flip's requests anew, sets its decisions, and says whether it still is the same flip.
// No part of what comes back can be left out alone, unless kMaxShrinkSteps were too few.
Flip Shrink(const Flip& flip, const std::function<bool(Flip&)>& flips);

}  // namespace polc::simulate
