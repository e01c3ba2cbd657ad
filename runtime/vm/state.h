// State: which inputs the rules of a request read, and what the host is to write when the action is let go.
//
// Only the requester's own case moves state, whoever they act for. An input whose condition errs counts (what
// is in doubt counts), one whose key errs moves nothing, and a total whose amount errs, is of another kind or
// below zero denies: it cannot be said what would be left. Allocates; asked for where state is written or
// reported. Tested by pol_test.cc and, against the oracle, by tests/engine.
#pragma once

#include <vector>

#include "runtime/entities/value_builder.h"
#include "runtime/vm/decision.h"
#include "runtime/vm/request.h"

namespace polc::vm {

class Machine;

// What a request moves, should it come to that.
struct Move {
  uint32_t input;  // of Inputs
  bool has_key;
  Value key;               // if has_key
  Value amount;            // of counters, attempts and totals; else false
  const StateValue* read;  // what the host supplied for it, or null
};
struct Moves {
  std::vector<Move> moves;  // by name of the input, then by what it is kept for
  struct Failure {
    uint32_t input;
    Error error;
  };
  std::vector<Failure> errors;  // totals without an amount: nothing may go
};
// Values are copied into `kept`, whose region the machine does not use.
Moves MovesOf(Machine* machine, const Request& request, entities::ValueBuilder* kept);

// Whether the outcome makes a move: what is let go counts and labels, what is denied brings a breaker nearer,
// and an attempt is one in any case.
bool IsMade(const bundle::InputRow& input, Outcome outcome);

// The inputs that rules in scope read, by themselves or by the facts they read, whether or not an evaluation
// comes by them; by input, true or false. `machine` is one principal's.
void MarkRead(Machine* machine, std::vector<bool>* inputs);

// Of what the host supplied, the values of these inputs: by name of the input, what it is kept for, and key.
std::vector<const StateValue*> StateRead(const Engine& engine, const Request& request, const Memory& memory,
                                         const std::vector<bool>& inputs);

}  // namespace polc::vm
