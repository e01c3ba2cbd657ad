// What a piece of a rule computed, as a tree: each operation with the values it took and the one it gave.
//
// Runs the bundle's own code once more with the trace on and puts the instructions together again as the
// expressions they were compiled from; what is shown is what was decided. What `and`, `or` and `if` left
// out is not in the tree. The values are the compiler's, so they outlive the run.
//
// A Tracer is of one engine and request and of one principal: the requester, or somebody it acts for. Not on
// the hot path. Recursion over trees is as deep as expressions are, which the verifier bounds by the stack.
// Tested by tests/explain/laws_test.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/entities.h"
#include "compiler/data/value.h"
#include "runtime/tree/conjuncts.h"
#include "runtime/vm/interpreter.h"

namespace polc::explain {

using TermId = uint32_t;
inline constexpr TermId kNoTerm = UINT32_MAX;

// One operation. `and`, `or` and `if` stand under the opcodes of their branches (kAnd, kOr, kBranchFalse):
// the operands are those that were evaluated, of `if` the test and the branch taken. kEach: the set, then the
// body once per element.
struct Term {
  bundle::Opcode op;
  uint32_t a = 0, b = 0;  // of the instruction
  uint32_t word = 0;      // in the code section
  std::vector<TermId> operands;
  bool ok = true;     // otherwise it erred, and `value` means nothing
  data::Value value;  // of the whole context: an empty record
};

inline bool IsVariable(const Term& term, bundle::Variable variable) {
  return term.op == bundle::Opcode::kVar && static_cast<bundle::Variable>(term.a) == variable;
}

struct Trace {
  std::vector<Term> terms;
  TermId root = kNoTerm;  // of an error: the term that erred
  std::optional<vm::Error>
      error;            // its values are good for as long as the tracer's machine runs nothing else
  std::string message;  // of the error

  bool ok() const { return !error; }
  const Term& at(TermId id) const { return terms[id]; }
  const data::Value& value() const { return terms[root].value; }
  bool holds() const { return ok() && value().is(data::Kind::kBool) && value().as_bool(); }
};

class Tracer {
 public:
  // All must outlive the tracer. `hop` 0 is the requester, `request` that of the hop.
  Tracer(const vm::Engine& engine, const vm::Request& request, vm::Scratch* scratch);

  // Facts are computed first.
  Trace Run(const bundle::Block& block);
  Trace Run(const tree::Slice& slice);
  // The result alone: a bool, or nothing if it errs.
  std::optional<bool> Holds(const tree::Slice& slice);

  // A fact as it came out, or nothing if it erred.
  std::optional<data::Value> Fact(uint32_t fact);

  const vm::Engine& engine() const { return engine_; }
  const vm::Request& request() const { return request_; }
  const bundle::Bundle& bundle() const { return machine_.bundle(); }
  const vm::World& world() const { return machine_.world(); }
  vm::Machine& machine() { return machine_; }

  data::Value Read(const entities::Value& value) const;
  data::EntityUid Uid(entities::EntityId id) const;
  // The number of an entity that the engine knows, or that came up in what was read here.
  std::optional<entities::EntityId> Find(const data::EntityUid& uid) const;
  // An entity as the request sees it; nothing if it is absent.
  std::optional<data::Entity> ReadEntity(entities::EntityId id) const;

 private:
  const vm::Engine& engine_;
  const vm::Request& request_;
  vm::Scratch* const scratch_;
  vm::Machine machine_;
  mutable std::map<data::EntityUid, entities::EntityId> seen_;  // that the engine does not know
};

}  // namespace polc::explain
