#include "runtime/entities/snapshot.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace polc::entities {
namespace {

TEST(SnapshotTest, Empty) {
  EntityId bad;
  auto s = SnapshotBuilder().Finish(&bad);
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->entity_count(), 0u);
  EXPECT_FALSE(s->Find("User", "a"));
  EXPECT_FALSE(s->FindType("User"));
}

TEST(SnapshotTest, AttributesTagsAndNames) {
  SnapshotBuilder b;
  const EntityId alice = b.Intern("User", "alice");
  const EntityId absent = b.Intern("Team", "gone");
  auto& v = b.values();
  const Value inner = *v.Record({{"deep", *v.Set({v.String("x"), MakeEntity(absent)})}});
  b.Add(alice, *v.Record({{"name", v.String("Alice")}, {"inner", inner}}), *v.Record({{"t", MakeLong(3)}}),
        {absent});
  EntityId bad;
  auto s = b.Finish(&bad);
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->Find("User", "alice"), alice);
  EXPECT_EQ(s->Find("Team", "gone"), absent);
  EXPECT_FALSE(s->Find("User", "bob"));
  EXPECT_FALSE(s->Find("Nobody", "alice"));
  EXPECT_TRUE(s->Present(alice));
  EXPECT_FALSE(s->Present(absent));
  EXPECT_EQ(s->TypeName(s->Type(alice)), "User");
  EXPECT_EQ(s->Id(absent), "gone");
  Memory m;
  m.base[static_cast<size_t>(Region::kStore)] = s->base();
  const Value* name = FindField(m, s->Attributes(alice), "name");
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(m.Text(*name), "Alice");
  const Value* found = FindField(m, s->Attributes(alice), "inner");
  ASSERT_NE(found, nullptr);
  const Value* deep = FindField(m, *found, "deep");
  ASSERT_NE(deep, nullptr);
  ASSERT_EQ(deep->count, 2u);
  EXPECT_EQ(m.Text(m.Cells(*deep)[0]), "x");
  EXPECT_EQ(m.Cells(*deep)[1].entity(), absent);
  EXPECT_EQ(FindField(m, s->Tags(alice), "t")->number(), 3);
  EXPECT_EQ(s->Attributes(absent).count, 0u);
}

TEST(SnapshotTest, AncestorsAreTheClosure) {
  SnapshotBuilder b;
  // d -> b, c; b -> a; c -> a; a -> (absent) top
  const EntityId a = b.Intern("G", "a"), bb = b.Intern("G", "b"), c = b.Intern("G", "c"),
                 d = b.Intern("G", "d"), top = b.Intern("G", "top");
  b.Add(d, EmptyRecord(), EmptyRecord(), {bb, c, bb});
  b.Add(bb, EmptyRecord(), EmptyRecord(), {a});
  b.Add(c, EmptyRecord(), EmptyRecord(), {a});
  b.Add(a, EmptyRecord(), EmptyRecord(), {top});
  EntityId bad;
  auto s = b.Finish(&bad);
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->Ancestors(d).size(), 4u);
  EXPECT_EQ(s->Parents(d).size(), 2u);
  for (EntityId up : {a, bb, c, top}) EXPECT_TRUE(s->Below(d, up));
  EXPECT_FALSE(s->Below(d, d));
  EXPECT_FALSE(s->Below(top, a));
  EXPECT_TRUE(s->Ancestors(top).empty());
}

TEST(SnapshotTest, CyclesAreRefusedWithAMember) {
  SnapshotBuilder b;
  const EntityId in = b.Intern("G", "in1"), in2 = b.Intern("G", "in2"), below = b.Intern("G", "below"),
                 above = b.Intern("G", "above");
  b.Add(below, EmptyRecord(), EmptyRecord(), {in});
  b.Add(in, EmptyRecord(), EmptyRecord(), {above, in2});
  b.Add(in2, EmptyRecord(), EmptyRecord(), {in});
  b.Add(above, EmptyRecord(), EmptyRecord(), {});
  EntityId bad = kNoId;
  EXPECT_EQ(b.Finish(&bad), nullptr);
  EXPECT_TRUE(bad == in || bad == in2);
  SnapshotBuilder self;
  const EntityId me = self.Intern("G", "me");
  self.Add(me, EmptyRecord(), EmptyRecord(), {me});
  EXPECT_EQ(self.Finish(&bad), nullptr);
  EXPECT_EQ(bad, me);
}

// The closure of a chain grows with its square, so this one is short; no step of it recurses.
TEST(SnapshotTest, LongChain) {
  SnapshotBuilder b;
  const int n = 2000;
  std::vector<EntityId> ids;
  for (int i = 0; i < n; ++i) ids.push_back(b.Intern("G", std::to_string(i)));
  for (int i = 0; i + 1 < n; ++i) b.Add(ids[i], EmptyRecord(), EmptyRecord(), {ids[i + 1]});
  EntityId bad;
  auto s = b.Finish(&bad);
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->Ancestors(ids[0]).size(), static_cast<size_t>(n - 1));
  for (int i = 0; i < n; ++i) EXPECT_EQ(s->Find("G", std::to_string(i)), ids[i]);
}

// Random acyclic graphs: the closure is what a walk finds.
RC_GTEST_PROP(SnapshotProperty, ClosureIsReachability, (std::vector<std::pair<uint8_t, uint8_t>> edges)) {
  SnapshotBuilder b;
  const size_t n = 40;
  std::vector<EntityId> ids;
  for (size_t i = 0; i < n; ++i) ids.push_back(b.Intern(i % 2 ? "A" : "B", std::to_string(i)));
  std::vector<std::set<size_t>> parents(n);
  for (auto [x, y] : edges) {
    const size_t low = std::min(x % n, y % n), high = std::max(x % n, y % n);
    if (low != high) parents[low].insert(high);
  }
  for (size_t i = 0; i < n; ++i) {
    std::vector<EntityId> list;
    for (size_t p : parents[i]) list.push_back(ids[p]);
    b.Add(ids[i], EmptyRecord(), EmptyRecord(), list);
  }
  EntityId bad;
  auto s = b.Finish(&bad);
  RC_ASSERT(s != nullptr);
  for (size_t i = n; i-- > 0;) {
    std::set<size_t> reached;
    std::vector<size_t> todo(parents[i].begin(), parents[i].end());
    while (!todo.empty()) {
      const size_t at = todo.back();
      todo.pop_back();
      if (reached.insert(at).second) todo.insert(todo.end(), parents[at].begin(), parents[at].end());
    }
    for (size_t j = 0; j < n; ++j) RC_ASSERT(s->Below(ids[i], ids[j]) == reached.contains(j));
  }
}

}  // namespace
}  // namespace polc::entities
