#include "compiler/sema/capability.h"

#include <gtest/gtest.h>

namespace polc::sema {
namespace {

TEST(CapabilitySet, UnionAndIntersection) {
  CapabilitySet a(Capability{1, 1, false});
  a.UniteWith(CapabilitySet(Capability{2, 1, false}));
  a.UniteWith(CapabilitySet(Capability{1, 1, false}));
  EXPECT_EQ(a.size(), 2u);
  CapabilitySet b(Capability{2, 1, false});
  b.UniteWith(CapabilitySet(Capability{3, 1, false}));
  CapabilitySet both = a;
  both.IntersectWith(b);
  EXPECT_EQ(both.size(), 1u);
  EXPECT_TRUE(both.Contains({2, 1, false}));
  EXPECT_FALSE(both.Contains({1, 1, false}));
  both.IntersectWith({});
  EXPECT_TRUE(both.empty());
}

TEST(CapabilitySet, AttributesAndTagsAreApart) {
  CapabilitySet a(Capability{1, 1, true});
  EXPECT_TRUE(a.Contains({1, 1, true}));
  EXPECT_FALSE(a.Contains({1, 1, false}));
  CapabilitySet empty;
  empty.UniteWith(a);
  EXPECT_TRUE(empty.Contains({1, 1, true}));
}

}  // namespace
}  // namespace polc::sema
