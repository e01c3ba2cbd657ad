#include "runtime/json/plain.h"

#include <gtest/gtest.h>

#include <string>

namespace polc::api_json {
namespace {

constexpr std::string_view kEntities =
    R"("principal":{"type":"User","id":"alice"},"action":{"type":"Action","id":"read"},)"
    R"("resource":{"type":"App::Doc","id":"d 1"})";

std::string With(std::string_view context) {
  return "{" + std::string(kEntities) + ",\"context\":" + std::string(context) + "}";
}

TEST(Plain, ReadsWhatIsThere) {
  const std::string text = With(R"({"n":-12,"zero":0,"yes":true,"no":false,"text":"a b","":""})");
  PlainRequest request;
  ASSERT_TRUE(ReadPlain(text, &request));
  EXPECT_EQ(std::string_view(request.principal.type), "User");
  EXPECT_EQ(std::string_view(request.principal.id), "alice");
  EXPECT_EQ(std::string_view(request.action.id), "read");
  EXPECT_EQ(std::string_view(request.resource.type), "App::Doc");
  EXPECT_EQ(std::string_view(request.resource.id), "d 1");
  ASSERT_EQ(request.field_count, 6u);
  const auto& fields = request.fields;
  EXPECT_EQ(std::string_view(fields[0].name), "n");
  EXPECT_EQ(fields[0].kind, PlainKind::kLong);
  EXPECT_EQ(fields[0].number, -12);
  EXPECT_EQ(std::string_view(fields[0].text), "-12");
  EXPECT_EQ(fields[1].number, 0);
  EXPECT_EQ(fields[2].kind, PlainKind::kBool);
  EXPECT_EQ(fields[2].number, 1);
  EXPECT_EQ(std::string_view(fields[2].text), "true");
  EXPECT_EQ(fields[3].number, 0);
  EXPECT_EQ(fields[4].kind, PlainKind::kString);
  EXPECT_EQ(std::string_view(fields[4].text), "a b");
  EXPECT_EQ(std::string_view(fields[5].name), "");
}

TEST(Plain, TakesMembersInAnyOrderWithSpaceBetween) {
  PlainRequest request;
  EXPECT_TRUE(ReadPlain(
      " {\n\t\"context\" : { } ,\r\n\"resource\":{ \"id\" :\"r\", \"type\":\"R\" },\"action\":{\"id\":\"a\","
      "\"type\":\"Action\"},\"principal\":{\"type\":\"P\",\"id\":\"\"} } ",
      &request));
  EXPECT_EQ(std::string_view(request.resource.type), "R");
  EXPECT_EQ(request.field_count, 0u);
  EXPECT_TRUE(ReadPlain("{" + std::string(kEntities) + "}", &request));
}

TEST(Plain, LongestIntegerAndMostFields) {
  PlainRequest at, past;
  EXPECT_TRUE(ReadPlain(With(R"({"n":999999999999999999})"), &at));
  EXPECT_EQ(at.fields[0].number, 999999999999999999);
  EXPECT_FALSE(ReadPlain(With(R"({"n":1000000000000000000})"), &past));
  std::string fields;
  for (size_t i = 0; i < PlainRequest::kMostFields; ++i) {
    fields += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":1";
  }
  PlainRequest most, more;
  EXPECT_TRUE(ReadPlain(With("{" + fields + "}"), &most));
  EXPECT_EQ(most.field_count, PlainRequest::kMostFields);
  EXPECT_FALSE(ReadPlain(With("{" + fields + ",\"x\":1}"), &more));
}

TEST(Plain, LeavesEverythingElseToTheReader) {
  const std::string entities(kEntities);
  const std::string texts[] = {
      "",
      "{",
      "{}",
      "[]",
      "null",
      With("{}") + "x",
      With("{}") + "{}",
      With("{},"),
      With("{"),
      With("[]"),
      With("1"),
      With(R"({"__expr":"x"})"),
      With(R"({"__entity":1})"),
      With(R"({"a":1,"a":2})"),
      With(R"({"a":null})"),
      With(R"({"a":1.0})"),
      With(R"({"a":1e2})"),
      With(R"({"a":01})"),
      With(R"({"a":-0})"),
      With(R"({"a":-})"),
      With(R"({"a":+1})"),
      With(R"({"a":1,})"),
      With(R"({"a"})"),
      With(R"({a:1})"),
      With(R"({"a":tru})"),
      With(R"({"a":truex})"),
      With(R"({"a":[]})"),
      With(R"({"a":{}})"),
      With("{\"a\":\"\\u0041\"}"),
      With("{\"a\":\"\xC3\xA9\"}"),
      With("{\"a\":\"\x7F\"}"),
      With("{\"a\":\"\n\"}"),
      With("{\"a\":\"b}"),
      With(std::string("{\"a\":\"\0\"}", 9)),
      "{" + entities + ",\"entities\":[]}",
      "{" + entities + ",\"other\":1}",
      "{" + entities + "," + entities + "}",
      "{" + entities + ",\"context\":{},\"context\":{}}",
      R"({"principal":{"type":"User","id":"a"},"action":{"type":"Action","id":"b"}})",
      R"({"principal":"User::\"a\"","action":{"type":"Action","id":"b"},"resource":{"type":"R","id":"r"}})",
      R"({"principal":{"type":"if","id":"a"},"action":{"type":"Action","id":"b"},"resource":{"type":"R","id":"r"}})",
      R"({"principal":{"type":"U","id":"a","x":1},"action":{"type":"A","id":"b"},"resource":{"type":"R","id":"r"}})",
      R"({"principal":{"type":"U","type":"U","id":"a"},"action":{"type":"A","id":"b"},"resource":{"type":"R","id":"r"}})",
      R"({"principal":{"id":"a"},"action":{"type":"A","id":"b"},"resource":{"type":"R","id":"r"}})",
      R"({"principal":{"type":"U","id":1},"action":{"type":"A","id":"b"},"resource":{"type":"R","id":"r"}})",
  };
  for (const std::string& text : texts) {
    PlainRequest request;
    EXPECT_FALSE(ReadPlain(text, &request)) << text;
  }
}

// Every prefix is no request, and nothing behind the end is looked at.
TEST(Plain, StopsAtTheEnd) {
  const std::string whole = With(R"({"n":12,"b":true,"s":"x"})");
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string cut(whole.data(), size);
    PlainRequest request;
    EXPECT_FALSE(ReadPlain(cut, &request)) << cut;
  }
}

}  // namespace
}  // namespace polc::api_json
