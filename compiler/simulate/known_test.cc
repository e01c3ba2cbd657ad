#include "compiler/simulate/known.h"

#include <gtest/gtest.h>

#include <set>

#include "compiler/simulate/scan.h"
#include "fmt/format.h"

namespace polc::simulate {
namespace {

// Every other one is too long to lie near.
std::string TextOf(size_t n) {
  return fmt::format("{{\"type\":\"T\",\"id\":\"{}{}\"}}", n, std::string(n % 2 * KnownUid::kNear, 'x'));
}

TEST(KnownUids, FindsWhatWasAdded) {
  KnownUids known;
  std::set<uint64_t> serials;
  const auto add = [&](size_t n) {
    const std::string text = TextOf(n);
    const uint64_t hash = HashOf(text);
    EXPECT_EQ(known.Find(text, hash), nullptr) << n;
    KnownUid& uid = known.Add(text, hash, {"T", std::to_string(n)});
    uid.type = static_cast<uint32_t>(n);
    EXPECT_TRUE(serials.insert(uid.serial).second);
  };
  const auto find = [&](size_t n) {
    const std::string text = TextOf(n);
    const KnownUid* uid = known.Find(text, HashOf(text));
    if (!uid) return false;
    EXPECT_EQ(uid, known.Guess(HashOf(text)));
    EXPECT_EQ(known.UidOf(*uid), (data::EntityUid{"T", std::to_string(n)}));
    return uid->type == n;
  };
  for (size_t n = 0; n < KnownUids::kMost; ++n) add(n);
  for (size_t n = 0; n < KnownUids::kMost; ++n) ASSERT_TRUE(find(n)) << n;
  // One more, and all others are forgotten.
  add(KnownUids::kMost);
  EXPECT_TRUE(find(KnownUids::kMost));
  for (size_t n = 0; n < KnownUids::kMost; n += 101) ASSERT_FALSE(find(n)) << n;
  add(7);
  EXPECT_TRUE(find(7));
}

TEST(KnownUids, ComparesTextsOfOneHash) {
  KnownUids known;
  known.Add("ab", 1, {"T", "ab"});
  known.Add("cd", 1, {"T", "cd"});
  EXPECT_EQ(known.UidOf(*known.Find("cd", 1)).id, "cd");
  EXPECT_EQ(known.UidOf(*known.Find("ab", 1)).id, "ab");
  EXPECT_EQ(known.Find("a", 1), nullptr);
  EXPECT_EQ(known.Find("abc", 1), nullptr);
}

}  // namespace
}  // namespace polc::simulate
