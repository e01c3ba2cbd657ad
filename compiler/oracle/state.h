// State: what a decision reads of what the host supplied, and what the host is to write (language.md, §6).
// What one value reads as is Case::ReadInput.
//
// Tested by state_test.cc.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/oracle/case.h"

namespace polc::oracle {

// The facts and inputs that rules read, whether or not an evaluation comes by them: all that stand in their
// expressions, and in those of the facts they read, with every row and cap.
struct ReadSet {
  std::set<std::string> facts;
  std::set<std::string> inputs;  // ids
};
void AddReads(const core::Program& program, const core::Rule& rule, ReadSet& reads);

// The items that the host supplied for these inputs, sorted by input, by and key.
std::vector<data::StateItem> StateRead(const core::Program& program, const data::Host& host,
                                       const ReadSet& reads);

// What a request moves, should it come to that.
struct Moves {
  struct Move {
    core::Input::Kind kind;
    data::StateUpdate update;
  };
  std::vector<Move> moves;              // sorted by input, by and key
  std::vector<data::RuleError> errors;  // totals whose amount errs, by input id: then nothing may go
};
// An amount that is of another kind or below zero errs: it would make room for more.
Moves MovesOf(const Case& in);
// Those that the outcome makes: what is let go counts and labels, what is denied brings a breaker nearer, and
// an attempt is one in any case.
std::vector<data::StateUpdate> UpdatesOf(const Moves& moves, data::Outcome outcome);

}  // namespace polc::oracle
