// The conditions of one policy, directed by types: what policies say once their scopes are made.
//
// Internal to tests/gen; tested by gen_test.cc.
#pragma once

#include <memory>
#include <vector>

#include "tests/gen/policy.h"

namespace polc::gen {

class ConditionMaker {
 public:
  // For a policy whose scope leaves `envs`; `faults` as in Mood.
  ConditionMaker(const World& world, std::vector<Env> envs, unsigned faults, Rng& rng);
  ~ConditionMaker();

  // A test of type Bool.
  E Bool(int depth);

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace polc::gen
