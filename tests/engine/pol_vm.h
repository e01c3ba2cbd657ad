// Pol programs on the VM, compared with the oracle: everything a decision says but the words of messages.
//
// Each decision is made by the tree, twice, and rule by rule, on the bundle as emitted and on the one that
// was read, disassembled, assembled and written again; all have to be the oracle's.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"
#include "runtime/bundle/opcodes.h"

namespace polc::tests {

using OpcodeCounts = std::array<uint64_t, bundle::kOpcodeCount>;

class PolVm {
 public:
  // Stops the test where no engine can be made of them. `program` satisfies core::Verify, `store` is closed.
  PolVm(const core::Program& program, const data::EntityStore& store);
  ~PolVm();

  // The name of the bundle, which approvals are bound to.
  const std::string& snapshot() const { return snapshot_; }

  // What the VM decides; with what its ways differ in, if they do, in `*differ`.
  data::Decision Decide(const data::Request& request, bool validate_request, std::string* differ);

  // Adds up how often each opcode is executed when all rules are asked about the request.
  void CountExecuted(const data::Request& request, OpcodeCounts* counts);

 private:
  struct Loaded;
  std::vector<std::unique_ptr<Loaded>> loaded_;
  std::string snapshot_;
};

// What two decisions differ in but for the words of messages, or nothing.
std::string Difference(const data::Decision& oracle, const data::Decision& vm);

}  // namespace polc::tests
