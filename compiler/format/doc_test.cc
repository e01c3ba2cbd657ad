#include "compiler/format/doc.h"

#include <gtest/gtest.h>

namespace polc::format {
namespace {

// [ a, b, c ] in a group, broken or not.
Doc List(DocBuilder& d) {
  Doc items = d.concat({d.text("a,"), d.line(), d.text("b,"), d.line(), d.text("c")});
  return d.group(d.concat(
      {d.text("["), d.nest(2, d.append(d.line_or_nothing(), items)), d.line_or_nothing(), d.text("]")}));
}

TEST(Doc, GroupStaysOnOneLineIfItFits) {
  DocBuilder d;
  EXPECT_EQ(d.Render(List(d), 10), "[a, b, c]");
  EXPECT_EQ(d.Render(List(d), 9), "[a, b, c]") << "exactly the width";
  EXPECT_EQ(d.Render(List(d), 8), "[\n  a,\n  b,\n  c\n]") << "one less";
}

TEST(Doc, WhatFollowsTheGroupCountsUpToTheNextBreak) {
  DocBuilder d;
  EXPECT_EQ(d.Render(d.append(List(d), d.text(";")), 9), "[\n  a,\n  b,\n  c\n];");
  EXPECT_EQ(d.Render(d.concat({List(d), d.hardline(), d.text("a long line after it")}), 9),
            "[a, b, c]\na long line after it");
}

TEST(Doc, HardlineBreaksItsGroup) {
  DocBuilder d;
  EXPECT_EQ(d.Render(d.group(d.concat({d.text("x"), d.hardline(), d.text("y"), d.line(), d.text("z")})), 80),
            "x\ny\nz");
}

TEST(Doc, ASuffixEndsItsLine) {
  DocBuilder d;
  auto doc = [&](Doc end) {
    return d.append(d.group(d.concat({d.text("a"), d.line(), d.text("b"), d.suffix("// c")})), end);
  };
  EXPECT_EQ(d.Render(doc(d.nil()), 80), "a b // c");
  EXPECT_EQ(d.Render(doc(d.hardline()), 80), "a b // c\n");
  // What follows on the same line goes to the next one; a gap there is nothing.
  EXPECT_EQ(d.Render(doc(d.append(d.gap(), d.text("x"))), 80), "a b // c\nx");
  Doc inside = d.group(d.concat({d.text("a"), d.suffix("// c"), d.line(), d.text("b")}));
  EXPECT_EQ(d.Render(inside, 80), "a // c\nb");
}

TEST(Doc, WidthCountsColumnsNotBytes) {
  DocBuilder d;
  // "é" is two bytes and one column; "世" three bytes and two columns.
  Doc doc = d.group(d.concat({d.text("\xC3\xA9\xC3\xA9\xE4\xB8\x96"), d.line(), d.text("x")}));
  EXPECT_EQ(d.Render(doc, 6), "\xC3\xA9\xC3\xA9\xE4\xB8\x96 x");
  EXPECT_EQ(d.Render(doc, 5), "\xC3\xA9\xC3\xA9\xE4\xB8\x96\nx");
}

TEST(Doc, DeepNestingDoesNotRecurse) {
  DocBuilder d;
  Doc doc = d.text("x");
  for (int i = 0; i < 200000; ++i) doc = d.group(d.nest(0, d.append(d.text("("), doc)));
  EXPECT_EQ(d.Render(doc, 80).size(), 200001u);
}

}  // namespace
}  // namespace polc::format
