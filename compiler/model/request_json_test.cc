#include "compiler/model/request_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/model/resolve.h"

namespace polc::model {
namespace {

using source::Code;
using testing::ElementsAre;

constexpr const char* kSchema = R"(
  entity User; entity Team; entity Doc;
  entity Tier enum ["free", "paid"];
  action read appliesTo { principal: [User, Tier], resource: [Doc], context: { ip: ipaddr, by?: User } };
  action list appliesTo { principal: [User], resource: [Doc] };
  action none;
)";

struct Outcome {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::optional<Schema> schema;
  std::vector<RequestResult> results;

  std::vector<Code> codes() const {
    std::vector<Code> out;
    for (const auto& d : sink.diagnostics()) out.push_back(d.code);
    return out;
  }
};

std::unique_ptr<Outcome> Read(std::string text, const char* schema = nullptr,
                              RequestValidation validation = RequestValidation::kOn) {
  auto out = std::make_unique<Outcome>();
  if (schema) {
    out->schema = LoadSchema(out->map, {out->map.Add("s.cedarschema", schema)}, out->sink);
    EXPECT_FALSE(out->sink.has_errors());
  }
  source::FileId file = out->map.Add("r.jsonl", std::move(text));
  for (const source::Span& line : RequestLines(out->map, file)) {
    out->results.push_back(ReadRequest(out->map, line, out->results.size(),
                                       out->schema ? &*out->schema : nullptr, validation, out->sink));
  }
  return out;
}

std::string Request(std::string action, std::string more = "", std::string principal = "User",
                    std::string resource = "Doc") {
  return R"({"principal": ")" + principal + R"(::\"a\"", "action": {"type": "Action", "id": ")" + action +
         R"("}, "resource": {"__entity": {"type": ")" + resource + R"(", "id": "d"}})" + more + "}";
}

TEST(RequestJson, EveryFormOfUid) {
  auto r = Read(Request("read", R"(, "decision": "allow", "x": 1.5)"));
  ASSERT_EQ(r->results.size(), 1u);
  ASSERT_TRUE(r->results[0].request);
  EXPECT_TRUE(r->results[0].valid);
  const data::Request& request = *r->results[0].request;
  EXPECT_EQ(request.principal, (data::EntityUid{"User", "a"}));
  EXPECT_EQ(request.action, (data::EntityUid{"Action", "read"}));
  EXPECT_EQ(request.resource, (data::EntityUid{"Doc", "d"}));
  EXPECT_EQ(request.context, data::Value::MakeRecord({}));
  EXPECT_TRUE(request.entities.empty());
}

TEST(RequestJson, ContextWithoutSchemaIsPlain) {
  auto r = Read(Request("read", R"(, "context": {"ip": {"__extn": {"fn": "ip", "arg": "::1"}}, "n": [1]})"));
  EXPECT_EQ(ToString(r->results[0].request->context), "{\"ip\": ip(\"::1/128\"), \"n\": [1]}");
  for (const char* context : {"[]", "1", "\"x\"", R"({"__entity": {"type": "A", "id": "b"}})"}) {
    auto bad = Read(Request("read", std::string(", \"context\": ") + context));
    EXPECT_FALSE(bad->results[0].request);
    EXPECT_THAT(bad->codes(), ElementsAre(Code::kInvalidContext)) << context;
  }
  EXPECT_THAT(Read(Request("read", ", \"context\": null"))->codes(), ElementsAre(Code::kJsonNull));
}

TEST(RequestJson, BadRequestsAreExplained) {
  EXPECT_THAT(Read("{}")->codes(), ElementsAre(Code::kJsonShape, Code::kJsonShape, Code::kJsonShape));
  EXPECT_THAT(Read("[]")->codes(), ElementsAre(Code::kJsonShape));
  auto r = Read(R"({"principal": "alice", "action": 1, "resource": {"type": "A B", "id": ""}})");
  EXPECT_THAT(r->codes(), ElementsAre(Code::kInvalidUid, Code::kJsonShape, Code::kInvalidUid));
  EXPECT_EQ(r->map.text(r->sink.diagnostics()[0].span), "\"alice\"");
  EXPECT_EQ(r->sink.diagnostics()[0].request, 0u);
  auto twice = Read(
      R"({"principal": "A::\"a\"", "principal": "B::\"b\"", "action": "Action::\"x\"", "resource": "C::\"c\""})");
  EXPECT_FALSE(twice->results[0].request);
  EXPECT_THAT(twice->codes(), ElementsAre(Code::kJsonDuplicateKey));
}

TEST(RequestJson, LinesAreJudgedOneByOne) {
  std::string good = Request("read");
  std::string text = good + "\r\n\n  \t\n{oops\n" + good + "\n\"\xFF\"\n" + good;
  auto r = Read(text);
  ASSERT_EQ(r->results.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(r->results[i].valid, i % 2 == 0) << i;
  ASSERT_THAT(r->codes(), ElementsAre(Code::kJsonSyntax, Code::kInvalidUtf8));
  EXPECT_EQ(r->sink.diagnostics()[0].request, 1u);
  EXPECT_EQ(r->map.Resolve(r->sink.diagnostics()[0].span.file, r->sink.diagnostics()[0].span.begin),
            (source::LineColumn{4, 2}));
  EXPECT_EQ(r->sink.diagnostics()[1].request, 3u);
  EXPECT_EQ(r->map.text(r->results[4].span), good);
  EXPECT_TRUE(Read("")->results.empty());
  EXPECT_TRUE(Read("\n \n")->results.empty());
}

TEST(RequestJson, EntitiesComeAlong) {
  std::string entity = R"({"uid": {"type": "User", "id": "a"}, "attrs": {"x": 1}, "parents": []})";
  auto r = Read(Request("read", ", \"entities\": [" + entity + "]"));
  ASSERT_TRUE(r->results[0].request);
  ASSERT_EQ(r->results[0].request->entities.size(), 1u);
  EXPECT_EQ(r->results[0].request->entities[0].attrs.at("x").as_long(), 1);
  auto schema = Read(Request("list", ", \"entities\": [" + entity + "]"), kSchema);
  EXPECT_FALSE(schema->results[0].request);
  ASSERT_THAT(schema->codes(), ElementsAre(Code::kEntityValueMismatch));
  EXPECT_EQ(schema->sink.diagnostics()[0].entity, "User::\"a\"");
  EXPECT_EQ(schema->sink.diagnostics()[0].request, 0u);
  auto none =
      Read(Request("list", ", \"entities\": []"), kSchema);  // the schema's actions are the store's business
  EXPECT_TRUE(none->results[0].request->entities.empty());
  EXPECT_FALSE(Read(Request("list", ", \"entities\": {}"))->results[0].request);
}

TEST(RequestJson, ValidatesAgainstTheSchema) {
  std::string context = R"(, "context": {"ip": "10.0.0.1", "by": {"type": "User", "id": "b"}})";
  auto good = Read(Request("read", context), kSchema);
  EXPECT_TRUE(good->results[0].valid);
  EXPECT_EQ(ToString(*good->results[0].request->context.Find("ip")), "ip(\"10.0.0.1/32\")");
  EXPECT_TRUE(Read(Request("list"), kSchema)->results[0].valid);

  struct Case {
    std::string request;
    std::vector<Code> codes;
    bool readable;
  };
  std::vector<Case> cases = {
      {Request("reed", context),
       {Code::kUndeclaredAction},
       false},  // its context cannot be typed, and `by` is a record
      {Request("reed"), {Code::kUndeclaredAction}, true},
      {Request("list", "", "Usr"), {Code::kUndeclaredPrincipalType}, true},
      {Request("list", "", "User", "Dok"), {Code::kUndeclaredResourceType}, true},
      {Request("list", "", "Action"), {Code::kUndeclaredPrincipalType}, true},
      {Request("list", "", "Team"), {Code::kInvalidPrincipalType}, true},
      {Request("list", "", "User", "Team"), {Code::kInvalidResourceType}, true},
      {Request("none"), {Code::kInvalidPrincipalType, Code::kInvalidResourceType}, true},
      {Request("read", context, "Tier"), {Code::kInvalidEnumEntity}, true},
      {Request("read"), {Code::kInvalidContext}, true},
      {Request("read", ", \"context\": {}"), {Code::kInvalidContext}, false},
      {Request("read", ", \"context\": []"), {Code::kInvalidContext}, false},
      {Request("read", R"(, "context": {"ip": "x"})"), {Code::kInvalidExtensionValue}, false},
      {Request("read", R"(, "context": {"ip": "::1", "more": 1})"), {Code::kInvalidContext}, false},
      {Request("list", R"(, "context": {"ip": "::1"})"), {Code::kInvalidContext}, false},
  };
  cases[0].readable = true;
  for (const Case& c : cases) {
    auto r = Read(c.request, kSchema);
    EXPECT_EQ(r->codes(), c.codes) << c.request;
    EXPECT_FALSE(r->results[0].valid) << c.request;
    EXPECT_EQ(r->results[0].request.has_value(), c.readable) << c.request;
  }
  // Without validation the scope is free, but a context still has its types.
  EXPECT_TRUE(Read(Request("list", "", "Team"), kSchema, RequestValidation::kOff)->results[0].valid);
  EXPECT_TRUE(Read(Request("read"), kSchema, RequestValidation::kOff)->results[0].valid);
  EXPECT_FALSE(
      Read(Request("read", ", \"context\": {}"), kSchema, RequestValidation::kOff)->results[0].valid);
}

}  // namespace
}  // namespace polc::model
