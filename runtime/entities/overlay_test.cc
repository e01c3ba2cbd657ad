#include "runtime/entities/overlay.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace polc::entities {
namespace {

using Map = PersistentMap<int>;

TEST(PersistentMap, KeysThatShareDigitsStayApart) {
  // 0 and 2^30 differ in the last level only; 1 and 65 in the second.
  Map map;
  for (uint32_t key : {0u, 1u << 30, 3u << 30, 1u, 65u, UINT32_MAX}) {
    map = map.Set(key, std::make_shared<int>(static_cast<int>(key % 1000)));
  }
  for (uint32_t key : {0u, 1u << 30, 3u << 30, 1u, 65u, UINT32_MAX}) {
    ASSERT_NE(map.Find(key), nullptr) << key;
    EXPECT_EQ(*map.Find(key), static_cast<int>(key % 1000));
  }
  EXPECT_EQ(map.Find(2u << 30), nullptr);
  EXPECT_EQ(map.Find(129), nullptr);
}

RC_GTEST_PROP(PersistentMap, AgreesWithAMapAndLeavesVersionsAlone, ()) {
  std::map<uint32_t, int> model;
  Map map;
  const auto steps = *rc::gen::container<std::vector<std::pair<uint32_t, int>>>(
      rc::gen::pair(rc::gen::oneOf(rc::gen::inRange<uint32_t>(0, 200), rc::gen::arbitrary<uint32_t>()),
                    rc::gen::arbitrary<int>()));
  std::vector<std::pair<Map, std::map<uint32_t, int>>> versions;
  for (const auto& [key, value] : steps) {
    versions.emplace_back(map, model);
    map = map.Set(key, std::make_shared<int>(value));
    model[key] = value;
  }
  versions.emplace_back(map, model);
  // The way between any two versions.
  for (const auto& [before, old_model] : versions) {
    for (const auto& [now, new_model] : versions) {
      std::map<uint32_t, int> told;
      now.ForEachChange(before, [&](uint32_t key) { ++told[key]; });
      for (const auto& [key, value] : steps) {
        RC_ASSERT(told.contains(key) == (now.Find(key) != before.Find(key)));
        if (told.contains(key)) RC_ASSERT(told[key] == 1);
      }
    }
  }
  for (const auto& [version, expected] : versions) {
    for (const auto& [key, value] : steps) {
      const int* found = version.Find(key);
      const auto it = expected.find(key);
      RC_ASSERT((found == nullptr) == (it == expected.end()));
      if (found != nullptr) RC_ASSERT(*found == it->second);
    }
  }
}

TEST(TypeIndex, FindsTheFirstOfAName) {
  std::vector<std::string> names = {"User", "", "App::User", "User", "Usor", "a name of more than a word",
                                    "X"};
  for (int i = 0; i < 300; ++i) names.push_back("Type" + std::to_string(i));
  auto name_of = [&](TypeId type) { return std::string_view(names[type]); };
  for (uint32_t count = 0; count <= names.size(); ++count) {
    const TypeIndex index(count, name_of);
    for (TypeId type = 0; type < names.size(); ++type) {
      const auto first =
          static_cast<TypeId>(std::find(names.begin(), names.end(), names[type]) - names.begin());
      ASSERT_EQ(index.Find(names[type], name_of), first < count ? first : kNoId) << names[type];
    }
    ASSERT_EQ(index.Find("Type", name_of), kNoId);
  }
}

}  // namespace
}  // namespace polc::entities
