// The decision of a Pol program: language.md §3 to §6, written down the obvious way.
//
// The steps are Conclude() in decide.cc, in the order of the language's page. What they rest on is beside it:
//
//   validate   step 0: does the request fit the model; the context that rules see
//   case       one principal's case: rules tested, facts and inputs read
//   facts      facts, ladders, caps
//   terms      what rules that hold demand, and how limits merge
//   digest     what approvals are bound to
//   approvals  which of them count, what they meet, who refused
//   state      what is read and what is to be written
//
// See eval.h for what the oracle is and is not. Every rule is evaluated, in every mode, whatever the others
// said; nothing depends on their order.
// Tested by decide_test.cc; exhaustively by tests/exhaustive.
#pragma once

#include <string>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"

namespace polc::oracle {

struct DecideOptions {
  std::string snapshot{};        // the name of the bundle the program is, which approvals are bound to
  bool validate_request = true;  // without, what does not fit errs where it is read
};

// `store` must be closed and hold what the request sees: entities that come with it, and the model's actions
// (core::PutActions). A program without Pol is decided as Cedar has it (authorize.h).
data::Decision Decide(const core::Program& program, const data::EntityStore& store,
                      const data::Request& request, const DecideOptions& options = {});

}  // namespace polc::oracle
