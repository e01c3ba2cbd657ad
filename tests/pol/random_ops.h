// Random expressions with every operator of the core, well-typed for the most part, over the world of
// pol_world.h with what MakeOpsWorld adds. What comes out of them is of no matter to the tests that use them:
// two engines have to come to the same. Used by random_program.h.
#pragma once

#include "compiler/oracle/pol_world.h"
#include "tests/gen/rng.h"

namespace polc::tests {

class RandomOps {
 public:
  explicit RandomOps(gen::Rng* rng) : rng_(*rng) {}

  // Tags, hours and a zone, attempts, grants of the agent's that are data; what the context says beside.
  void MakeOpsWorld(oracle::world::World* w);

  // A bool; `part` makes those that operands are made of.
  template <typename Part>
  core::ExprId Bool(core::Rule& rule, Part part) {
    if (rng_.Chance(8)) {
      const core::ExprId condition = part(), then = part();
      return rule.Add(core::Op::kIf, {condition, then, part()});
    }
    return Leaf(rule);
  }
  // What a row that is data reads: a set of {class, level, until?}, most of them well-formed.
  core::ExprId Rows(core::Rule& rule);

 private:
  core::ExprId Leaf(core::Rule& rule);
  core::ExprId Number(core::Rule& rule, int depth);
  core::ExprId TextOf(core::Rule& rule);
  core::ExprId SetOf(core::Rule& rule, int depth);
  core::ExprId EntityOf(core::Rule& rule);
  core::ExprId Extension(core::Rule& rule);

  gen::Rng& rng_;
};

}  // namespace polc::tests
