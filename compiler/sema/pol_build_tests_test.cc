#include "compiler/sema/pol_test_util.h"

namespace polc::sema::pol {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class BuildTests : public PolTest {
 protected:
  // What stands in front of the tests below.
  static constexpr std::string_view kRules = R"(
    switch freeze for each Environment
    counter restarts_done counts restart for each principal over 10m
    rule r forbid Agent to drop on Service in Environment "e" when freeze of Environment "e" is on
    fixture on_call
      given Agent "a" in Team "x" with ttl 5m, owner Human "h"
      given Service "s" in Environment "e" with data []
      given now 2026-01-01T00:00:00Z
)";
  std::vector<TestCase> Tests(std::string_view text) {
    Set set = With(std::string(kRules) + std::string(text));
    EXPECT_EQ(Reported(), "") << First();
    return set.tests;
  }
  std::string Wrong(std::string_view text) { return Codes(std::string(kRules) + std::string(text)); }

  static const data::Entity& EntityOf(const TestStep& step, const data::EntityUid& uid) {
    for (const data::Entity& entity : step.request.entities) {
      if (entity.uid == uid) return entity;
    }
    ADD_FAILURE() << "no " << data::ToString(uid);
    return step.request.entities.front();
  }
  static data::Value StateOf(const TestStep& step, const std::string& input) {
    for (const data::StateItem& item : step.request.host->state) {
      if (item.input == input) return item.value;
    }
    ADD_FAILURE() << "no " << input;
    return data::Value(false);
  }
};

TEST_F(BuildTests, FixturesGiveAndTestsChange) {
  const auto tests = Tests(R"(
    fixture frozen given freeze of Environment "e" is on
    test "t"
      given on_call, frozen
      given Agent "a" with ttl 1m
      given now 2027-01-01T00:00:00Z
      given freeze of Environment "e" is off
      when Agent "a" asks to drop on Service "s"
      expect allow)");
  ASSERT_THAT(tests, SizeIs(1));
  const data::Entity& agent = EntityOf(tests[0], {"Agent", "a"});
  EXPECT_EQ(agent.attrs.at("ttl"), data::Value(data::Duration{60'000}));
  EXPECT_EQ(agent.attrs.at("owner"), data::Value(data::EntityUid{"Human", "h"}));
  EXPECT_THAT(agent.parents, ElementsAre(data::EntityUid{"Team", "x"}));
  EXPECT_EQ(StateOf(tests[0], "freeze"), data::Value(false));
  EXPECT_EQ(tests[0].request.host->now->ms, 1798761600000);
}

TEST_F(BuildTests, AnotherGroupReplacesTheGroups) {
  const auto tests = Tests(R"(test "t" given on_call given Agent "a" in Team "y"
      when Agent "a" asks to drop on Service "s" expect deny)");
  ASSERT_THAT(tests, SizeIs(1));
  EXPECT_THAT(EntityOf(tests[0], {"Agent", "a"}).parents, ElementsAre(data::EntityUid{"Team", "y"}));
}

TEST_F(BuildTests, EveryCombinationIsATest) {
  const auto tests = Tests(R"(test "t" given on_call given Human "h"
      when Agent "a", Human "h" asks to drop, look on Service "s" expect deny)");
  std::vector<std::string> titles;
  for (const TestCase& test : tests) titles.push_back(test.title);
  EXPECT_THAT(titles, ElementsAre("t (Agent \"a\", drop)", "t (Agent \"a\", look)", "t (Human \"h\", drop)",
                                  "t (Human \"h\", look)"));
  EXPECT_EQ(tests[2].request.principal, (data::EntityUid{"Human", "h"}));
}

TEST_F(BuildTests, CasesDifferInWhatTheySay) {
  const auto tests = Tests(R"(test "t" given on_call
      when Agent "a" asks to restart on Service "s" with to [], n 1
      case "as it is" expect deny
      case "more" with n 2, blast 3% given freeze of Environment "e" is on expect deny
      case "another" when Agent "a" asks to drop on Service "s" expect deny)");
  ASSERT_THAT(tests, SizeIs(3));
  EXPECT_EQ(tests[0].title, "t: as it is");
  EXPECT_EQ(*tests[0].request.context.Find("n"), data::Value(int64_t{1}));
  EXPECT_EQ(*tests[1].request.context.Find("n"), data::Value(int64_t{2}));
  EXPECT_EQ(*tests[1].request.host->context.Find("blast"), data::Value(data::Decimal{300}));
  EXPECT_EQ(StateOf(tests[1], "freeze"), data::Value(true));
  EXPECT_EQ(StateOf(tests[0], "freeze"), data::Value(false));
  EXPECT_EQ(tests[2].request.action.id, "drop");
}

TEST_F(BuildTests, StepsFollowEachOther) {
  const auto tests = Tests(R"(test "t" given on_call
      given approval by Human "h" 1m ago
      when Agent "a" asks 3 times to restart on Service "s" with to [], n 1 expect allow
      then expect deny
      then after 10m given freeze of Environment "e" is on expect deny
      then after 1m Agent "a" asks to look on Service "s" expect deny)");
  ASSERT_THAT(tests, SizeIs(1));
  const TestCase& test = tests[0];
  EXPECT_EQ(test.times, 3u);
  EXPECT_THAT(test.approvals, SizeIs(1));
  ASSERT_THAT(test.then, SizeIs(3));
  EXPECT_THAT(test.then[0].approvals, SizeIs(0));
  EXPECT_EQ(test.then[0].request.action.id, "restart");
  EXPECT_EQ(test.then[0].request.host->now->ms, test.request.host->now->ms);
  EXPECT_EQ(test.then[1].request.host->now->ms, test.request.host->now->ms + 600'000);
  EXPECT_EQ(test.then[2].request.host->now->ms, test.request.host->now->ms + 660'000);
  EXPECT_EQ(StateOf(test.then[0], "freeze"), data::Value(false));
  EXPECT_EQ(StateOf(test.then[2], "freeze"), data::Value(true));
  EXPECT_EQ(test.then[2].request.action.id, "look");
}

TEST_F(BuildTests, WhatIsExpected) {
  const auto tests = Tests(R"(
    rule q require approval by 1 of Team "x" within 5m and evidence plan for Agent to drop
    test "t" given on_call when Agent "a" asks to drop on Service "s"
      expect require approval and evidence plan not by r
    test "u" given on_call when Agent "a" asks to drop on Service "s" expect require evidence plan by q
    test "v" given on_call when Agent "a" asks to drop on Service "s" expect require approval)");
  ASSERT_THAT(tests, SizeIs(3));
  ASSERT_TRUE(tests[0].expected.missing);
  EXPECT_TRUE(tests[0].expected.missing->approval);
  EXPECT_THAT(tests[0].expected.missing->evidence, ElementsAre("plan"));
  EXPECT_THAT(tests[0].expected.not_by, ElementsAre("p/r"));
  EXPECT_FALSE(tests[0].expected.by);
  EXPECT_FALSE(tests[1].expected.missing->approval);
  EXPECT_FALSE(tests[2].expected.missing);
}

TEST_F(BuildTests, Mistakes) {
  const std::string ask = "when Agent \"a\" asks to drop on Service \"s\" ";
  EXPECT_EQ(Wrong("test \"t\" given on_cal " + ask + "expect deny"), "UnknownName");
  EXPECT_EQ(Wrong("fixture a given b fixture b given a test \"t\" given a, on_call " + ask + "expect deny"),
            "UnexpectedToken");
  EXPECT_EQ(Wrong("fixture on_call given Human \"h\""), "DuplicateDeclaration");
  EXPECT_EQ(Wrong("fixture enforces given Human \"h\""), "UnexpectedToken");
  EXPECT_EQ(Wrong("test \"t\" given on_call case \"c\" expect deny"), "UnexpectedToken");
  EXPECT_EQ(Wrong("test \"t\" given on_call given Human \"h\" given Human \"h\" " + ask + "expect deny"),
            "DuplicateEntity");
  EXPECT_EQ(Wrong("test \"t\" given on_call " + ask +
                  "expect deny then given restarts_done of Agent \"a\" is 3 expect deny"),
            "UnexpectedType");
  EXPECT_EQ(
      Wrong("test \"t\" given on_call when Agent \"a\" asks 0 times to drop on Service \"s\" expect deny"),
      "InvalidBound");
  EXPECT_EQ(
      Wrong("test \"t\" given on_call when Agent \"a\" asks 1001 times to drop on Service \"s\" expect deny"),
      "InvalidBound");
  EXPECT_EQ(
      Wrong("test \"t\" given on_call when Agent \"a\" asks 1000 times to drop on Service \"s\" expect deny "
            "then expect deny"),
      "InvalidBound");
  EXPECT_EQ(
      Wrong("test \"t\" given on_call when Agent \"a\" asks 999 times to drop on Service \"s\" expect deny "
            "then expect deny"),
      "");
  EXPECT_EQ(Wrong("test \"t\" given on_call " + ask +
                  "expect deny then Agent \"a\" asks to drop, look on Service \"s\" expect deny"),
            "UnexpectedToken");
  // A required attribute may come from the fixture, but it has to come.
  EXPECT_EQ(Wrong("test \"t\" given Agent \"b\" with ttl 1m when Agent \"b\" asks to drop on Service \"s\" "
                  "expect deny"),
            "UnexpectedType");
}

}  // namespace
}  // namespace polc::sema::pol
