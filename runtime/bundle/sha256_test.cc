#include "runtime/bundle/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace polc::bundle {
namespace {

std::string Hex(const Digest& digest) {
  std::string out;
  for (uint8_t b : digest) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

class Sha256Test : public ::testing::TestWithParam<Sha256::Path> {
 protected:
  std::string HashOf(std::string_view text, size_t piece = SIZE_MAX) {
    Sha256 hash(GetParam());
    for (size_t i = 0; i < text.size(); i += piece) {
      std::string_view part = text.substr(i, piece);
      hash.Update({reinterpret_cast<const uint8_t*>(part.data()), part.size()});
      if (piece == SIZE_MAX) break;
    }
    return Hex(hash.Finish());
  }
};

// FIPS 180-4 / NIST example values.
TEST_P(Sha256Test, FipsVectors) {
  EXPECT_EQ(HashOf(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HashOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HashOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(
      HashOf("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlm"
             "nopqrsmnopqrstnopqrstu"),
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(HashOf(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_P(Sha256Test, PiecesDoNotMatter) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  const std::string whole = HashOf(text);
  for (size_t piece : {1, 3, 55, 56, 63, 64, 65, 127, 128, 129})
    EXPECT_EQ(HashOf(text, piece), whole) << piece;
}

// Every length across the padding's corner cases: both implementations must agree.
TEST(Sha256Paths, Agree) {
  std::vector<uint8_t> bytes;
  for (int n = 0; n < 300; ++n) {
    Sha256 best(Sha256::Path::kBest), portable(Sha256::Path::kPortable);
    best.Update(bytes);
    portable.Update(bytes);
    EXPECT_EQ(best.Finish(), portable.Finish()) << n;
    bytes.push_back(static_cast<uint8_t>(n * 31 + 1));
  }
}

INSTANTIATE_TEST_SUITE_P(Paths, Sha256Test, ::testing::Values(Sha256::Path::kBest, Sha256::Path::kPortable),
                         [](const auto& path) {
                           return path.param == Sha256::Path::kBest ? "Best" : "Portable";
                         });

}  // namespace
}  // namespace polc::bundle
