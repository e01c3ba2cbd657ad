#include "compiler/host/request_writer.h"

#include <gtest/gtest.h>

#include "compiler/host/request_json.h"
#include "compiler/model/request_json.h"

namespace polc::host {
namespace {

using data::Value;

std::string Json(const data::Request& request, bool pol) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  json.object([&] { WriteRequest(request, pol, json); });
  return out;
}

TEST(RequestWriter, CedarsRequestsReadBack) {
  data::Request request;
  request.principal = {"User", "a\"b"};
  request.action = {"Action", "view"};
  request.resource = {"Photo", "p"};
  request.context = Value::MakeRecord({{"ip", Value(data::EntityUid{"Ip", "x"})}});
  request.entities.push_back({.uid = {"User", "a\"b"},
                              .attrs = {{"age", Value(int64_t{3})}},
                              .tags = {{"t", Value(true)}},
                              .parents = {{"Team", "x"}},
                              .span = {}});
  const std::string text = Json(request, false);
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("", text);
  const model::RequestResult read = model::ReadRequest(map, {file, 0, static_cast<uint32_t>(text.size())}, 0,
                                                       nullptr, model::RequestValidation::kOn, sink);
  ASSERT_TRUE(read.valid) << text;
  EXPECT_EQ(read.request->principal, request.principal);
  EXPECT_EQ(read.request->context, request.context);
  ASSERT_EQ(read.request->entities.size(), 1u);
  EXPECT_EQ(read.request->entities[0].tags, request.entities[0].tags);
  EXPECT_EQ(read.request->entities[0].parents, request.entities[0].parents);
  EXPECT_EQ(Json(*read.request, false), text);
}

// Everything a gateway can say, read by a program that declares it.
TEST(RequestWriter, PolsRequestsReadBack) {
  core::Program program;
  program.pol = true;
  program.model.entity_types.push_back({.name = "Agent"});
  program.model.entity_types.push_back({.name = "Service"});
  core::Action action;
  action.uid = {"Action", "restart"};
  action.principals = {"Agent"};
  action.resources = {"Service"};
  program.model.actions.push_back(action);
  auto text_type = std::make_shared<core::Type>();
  text_type->kind = data::Kind::kString;
  program.evidence_kinds.push_back({.name = "plan", .type = text_type});
  core::Input counter;
  counter.id = counter.name = "n";
  counter.kind = core::Input::Kind::kCounter;
  counter.value = data::Kind::kLong;
  counter.by = "session";
  counter.key_type = text_type;
  program.inputs.push_back(counter);

  const std::string digest = "sha256:" + std::string(64, 'a');
  data::Request request;
  request.principal = {"Agent", "a"};
  request.action = {"Action", "restart"};
  request.resource = {"Service", "s"};
  data::Host host;
  host.now = data::Datetime{1000};
  host.state = {{.input = "n",
                 .by = "session",
                 .key = Value(std::string("k")),
                 .value = Value(int64_t{4}),
                 .as_of = data::Datetime{500}}};
  host.approvals = {{.id = "a1",
                     .approver = {"Human", "kim"},
                     .signing_key = "k1",
                     .signature = "s",
                     .issued = data::Datetime{1},
                     .action_digest = digest,
                     .terms_digest = digest,
                     .snapshot = digest,
                     .consumed = true,
                     .action = "{}"}};
  host.refusals = {
      {.id = "r1", .approver = {"Human", "lee"}, .issued = data::Datetime{2}, .action_digest = digest}};
  host.evidence = {{.kind = "plan", .value = Value(std::string("undo")), .action_digest = digest}};
  host.acts_for = {{.principal = {"Agent", "b"}, .scope = {{"c"}}}, {.principal = {"Agent", "c"}}};
  host.enforces = {"timeout"};
  request.host = std::make_shared<const data::Host>(host);
  const std::string text = Json(request, true);
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("", text);
  const model::RequestResult read = ReadRequest(map, {file, 0, static_cast<uint32_t>(text.size())}, 0,
                                                program, RequestValidation::kOn, sink);
  ASSERT_TRUE(read.valid) << text << (sink.diagnostics().empty() ? "" : sink.diagnostics()[0].message);
  EXPECT_EQ(read.request->host->state, host.state);
  EXPECT_EQ(Json(*read.request, true), text);
}

}  // namespace
}  // namespace polc::host
