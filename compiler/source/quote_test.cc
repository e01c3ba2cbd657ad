#include "compiler/source/quote.h"

#include <gtest/gtest.h>

namespace polc::source {
namespace {

TEST(Quote, EscapesWhatALiteralCannotHold) {
  EXPECT_EQ(Quote("plain"), R"("plain")");
  EXPECT_EQ(Quote("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(Quote(std::string_view("\n\r\t\0", 4)), R"("\n\r\t\0")");
  EXPECT_EQ(Quote("\x01\x7f"), R"("\u{1}\u{7f}")");
}

TEST(Quote, EscapesInvisibleCharactersOnly) {
  EXPECT_EQ(Quote("\u202e\u200b"), R"("\u{202e}\u{200b}")");
  EXPECT_EQ(Quote("é日𝔘"), "\"é日𝔘\"");
}

TEST(Excerpt, IsOneReadableLine) {
  EXPECT_EQ(Excerpt("say \"é\"\n\u202e"), "say \"é\"\\n\\u{202e}");
  EXPECT_EQ(Excerpt(std::string(60, 'a')), std::string(60, 'a'));
  EXPECT_EQ(Excerpt(std::string(61, 'a')), std::string(60, 'a') + "…");
}

TEST(Utf8, RoundTripsAtTheBordersOfEachLength) {
  for (char32_t c : {0x0u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string text;
    AppendUtf8(c, text);
    size_t offset = 0;
    EXPECT_EQ(NextCodePoint(text, &offset), c);
    EXPECT_EQ(offset, text.size());
  }
}

}  // namespace
}  // namespace polc::source
