// Files of every format version still open and still decide as they did when they were made.
//
// vN.polb and vN.pols are examples/deploy-agents as it was when format version N was current, compiled then
// and never again; v2, which is for bundles with Pol, is examples/sre-oncall. A new format version adds a
// pair and a row; nothing is ever replaced.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/api/polc.hpp"

namespace {

struct Case {
  const char* action;
  const char* service;
  polc_outcome outcome;
  std::vector<std::string> reasons;
};

struct Version {
  std::string stem;
  std::string snapshot;  // the bundle's, in hex
  uint32_t rules;
  uint32_t entities;
  std::vector<Case> cases;  // asked by Agent::"oncall"
};

std::string Hex(const std::array<uint8_t, 32>& bytes) {
  std::string hex;
  for (uint8_t b : bytes) {
    hex += "0123456789abcdef"[b >> 4];
    hex += "0123456789abcdef"[b & 15];
  }
  return hex;
}

class Compatibility : public ::testing::TestWithParam<Version> {};

TEST_P(Compatibility, OpensAndDecides) {
  const Version& version = GetParam();
  const std::string path = std::string(POLC_SOURCE_DIR) + "/tests/compatibility/" + version.stem;
  polc::Bundle bundle;
  polc::Store store;
  polc::Engine engine;
  polc::Request request;
  polc::Error error = polc::Bundle::Open((path + ".polb").c_str(), &bundle);
  ASSERT_FALSE(error) << error.message();
  error = polc::Store::Open((path + ".pols").c_str(), &store);
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(Hex(bundle.snapshot_id()), version.snapshot);
  EXPECT_EQ(bundle.rule_count(), version.rules);
  EXPECT_EQ(store.size(), version.entities);
  ASSERT_FALSE(polc::Engine::New(bundle, store, &engine));
  ASSERT_FALSE(polc::Request::New(engine, &request));

  for (const Case& c : version.cases) {
    ASSERT_FALSE(request.Reset(engine));
    polc::Values values = request.values();
    polc::Value blast_radius, now, source, context;
    ASSERT_FALSE(values.Parse("decimal", "0.02", &blast_radius));
    ASSERT_FALSE(values.Parse("datetime", "2026-11-21T03:14:00Z", &now));
    ASSERT_FALSE(values.Parse("ip", "10.1.2.3", &source));
    ASSERT_FALSE(values.Record({{"blast_radius", blast_radius}, {"now", now}, {"source", source}}, &context));
    ASSERT_FALSE(request.Set(POLC_PRINCIPAL, {"Agent", "oncall"}));
    ASSERT_FALSE(request.Set(POLC_ACTION, {"Action", c.action}));
    ASSERT_FALSE(request.Set(POLC_RESOURCE, {"Service", c.service}));
    ASSERT_FALSE(request.SetContext(context));
    polc::Decision decision;
    ASSERT_FALSE(request.Decide(&decision));
    EXPECT_EQ(decision.outcome(), c.outcome) << c.action << " on " << c.service;
    std::vector<std::string> reasons;
    for (size_t i = 0; i < decision.raw.reason_count; ++i)
      reasons.push_back(request.RuleId(decision.raw.reasons[i]));
    EXPECT_EQ(reasons, c.reasons) << c.action << " on " << c.service;
    EXPECT_EQ(decision.raw.error_count, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(FormatVersions, Compatibility,
                         ::testing::Values(Version{
                             "v1",
                             "62ce06c50932e884366e6bd393e55210f074dcd0d65d73e6133205bc515e7a61",
                             6,
                             15,
                             {{"pod.restart", "checkout", POLC_ALLOW, {"restart_small"}},
                              {"pod.restart", "ledger", POLC_DENY, {"frozen"}},
                              {"table.drop", "checkout", POLC_DENY, {"no_agent_drops"}},
                              {"logs.read", "ledger", POLC_ALLOW, {"read_logs"}}}}));

TEST(CompatibilityWithPol, Version2OpensAndDecides) {
  const std::string path = std::string(POLC_SOURCE_DIR) + "/tests/compatibility/v2";
  polc::Bundle bundle;
  polc::Store store;
  polc::Engine engine;
  polc::Request request;
  polc::Error error = polc::Bundle::Open((path + ".polb").c_str(), &bundle);
  ASSERT_FALSE(error) << error.message();
  error = polc::Store::Open((path + ".pols").c_str(), &store);
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(Hex(bundle.snapshot_id()), "f99325e09ca4dfcc22d558767b7a0e8154b67a3e29e8b7167250e3b84b0454c6");
  EXPECT_EQ(bundle.rule_count(), 12u);
  ASSERT_FALSE(polc::Engine::New(bundle, store, &engine));
  ASSERT_FALSE(polc::Request::New(engine, &request));
  struct Pol {
    const char *action, *type, *id;
    polc_outcome outcome;
    std::string reason;
  };
  // Without a word from the host: looking is free, and a freeze that cannot be known forbids.
  for (const Pol& c : {Pol{"get_logs", "Service", "checkout", POLC_ALLOW, "prod_safety/read_logs"},
                       Pol{"drop_table", "Table", "orders", POLC_DENY, "prod_safety/frozen"}}) {
    ASSERT_FALSE(request.Reset(engine));
    ASSERT_FALSE(request.Set(POLC_PRINCIPAL, {"Agent", "oncall"}));
    ASSERT_FALSE(request.Set(POLC_ACTION, {"Action", c.action}));
    ASSERT_FALSE(request.Set(POLC_RESOURCE, {c.type, c.id}));
    polc::Decision decision;
    ASSERT_FALSE(request.Decide(&decision));
    std::vector<std::string> reasons;
    for (size_t i = 0; i < decision.raw.reason_count; ++i)
      reasons.push_back(request.RuleId(decision.raw.reasons[i]));
    EXPECT_EQ(decision.outcome(), c.outcome) << c.action;
    EXPECT_EQ(reasons, std::vector<std::string>{c.reason}) << c.action;
  }
}

}  // namespace
