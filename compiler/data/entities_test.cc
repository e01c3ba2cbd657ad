#include "compiler/data/entities.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace polc::data {
namespace {

EntityUid U(std::string id) { return {"User", std::move(id)}; }
Entity E(std::string id, std::vector<std::string> parents = {}) {
  Entity entity;
  entity.uid = U(std::move(id));
  for (std::string& parent : parents) entity.parents.push_back(U(std::move(parent)));
  return entity;
}

TEST(EntityStore, FindsAndClimbs) {
  EntityStore store;
  EXPECT_FALSE(store.Add(E("a", {"b", "c"})));
  EXPECT_FALSE(store.Add(E("b", {"d"})));
  EXPECT_FALSE(store.Add(E("c", {"d", "gone"})));
  EXPECT_FALSE(store.Add(E("d")));
  EXPECT_FALSE(store.Close());
  EXPECT_EQ(store.size(), 4u);
  EXPECT_EQ(store.order(), (std::vector<EntityUid>{U("a"), U("b"), U("c"), U("d")}));
  EXPECT_TRUE(store.Find(U("a")));
  EXPECT_FALSE(store.Find(U("gone")));
  EXPECT_FALSE(store.Find(U("z")));
  EXPECT_FALSE(store.Find({"Other", "a"}));
  for (const char* above : {"a", "b", "c", "d", "gone"}) EXPECT_TRUE(store.In(U("a"), U(above)));
  EXPECT_FALSE(store.In(U("d"), U("a")));
  EXPECT_FALSE(store.In(U("b"), U("c")));
  EXPECT_FALSE(store.In(U("a"), U("z")));
  // Absent entities are in themselves only.
  EXPECT_TRUE(store.In(U("z"), U("z")));
  EXPECT_FALSE(store.In(U("z"), U("a")));
  EXPECT_TRUE(store.In(U("gone"), U("gone")));
  EXPECT_FALSE(store.In(U("gone"), U("a")));
  EXPECT_EQ(store.Ancestors(U("a")), (std::vector<EntityUid>{U("b"), U("c"), U("d"), U("gone")}));
  EXPECT_TRUE(store.Ancestors(U("z")).empty());
}

TEST(EntityStore, AnEmptyStoreAnswers) {
  EntityStore store;
  EXPECT_FALSE(store.Close());
  EXPECT_FALSE(store.Find(U("a")));
  EXPECT_TRUE(store.In(U("a"), U("a")));
  EXPECT_FALSE(store.In(U("a"), U("b")));
}

TEST(EntityStore, RepeatsMustBeIdentical) {
  EntityStore store;
  Entity first = E("a", {"b", "c"});
  first.attrs.emplace("n", Value(int64_t{1}));
  first.span = {0, 10, 20};
  EXPECT_FALSE(store.Add(first));
  Entity same = first;
  same.parents = {U("c"), U("b"), U("c")};
  same.span = {0, 30, 40};
  EXPECT_FALSE(store.Add(same));
  EXPECT_EQ(store.size(), 1u);
  for (int what = 0; what < 3; ++what) {
    Entity other = same;
    if (what == 0) other.attrs.at("n") = Value(int64_t{2});
    if (what == 1) other.tags.emplace("t", Value(true));
    if (what == 2) other.parents.pop_back(), other.parents.pop_back();
    auto error = store.Add(other);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind, StoreError::Kind::kDuplicate);
    EXPECT_EQ(error->uid, U("a"));
    EXPECT_EQ(error->span, same.span);
    EXPECT_EQ(error->other_span, first.span);
  }
  store.Put(E("a", {"z"}));
  EXPECT_FALSE(store.Close());
  EXPECT_EQ(store.size(), 1u);
  EXPECT_TRUE(store.In(U("a"), U("z")));
  EXPECT_FALSE(store.In(U("a"), U("b")));
}

TEST(EntityStore, ReportsEveryGroupOnCycles) {
  EntityStore store;
  store.Add(E("self", {"self"}));
  store.Add(E("x", {"p"}));
  store.Add(E("p", {"q", "top"}));
  store.Add(E("q", {"r"}));
  store.Add(E("r", {"p", "q"}));
  store.Add(E("top"));
  std::vector<StoreError> errors = store.CloseAll();
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].kind, StoreError::Kind::kCycle);
  EXPECT_EQ(errors[0].cycle, (std::vector<EntityUid>{U("self")}));
  EXPECT_EQ(errors[1].uid, U("p"));
  EXPECT_EQ(errors[1].cycle, (std::vector<EntityUid>{U("p"), U("q"), U("r")}));
  EXPECT_EQ(store.Close()->uid, U("self"));
}

TEST(EntityStore, OverABaseItReplacesAndClimbsTheUnion) {
  EntityStore base;
  base.Add(E("a", {"b"}));
  base.Add(E("b", {"c"}));
  base.Add(E("other", {"c"}));
  ASSERT_FALSE(base.Close());
  EntityStore over(&base);
  over.Put(E("b", {"new"}));
  over.Put(E("new", {"gone"}));
  ASSERT_FALSE(over.Close());
  EXPECT_TRUE(over.In(U("a"), U("b")));
  EXPECT_TRUE(over.In(U("a"), U("gone")));
  EXPECT_FALSE(over.In(U("a"), U("c")));
  EXPECT_TRUE(over.In(U("other"), U("c")));
  EXPECT_EQ(over.Ancestors(U("a")), (std::vector<EntityUid>{U("b"), U("gone"), U("new")}));
  EXPECT_TRUE(over.Find(U("a")));
  EXPECT_EQ(over.Find(U("b"))->parents[0], U("new"));
  EXPECT_EQ(base.Find(U("b"))->parents[0], U("c"));

  EntityStore cyclic(&base);
  cyclic.Put(E("c", {"a"}));
  auto error = cyclic.Close();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->cycle.size(), 3u);
  EntityStore fine(&base);
  EXPECT_FALSE(fine.Close());
}

TEST(EntityStore, LongChainsAndWideDiamonds) {
  EntityStore chain;
  constexpr int kLength = 200'000;
  for (int i = 0; i < kLength; ++i) chain.Add(E(std::to_string(i), {std::to_string(i + 1)}));
  EXPECT_FALSE(chain.Close());
  EXPECT_TRUE(chain.In(U("0"), U(std::to_string(kLength))));
  EXPECT_FALSE(chain.In(U("1"), U("0")));
  chain.Put(E(std::to_string(kLength), {"0"}));
  EXPECT_EQ(chain.Close()->cycle.size(), kLength + 1u);

  // 2^60 paths, 122 entities.
  EntityStore diamonds;
  for (int i = 0; i < 60; ++i) {
    std::string n = std::to_string(i), m = std::to_string(i + 1);
    diamonds.Add(E("l" + n, {"l" + m, "r" + m}));
    diamonds.Add(E("r" + n, {"l" + m, "r" + m}));
  }
  EXPECT_FALSE(diamonds.Close());
  EXPECT_TRUE(diamonds.In(U("l0"), U("r60")));
  EXPECT_EQ(diamonds.Ancestors(U("l0")).size(), 120u);
}

// Against the obvious closure of small random graphs, cycles and all.
RC_GTEST_PROP(EntityStoreProperty, AgreesWithFloydWarshall, ()) {
  const int size = *rc::gen::inRange(1, 8);
  std::vector<std::vector<bool>> above(8, std::vector<bool>(8, false));
  EntityStore store;
  for (int i = 0; i < size; ++i) {
    std::vector<std::string> parents;
    for (int j = 0; j < 8; ++j) {
      if (*rc::gen::inRange(0, 6) == 0) {
        parents.push_back(std::to_string(j));
        above[i][j] = true;
      }
    }
    store.Add(E(std::to_string(i), parents));
  }
  for (int k = 0; k < 8; ++k)
    for (int i = 0; i < 8; ++i)
      for (int j = 0; j < 8; ++j)
        if (above[i][k] && above[k][j]) above[i][j] = true;
  std::vector<StoreError> errors = store.CloseAll();
  std::vector<bool> cyclic(8, false);
  for (const StoreError& error : errors) {
    for (const EntityUid& a : error.cycle) {
      cyclic[std::stoi(a.id)] = true;
      for (const EntityUid& b : error.cycle) RC_ASSERT(above[std::stoi(a.id)][std::stoi(b.id)]);
    }
  }
  for (int i = 0; i < 8; ++i) {
    RC_ASSERT(cyclic[i] == above[i][i]);
    for (int j = 0; j < 8; ++j) {
      RC_ASSERT(store.In(U(std::to_string(i)), U(std::to_string(j))) == (i == j || above[i][j]));
    }
  }
}

}  // namespace
}  // namespace polc::data
