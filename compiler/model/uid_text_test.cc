#include "compiler/model/uid_text.h"

#include <gtest/gtest.h>

namespace polc::model {
namespace {

std::string Parsed(std::string_view text) {
  auto result = ParseUid(text);
  if (auto* uid = std::get_if<data::EntityUid>(&result)) return uid->type + "|" + uid->id;
  EXPECT_FALSE(std::get<std::string>(result).empty());
  return "error";
}

TEST(UidText, Accepts) {
  EXPECT_EQ(Parsed("User::\"alice\""), "User|alice");
  EXPECT_EQ(Parsed("A::B::C::\"\""), "A::B::C|");
  EXPECT_EQ(Parsed("principal::\"x\""), "principal|x");
  EXPECT_EQ(Parsed("permit::when::Action::\"x\""), "permit::when::Action|x");
  EXPECT_EQ(Parsed("_a1::\"x\""), "_a1|x");
  EXPECT_EQ(Parsed("__cedarx::\"x\""), "__cedarx|x");
  EXPECT_EQ(Parsed(R"(User::"\"\\\nA\0\'")"), std::string("User|\"\\\nA\0'", 11));
  EXPECT_EQ(Parsed("User::\"it's\""), "User|it's");
  EXPECT_EQ(Parsed("User::\"é\xF0\x9F\x98\x80\""), "User|é\xF0\x9F\x98\x80");
  EXPECT_EQ(Parsed("User::\"\\u{e9}\\u{1f600}\\u{7f}\\u{1}\""), "User|é\xF0\x9F\x98\x80\x7F\x01");
}

TEST(UidText, Refuses) {
  for (const char* text : {"",
                           "User",
                           "User::",
                           "\"a\"",
                           "::\"a\"",
                           "User::a",
                           "User:\"a\"",
                           "User::\"a",
                           "User::\"a\" x",
                           "User::\"a\"\"b\"",
                           "1User::\"a\"",
                           "Us-er::\"a\"",
                           "User::\"a\\\"",
                           "if::\"a\"",
                           "A::in::\"a\"",
                           "true::\"a\"",
                           "__cedar::\"a\"",
                           "A::__cedar::\"a\"",
                           "User::\"\\q\"",
                           "User::\"\\u{110000}\"",
                           "User::\"\\*\"",
                           "User::\"a\rb\"",
                           "User::\"a\\\nb\"",
                           "User::'a'",
                           "User::\"a\",",
                           "User::::\"a\"",
                           "/ /\nUser::\"a\"",
                           "?principal",
                           "User::{id:\"a\"}",
                           "Usér::\"a\"",
                           " User::\"a\"",
                           "User::\"a\" ",
                           "User ::\"a\"",
                           "User:: \"a\"",
                           "A:: B::\"a\"",
                           "User::\"a\"// c",
                           "User::\"\\x41\"",
                           "User::\"\\u{41}\"",
                           "User::\"\\u{0}\"",
                           "User::\"\\u{E9}\"",
                           "User::\"\\u{0e9}\"",
                           "User::\"\t\"",
                           "User::\"\n\"",
                           "User::\"\x01\"",
                           "User::\"\x7f\"",
                           "User::\"\\u{9}\""}) {
    EXPECT_EQ(Parsed(text), "error") << text;
  }
}

TEST(UidText, MegabytesAreLinear) {
  EXPECT_EQ(Parsed("User::\"" + std::string(4 << 20, 'x') + "\"").size(), (4u << 20) + 5);
  EXPECT_EQ(Parsed(std::string(4 << 20, 'x')), "error");
  EXPECT_EQ(Parsed(std::string(4 << 20, ' ')), "error");
}

}  // namespace
}  // namespace polc::model
