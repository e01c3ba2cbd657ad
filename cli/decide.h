// Deciding requests: by the VM, from a bundle and a snapshot, or by the oracle, from the policies.
//
// Both say the same of one request, in one order. Of a set without Pol rules a decision says what Cedar says:
// not why it is a denial. Tested by tests/cases/eval.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/inputs.h"
#include "compiler/data/decision.h"
#include "llvm/Support/JSON.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace polc::cli {

// Its members, of the object that is being written.
void JsonDecision(const data::Decision& decision, llvm::json::OStream& json);

class Decider {
 public:
  virtual ~Decider() = default;
  // A denial with `failure` set if the request cannot be put to the engine.
  virtual data::Decision Decide(const data::Request& request, std::optional<Failure>& failure) = 0;
  // The answer where there is no request to decide.
  virtual data::Decision Refusal() const = 0;
};

// `inputs` must outlive the decider.
std::unique_ptr<Decider> MakeOracleDecider(Inputs& inputs);
std::unique_ptr<Decider> MakeVmDecider(Inputs& inputs);

// The VM behind the second, for who wants more than answers.
class Machine {
 public:
  explicit Machine(Inputs& inputs);
  std::optional<vm::Request> Take(const data::Request& request, std::optional<Failure>& failure);
  data::Decision Decide(const vm::Request& request);

  const vm::Engine& engine() const { return *engine_; }
  vm::Scratch& scratch() { return scratch_; }
  const std::string& snapshot() const { return snapshot_; }

 private:
  Inputs& inputs_;
  std::shared_ptr<const vm::Engine> engine_;
  vm::Scratch scratch_;
  std::string snapshot_;
};

}  // namespace polc::cli
