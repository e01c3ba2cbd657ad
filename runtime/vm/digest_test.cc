#include "runtime/vm/digest.h"

#include <gtest/gtest.h>

#include "runtime/vm/ballot_test_world.h"

namespace polc::vm {
namespace {

using entities::MakeEntity;
using entities::MakeLong;

using DigestTest = BallotWorld;

TEST_F(DigestTest, TheActionIsWhatWasAskedAndWhatTheRulesReadOfIt) {
  SetContext({{"count", MakeLong(9007199254740993)},
              {"note", values().String("x")},
              {"tool", values().String("t1")},
              {"varying", values().String("v")}});
  Finish();
  EXPECT_EQ(
      Action(),
      R"({"action":{"id":"drop","type":"Action"},"acts_for":[],"context":{"count":"9007199254740993","note":"x"},)"
      R"("principal":{"id":"oncall","type":"Agent"},"principal_attributes":[{"path":["owner"],"value":{"__entity":)"
      R"({"id":"dana","type":"Human"}}},{"path":["owner","team"],"value":{"__entity":{"id":"security","type":"Team"}}}],)"
      R"("resource":{"id":"checkout","type":"Service"},"resource_attributes":[{"path":["tier"],"value":"1"}],"tool":"t1"})");
}

TEST_F(DigestTest, APathThatLeadsNowhereHasNoValue) {
  builder_->AddEntity(builder_->Entity("Agent", "oncall"), entities::EmptyRecord(), entities::EmptyRecord(),
                      {});
  builder_->SetResource(builder_->Entity("Service", "unknown"));
  Finish();
  const std::string action = Action();
  EXPECT_NE(action.find(R"("principal_attributes":[{"path":["owner"]},{"path":["owner","team"]}])"),
            std::string::npos)
      << action;
  EXPECT_NE(action.find(R"("resource_attributes":[{"path":["tier"]}])"), std::string::npos) << action;
}

TEST_F(DigestTest, TheChainIsNamedWithItsScopesAndAttributes) {
  ActedFor hop;
  hop.principal = builder_->Entity("Agent", "helper");
  hop.has_scope = true;
  hop.scope = {values().String("writes"), values().String("reads")};
  host().acts_for = {hop, {builder_->Entity("Human", "kim"), false, {}}};
  Finish();
  const std::string action = Action();
  EXPECT_NE(
      action.find(
          R"("acts_for":[{"attributes":[{"path":["owner"],"value":{"__entity":{"id":"dana","type":"Human"}}},)"
          R"({"path":["owner","team"],"value":{"__entity":{"id":"security","type":"Team"}}}],"principal":)"
          R"({"id":"helper","type":"Agent"},"scope":["reads","writes"]},{"attributes":[{"path":["owner"]},)"
          R"({"path":["owner","team"]}],"principal":{"id":"kim","type":"Human"}}])"),
      std::string::npos)
      << action;
}

TEST_F(DigestTest, WhatVariesIsNotNamed) {
  SetContext({{"note", values().String("x")}, {"varying", values().String("1")}});
  Finish();
  const std::string one = Action();
  Begin();
  SetContext({{"note", values().String("x")}, {"varying", values().String("2")}});
  Finish();
  EXPECT_EQ(one, Action());
  Begin();
  SetContext({{"note", values().String("y")}, {"varying", values().String("1")}});
  Finish();
  EXPECT_NE(one, Action());
}

TEST_F(DigestTest, AnActionIsSplitIntoItsParts) {
  SetContext({{"note", values().String("a,}\"]{\\")}, {"tool", values().String("t")}});
  Finish();
  const std::string action = Action();
  const std::optional<ActionParts> parts = SplitAction(action);
  ASSERT_TRUE(parts);
  EXPECT_EQ((*parts)[static_cast<size_t>(ActionPart::kContext)], R"({"note":"a,}\"]{\\"})");
  EXPECT_EQ((*parts)[static_cast<size_t>(ActionPart::kTool)], R"("t")");
  EXPECT_EQ((*parts)[static_cast<size_t>(ActionPart::kActsFor)], "[]");
  std::string joined;
  for (std::string_view part : *parts) joined += part;
  EXPECT_LT(joined.size(), action.size());
}

// Hosts keep these texts and may have anything.
TEST_F(DigestTest, WhatIsNoActionIsNotSplit) {
  Finish();
  const std::string action = Action();
  for (size_t cut = 0; cut < action.size(); ++cut) EXPECT_FALSE(SplitAction(action.substr(0, cut))) << cut;
  for (const char* text :
       {"", "x", "{}", "[]", "null", "{\"action\":", "{\"action\":]", "{\"action\":\"", "{\"action\":\\"}) {
    EXPECT_FALSE(SplitAction(text)) << text;
  }
  std::string renamed = action;
  renamed.replace(renamed.find("\"tool\""), 6, "\"tolo\"");
  EXPECT_FALSE(SplitAction(renamed));
}

TEST_F(DigestTest, TermsAreASetOfNeedsAndLimits) {
  Finish();
  const std::vector<ResolvedQuorum> two = {
      {{{2, false, {Team("security"), Team("leads")}}}, 1800000, false, false},
      {{{1, true, {}}, {1, false, {Human("kim")}}}, 60000, true, true}};
  const Value seconds = entities::MakeNumber(Kind::kDuration, 300000);
  auto terms = [&](bool reversed) {
    TermsJson json(*engine_, *request_, memory());
    std::vector<ResolvedQuorum> quorums = two;
    if (reversed) {
      std::reverse(quorums.begin(), quorums.end());
      for (ResolvedQuorum& quorum : quorums) {
        std::reverse(quorum.parts.begin(), quorum.parts.end());
        for (ResolvedPart& part : quorum.parts) std::reverse(part.pools.begin(), part.pools.end());
      }
      json.AddEvidence("plan");
      json.AddLimit("cost", nullptr, memory());
      json.AddLimit("timeout", &seconds, memory());
      json.AddApproval(quorums);
      json.AddEvidence("plan");
    } else {
      json.AddLimit("timeout", &seconds, memory());
      json.AddApproval(quorums);
      json.AddEvidence("plan");
      json.AddLimit("cost", nullptr, memory());
    }
    return json.Finish();
  };
  EXPECT_EQ(
      terms(false),
      R"({"limits":[{"error":true,"kind":"cost"},{"kind":"timeout","value":{"__extn":{"arg":"300000ms","fn":"duration"}}}],)"
      R"("needs":[{"approval":[{"including_owner":false,"parts":[{"count":"2","error":false,"pools":[{"id":"leads","type":)"
      R"("Team"},{"id":"security","type":"Team"}]}],"survives_policy_change":false,"within":"1800000"},{"including_owner":)"
      R"(true,"parts":[{"count":"1","error":false,"pools":[{"id":"kim","type":"Human"}]},{"count":"1","error":true,)"
      R"("pools":[]}],"survives_policy_change":true,"within":"60000"}]},{"evidence":"plan"}]})");
  EXPECT_EQ(terms(false), terms(true));
}

TEST_F(DigestTest, EqualPartsAreTwoPeople) {
  Finish();
  auto terms = [&](size_t parts) {
    TermsJson json(*engine_, *request_, memory());
    const std::vector<ResolvedQuorum> quorum = {
        {std::vector<ResolvedPart>(parts, {1, false, {Team("security")}}), 1, false, false}};
    json.AddApproval(quorum);
    return json.Finish();
  };
  EXPECT_NE(terms(1), terms(2));
}

}  // namespace
}  // namespace polc::vm
