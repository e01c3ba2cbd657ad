#include "compiler/source/source_map.h"

#include <gtest/gtest.h>

namespace polc::source {
namespace {

TEST(SourceMap, ResolvesLinesAndCodePointColumns) {
  SourceMap map;
  FileId file = map.Add("a.cedar", "ab\n\xC3\xA9x\r\n\nend");
  EXPECT_EQ(map.Resolve(file, 0), (LineColumn{1, 1}));
  EXPECT_EQ(map.Resolve(file, 2), (LineColumn{1, 3}));
  EXPECT_EQ(map.Resolve(file, 3), (LineColumn{2, 1}));
  EXPECT_EQ(map.Resolve(file, 5), (LineColumn{2, 2})) << "the two bytes of é are one column";
  EXPECT_EQ(map.Resolve(file, 8), (LineColumn{3, 1}));
  EXPECT_EQ(map.Resolve(file, 999), (LineColumn{4, 4})) << "clamped to the end";
  EXPECT_EQ(map.Line(file, 2), "\xC3\xA9x") << "without the carriage return";
  EXPECT_EQ(map.Line(file, 3), "");
  EXPECT_EQ(map.Line(file, 5), "") << "no such line";
}

TEST(SourceMap, TextsNeverMove) {
  SourceMap map;
  FileId first = map.Add("a", "short");
  std::string_view before = map.text(first);
  for (int i = 0; i < 1000; ++i) map.Add("b", "x");
  EXPECT_EQ(before.data(), map.text(first).data());
}

TEST(SourceMap, CoverIgnoresInvalidSpans) {
  Span a{0, 4, 6}, b{0, 1, 2};
  EXPECT_EQ(Cover(a, b), (Span{0, 1, 6}));
  EXPECT_EQ(Cover(Span{}, b), b);
  EXPECT_EQ(Cover(a, Span{}), a);
}

TEST(FindInvalidUtf8, FollowsTable37) {
  EXPECT_EQ(FindInvalidUtf8("plain \xE2\x82\xAC \xF0\x9F\x98\x80"), std::nullopt);
  EXPECT_EQ(FindInvalidUtf8("a\x80"), 1u) << "lone continuation";
  EXPECT_EQ(FindInvalidUtf8("\xC0\xAF"), 0u) << "overlong";
  EXPECT_EQ(FindInvalidUtf8("\xE0\x80\xAF"), 0u) << "overlong";
  EXPECT_EQ(FindInvalidUtf8("\xED\xA0\x80"), 0u) << "surrogate";
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0u) << "above U+10FFFF";
  EXPECT_EQ(FindInvalidUtf8("ab\xE2\x82"), 2u) << "truncated";
}

}  // namespace
}  // namespace polc::source
