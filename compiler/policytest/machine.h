// The engine that tests run on, and what its rules saw.
//
// The VM on a bundle, as a gateway has it, over a store of nothing but the model's actions: the entities of a
// test come with its requests. One thread at a time; several machines may share a judge. Tested by
// tests/cases/test and tests/engine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/simulate/judge.h"
#include "runtime/entities/snapshot.h"

namespace polc::policytest {

// The store that tests are run over. Null if the model's actions cannot be stored.
std::shared_ptr<const entities::Snapshot> ActionStore(const core::Program& program);

class Machine {
 public:
  explicit Machine(std::shared_ptr<const simulate::Judge> judge)
      : judge_(std::move(judge)), scratch_(judge_->MakeScratch()) {}

  // A request whose entities close a cycle is invalid.
  data::Decision Decide(const data::Request& request);

  // How these rules come out for a request: the part that decided, with what its expressions were; lines as
  // `polc test` prints them. The bundle has to have its sources.
  std::vector<std::string> Seen(const data::Request& request, const std::vector<std::string>& rules);

  const simulate::Judge& judge() const { return *judge_; }

 private:
  std::shared_ptr<const simulate::Judge> judge_;
  vm::Scratch scratch_;
};

}  // namespace polc::policytest
