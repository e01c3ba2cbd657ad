#include "runtime/json/uid_text.h"

#include <gtest/gtest.h>

namespace polc::api_json {
namespace {

TEST(IsTypeName, TakesNamesOnly) {
  for (std::string_view name : {"User", "_", "A1::B_2::c", "action", "Action", "cedar", "__cedar2"}) {
    EXPECT_TRUE(IsTypeName(name)) << name;
  }
  for (std::string_view name : {"", "1A", "A::", "::A", "A::::B", "A:B", "A B", " A", "A::in", "if",
                                "__cedar::A", "A::__cedar", "Ä", "A.B", "A::1"}) {
    EXPECT_FALSE(IsTypeName(name)) << name;
  }
}

TEST(ParseUidText, ReadsTheNormalForm) {
  const struct {
    std::string_view text, type, id;
  } cases[] = {
      {R"(User::"alice")", "User", "alice"},
      {R"(App::User::"")", "App::User", ""},
      {R"(A::"a\tb\n\r\"\\'\'")", "A", "a\tb\n\r\"\\''"},
      {R"(A::"\u{1}\u{7f}")", "A", "\x01\x7F"},
      {R"(A::"\u{e4}ä\u{1f600}")", "A", "ää😀"},
      {R"(A::"B::")", "A", "B::"},
  };
  for (const auto& c : cases) {
    const std::optional<UidText> uid = ParseUidText(c.text);
    ASSERT_TRUE(uid) << c.text;
    EXPECT_EQ(uid->type, c.type);
    EXPECT_EQ(uid->id, c.id) << c.text;
  }
  const std::optional<UidText> nul = ParseUidText(R"(A::"\0")");
  ASSERT_TRUE(nul);
  EXPECT_EQ(nul->id, std::string(1, '\0'));
}

TEST(ParseUidText, RefusesEverythingElse) {
  for (std::string_view text : {"",
                                "User",
                                "User::",
                                "User::alice",
                                "\"alice\"",
                                "::\"a\"",
                                "A::\"",
                                "A::\"a",
                                "A::\"a\" ",
                                " A::\"a\"",
                                "A :: \"a\"",
                                "A::\"a\"b\"",
                                "in::\"a\"",
                                "__cedar::\"a\"",
                                "A::\"a\tb\"",
                                "A::\"\x7F\"",
                                R"(A::"\x41")",
                                R"(A::"\u{41}")",
                                R"(A::"\u{0041}")",
                                R"(A::"\u{E4}")",
                                R"(A::"\u{9}")",
                                R"(A::"\u{}")",
                                R"(A::"\u{d800}")",
                                R"(A::"\u{110000}")",
                                R"(A::"\u{1000000}")",
                                R"(A::"\u{e4")",
                                R"(A::"\u{e4"})",
                                R"(A::"\u00e4")",
                                R"(A::"\)",
                                R"(A::"\")",
                                R"(A::"\a")",
                                R"(A::"\*")"}) {
    EXPECT_FALSE(ParseUidText(text)) << text;
  }
}

TEST(Basename, IsThePartBehindTheLastColons) {
  EXPECT_EQ(Basename("A::B::Action"), "Action");
  EXPECT_EQ(Basename("Action"), "Action");
}

}  // namespace
}  // namespace polc::api_json
