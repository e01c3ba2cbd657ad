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

// kLaws: nothing that makes room where something is missing, and levels are read as polarity allows, so that
// the laws of the language hold. kAll: every operator, tags, hours, attempts, rows that are data, Cedar's
// rules beside Pol's.
enum class PolOps : uint8_t { kLaws, kAll };
PolCase RandomPolCase(uint64_t seed, PolOps ops = PolOps::kLaws);

}  // namespace polc::tests
