// The oracle's authorizer: which rules hold, and what that decides.
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

#include "compiler/oracle/eval.h"

namespace polc::oracle {

// From least to most restrictive. Cedar knows the first and the last.
enum class Outcome : uint8_t { kAllow, kAllowWithLimits, kRequireApproval, kSuggest, kDeny };
std::string_view OutcomeName(Outcome outcome);  // "allow", "allow_with_limits", "require_approval", …

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

// Whether the scope of `rule` fits the request; its conditions are not looked at.
bool ScopeHolds(const core::Rule& rule, const data::EntityStore& store, const data::Request& request);

}  // namespace polc::oracle
