#include "compiler/simulate/scan.h"

#include <gtest/gtest.h>

#include <string>

#include "fmt/format.h"

namespace polc::simulate {
namespace {

TEST(Scan, HexIsOfEightDigits) {
  for (uint32_t number : {0u, 1u, 9u, 10u, 15u, 16u, 0x9A9A9A9Au, 0x12345678u, 0xFEDCBA98u, 0xFFFFFFFFu}) {
    const std::array<char, 8> hex = HexOf(number);
    EXPECT_EQ(std::string(hex.data(), hex.size()), fmt::format("{:08x}", number));
  }
}

TEST(Scan, GoesUpToTheQuote) {
  for (size_t size = 0; size < 30; ++size) {
    // Neighbours of a quote, and bytes above ASCII, are none.
    const std::string before =
        std::string("!#\xA2\\").substr(0, size % 5) + std::string(size - size % 5, '#');
    const std::string text = before + "\"rest\"";
    Cursor cursor(text);
    std::string_view found;
    ASSERT_TRUE(cursor.UpToQuote(&found));
    EXPECT_EQ(found, before);
    EXPECT_EQ(cursor.rest(), "rest\"");
    Cursor open(std::string_view(text).substr(0, before.size()));
    EXPECT_FALSE(open.UpToQuote(&found));
  }
}

TEST(Scan, HashesDifferByEveryByte) {
  for (size_t size = 1; size < 50; ++size) {
    std::string text(size, 'a');
    const uint64_t hash = HashOf(text);
    EXPECT_NE(hash, HashOf(text + 'a'));
    for (size_t i = 0; i < size; ++i) {
      std::string other = text;
      other[i] = 'b';
      EXPECT_NE(hash, HashOf(other)) << size << " " << i;
    }
  }
}

}  // namespace
}  // namespace polc::simulate
