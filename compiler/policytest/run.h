// Runs the `test` blocks of a policy set: asks an engine for the decision and compares it with what the test
// expects (docs/language.md, Tests).
//
// Which engine decides is the caller's choice. A request is decided twice if it has approvals, refusals or
// evidence: first without them, to learn the digests that they have to name, then with them.
//
// Between the requests of a test, this is the host: it applies what a decision moves (counters, totals,
// labels, breakers), and takes an approval that let its action go for used. What a test gives of such state
// happened when the test begins, and is forgotten when its window has passed.
// Every function is pure; tests may be run from several threads at once if `decide` may.
// Tested by run_test.cc and tests/stdlib.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"
#include "compiler/sema/pol_tests.h"

namespace polc::policytest {

using sema::pol::TestCase;

// Decides a request that brings all its entities with it.
using Decide = std::function<data::Decision(const data::Request&)>;

struct Result {
  // One request as it was decided in the end.
  struct Decided {
    data::Request request;
    data::Decision decision;
  };
  data::Decision decision;  // the last
  std::vector<Decided> decided;
  // What is not as expected, one sentence each; empty: the test passes. A test ends at the first request that
  // is not decided as expected.
  std::vector<std::string> differences;
  // Rules that are worth a look when it does not: expected and not there, or there and not expected. Sorted.
  std::vector<std::string> rules;

  bool passed() const { return differences.empty(); }
};

// `program` is the one that `decide` decides by. At most two decisions a request.
Result RunTest(const TestCase& test, const Decide& decide, const core::Program& program);

// The name a test is known by outside of its file: `policy/title`.
std::string NameOf(const TestCase& test);

// Outcome, what it rests on and its terms, in one line: `require_approval by prod/gate`.
std::string Summary(const data::Decision& decision);

}  // namespace polc::policytest
