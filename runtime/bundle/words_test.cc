#include "runtime/bundle/words.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace polc::bundle {
namespace {

// Texts end where their memory does, so that a sanitizer sees what is read behind them.
std::vector<char> Exact(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Words, LoadsWhatIsThereAndZeros) {
  const std::string text = "\x81\x42\x03\xF4\x25\x06\x87";
  for (size_t size = 0; size <= text.size(); ++size) {
    const std::vector<char> bytes = Exact(text.substr(0, size));
    uint64_t wanted = 0;
    for (size_t i = 0; i < size; ++i) wanted |= uint64_t{static_cast<uint8_t>(text[i])} << 8 * i;
    EXPECT_EQ(LoadShort(bytes.data(), size), wanted) << size;
  }
}

TEST(Words, TextsAreTheSameOnlyIfEachByteIs) {
  for (size_t size = 0; size < 40; ++size) {
    const std::vector<char> a(size, 'x');
    std::vector<char> b = a;
    EXPECT_TRUE(SameBytes(a.data(), b.data(), size)) << size;
    for (char& byte : b) {
      byte = '\x80';
      EXPECT_FALSE(SameBytes(a.data(), b.data(), size)) << size;
      byte = 'x';
    }
  }
  EXPECT_FALSE(SameText("abc", "abcd"));
  EXPECT_FALSE(SameText("abc", std::string_view("abc\0", 4)));
  EXPECT_TRUE(SameText("", ""));
}

TEST(Words, CopiesAllAndNothingElse) {
  for (size_t size = 0; size < 40; ++size) {
    std::vector<char> from(size);
    for (size_t i = 0; i < size; ++i) from[i] = static_cast<char>('A' + i);
    std::string to(size + 2, '.');
    CopyBytes(to.data() + 1, from.data(), size);
    EXPECT_EQ(to, "." + std::string(from.begin(), from.end()) + ".");
  }
}

TEST(Words, NamesThatDifferInLengthOrAtAnEndHashApart) {
  std::set<uint32_t> seen;
  size_t count = 0;
  auto add = [&](const std::string& name) {
    const std::vector<char> bytes = Exact(name);
    EXPECT_EQ(HashName(name), HashName({bytes.data(), bytes.size()}));
    seen.insert(HashName(name));
    ++count;
  };
  for (size_t size = 0; size < 30; ++size) {
    add(std::string(size, 'a'));
    if (size == 0) continue;
    add("b" + std::string(size - 1, 'a'));
    if (size > 1) add(std::string(size - 1, 'a') + "b");
  }
  EXPECT_EQ(seen.size(), count);
}

}  // namespace
}  // namespace polc::bundle
