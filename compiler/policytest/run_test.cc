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
  EXPECT_TRUE(RunTest(test, Always(decision)).passed());
}

TEST(PolicyTestRun, SaysWhichOutcomeItIs) {
  Decision decision;
  decision.why = Why::kForbidden;
  decision.reasons = {"p/frozen"};
  const Result result = RunTest(Case(Outcome::kAllow), Always(decision));
  EXPECT_THAT(result.differences, ElementsAre("expected allow, and it is deny (forbidden) by p/frozen"));
  EXPECT_THAT(result.rules, ElementsAre("p/frozen"));
}

TEST(PolicyTestRun, ComparesTheReasonForADeny) {
  Decision decision;
  TestCase test = Case(Outcome::kDeny);
  test.expected.why = "unenforceable";
  EXPECT_THAT(RunTest(test, Always(decision)).differences,
              ElementsAre("expected deny because unenforceable, and it is because no_grant"));
}

TEST(PolicyTestRun, ReasonsAreExact) {
  Decision decision;
  decision.outcome = Outcome::kAllow;
  decision.why = Why::kNone;
  decision.reasons = {"p/a", "p/b"};
  TestCase test = Case(Outcome::kAllow);
  test.expected.by = {{"p/a", "p/c"}};
  const Result result = RunTest(test, Always(decision));
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
  EXPECT_THAT(RunTest(test, Always(decision)).differences,
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
  RunTest(test, decide);
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

}  // namespace
}  // namespace polc::policytest
