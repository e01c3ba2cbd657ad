#include "compiler/log/crc.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/CRC.h"

namespace polc::log {
namespace {

TEST(Crc32, IsTheOneThatEverybodyHas) {
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926u);
  EXPECT_EQ(Crc32(""), 0u);
}

// Every length around the steps of both ways, at every alignment, against another's implementation.
TEST(Crc32, BothWaysAgreeWithAnother) {
  std::mt19937_64 rng(11);
  std::string bytes(4096 + 64, '\0');
  for (char& c : bytes) c = static_cast<char>(rng());
  size_t cases = 0;
  for (size_t size = 0; size < 700; ++size) {
    for (size_t begin = 0; begin < 17; ++begin, ++cases) {
      const std::string_view part = std::string_view(bytes).substr(begin, size);
      const llvm::ArrayRef<uint8_t> as_bytes(reinterpret_cast<const uint8_t*>(part.data()), part.size());
      const uint32_t want = llvm::crc32(as_bytes);
      ASSERT_EQ(Crc32(part), want) << size << " at " << begin;
      ASSERT_EQ(Crc32ByTables(part), want) << size << " at " << begin;
    }
  }
  EXPECT_EQ(Crc32(std::string_view(bytes).substr(1, 4096)),
            Crc32ByTables(std::string_view(bytes).substr(1, 4096)));
  EXPECT_GE(cases, 10'000u);
}

TEST(Crc32, GoesOnBehindOtherBytes) {
  std::mt19937_64 rng(12);
  std::string bytes(1000, '\0');
  for (char& c : bytes) c = static_cast<char>(rng());
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string_view first = std::string_view(bytes).substr(0, cut),
                           rest = std::string_view(bytes).substr(cut);
    ASSERT_EQ(Crc32(rest, Crc32(first)), Crc32(bytes)) << cut;
    ASSERT_EQ(Crc32ByTables(rest, Crc32ByTables(first)), Crc32(bytes)) << cut;
  }
}

}  // namespace
}  // namespace polc::log
