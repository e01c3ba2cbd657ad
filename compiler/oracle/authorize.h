// The oracle's authorizer: which rules hold, and what that decides. Of a Pol program decide.h decides; this
// is all there is of Cedar.
//
// THIS CODE IS NEVER PART OF THE RUNTIME: see eval.h. Every rule is evaluated, in order, whatever the ones
// before it said; the decision does not depend on the order.
//
// An error in a rule never decides by itself: with ErrorRule::kSkip (Cedar) the rule does not hold, with
// kFailClosed (Pol) an allow does not hold and every other rule does. Either way it is listed. Templates are
// never evaluated.
// Tested by authorize_test.cc.
#pragma once

#include <string>
#include <vector>

#include "compiler/data/decision.h"
#include "compiler/oracle/eval.h"

namespace polc::oracle {

using data::Outcome;
using data::OutcomeName;

struct RuleError {
  std::string rule;
  EvalError error;
};

struct Answer {
  Outcome outcome = Outcome::kDeny;
  // The rules the outcome rests on, in rule order: the forbids on deny by forbid, none on default deny, the
  // suggests, the requires, otherwise allows and limits.
  std::vector<std::string> reasons;
  std::vector<RuleError> errors;      // in rule order; rules in shadow included
  std::vector<std::string> shadow;    // rules in shadow that hold or err
  Outcome would_be = Outcome::kDeny;  // with the rules in shadow enforced

  bool allowed() const { return outcome <= Outcome::kAllowWithLimits; }
};

// `store` must be closed and hold what the request sees: entities that come with it included.
Answer Authorize(const core::Program& program, const data::EntityStore& store, const data::Request& request);

// Whether the scope of `rule` fits the request, or its part that speaks about the action; its conditions are
// not looked at.
bool ScopeHolds(const core::Rule& rule, const data::EntityStore& store, const data::Request& request);
bool ActionHolds(const core::Rule& rule, const data::EntityStore& store, const data::Request& request);

}  // namespace polc::oracle
