// Which attributes of principal and resource an approval has to name: those that decide whether and from whom
// it is needed. Were one of them changed after a person had looked at the action, it would not be the action
// they approved.
//
// Those of an action are the attributes that its requiring rules and its rules with `unless approved` read
// anywhere, facts and ladders included: every path from `principal` or `resource`, with every path it begins
// with. Rules in shadow require nothing and do not count; scopes and groups are no attributes.
// Tested by core_test.cc.
#pragma once

#include "compiler/core/core.h"

namespace polc::core {

// Fills in Action::digest of every action of the program's model; the last thing done to a program that is
// otherwise complete. O(actions * rules that ask for approvals * their expressions).
void FillDigests(Program& program);

}  // namespace polc::core
