#include "compiler/log/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::log {
namespace {

using testing::ElementsAre;

struct Parsed {
  explicit Parsed(std::string text) {
    source::DiagnosticSink sink;
    document = json::Document::Parse(map, map.Add("", std::move(text)), sink);
  }
  source::SourceMap map;
  std::optional<json::Document> document;
};

TEST(JsonText, PointersReadAndWrite) {
  EXPECT_THAT(*Segments("/a/b~1c/~0"), ElementsAre("a", "b/c", "~"));
  EXPECT_EQ(PointerOf({"a", "b/c", "~"}), "/a/b~1c/~0");
  EXPECT_THAT(*Segments("/"), ElementsAre(""));
  EXPECT_TRUE(Segments("")->empty());
  EXPECT_FALSE(Segments("a"));
  EXPECT_FALSE(Segments("/~2"));
  EXPECT_FALSE(Segments("/~"));
}

TEST(JsonText, PointersLeadThroughArraysAndObjects) {
  const Parsed p(R"({"a": [1, {"b": 2}]})");
  EXPECT_EQ(At(p.document->root(), {"a", "1", "b"})->integer(), 2);
  for (const std::vector<std::string>& path :
       {std::vector<std::string>{"a", "2"}, {"a", "-1"}, {"a", "1x"}, {"b"}, {"a", "0", "c"}}) {
    EXPECT_FALSE(At(p.document->root(), path)) << PointerOf(path);
  }
}

TEST(JsonText, CopiesScalarsByteForByte) {
  const Parsed p("{ \"a\" : 1.50 , \"\\u0061b\" : [ null , true, \"\\u00fc\" ] , \"o\" : {} , \"l\" : [] }");
  EXPECT_EQ(Compact(p.map, p.document->root()),
            "{\"a\":1.50,\"\\u0061b\":[null,true,\"\\u00fc\"],\"o\":{},\"l\":[]}");
}

TEST(JsonText, LeavesOutWhatIsMaskedAndSaysWhat) {
  const Parsed p(R"({"a":1,"list":[{"x":1,"y":2},{"x":3}],"z":{"x":4}})");
  Mask mask;
  ASSERT_TRUE(mask.Add("/list/*/x"));
  ASSERT_TRUE(mask.Add("/a"));
  EXPECT_FALSE(mask.Add(""));
  EXPECT_FALSE(mask.Add("a"));
  std::vector<std::string> removed;
  EXPECT_EQ(Compact(p.map, p.document->root(), mask, &removed), R"({"list":[{"y":2},{}],"z":{"x":4}})");
  EXPECT_THAT(removed, ElementsAre("/a", "/list/0/x", "/list/1/x"));
}

TEST(JsonText, LeavesOutElements) {
  const Parsed p("[1,2,3]");
  Mask mask;
  mask.Add("/0");
  mask.Add("/2");
  EXPECT_EQ(Compact(p.map, p.document->root(), mask), "[2]");
}

}  // namespace
}  // namespace polc::log
