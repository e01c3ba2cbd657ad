// Answers for many are what each gets when asked alone.
#include "compiler/simulate/who.h"

#include <gtest/gtest.h>

#include "compiler/oracle/decide.h"
#include "compiler/sema/pol_test_util.h"

namespace polc::simulate {
namespace {

class WhoTest : public sema::pol::PolTest {};

TEST_F(WhoTest, EachAnswerIsTheOraclesForOneAlone) {
  const sema::pol::Set plain = With(R"(
rule a allow Agent in Team "sre" to do any restarts on Service
rule b allow Agent to look on Service when principal.ttl is at most 10s
rule c forbid Agent "batch" to restart on Service
)");
  ASSERT_FALSE(sink_.has_errors()) << First();
  data::EntityStore store;
  for (const char* id : {"oncall", "batch", "other"}) {
    data::Entity agent;
    agent.uid = {"Agent", id};
    agent.attrs.emplace("owner", data::Value(data::EntityUid{"Human", "dana"}));
    agent.attrs.emplace("ttl", data::Value(data::Duration{id[1] == 'n' ? 1000 : 60'000}));
    if (id[1] != 't') agent.parents.push_back({"Team", "sre"});
    store.Put(agent);
  }
  data::Entity service;
  service.uid = {"Service", "checkout"};
  service.attrs.emplace("data", data::Value::MakeSet({}));
  store.Put(service);
  core::PutActions(plain.program.model, store);
  ASSERT_FALSE(store.Close());
  const Side side{{&plain.program, &map_}, &plain.schema, &store, {}};

  data::Request request;
  request.action = {"Action", "look"};
  request.resource = {"Service", "checkout"};
  data::Host host;
  host.now = data::Datetime{1000};
  request.host = std::make_shared<const data::Host>(std::move(host));
  const auto who = ForEach(side, request, core::Var::kPrincipal);
  ASSERT_TRUE(who);
  ASSERT_EQ(who->size(), 3u);
  size_t allowed = 0;
  for (const Access& access : *who) {
    const data::Decision alone = oracle::Decide(plain.program, store, access.request);
    EXPECT_EQ(access.decision.outcome, alone.outcome) << data::ToString(access.request.principal);
    EXPECT_EQ(access.decision.reasons, alone.reasons);
    allowed += access.decision.allowed();
  }
  EXPECT_EQ(allowed, 1u);

  request.principal = {"Agent", "oncall"};
  const auto what = ForEachActionAndResource(side, request);
  ASSERT_TRUE(what);
  EXPECT_EQ(what->size(), 3u);  // drop, look, restart on the one service
  EXPECT_NE(MatrixText(*what).find("Service::\"checkout\""), std::string::npos);
  EXPECT_NE(AccessText(*who, core::Var::kPrincipal).find("2 others: deny"), std::string::npos);
}

}  // namespace
}  // namespace polc::simulate
