#include "runtime/json/plain_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace polc::api_json {
namespace {

bool IsEscaped(uint8_t c) { return c < 0x20 || c == '"' || c == '\\'; }
bool IsNotPlain(uint8_t c) { return IsEscaped(c) || c >= 0x7F; }

// Every byte, at every place of a word and behind it, beside every other byte that is alike.
TEST(PlainBytes, MarksExactlyWhatItSays) {
  for (unsigned c = 0; c < 256; ++c) {
    for (const char beside : {'a', ' ', '~', '!', '#', '[', ']'}) {
      for (size_t size = 1; size < 40; ++size) {
        for (size_t at = 0; at < size; ++at) {
          std::string text(size, beside);
          text[at] = static_cast<char>(c);
          const auto byte = static_cast<uint8_t>(c);
          ASSERT_EQ(FindMarked(text, MarkEscaped), IsEscaped(byte) ? at : size) << c << " at " << at;
          ASSERT_EQ(FindMarked(text, MarkNotPlain), IsNotPlain(byte) ? at : size) << c << " at " << at;
          ASSERT_EQ(FindNotPlain(text), IsNotPlain(byte) ? at : size) << c << " at " << at;
        }
      }
    }
  }
}

TEST(PlainBytes, TheFirstOfSeveralCounts) {
  for (unsigned before = 0; before < 256; ++before) {
    for (unsigned after = 0; after < 256; ++after) {
      const std::string text = {'a', static_cast<char>(before), static_cast<char>(after), 'b', 'c', 'd', 'e',
                                'f'};
      auto first = [&](auto is) -> size_t {
        return is(static_cast<uint8_t>(before)) ? 1 : is(static_cast<uint8_t>(after)) ? 2 : text.size();
      };
      ASSERT_EQ(FindMarked(text, MarkEscaped), first(IsEscaped));
      ASSERT_EQ(FindMarked(text, MarkNotPlain), first(IsNotPlain));
      ASSERT_EQ(FindNotPlain(text + text), first(IsNotPlain) == text.size() ? 16 : first(IsNotPlain));
    }
  }
}

TEST(PlainBytes, NothingIsLookedAtBehindTheEnd) {
  const std::string text = "abcdefghijklmnopq\"";
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(FindNotPlain(std::string_view(text).substr(0, size)), size);
    EXPECT_EQ(FindMarked(std::string_view(text).substr(0, size), MarkEscaped), size);
  }
}

}  // namespace
}  // namespace polc::api_json
