#include "compiler/syntax/unescape.h"

#include <gtest/gtest.h>

namespace polc::syntax {
namespace {

std::string Read(std::string_view body) {
  std::vector<EscapeError> errors;
  std::string text = Unescape(body, errors);
  for (const EscapeError& e : errors) {
    text += "!" + std::to_string(e.begin) + "-" + std::to_string(e.end);
  }
  return text;
}

TEST(Unescape, KnowsEveryEscape) {
  EXPECT_EQ(Read("plain\nline"), "plain\nline");
  EXPECT_EQ(Read(R"(\n\r\t\\\'\")"), "\n\r\t\\'\"");
  EXPECT_EQ(Read(R"(a\0b)"), std::string("a\0b", 3));
  EXPECT_EQ(Read(R"(\x41\x7F)"), "A\x7f");
  EXPECT_EQ(Read(R"(\u{41}\u{1_f6_00}\u{10FFFF}\u{0})"), std::string("A\U0001f600\U0010ffff\0", 10));
}

TEST(Unescape, ReportsEveryMalformedEscapeWithItsPlace) {
  EXPECT_EQ(Read(R"(a\qb\z)"), "ab!1-3!4-6");
  EXPECT_EQ(Read(R"(\x80)"), "!0-4");
  EXPECT_EQ(Read(R"(\x4)"), "!0-3");
  EXPECT_EQ(Read(R"(\u{})"), "!0-4");
  EXPECT_EQ(Read(R"(\u{1234567})"), "!0-11");
  EXPECT_EQ(Read(R"(\u{110000})"), "!0-10");
  EXPECT_EQ(Read(R"(\u{D800})"), "!0-8");
  EXPECT_EQ(Read(R"(\u{12)"), "!0-5");
  EXPECT_EQ(Read(R"(\u{_1})").substr(0, 3), "1}!");
  EXPECT_EQ(Read("a\rb"), "ab!1-2");
  EXPECT_EQ(Read(R"(\*)"), "!0-2");
}

TEST(UnescapePattern, OnlyAnEscapedStarIsALiteralOne) {
  std::vector<EscapeError> errors;
  Pattern expected = {{false, "a"}, {true, ""}, {false, "*b"}, {true, ""}, {true, ""}};
  EXPECT_EQ(UnescapePattern(R"(a\u{2a}\*b\x2a*)", errors), expected);
  EXPECT_TRUE(errors.empty());
  EXPECT_TRUE(UnescapePattern("", errors).empty());
}

}  // namespace
}  // namespace polc::syntax
