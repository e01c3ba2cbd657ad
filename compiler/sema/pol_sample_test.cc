// The first example of the language, end to end: checked, lowered, decided by the oracle.
#include "compiler/sema/pol_test_util.h"

namespace polc::sema::pol {
namespace {

constexpr std::string_view kSample = R"(policy "prod-safety" version "2026.11.1" owner "sre-platform"

use std.autonomy with approvers Team "platform_leads"
use std.risk, std.limits, std.maturity

group Team
group Environment
person Human in Team
agent Agent in Team owned by Human has
  maturity       : Maturity
  credential_ttl : Duration
resource Service in Environment has
  data : Set of Text, at most 64

action class pod_restart   is reversible
action class table_archive is reversible
action class schema_change is irreversible
evidence rollback_plan (undo) : Text

action restart_pod in pod_restart by Agent on Service with
  blast_radius : Percent from host, 100% if missing
  incident?    : Text
action archive_table in table_archive by Agent on Service
action drop_table in schema_change by Agent on Service

switch freeze for each Environment fresh within 30s

fact risk : Risk is the highest of
  critical when action is irreversible and resource in Environment "production",
  high     when context has blast_radius and context.blast_radius is above 5%,
  medium   when resource in Environment "production",
  otherwise low

ladder for Agent "oncall" gives
  schema_change : execute_with_approval,
  table_archive : execute_with_approval,
  pod_restart   : execute_autonomously

rule restart_pods "On-call agents may restart pods while the blast radius is small"
  allow Agent in Team "sre" to do any pod_restart on Service
  when autonomy is at least execute_autonomously and context.blast_radius is at most 5%
  because "a pod restart is reversible and well understood"
  meets soc2 "CC8.1"

rule bounded
  limit timeout to 300s, cost to 50.00 for Agent to do any pod_restart on Service

rule tables
  allow Agent in Team "sre" to drop_table, archive_table on Service
  when autonomy is at least execute_with_approval

rule production_gate
  require approval by 2 of Team "security" or Team "platform_leads" within 30m
      and evidence rollback_plan
  for Agent to change anything on Service in Environment "production"
  when risk is at least high
  meets eu_ai_act "Art. 14"

rule archive_first
  suggest archive_table for Agent to drop_table on Service in Environment "production"
  unless approved by 1 of Team "dba" within 30m

rule frozen
  forbid anyone to change anything on Service in Environment "production"
  when freeze of Environment "production" is on

guarantee no_silent_drop "Nobody drops a production table without a DBA"
  never allow anyone to drop_table on Service in Environment "production"
  without approval by 1 of Team "dba" within 30m
)";

constexpr std::string_view kGiven = R"(
  given Agent "oncall" in Team "sre" with owner Human "dana", maturity senior, credential_ttl 15m
  given Service "checkout" in Environment "production" with data []
  given now 2026-11-21T03:14:00Z
)";

class PolSample : public PolTest {
 protected:
  data::Decision Ask(std::string given, const std::string& asks, const std::string& expect) {
    std::string text(kSample);
    text += "test \"t\"" + std::string(kGiven) + given + "\n  when Agent \"oncall\" asks to " + asks +
            "\n  expect " + expect + "\n";
    set_ = Run({{"sample.pol", text}});
    EXPECT_EQ(Reported(), "") << First();
    if (set_.tests.size() != 1) {
      ADD_FAILURE() << "no test";
      return {};
    }
    return Decide(set_, set_.tests.front());
  }
  Set set_;
};

TEST_F(PolSample, ChecksClean) {
  Set set = Run({{"sample.pol", std::string(kSample)}});
  EXPECT_EQ(Reported(), "") << First();
  EXPECT_EQ(set.guarantees.size(), 1u);
  EXPECT_EQ(set.rules.front().id, "prod-safety/restart_pods");
}

TEST_F(PolSample, AtThreeInTheMorning) {
  const data::Decision d = Ask("", "restart_pod on Service \"checkout\" with blast_radius 2%",
                               "allow with limits timeout 300s, cost 50.00 by restart_pods, bounded");
  EXPECT_EQ(d.outcome, data::Outcome::kAllowWithLimits);
  EXPECT_THAT(d.reasons, testing::UnorderedElementsAre("prod-safety/restart_pods", "prod-safety/bounded"));
  EXPECT_EQ(set_.tests.front().expected.by,
            (std::vector<std::string>{"prod-safety/bounded", "prod-safety/restart_pods"}));
  ASSERT_TRUE(d.limits.contains("cost"));
  EXPECT_EQ(d.limits.at("cost").value, data::Value(data::Decimal{500000}));
  EXPECT_EQ(set_.tests.front().expected.limits->front().second, d.limits.at("cost").value);
  EXPECT_EQ(d.facts.at("risk"), data::Value(std::string("medium")));
  EXPECT_EQ(d.facts.at("autonomy"), data::Value(std::string("execute_autonomously")));
  EXPECT_TRUE(d.errors.empty()) << d.errors.front().rule << d.errors.front().message;
}

TEST_F(PolSample, WhatIsMissingIsTheWorst) {
  // The gateway said nothing of the blast radius: 100 %.
  const data::Decision d = Ask("", "restart_pod on Service \"checkout\"", "deny because no_grant");
  EXPECT_EQ(d.outcome, data::Outcome::kDeny);
  EXPECT_EQ(d.why, data::Why::kNoGrant);
  EXPECT_EQ(d.facts.at("risk"), data::Value(std::string("high")));
}

TEST_F(PolSample, FrozenAndASuggestion) {
  data::Decision d = Ask("given freeze of Environment \"production\" is on",
                         "restart_pod on Service \"checkout\" with blast_radius 2%", "deny by frozen");
  EXPECT_EQ(d.outcome, data::Outcome::kDeny);
  EXPECT_THAT(d.reasons, testing::ElementsAre("prod-safety/frozen"));
  d = Ask("", "drop_table on Service \"checkout\"", "suggest archive_table by archive_first");
  EXPECT_EQ(d.outcome, data::Outcome::kSuggest);
  ASSERT_EQ(d.suggestions.size(), 1u);
  EXPECT_EQ(d.suggestions.front().action.id, "archive_table");
}

TEST_F(PolSample, ArchivingNeedsApproval) {
  const data::Decision d =
      Ask("", "archive_table on Service \"checkout\"", "require approval by std.autonomy/approval");
  EXPECT_EQ(d.outcome, data::Outcome::kRequireApproval);
  EXPECT_THAT(d.reasons, testing::ElementsAre("std.autonomy/approval"));
}

TEST_F(PolSample, AnInternIsCapped) {
  std::string text(kSample);
  text += R"(test "t"
  given Agent "oncall" in Team "sre" with owner Human "dana", maturity intern, credential_ttl 15m
  given Service "checkout" in Environment "production" with data []
  when Agent "oncall" asks to restart_pod on Service "checkout" with blast_radius 2%
  expect deny by std.autonomy/recommend_only_reads
)";
  Set set = Run({{"sample.pol", text}});
  ASSERT_EQ(Reported(), "") << First();
  const data::Decision d = Decide(set, set.tests.at(0));
  EXPECT_EQ(d.facts.at("autonomy"), data::Value(std::string("recommend")));
  EXPECT_THAT(d.reasons, testing::ElementsAre("std.autonomy/recommend_only_reads"));
}

}  // namespace
}  // namespace polc::sema::pol
