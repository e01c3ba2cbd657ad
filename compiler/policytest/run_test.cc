#include "compiler/policytest/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::policytest {
namespace {

using data::Decision;
using data::Outcome;
using data::Value;
using data::Why;
using testing::ElementsAre;
using testing::HasSubstr;

const core::Program kNothing;

TestCase Case(Outcome outcome) {
  TestCase test;
  test.request.principal = {"Agent", "a"};
  test.request.action = {"Action", "restart"};
  test.request.resource = {"Service", "s"};
  data::Host host;
  host.now = data::Datetime{1'000'000};
  test.request.host = std::make_shared<const data::Host>(std::move(host));
  test.expected.outcome = static_cast<TestCase::Expected::Outcome>(outcome);
  return test;
}

Decide Always(const Decision& decision) {
  return [decision](const data::Request&) { return decision; };
}

TEST(PolicyTestRun, PassesWhatIsAsExpected) {
  Decision decision;
  decision.outcome = Outcome::kAllow;
  decision.why = Why::kNone;
  decision.reasons = {"p/a"};
  TestCase test = Case(Outcome::kAllow);
  test.expected.by = {{"p/a"}};
  EXPECT_TRUE(RunTest(test, Always(decision), kNothing).passed());
}

TEST(PolicyTestRun, SaysWhichOutcomeItIs) {
  Decision decision;
  decision.why = Why::kForbidden;
  decision.reasons = {"p/frozen"};
  const Result result = RunTest(Case(Outcome::kAllow), Always(decision), kNothing);
  EXPECT_THAT(result.differences, ElementsAre("expected allow, and it is deny (forbidden) by p/frozen"));
  EXPECT_THAT(result.rules, ElementsAre("p/frozen"));
}

TEST(PolicyTestRun, ComparesTheReasonForADeny) {
  Decision decision;
  TestCase test = Case(Outcome::kDeny);
  test.expected.why = "unenforceable";
  EXPECT_THAT(RunTest(test, Always(decision), kNothing).differences,
              ElementsAre("expected deny because unenforceable, and it is because no_grant"));
}

TEST(PolicyTestRun, ReasonsAreExact) {
  Decision decision;
  decision.outcome = Outcome::kAllow;
  decision.why = Why::kNone;
  decision.reasons = {"p/a", "p/b"};
  TestCase test = Case(Outcome::kAllow);
  test.expected.by = {{"p/a", "p/c"}};
  const Result result = RunTest(test, Always(decision), kNothing);
  EXPECT_THAT(result.differences,
              ElementsAre("expected by p/c, which is not a reason", "p/b is a reason, and not expected"));
  EXPECT_THAT(result.rules, ElementsAre("p/b", "p/c"));
}

TEST(PolicyTestRun, LimitsAreExact) {
  Decision decision;
  decision.outcome = Outcome::kAllowWithLimits;
  decision.why = Why::kNone;
  decision.limits["rows"] = {Value(int64_t{5}), {"p/few"}};
  decision.limits["bytes"] = {Value(int64_t{9}), {"p/small"}};
  TestCase test = Case(Outcome::kAllowWithLimits);
  test.expected.limits = {{{"cost", Value(int64_t{1})}, {"rows", Value(int64_t{6})}}};
  EXPECT_THAT(RunTest(test, Always(decision), kNothing).differences,
              ElementsAre("expected the limit cost 1, and there is none",
                          "expected the limit rows 6, and it is 5 by p/few",
                          "there is a limit that is not expected: bytes 9 by p/small"));
}

TEST(PolicyTestRun, ApprovalsNameTheDigestsOfTheDecisionWithoutThem) {
  TestCase test = Case(Outcome::kAllow);
  test.approvals.push_back({{"Human", "kim"}, 600, {}});
  test.refusals.push_back({{"Human", "lee"}, 100, {}});
  std::vector<data::Host> asked;
  const Decide decide = [&](const data::Request& request) {
    asked.push_back(*request.host);
    Decision decision;
    decision.action_digest = "sha256:action";
    decision.terms_digest = "sha256:terms";
    decision.snapshot = "sha256:snapshot";
    return decision;
  };
  RunTest(test, decide, kNothing);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_TRUE(asked[0].approvals.empty());
  ASSERT_EQ(asked[1].approvals.size(), 1u);
  EXPECT_EQ(asked[1].approvals[0].action_digest, "sha256:action");
  EXPECT_EQ(asked[1].approvals[0].terms_digest, "sha256:terms");
  EXPECT_EQ(asked[1].approvals[0].snapshot, "sha256:snapshot");
  EXPECT_EQ(asked[1].approvals[0].issued.ms, 1'000'000 - 600);
  ASSERT_EQ(asked[1].refusals.size(), 1u);
  EXPECT_EQ(asked[1].refusals[0].action_digest, "sha256:action");
}

TEST(PolicyTestRun, AnApprovalLetsOneActionGo) {
  TestCase test = Case(Outcome::kAllow);
  test.approvals.push_back({{"Human", "kim"}, 600, {}});
  test.then.push_back(test);
  test.then[0].approvals.clear();
  test.then[0].expected.outcome = TestCase::Expected::Outcome::kRequireApproval;
  std::vector<bool> consumed;
  const Decide decide = [&](const data::Request& request) {
    Decision decision;
    const bool there = !request.host->approvals.empty() && !request.host->approvals[0].consumed;
    if (!request.host->approvals.empty()) consumed.push_back(request.host->approvals[0].consumed);
    decision.outcome = there ? Outcome::kAllow : Outcome::kRequireApproval;
    if (there) decision.counted = {{request.host->approvals[0].id, {"Human", "kim"}}};
    return decision;
  };
  const Result result = RunTest(test, decide, kNothing);
  EXPECT_TRUE(result.passed()) << result.differences[0];
  EXPECT_THAT(consumed, ElementsAre(false, true));
}

TEST(PolicyTestRun, CountsWhatIsLetGo) {
  core::Program program;
  core::Input counter;
  counter.id = "restarts of principal";
  counter.name = "restarts";
  counter.kind = core::Input::Kind::kCounter;
  counter.value = data::Kind::kLong;
  counter.by = "principal";
  core::Type agent;
  agent.kind = data::Kind::kEntity;
  agent.entity = "Agent";
  counter.key_type = std::make_shared<const core::Type>(agent);
  counter.over_ms = 1000;
  program.inputs = {counter};
  const Value key(data::EntityUid{"Agent", "a"});
  TestCase test = Case(Outcome::kAllow);
  auto host = std::make_shared<data::Host>(*test.request.host);
  host->state.push_back(
      {.input = "restarts", .by = "principal", .key = key, .value = Value(int64_t{2}), .as_of = host->now});
  test.request.host = host;
  test.times = 3;
  test.then.push_back(test);
  test.then[0].times = 1;
  auto later = std::make_shared<data::Host>(*host);
  later->now = data::Datetime{host->now->ms + 1000};
  test.then[0].request.host = later;
  std::vector<int64_t> read;
  const Decide decide = [&](const data::Request& request) {
    read.push_back(request.host->state.at(0).value.as_long());
    Decision decision;
    decision.outcome = Outcome::kAllow;
    decision.state_updates.push_back(
        {.input = "restarts", .by = "principal", .key = key, .amount = Value(int64_t{1})});
    return decision;
  };
  RunTest(test, decide, program);
  // Two were given when it began; after the window they are forgotten with the others.
  EXPECT_THAT(read, ElementsAre(2, 3, 4, 0));
}

TEST(PolicyTestRun, SaysWhichRequestIsNotAsExpected) {
  TestCase test = Case(Outcome::kDeny);
  test.times = 3;
  int asked = 0;
  const Decide decide = [&](const data::Request&) {
    Decision decision;
    if (++asked == 2) decision.outcome = Outcome::kAllow;
    if (asked == 2) decision.why = Why::kNone;
    return decision;
  };
  const Result result = RunTest(test, decide, kNothing);
  EXPECT_THAT(result.differences, ElementsAre("request 2 of 3: expected deny, and it is allow"));
  EXPECT_EQ(asked, 2);
}

TEST(PolicyTestRun, WhatIsNotToBeAReason) {
  Decision decision;
  decision.reasons = {"p/a", "p/b"};
  TestCase test = Case(Outcome::kDeny);
  test.expected.not_by = {"p/b", "p/c"};
  const Result result = RunTest(test, Always(decision), kNothing);
  EXPECT_THAT(result.differences, ElementsAre("expected not by p/b, which is a reason"));
  test.expected.not_by = {"p/c"};
  EXPECT_TRUE(RunTest(test, Always(decision), kNothing).passed());
}

TEST(PolicyTestRun, WhatIsMissing) {
  Decision decision;
  decision.outcome = Outcome::kRequireApproval;
  decision.needs = {{"p/a", {.approval = {data::QuorumTerm()}}}, {"p/a", {.evidence = "plan"}}};
  TestCase test = Case(Outcome::kRequireApproval);
  test.expected.missing = sema::pol::MissingTerms{.approval = true, .evidence = {"plan"}};
  EXPECT_TRUE(RunTest(test, Always(decision), kNothing).passed());
  test.expected.missing = sema::pol::MissingTerms{.approval = false, .evidence = {"plan"}};
  EXPECT_THAT(RunTest(test, Always(decision), kNothing).differences,
              ElementsAre("expected evidence plan to be missing, and it is approval and evidence plan"));
}

TEST(PolicyTestRun, ErrorsAreCounted) {
  Decision decision;
  decision.errors = {{"p0", "overflow"}};
  TestCase test = Case(Outcome::kDeny);
  test.expected.errors = 1;
  EXPECT_TRUE(RunTest(test, Always(decision), kNothing).passed());
  test.expected.errors = 0;
  EXPECT_THAT(RunTest(test, Always(decision), kNothing).differences,
              ElementsAre("expected 0 errors, and there are 1", "p0 erred: overflow"));
}

}  // namespace
}  // namespace polc::policytest
