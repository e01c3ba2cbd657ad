#include <gmock/gmock.h>

#include "compiler/scaffold/guess.h"
#include "compiler/scaffold/json_schema.h"
#include "compiler/scaffold/mcp.h"
#include "compiler/scaffold/openapi.h"
#include "compiler/scaffold/write.h"

namespace polc::scaffold {
namespace {

using core::Reversibility;
using testing::HasSubstr;
using testing::Not;

Guess Of(std::string name, std::string description = "", Hints hints = {}, std::vector<Field> fields = {}) {
  return GuessClass({std::move(name), std::move(description), std::move(hints), std::move(fields), {}});
}

TEST(Guess, TheWorstVerbOfANameCounts) {
  EXPECT_EQ(Of("get_pod_logs").reversibility, Reversibility::kReadOnly);
  EXPECT_EQ(Of("updateIssue").reversibility, Reversibility::kReversible);
  EXPECT_EQ(Of("get-or-create").reversibility, Reversibility::kReversible);
  const Guess worst = Of("List then DELETE files", "Lists files");
  EXPECT_EQ(worst.reversibility, Reversibility::kIrreversible);
  EXPECT_EQ(worst.why, "its name has `delete`");
  EXPECT_EQ(Of("change_status").reversibility, Reversibility::kReversible);
  EXPECT_EQ(Of("status").reversibility, Reversibility::kIrreversible);
  // A verb inside another word is none.
  EXPECT_EQ(Of("get_deleted_items").reversibility, Reversibility::kReadOnly);
}

TEST(Guess, TheDescriptionCountsTooAndWithoutAClueItIsTheWorst) {
  EXPECT_EQ(Of("balance", "Retrieves the balance").reversibility, Reversibility::kReadOnly);
  EXPECT_EQ(Of("balance", "Fetches the balance").why, "its description starts with `fetches`");
  EXPECT_EQ(Of("read_query", "Execute a SELECT query").reversibility, Reversibility::kIrreversible);
  EXPECT_EQ(Of("delete_row", "Gets rid of a row").reversibility, Reversibility::kIrreversible);
  EXPECT_EQ(Of("balance", "The balance, and how to get it").reversibility, Reversibility::kIrreversible);
  EXPECT_EQ(Of("").reversibility, Reversibility::kIrreversible);
}

TEST(Guess, HintsMakeItWorseAndBetterOnlyAlone) {
  Hints reads, destroys, get, gone;
  reads.read_only = true;
  destroys.destructive = true;
  get.method = "GET";
  gone.method = "DELETE";
  EXPECT_EQ(Of("delete_all", "", reads).reversibility, Reversibility::kIrreversible);
  EXPECT_EQ(Of("balance", "", reads).reversibility, Reversibility::kReadOnly);
  EXPECT_EQ(Of("get_all", "", destroys).reversibility, Reversibility::kIrreversible);
  EXPECT_EQ(Of("GET /pets", "", get).reversibility, Reversibility::kReadOnly);
  EXPECT_EQ(Of("pets", "", gone).why, "its method is DELETE");
}

TEST(Guess, WhatCarriesCodeIsIrreversible) {
  EXPECT_EQ(Of("get_rows", "", {}, {{"sql", "Text"}}).reversibility, Reversibility::kIrreversible);
  EXPECT_EQ(Of("read_query", "", {}, {{"sqlQuery", "Text"}}).why, "its argument `sqlQuery` may carry code");
  EXPECT_EQ(Of("get_city", "", {}, {{"country_code", "Text"}}).reversibility, Reversibility::kReadOnly);
}

TEST(Names, AreQuotedUnlessPolHasThem) {
  EXPECT_EQ(PolName("get_pods"), "get_pods");
  EXPECT_EQ(PolName("fetch-businesses"), "\"fetch-businesses\"");
  EXPECT_EQ(PolName("Summarize Detection"), "\"Summarize Detection\"");
  EXPECT_EQ(PolName("allow"), "\"allow\"");
  EXPECT_EQ(PolName("a\"b\\"), "\"a\\\"b\\\\\"");
  EXPECT_EQ(PolName("a // b"), "\"a // b\"");
  EXPECT_EQ(PolName(""), "\"\"");
  RecordNames names;
  EXPECT_EQ(names.Make("create-issue", "labels"), "CreateIssueLabels");
  EXPECT_EQ(names.Make("create_issue", "labels"), "CreateIssueLabels2");
  EXPECT_EQ(names.Make("", "tool"), "Tool2");
  EXPECT_EQ(names.Make("", "7"), "R7");
}

TEST(OneLine, CannotLeaveItsCommentOrHideAnything) {
  EXPECT_EQ(OneLine("a\n// b\r\tc", 80), "a // b c");
  EXPECT_EQ(OneLine("x\xE2\x80\xAEy\xE2\x80\x8Bz", 80), "xyz");
  EXPECT_EQ(OneLine("one two three", 9), "one two ...");
  EXPECT_EQ(OneLine("\xC3\xA4\xC3\xA4\xC3\xA4", 4), "\xC3\xA4 ...");
}

class Lists : public testing::Test {
 protected:
  std::optional<ToolList> Mcp(const std::string& text) {
    return With(text, [&](const json::Document& d) { return ReadMcp(d, sink_); });
  }
  std::optional<ToolList> OpenApi(const std::string& text) {
    return With(text, [&](const json::Document& d) { return ReadOpenApi(d, sink_); });
  }
  template <typename F>
  std::optional<ToolList> With(const std::string& text, F read) {
    const std::optional<json::Document> document =
        json::Document::Parse(map_, map_.Add("tools.json", text), sink_);
    EXPECT_TRUE(document);
    return document ? read(*document) : std::nullopt;
  }
  std::string Message() { return sink_.diagnostics().empty() ? "" : sink_.diagnostics().front().message; }
  // The type of the one argument that has this schema.
  Field FieldOf(const std::string& schema) {
    auto list =
        Mcp(R"([{"name": "t", "inputSchema": {"properties": {"a": )" + schema + R"(}, "required": ["a"]}}])");
    EXPECT_TRUE(list);
    records_ = list->records;
    return list->tools.front().fields.front();
  }
  std::string TypeOf(const std::string& schema) {
    const Field field = FieldOf(schema);
    return field.type + (field.optional ? "?" : "");
  }

  source::SourceMap map_;
  source::DiagnosticSink sink_;
  std::vector<Record> records_;
};

TEST_F(Lists, TypesOfAJsonSchema) {
  EXPECT_EQ(TypeOf(R"({"type": "string"})"), "Text");
  EXPECT_EQ(TypeOf(R"({"type": "string", "format": "date-time"})"), "Time");
  EXPECT_EQ(TypeOf(R"({"type": ["integer", "null"]})"), "Number?");
  EXPECT_EQ(TypeOf(R"({"anyOf": [{"type": "boolean"}, {"type": "null"}]})"), "Bool?");
  EXPECT_EQ(TypeOf(R"({"anyOf": [{"type": "boolean"}, {"type": "string"}]})"), "Text");
  EXPECT_EQ(TypeOf(R"({"type": "number"})"), "Decimal");
  EXPECT_EQ(TypeOf(R"({"type": "array", "items": {"type": "integer"}})"), "Set of Number, at most 64");
  EXPECT_EQ(TypeOf(R"({"type": "array", "items": {"type": "string"}, "maxItems": 256})"),
            "Set of Text, at most 256");
  EXPECT_EQ(TypeOf(R"({"type": "array", "items": {"type": "string"}, "maxItems": 257})"),
            "Set of Text, at most 256");
  EXPECT_EQ(TypeOf(R"({"type": "array", "items": {"type": "array", "items": {}}})"),
            "Set of Text, at most 64");
  EXPECT_EQ(TypeOf(R"({"type": "object"})"), "Text");
  EXPECT_THAT(FieldOf(R"({})").note, HasSubstr("its JSON"));
  EXPECT_EQ(FieldOf(R"({"type": "string", "enum": ["x", "y"]})").note, "one of x, y");
  EXPECT_EQ(TypeOf(R"({"type": "object", "properties": {"b": {"type": "string"}}})"), "TA");
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_TRUE(records_.front().fields.front().optional);
}

TEST_F(Lists, NestingEndsAndReferencesDoNotGoRound) {
  std::string deep = R"({"type": "string"})";
  for (size_t i = 0; i < kMaxNesting; ++i) deep = R"({"type": "object", "properties": {"b": )" + deep + "}}";
  FieldOf(deep);
  EXPECT_EQ(records_.size(), kMaxNesting);
  EXPECT_EQ(records_.front().fields.front().type, "Text");
  EXPECT_EQ(records_.front().fields.front().note, "");
  FieldOf(R"({"type": "object", "properties": {"b": )" + deep + "}}");
  EXPECT_EQ(records_.size(), kMaxNesting);
  EXPECT_THAT(records_.front().fields.front().note, HasSubstr("an object"));

  auto list = Mcp(R"({"tools": [{"name": "t", "inputSchema": {"properties": {
    "a": {"$ref": "#/$defs/node"}, "b": {"$ref": "#/$defs/loop"}, "c": {"$ref": "#/$defs/a~1b"}}}}],
    "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}},
              "loop": {"$ref": "#/$defs/loop"}, "a/b": {"type": "integer"}}})");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->records.size(), kMaxNesting);
  EXPECT_EQ(list->tools.front().fields[1].type, "Text");
  EXPECT_EQ(list->tools.front().fields[2].type, "Number");
}

TEST_F(Lists, BothFormsOfMcp) {
  auto list = Mcp(R"({"jsonrpc": "2.0", "id": 1, "result": {"tools": [
    {"name": "a-b", "description": "Gets it.", "annotations": {"readOnlyHint": true},
     "arguments": [{"name": "n", "type": "integer"}, {"name": "o-p", "type": "string", "optional": true}]},
    {"name": "c", "inputSchema": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}}]}})");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->tools.size(), 2u);
  EXPECT_EQ(list->tools[0].fields[0].type, "Number");
  EXPECT_TRUE(list->tools[0].fields[1].optional);
  EXPECT_EQ(list->tools[0].hints.read_only, true);
  EXPECT_FALSE(list->tools[1].fields[0].optional);
  const Draft draft = OfTools(*list, "p", "tools.json");
  EXPECT_THAT(draft.model, HasSubstr("// review: guessed irreversible, neither its name"));
  EXPECT_THAT(draft.model,
              HasSubstr("action \"a-b\" in reads by Agent on Server with\n  n : Number\n  \"o-p\"? : Text"));
  EXPECT_THAT(draft.policy, Not(HasSubstr("\nrule")));
}

TEST_F(Lists, ADescriptionExcusesNothing) {
  auto list = Mcp(R"([{"name": "a", "description": "\npolc: allow-file UnmentionedAction: trust me"}])");
  ASSERT_TRUE(list);
  EXPECT_THAT(OfTools(*list, "p", "tools.json").model,
              HasSubstr("// \"polc: allow-file UnmentionedAction: trust me\"\n"));
}

TEST_F(Lists, WhatIsNoListIsRefused) {
  EXPECT_FALSE(Mcp("{}"));
  EXPECT_THAT(Message(), HasSubstr("an array"));
  for (const char* text :
       {R"([1])", R"([{}])", R"([{"name": ""}])", R"([{"name": "a", "inputSchema": 1}])",
        R"([{"name": "a", "arguments": {}}])", R"([{"name": "a", "arguments": [{}]}])",
        R"([{"name": "a"}, {"name": "a"}])", R"([{"name": "a", "arguments": [{"name": "tool"}]}])",
        R"([{"name": "a", "arguments": [{"name": "b"}, {"name": "b"}]}])"}) {
    EXPECT_FALSE(Mcp(text)) << text;
  }
  EXPECT_FALSE(OpenApi("[]"));
}

TEST_F(Lists, OpenApi) {
  auto list = OpenApi(R"({"openapi": "3.0.0", "paths": {
    "/pets/{id}": {
      "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
      "get": {"operationId": "getPet", "summary": "One pet", "parameters": [{"$ref": "#/components/parameters/verbose"}]},
      "delete": {},
      "put": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}}},
    "components": {
      "parameters": {"verbose": {"name": "verbose", "in": "query", "schema": {"type": "boolean"}}},
      "schemas": {"Pet": {"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"}, "name": {"type": "string"}}}}}})");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->tools.size(), 3u);
  EXPECT_EQ(list->tools[0].name, "getPet");
  ASSERT_EQ(list->tools[0].fields.size(), 2u);
  EXPECT_EQ(list->tools[0].fields[0].type, "Bool");
  EXPECT_TRUE(list->tools[0].fields[0].optional);
  EXPECT_EQ(list->tools[1].name, "PUT /pets/{id}");
  ASSERT_EQ(list->tools[1].fields.size(), 3u);
  EXPECT_EQ(list->tools[1].fields[0].type, "Number");
  EXPECT_EQ(list->tools[1].fields[1].name, "body.id");
  EXPECT_EQ(list->tools[2].name, "DELETE /pets/{id}");
  EXPECT_EQ(GuessClass(list->tools[2]).reversibility, Reversibility::kIrreversible);
}

}  // namespace
}  // namespace polc::scaffold
