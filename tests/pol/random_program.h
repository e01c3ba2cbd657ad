// Random Pol programs, stores, requests and hosts, small enough that rules meet and large enough that
// everything occurs: every effect and mode, errors of every origin, facts, ladders, caps, quorums, lifting,
// limits of every merge, state, evidence, delegation, absent entities.
//
// A case is made by its seed alone.
#pragma once

#include <cstdint>

#include "compiler/oracle/pol_world.h"
#include "tests/gen/rng.h"

namespace polc::tests {

struct PolCase {
  oracle::world::World world;  // with the program; its store is not closed
  // A rule to be added, of any effect, a cap, and a row, made like the others.
  oracle::world::Rule another_rule;
  core::Fact::Step another_cap, another_row;
};

PolCase RandomPolCase(uint64_t seed);

}  // namespace polc::tests
