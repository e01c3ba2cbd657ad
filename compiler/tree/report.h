// What the decision tree of a bundle comes to: for `polc compile --report` and `polc inspect`.
//
// The tree itself is the runtime's (runtime/tree/tree.h): it is derived from a bundle's bytecode wherever the
// bundle is linked, the same way every time. This room looks at one and says what a person who writes
// policies wants to know: what is shared, how much it takes, what a decision costs at worst for each action,
// and which rules are asked at every request because nothing finds them.
//
// Bounds. The steps of a test are what its code can cost at most (docs/bytecode.md). An action's are those of
// all groups of rules that one request can meet: groups that name different principals or different resources
// exclude each other, so of these the costliest counts; groups in the hierarchy may all be met at once.
// Whether an action is in a group of actions only a store knows; what is asked `in` a group of actions counts
// under that group's name. Tested by report_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/tree/tree.h"

namespace polc::tree {

struct ActionCost {
  std::string action;  // `Action::"go"`, `in Action::"change"`, or `any other`
  uint64_t rules;      // that one request can meet
  uint64_t tests;      // asked at most, where no value that is compared is of an unexpected kind
  uint64_t steps;      // at worst, whatever the values are
};

struct UnindexedRule {
  uint32_t rule;
  std::string reason;
};

struct TreeReport {
  Level level;
  uint64_t rules;
  uint64_t never;        // rules a constant keeps from ever holding
  uint64_t conjuncts;    // tests as they stand in rules
  uint64_t tests;        // that differ
  uint64_t scope_tests;  // of these, settled by scope classes
  uint64_t atoms;        // what classes are made of
  uint64_t groups;
  uint64_t nodes;
  uint64_t switches, cases;
  uint64_t bytes;                        // in memory
  std::vector<ActionCost> actions;       // named ones in the order of the bundle, `any other` last
  std::vector<UnindexedRule> unindexed;  // ascending
};

TreeReport Report(const bundle::Bundle& bundle, const Tree& tree);

}  // namespace polc::tree
