// Requests and entities in JSON for Pol programs.
#include "compiler/host/request_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/host/entities_json.h"

namespace polc::host {
namespace {

using core::Type;
using data::Kind;
using data::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');

struct Requests : ::testing::Test {
  core::Program program;
  source::SourceMap map;
  source::DiagnosticSink sink;

  static core::TypePtr Ptr(Type type) { return std::make_shared<Type>(std::move(type)); }

  Requests() {
    program.pol = true;
    program.levels = {{"Risk", {"low", "high"}, true}};
    core::EntityType agent{.name = "Agent", .nature = core::EntityType::Nature::kAgent, .parents = {"Team"}};
    agent.attributes = {{.name = "share", .type = Ptr({.kind = Kind::kDecimal, .percent = true})}};
    program.model.entity_types = {agent, {.name = "Service"}, {.name = "Team"}};
    core::Action go{.uid = {"Action", "go"}, .principals = {"Agent"}, .resources = {"Service"}};
    go.context = {{.name = "n", .type = Ptr({.kind = Kind::kLong})},
                  {.name = "share",
                   .type = Ptr({.kind = Kind::kDecimal, .percent = true}),
                   .required = false,
                   .from_host = true}};
    program.model.actions = {go};
    program.evidence_kinds = {{"plan", true, Ptr({.kind = Kind::kString})}};
    core::Input freeze{.id = "freeze",
                       .name = "freeze",
                       .kind = core::Input::Kind::kSwitch,
                       .value = Kind::kBool,
                       .by = "Service"};
    freeze.key_type = Ptr({.kind = Kind::kEntity, .entity = "Service"});
    core::Input restarts{.id = "restarts of context.session",
                         .name = "restarts",
                         .kind = core::Input::Kind::kCounter,
                         .value = Kind::kLong,
                         .by = "context.session"};
    restarts.key_type = Ptr({.kind = Kind::kString});
    core::Input also = restarts;
    also.id = "restarts of principal";
    also.by = "principal";
    also.key_type = Ptr({.kind = Kind::kEntity, .entity = "Agent"});
    program.inputs = {freeze, restarts, also};
  }

  // A request whose members besides the usual are `rest`, with `@` for a digest and `'` for `"`.
  model::RequestResult Read(std::string rest, std::string context = "{'n': 1}",
                            RequestValidation validation = RequestValidation::kOn) {
    std::string text =
        "{'principal': {'type': 'Agent', 'id': 'a'}, 'action': {'type': 'Action', 'id': 'go'}, 'resource': "
        "'Service::\\'s\\''" +
        (context.empty() ? "" : ", 'context': " + context) + (rest.empty() ? "" : ", " + rest) + "}";
    for (char& c : text) c = c == '\'' ? '"' : c;
    for (size_t at; (at = text.find('@')) != text.npos;) text.replace(at, 1, kDigest);
    sink = {};
    const source::FileId file = map.Add("request.json", text);
    return ReadRequest(map, {file, 0, static_cast<uint32_t>(text.size())}, 7, program, validation, sink);
  }
  data::Host Host(const std::string& host) {
    const model::RequestResult result = Read("'host': " + host);
    EXPECT_TRUE(result.valid) << (sink.diagnostics().empty() ? "" : sink.diagnostics()[0].message);
    return result.request ? *result.request->host : data::Host();
  }
  // Invalid, with this first message, at this text.
  void Refuses(const std::string& rest, const std::string& message, const std::string& at = "") {
    const model::RequestResult result = Read(rest);
    EXPECT_FALSE(result.valid) << rest;
    EXPECT_FALSE(result.request.has_value());
    ASSERT_FALSE(sink.diagnostics().empty()) << rest;
    const source::Diagnostic& d = sink.diagnostics()[0];
    EXPECT_THAT(d.message, HasSubstr(message));
    EXPECT_EQ(d.request, 7u);
    const std::string_view seen = map.text(d.span.file).substr(d.span.begin, d.span.end - d.span.begin);
    EXPECT_TRUE(at.empty() || at == seen) << seen;
  }
};

TEST_F(Requests, TheAgentsPart) {
  const auto result = Read("");
  ASSERT_TRUE(result.valid);
  EXPECT_EQ(result.request->principal, (data::EntityUid{"Agent", "a"}));
  EXPECT_EQ(result.request->resource, (data::EntityUid{"Service", "s"}));
  EXPECT_EQ(result.request->context, Value::MakeRecord({{"n", Value(int64_t{1})}}));
  ASSERT_NE(result.request->host, nullptr);
  EXPECT_EQ(result.request->host->now, std::nullopt);
}
TEST_F(Requests, WhatMeansNothingIsRefused) {
  Refuses("'entities': []", "a request has a key `entities`, which means nothing there", "\"entities\"");
  Refuses("'hosts': {}", "a request has a key `hosts`", "\"hosts\"");
  EXPECT_EQ(sink.diagnostics()[0].help, "did you mean `host`?");
  Refuses("'now': '2026-01-01'", "a request has a key `now`");
  Refuses("'host': {'approval': []}", "`host` has a key `approval`", "\"approval\"");
  Refuses("'host': []", "`host` is an array");
  Refuses("'host': {}, 'host': {}", "");
}
TEST_F(Requests, TheDoorsAreApart) {
  EXPECT_FALSE(Read("", "{'n': 1, 'share': '2%'}").valid);
  EXPECT_EQ(sink.diagnostics()[0].message, "the context has `share`, which is the host's word");
  EXPECT_EQ(sink.diagnostics()[0].help, "it belongs in `host.context`");
  EXPECT_FALSE(Read("", "{'n': 1, 'share': '2%'}", RequestValidation::kOff).valid);
  Refuses("'host': {'context': {'n': 1}}", "the host's context has `n`, which is the agent's word", "\"n\"");
  EXPECT_EQ(Host("{'context': {'share': '2%'}}").context,
            Value::MakeRecord({{"share", Value(data::Decimal{200})}}));
}
TEST_F(Requests, TheContextIsChecked) {
  EXPECT_FALSE(Read("", "").valid);
  EXPECT_THAT(sink.diagnostics()[0].message, HasSubstr("a request without `context` lacks `n`"));
  EXPECT_TRUE(Read("", "", RequestValidation::kOff).valid);
  EXPECT_FALSE(Read("", "{'n': '1'}").valid);
  EXPECT_EQ(sink.diagnostics()[0].code, source::Code::kInvalidContext);
  const auto off = Read("", "{'n': '1', 'm': 2}", RequestValidation::kOff);
  ASSERT_TRUE(off.valid);
  EXPECT_EQ(off.request->context.Find("n")->as_string(), "1");
}
TEST_F(Requests, TheEnds) {
  program.model.actions[0].principals = {"Robot"};
  Refuses("", "principal type `Agent` is not one that", "{\"type\": \"Agent\", \"id\": \"a\"}");
  EXPECT_EQ(sink.diagnostics()[0].help, "it applies to `Robot`");
  program.model.actions[0].uid.id = "gone";
  Refuses("", "the policies do not declare the action");
}
TEST_F(Requests, Now) {
  EXPECT_EQ(Host("{'now': '1970-01-01T00:00:01Z'}").now, data::Datetime{1000});
  Refuses("'host': {'now': 1000}", "`now` is no time", "1000");
}
TEST_F(Requests, State) {
  const auto state = Host(
                         "{'state': [{'input': 'freeze', 'key': {'type': 'Service', 'id': 's'}, 'value': "
                         "true, 'as_of': '1970-01-01T00:00:01Z'},"
                         "{'input': 'restarts', 'by': 'context.session', 'key': 'x', 'value': 2},"
                         "{'input': 'restarts', 'by': 'principal', 'key': 'Agent::\\'a\\'', 'value': 3}]}")
                         .state;
  ASSERT_EQ(state.size(), 3u);
  EXPECT_EQ(state[0].by, "Service");
  EXPECT_EQ(state[0].key, Value(data::EntityUid{"Service", "s"}));
  EXPECT_EQ(state[0].value, Value(true));
  EXPECT_EQ(state[0].as_of, data::Datetime{1000});
  EXPECT_EQ(state[1].key, Value(std::string("x")));
  EXPECT_EQ(state[2].key, Value(data::EntityUid{"Agent", "a"}));
  EXPECT_EQ(state[2].as_of, std::nullopt);
  Refuses("'host': {'state': [{'input': 'freez', 'value': true}]}", "do not declare the state `freez`",
          "\"freez\"");
  EXPECT_EQ(sink.diagnostics()[0].help, "did you mean `freeze`?");
  Refuses("'host': {'state': [{'input': 'restarts', 'key': 'x', 'value': 1}]}",
          "`restarts` is not kept by ``");
  EXPECT_EQ(sink.diagnostics()[0].help, "it is kept by `context.session`, `principal`");
  Refuses("'host': {'state': [{'input': 'freeze', 'value': true}]}", "lacks a `key`");
  Refuses("'host': {'state': [{'input': 'freeze', 'key': 'Agent::\\'a\\'', 'value': 1}]}",
          "`value` is `1`; it is declared `Bool`");
  Refuses("'host': {'state': [{'input': 'freeze', 'key': 'Service::\\'s\\''}]}", "lacks `value`");
  Refuses("'host': {'state': [{'input': 'freeze', 'key': 'Service::\\'s\\'', 'value': true, 'at': 1}]}",
          "has a key `at`");
}
TEST_F(Requests, ApprovalsAndRefusals) {
  const auto host = Host(
      "{'approvals': [{'id': 'a1', 'approver': 'Human::\\'kim\\'', 'issued': '1970-01-01T00:00:01Z', "
      "'action_digest': '@',"
      "'terms_digest': '@', 'snapshot': '@', 'consumed': true, 'key': 'k', 'action': '{}', 'signature': "
      "'sig'}],"
      "'refusals': [{'id': 'r1', 'approver': {'type': 'Human', 'id': 'lee'}, 'issued': "
      "'1970-01-01T00:00:02Z', 'action_digest': '@'}]}");
  ASSERT_EQ(host.approvals.size(), 1u);
  const data::ApprovalItem& a = host.approvals[0];
  EXPECT_EQ(a.id, "a1");
  EXPECT_EQ(a.approver, (data::EntityUid{"Human", "kim"}));
  EXPECT_EQ(a.issued, data::Datetime{1000});
  EXPECT_EQ(a.action_digest, kDigest);
  EXPECT_EQ(a.terms_digest, kDigest);
  EXPECT_EQ(a.snapshot, kDigest);
  EXPECT_TRUE(a.consumed);
  EXPECT_EQ(a.signing_key, "k");
  EXPECT_EQ(a.action, "{}");
  EXPECT_EQ(a.signature, "sig");
  ASSERT_EQ(host.refusals.size(), 1u);
  EXPECT_EQ(host.refusals[0].approver, (data::EntityUid{"Human", "lee"}));
  Refuses("'host': {'refusals': [{'id': 'r1', 'approver': 'Human::\\'kim\\'', 'issued': '1970-01-01'}]}",
          "a refusal lacks `action_digest`");
  Refuses(
      "'host': {'refusals': [{'id': 'r1', 'approver': 'Human::\\'kim\\'', 'issued': '1970-01-01', "
      "'action_digest': 'x'}]}",
      "`action_digest` is no digest", "\"x\"");
  Refuses(
      "'host': {'approvals': [{'id': 'a1', 'approver': 'kim', 'issued': '1970-01-01', 'action_digest': '@', "
      "'terms_digest': '@', 'snapshot': '@'}]}",
      "`approver` is no entity");
  Refuses("'host': {'approvals': {}}", "`approvals` is an object, not an array");
}
TEST_F(Requests, EvidenceHopsAndCapabilities) {
  const auto host = Host(
      "{'evidence': [{'kind': 'plan', 'value': 'p', 'action_digest': '@'}], 'acts_for': [{'principal': "
      "'Agent::\\'b\\'', 'scope': ['x']}],"
      "'enforces': ['timeout', 'cost']}");
  ASSERT_EQ(host.evidence.size(), 1u);
  EXPECT_EQ(host.evidence[0].value, Value(std::string("p")));
  ASSERT_EQ(host.acts_for.size(), 1u);
  EXPECT_THAT(*host.acts_for[0].scope, ElementsAre("x"));
  EXPECT_THAT(host.enforces, ElementsAre("timeout", "cost"));
  Refuses("'host': {'evidence': [{'kind': 'plam', 'value': 'p', 'action_digest': '@'}]}",
          "do not declare evidence `plam`");
  Refuses("'host': {'evidence': [{'kind': 'plan', 'value': 1, 'action_digest': '@'}]}",
          "`value` is `1`; it is declared `Text`");
  const std::string hop = "{'principal': 'Agent::\\'b\\''}";
  EXPECT_EQ(Host("{'acts_for': [" + hop + "," + hop + "," + hop + "," + hop + "]}").acts_for.size(), 4u);
  Refuses("'host': {'acts_for': [" + hop + "," + hop + "," + hop + "," + hop + "," + hop + "]}",
          "acts for more than 4");
  Refuses("'host': {'enforces': [1]}", "a kind of limit is an integer");
}
TEST_F(Requests, Entities) {
  const auto result = Read(
      "'host': {'entities': [{'uid': 'Agent::\\'a\\'', 'attrs': {'share': '5%'}, 'parents': "
      "['Team::\\'t\\'']}]}");
  ASSERT_TRUE(result.valid);
  ASSERT_EQ(result.request->entities.size(), 1u);
  EXPECT_EQ(result.request->entities[0].attrs.at("share"), Value(data::Decimal{500}));
  EXPECT_THAT(result.request->entities[0].parents, ElementsAre(data::EntityUid{"Team", "t"}));
  Refuses("'host': {'entities': [{'uid': 'Agent::\\'a\\'', 'attrs': {'share': 5}}]}",
          "`share` is `5`; it is declared `Percent`", "5");
  EXPECT_EQ(sink.diagnostics()[0].entity, "Agent::\"a\"");
  Refuses("'host': {'entities': [{'uid': 'Agent::\\'a\\''}]}", "lacks `share`");
  Refuses("'host': {'entities': [{'uid': 'Agnt::\\'a\\''}]}", "do not declare the type `Agnt`");
  Refuses("'host': {'entities': [{'uid': 'Action::\\'go\\''}]}", "actions are what the policies declare");
  Refuses("'host': {'entities': [{'uid': 'Service::\\'s\\'', 'parents': ['Team::\\'t\\'']}]}",
          "`Service` is in no `Team`");
}
TEST_F(Requests, AFileOfEntities) {
  sink = {};
  const source::FileId file = map.Add(
      "entities.json",
      R"([{"uid": {"type": "Team", "id": "t"}}, {"uid": {"type": "Service", "id": "s"}, "attrs": {}}])");
  const auto result = ReadEntities(map, file, program, sink);
  EXPECT_TRUE(result.valid);
  EXPECT_EQ(result.store.size(), 3u);
  EXPECT_NE(result.store.Find({"Action", "go"}), nullptr);
}

}  // namespace
}  // namespace polc::host
