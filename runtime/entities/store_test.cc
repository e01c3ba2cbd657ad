// The store under change: against a model that computes everything anew, and under concurrent readers.
#include "runtime/entities/store.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <thread>

namespace polc::entities {
namespace {

Memory MemoryOf(const Snapshot& snapshot) {
  Memory memory;
  memory.base[static_cast<size_t>(Region::kStore)] = snapshot.base();
  return memory;
}

std::string Name(int n) { return "e" + std::to_string(n); }

// What the store should hold, closed under parents by brute force.
struct Model {
  std::map<int, std::pair<int64_t, std::set<int>>> entities;  // attribute `n`, parents

  void Above(int id, std::set<int>* out) const {
    const auto it = entities.find(id);
    if (it == entities.end()) return;
    for (int parent : it->second.second) {
      if (out->insert(parent).second) Above(parent, out);
    }
  }
  bool HasCycle() const {
    for (const auto& [id, entity] : entities) {
      std::set<int> above;
      Above(id, &above);
      if (above.contains(id)) return true;
    }
    return false;
  }
};

void ExpectEqual(const Snapshot& snapshot, const Model& model, int entities) {
  ASSERT_EQ(snapshot.present_count(), model.entities.size());
  for (int n = 0; n < entities; ++n) {
    const std::optional<EntityId> id = snapshot.Find("T", Name(n));
    const auto it = model.entities.find(n);
    ASSERT_EQ(id && snapshot.Present(*id), it != model.entities.end()) << n;
    if (!id) continue;
    std::set<int> above;
    model.Above(n, &above);
    for (int m = 0; m < entities; ++m) {
      const std::optional<EntityId> other = snapshot.Find("T", Name(m));
      ASSERT_EQ(other && snapshot.Below(*id, *other), above.contains(m)) << n << " in " << m;
    }
    if (it == model.entities.end()) continue;
    const Value* attribute = FindField(MemoryOf(snapshot), snapshot.Attributes(*id), "n");
    ASSERT_NE(attribute, nullptr);
    ASSERT_EQ(attribute->number(), it->second.first);
  }
}

RC_GTEST_PROP(Store, EditsAgreeWithTheModel, ()) {
  constexpr int kEntities = 9;
  Store store;
  Model model;
  const int commits = *rc::gen::inRange(1, 12);
  for (int c = 0; c < commits; ++c) {
    Edit edit(store);
    Model next = model;
    const int changes = *rc::gen::inRange(1, 5);
    for (int i = 0; i < changes; ++i) {
      const int n = *rc::gen::inRange(0, kEntities);
      if (*rc::gen::inRange(0, 4) == 0) {
        edit.Remove(edit.Entity("T", Name(n)));
        next.entities.erase(n);
        continue;
      }
      const int64_t attribute = *rc::gen::arbitrary<int64_t>();
      const int mask = *rc::gen::inRange(0, 1 << kEntities) & *rc::gen::inRange(0, 1 << kEntities);
      std::set<int> parents;
      for (int parent = 0; parent < kEntities; ++parent) {
        if (mask >> parent & 1) parents.insert(parent);
      }
      std::vector<EntityId> ids;
      for (int parent : parents) ids.push_back(edit.Entity("T", Name(parent)));
      edit.Upsert(edit.Entity("T", Name(n)), *edit.values().Record({{"n", MakeLong(attribute)}}),
                  EmptyRecord(), std::move(ids));
      next.entities[n] = {attribute, parents};
    }
    const std::shared_ptr<const Snapshot> before = store.Current();
    const bool cycle = edit.Commit().has_value();
    RC_ASSERT(cycle == next.HasCycle());
    if (cycle) {
      RC_ASSERT(store.Current() == before);
    } else {
      ExpectEqual(*before, model, kEntities);  // nobody's snapshot changes under them
      model = next;
    }
    ExpectEqual(*store.Current(), model, kEntities);
  }
}

TEST(Store, ValuesOfEveryKindSurviveTheMove) {
  Store store;
  for (int round = 0; round < 3; ++round) {
    Edit edit(store);
    ValueBuilder& v = edit.values();
    const Value set = *v.Set({v.String("b"), v.String("a"), v.String("b")});
    const uint8_t address[16] = {0xfe, 0x80};
    const Value record =
        *v.Record({{"deep", *v.Record({{"set", set}})}, {"same", set}, {"ip", v.IpV6(address, 10)}});
    edit.Upsert(edit.Entity("T", "x"), record, *v.Record({{"tag", set}}), {});
    ASSERT_FALSE(edit.Commit().has_value());
    const std::shared_ptr<const Snapshot> now = store.Current();
    const Memory memory = MemoryOf(*now);
    const EntityId x = *now->Find("T", "x");
    const Value* same = FindField(memory, now->Attributes(x), "same");
    const Value* deep = FindField(memory, now->Attributes(x), "deep");
    ASSERT_TRUE(same != nullptr && deep != nullptr);
    ASSERT_EQ(same->count, 2u);
    EXPECT_EQ(memory.Text(memory.Cells(*same)[0]), "a");
    EXPECT_EQ(memory.Text(memory.Cells(*FindField(memory, *deep, "set"))[1]), "b");
    EXPECT_EQ(memory.Address(*FindField(memory, now->Attributes(x), "ip"))[0], 0xfe);
    EXPECT_EQ(memory.Cells(*FindField(memory, now->Tags(x), "tag")).size(), 2u);
  }
}

TEST(Store, EditsOfABuiltSnapshot) {
  SnapshotBuilder builder;
  const EntityId a = builder.Intern("T", "a"), b = builder.Intern("T", "b"), c = builder.Intern("U", "c");
  builder.Add(a, EmptyRecord(), EmptyRecord(), {b});
  builder.Add(b, EmptyRecord(), EmptyRecord(), {});
  EntityId bad;
  Store store(builder.Finish(&bad));
  Edit edit(store);
  EXPECT_EQ(edit.Entity("T", "a"), a) << "numbers stay";
  EXPECT_EQ(edit.Entity("U", "c"), c) << "also of those only mentioned";
  edit.Upsert(b, EmptyRecord(), EmptyRecord(), {c});
  ASSERT_FALSE(edit.Commit().has_value());
  EXPECT_TRUE(store.Current()->Below(a, c)) << "what lies below moves along";

  Edit back(store);
  back.Upsert(c, EmptyRecord(), EmptyRecord(), {a});
  const std::optional<EditRefusal> refusal = back.Commit();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->why, EditRefusal::Why::kCycle);
  EXPECT_FALSE(store.Current()->Present(c));
}

// A chain of four has 0 + 1 + 2 + 3 ancestors.
TEST(Store, AtMostSoManyAncestors) {
  EntityId none;
  Store store(SnapshotBuilder().Finish(&none), 6);
  auto put = [&](int n, std::vector<int> parents) {
    Edit edit(store);
    std::vector<EntityId> ids;
    for (int parent : parents) ids.push_back(edit.Entity("T", Name(parent)));
    edit.Upsert(edit.Entity("T", Name(n)), EmptyRecord(), EmptyRecord(), std::move(ids));
    return edit.Commit();
  };
  for (int n = 0; n < 3; ++n) ASSERT_FALSE(put(n, {n + 1}));
  const std::optional<EditRefusal> refusal = put(3, {4});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->why, EditRefusal::Why::kTooManyAncestors);
  EXPECT_EQ(refusal->type, "T");
  const auto now = store.Current();
  EXPECT_FALSE(now->Present(*now->Find("T", Name(3)))) << "the store stays as it was";
  EXPECT_TRUE(now->Below(*now->Find("T", Name(0)), *now->Find("T", Name(3))));

  EXPECT_TRUE(put(5, {6}));
  // Room is made again by what is taken away, and what a refused edit would have added is not counted.
  EXPECT_FALSE(put(0, {}));
  EXPECT_FALSE(put(5, {6, 7, 8}));
  EXPECT_TRUE(put(9, {6}));
  EXPECT_FALSE(put(9, {}));
}

// What a snapshot brings counts from the first edit on.
TEST(Store, AncestorsOfABuiltSnapshotCount) {
  SnapshotBuilder builder;
  const EntityId a = builder.Intern("T", "a"), b = builder.Intern("T", "b");
  builder.Add(a, EmptyRecord(), EmptyRecord(), {b});
  EntityId bad;
  Store store(builder.Finish(&bad), 1);
  Edit edit(store);
  edit.Upsert(edit.Entity("T", "c"), EmptyRecord(), EmptyRecord(), {b});
  EXPECT_TRUE(edit.Commit());
  edit.Upsert(a, EmptyRecord(), EmptyRecord(), {});
  edit.Upsert(edit.Entity("T", "c"), EmptyRecord(), EmptyRecord(), {b});
  EXPECT_FALSE(edit.Commit());
}

// Run under the tsan preset: a writer moves one entity between two groups; readers always see one of them.
TEST(Store, ReadersNeverSeeHalfAnEdit) {
  Store store;
  std::atomic<bool> done{false};
  auto move_to = [&](const char* group, int64_t n) {
    Edit edit(store);
    const EntityId parent = edit.Entity("G", group);
    edit.Upsert(edit.Entity("T", "x"), *edit.values().Record({{"n", MakeLong(n)}, {"g", MakeEntity(parent)}}),
                EmptyRecord(), {parent});
    EXPECT_FALSE(edit.Commit().has_value());
  };
  move_to("a", 0);
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      int64_t last = 0;
      while (!done) {
        const std::shared_ptr<const Snapshot> now = store.Current();
        const EntityId x = *now->Find("T", "x");
        const Memory memory = MemoryOf(*now);
        const Value* group = FindField(memory, now->Attributes(x), "g");
        const int64_t n = FindField(memory, now->Attributes(x), "n")->number();
        ASSERT_TRUE(now->Below(x, group->entity()));
        ASSERT_EQ(now->Ancestors(x).size(), 1u);
        ASSERT_GE(n, last);
        last = n;
      }
    });
  }
  for (int64_t n = 1; n <= 2000; ++n) move_to(n % 2 == 0 ? "a" : "b", n);
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace polc::entities
