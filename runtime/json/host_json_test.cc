// Requests to Pol sets: what a host may say and how, and what no agent may.
#include <gtest/gtest.h>

#include <string>

#include "runtime/json/polc_json.h"
#include "runtime/vm/ballot_test_world.h"

namespace {

class HostJsonTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<uint8_t> file;
    ASSERT_TRUE(Write(polc::vm::BallotModel(), &file).ok());
    ASSERT_EQ(polc_bundle_open_memory(file.data(), file.size(), &bundle_, &error_), POLC_OK);
    ASSERT_EQ(polc_bundle_verify(bundle_, &error_), POLC_OK);
    ASSERT_EQ(polc_store_new(&store_, &error_), POLC_OK);
    ASSERT_EQ(polc_engine_new(bundle_, store_, &engine_, &error_), POLC_OK);
    ASSERT_EQ(polc_request_new(engine_, &request_, &error_), POLC_OK);
  }
  void TearDown() override {
    polc_request_free(request_);
    polc_engine_free(engine_);
    polc_store_free(store_);
    polc_bundle_free(bundle_);
  }

  // The problem with a request that has these members besides its three uids, or "".
  std::string Problem(const std::string& members) {
    const std::string text =
        R"({"principal":"Agent::\"oncall\"","action":"Action::\"drop\"","resource":{"type":"Service","id":"s"})" +
        (members.empty() ? "" : "," + members) + "}";
    EXPECT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
    error_.status = POLC_OK;
    return polc_request_from_json(request_, text.data(), text.size(), &error_) == POLC_OK ? ""
                                                                                          : error_.message;
  }
  std::string HostProblem(const std::string& member) { return Problem(R"("host":{)" + member + "}"); }

  polc_error error_{sizeof(polc_error), POLC_OK, 0, {}};
  polc_bundle* bundle_ = nullptr;
  polc_store* store_ = nullptr;
  polc_engine* engine_ = nullptr;
  polc_request* request_ = nullptr;
};

const std::string kDigest = "\"sha256:" + std::string(64, 'a') + "\"";
const std::string kUid = R"({"type":"Human","id":"kim"})";

TEST_F(HostJsonTest, EverythingAHostMaySay) {
  EXPECT_EQ(Problem(""), "");
  EXPECT_EQ(
      Problem(
          R"("context":{"note":"x","count":7,"varying":null},"host":{"now":"2026-11-21T03:14:00Z",)"
          R"("context":{"tool":"sha256:1"},"entities":[{"uid":{"type":"Agent","id":"oncall"},"attrs":)"
          R"({"owner":{"type":"Human","id":"dana"}},"parents":[]}],"state":[],"approvals":[{"id":"a1",)"
          R"("approver":)" +
          kUid + R"(,"issued":"2026-11-21T03:14:00Z","action_digest":)" + kDigest + R"(,"terms_digest":)" +
          kDigest + R"(,"snapshot":)" + kDigest +
          R"(,"consumed":true,"key":"k","action":"{}","signature":"s"}],"refusals":[{"id":"r1","approver":)"
          R"("Human::\"kim\"","issued":"2026-11-21","action_digest":)" +
          kDigest + R"(}],"evidence":[{"kind":"plan","value":"undo","action_digest":)" + kDigest +
          R"(}],"acts_for":[{"principal":)" + kUid + R"(},{"principal":)" + kUid +
          R"(,"scope":["a","b"]},{"principal":)" + kUid + R"(,"scope":[]}],"enforces":["timeout"]})"),
      "");
}

TEST_F(HostJsonTest, WhatIsNoAgentsToSay) {
  EXPECT_EQ(Problem(R"("entities":[])"), "`entities` is no member that is known here");
  EXPECT_EQ(Problem(R"("approvals":[])"), "`approvals` is no member that is known here");
  EXPECT_EQ(Problem(R"("now":"2026-11-21")"), "`now` is no member that is known here");
}

TEST_F(HostJsonTest, WhatIsNoHostsToSay) {
  EXPECT_EQ(HostProblem(R"("nonsense":1)"), "`host.nonsense` is nothing a host says");
  EXPECT_EQ(HostProblem(R"("context":{"note":"x"})"),
            "`host.context.note` is no attribute of the action that is declared `from host`");
  EXPECT_EQ(Problem(R"("host":[])"), "`host` is an array; it has to be an object");
}

TEST_F(HostJsonTest, ItemsAreWhole) {
  const std::string approval = R"("id":"a","approver":)" + kUid +
                               R"(,"issued":"2026-11-21","action_digest":)" + kDigest +
                               R"(,"terms_digest":)" + kDigest + R"(,"snapshot":)" + kDigest;
  EXPECT_EQ(HostProblem(R"("approvals":[{)" + approval + "}]"), "");
  EXPECT_EQ(HostProblem(R"("approvals":[{)" + approval + R"(,"extra":1}])"),
            "`host.approvals[0].extra` is no member that is known here");
  EXPECT_EQ(HostProblem(R"("approvals":[{"id":"a"}])"), "`host.approvals[0]` lacks `approver`");
  EXPECT_EQ(HostProblem(R"("approvals":[{)" + approval + R"(,"consumed":1}])"),
            "`host.approvals[0].consumed` is an integer; it has to be a boolean");
  for (const char* bad : {"\"sha256:aa\"", "\"\"", "1", "\"SHA256:\""}) {
    EXPECT_EQ(
        HostProblem(R"("evidence":[{"kind":"plan","value":"x","action_digest":)" + std::string(bad) + "}]"),
        "`host.evidence[0].action_digest` is no digest: `sha256:` and 64 hex digits")
        << bad;
  }
  EXPECT_EQ(HostProblem(R"("evidence":[{"kind":"other","value":"x","action_digest":)" + kDigest + "}]"),
            "`host.evidence[0]` is of no kind of evidence that the policies declare");
  EXPECT_EQ(HostProblem(R"("state":[{"input":"restarts","value":1}])"),
            "`host.state[0]` is no input that the policies declare");
  EXPECT_EQ(HostProblem(R"("now":1)"), "`host.now` is no time, like \"2026-11-21T03:14:00Z\"");
  EXPECT_EQ(HostProblem(R"("enforces":[1])"), "`host.enforces[0]` is an integer; it has to be a string");
}

TEST_F(HostJsonTest, AChainIsFourLong) {
  std::string hops;
  for (int i = 0; i < 5; ++i) hops += (i > 0 ? "," : "") + std::string(R"({"principal":)") + kUid + "}";
  EXPECT_NE(HostProblem(R"("acts_for":[)" + hops + "]"), "");
}

}  // namespace
