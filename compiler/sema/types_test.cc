#include "compiler/sema/types.h"

#include <gtest/gtest.h>

namespace polc::sema {
namespace {

constexpr CheckMode kStrict = CheckMode::kStrict;
constexpr CheckMode kPermissive = CheckMode::kPermissive;

TypeId Ok(const std::variant<TypeId, LubHelp>& lub) {
  return std::holds_alternative<TypeId>(lub) ? std::get<TypeId>(lub) : kNoType;
}
LubHelp Why(const std::variant<TypeId, LubHelp>& lub) { return std::get<LubHelp>(lub); }

TEST(TypeTable, EqualTypesHaveOneId) {
  TypeTable t;
  EXPECT_EQ(t.Set(kLong), t.Set(kLong));
  EXPECT_NE(t.Set(kLong), t.Set(kString));
  EXPECT_EQ(t.Record({{"b", kLong, true}, {"a", kString, false}}, false),
            t.Record({{"a", kString, false}, {"b", kLong, true}}, false));
  EXPECT_NE(t.Record({{"a", kLong, true}}, false), t.Record({{"a", kLong, false}}, false));
  EXPECT_NE(t.Record({{"a", kLong, true}}, false), t.Record({{"a", kLong, true}}, true));
  EXPECT_EQ(t.EntityUnion({2, 1, 2}), t.EntityUnion({1, 2}));
  EXPECT_EQ(t.EntityUnion({3, 3}), t.Entity(3));
  EXPECT_EQ(t.SingleEntity(t.Entity(3)), 3u);
  EXPECT_EQ(t.SingleEntity(t.EntityUnion({1, 2})), std::nullopt);
}

TEST(TypeTable, AnExtensionKeepsIdsOfItsBase) {
  TypeTable base;
  TypeId set = base.Set(kLong);
  TypeTable more(&base);
  EXPECT_EQ(more.Set(kLong), set);
  TypeId other = more.Set(kString);
  EXPECT_GE(other, base.size());
  EXPECT_EQ(more.node(other).element, kString);
  EXPECT_EQ(more.Set(kString), other);
  EXPECT_EQ(base.size() + 1, more.size());
}

TEST(TypeTable, ConstantBoolsAreBools) {
  TypeTable t;
  EXPECT_TRUE(t.IsSubtype(kTrue, kBool, kStrict));
  EXPECT_FALSE(t.IsSubtype(kBool, kTrue, kStrict));
  EXPECT_FALSE(t.IsSubtype(kTrue, kFalse, kStrict));
  EXPECT_EQ(Ok(t.Lub(kTrue, kFalse, kStrict)), kBool);
  EXPECT_EQ(Ok(t.Lub(kTrue, kTrue, kStrict)), kTrue);
  TypeId yes = t.Record({{"a", kTrue, true}}, false);
  TypeId no = t.Record({{"a", kFalse, true}}, false);
  EXPECT_EQ(Ok(t.Lub(yes, no, kStrict)), t.Record({{"a", kBool, true}}, false));
}

TEST(TypeTable, NothingIsBelowEverything) {
  TypeTable t;
  for (TypeId type : {kBool, kLong, kAnyEntity, t.Set(kLong)}) {
    EXPECT_TRUE(t.IsSubtype(kNever, type, kStrict));
    EXPECT_EQ(Ok(t.Lub(kNever, type, kStrict)), type);
  }
  EXPECT_EQ(Ok(t.Lub(t.Set(kNever), t.Set(kLong), kPermissive)), t.Set(kLong));
}

TEST(TypeTable, DifferentSimpleTypesHaveNoLub) {
  TypeTable t;
  for (CheckMode mode : {kStrict, kPermissive}) {
    EXPECT_EQ(Why(t.Lub(kLong, kString, mode)), LubHelp::kOther);
    EXPECT_EQ(Why(t.Lub(t.Set(kLong), t.Set(kString), mode)), LubHelp::kOther);
    EXPECT_EQ(Why(t.Lub(t.Set(kLong), kLong, mode)), LubHelp::kOther);
    EXPECT_EQ(Why(t.Lub(t.Entity(0), t.Record({}, false), mode)), LubHelp::kEntityAndRecord);
  }
}

TEST(TypeTable, EntityTypesJoinOnlyInPermissiveMode) {
  TypeTable t;
  TypeId a = t.Entity(1), b = t.Entity(2), both = t.EntityUnion({1, 2});
  EXPECT_EQ(Why(t.Lub(a, b, kStrict)), LubHelp::kEntityTypes);
  EXPECT_EQ(Ok(t.Lub(a, b, kPermissive)), both);
  EXPECT_TRUE(t.IsSubtype(a, both, kPermissive));
  EXPECT_FALSE(t.IsSubtype(a, both, kStrict));
  EXPECT_FALSE(t.IsSubtype(both, a, kPermissive));
  EXPECT_EQ(Ok(t.Lub(both, t.Entity(3), kPermissive)), t.EntityUnion({1, 2, 3}));
  EXPECT_EQ(Ok(t.Lub(a, kAnyEntity, kPermissive)), kAnyEntity);
  EXPECT_EQ(Why(t.Lub(a, kAnyEntity, kStrict)), LubHelp::kEntityTypes);
}

TEST(TypeTable, RecordsJoinByWhatTheyShare) {
  TypeTable t;
  TypeId ab = t.Record({{"a", kLong, true}, {"b", kLong, true}}, false);
  TypeId a = t.Record({{"a", kLong, true}}, false);
  TypeId optional = t.Record({{"a", kLong, false}}, false);
  TypeId text = t.Record({{"a", kString, true}}, false);
  EXPECT_EQ(Why(t.Lub(ab, a, kStrict)), LubHelp::kRecordFields);
  EXPECT_EQ(Why(t.Lub(a, optional, kStrict)), LubHelp::kOptionality);
  EXPECT_EQ(Why(t.Lub(a, text, kStrict)), LubHelp::kOther);
  EXPECT_EQ(Ok(t.Lub(ab, a, kPermissive)), t.Record({{"a", kLong, true}}, true));
  EXPECT_EQ(Ok(t.Lub(a, optional, kPermissive)), optional);
  // A shared field without a common type is dropped, and may still be there.
  EXPECT_EQ(Ok(t.Lub(a, text, kPermissive)), t.Record({}, true));
}

TEST(TypeTable, OpenRecordsAreAboveClosedOnes) {
  TypeTable t;
  TypeId closed = t.Record({{"a", kLong, true}, {"b", kLong, true}}, false);
  TypeId open = t.Record({{"a", kLong, true}}, true);
  EXPECT_TRUE(t.IsSubtype(closed, open, kPermissive));
  EXPECT_FALSE(t.IsSubtype(open, closed, kPermissive));
  EXPECT_FALSE(t.IsSubtype(closed, open, kStrict));
}

TEST(FindField, FindsByName) {
  Fields fields = {{"a", kLong, true}, {"c", kString, true}};
  EXPECT_EQ(FindField(fields, "c")->type, kString);
  EXPECT_EQ(FindField(fields, "b"), nullptr);
  EXPECT_EQ(FindField(fields, "d"), nullptr);
  EXPECT_EQ(FindField({}, ""), nullptr);
}

}  // namespace
}  // namespace polc::sema
