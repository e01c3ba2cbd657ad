// Runs the `test` blocks of a policy set: asks an engine for the decision and compares it with what the test
// expects (docs/language.md, Tests).
//
// Which engine decides is the caller's choice. A test is decided twice if it has approvals, refusals or
// evidence: first without them, to learn the digests that they have to name, then with them.
// Every function is pure; tests may be run from several threads at once if `decide` may.
// Tested by run_test.cc and tests/stdlib.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/decision.h"
#include "compiler/data/entities.h"
#include "compiler/sema/pol_tests.h"

namespace polc::policytest {

using sema::pol::TestCase;

// Decides a request that brings all its entities with it.
using Decide = std::function<data::Decision(const data::Request&)>;

struct Result {
  data::Decision decision;
  // What is not as expected, one sentence each; empty: the test passes.
  std::vector<std::string> differences;
  // Rules that are worth a look when it does not: expected and not there, or there and not expected. Sorted.
  std::vector<std::string> rules;

  bool passed() const { return differences.empty(); }
};

// At most two decisions.
Result RunTest(const TestCase& test, const Decide& decide);

// Outcome, what it rests on and its terms, in one line: `require_approval by prod/gate`.
std::string Summary(const data::Decision& decision);

}  // namespace polc::policytest
