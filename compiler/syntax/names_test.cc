#include "compiler/syntax/names.h"

#include <gtest/gtest.h>

namespace polc::syntax {
namespace {

TEST(Names, Identifiers) {
  EXPECT_TRUE(IsIdentifier("_a9"));
  EXPECT_TRUE(IsIdentifier("in"));
  for (std::string_view bad : {"", "9a", "a-b", "a b", "é", "a::b"}) EXPECT_FALSE(IsIdentifier(bad)) << bad;
}

TEST(Names, NormalizedNames) {
  for (std::string_view good : {"A", "A::B", "_::__cedar::principal"})
    EXPECT_TRUE(IsNormalizedName(good)) << good;
  for (std::string_view bad :
       {"", "A::", "::A", "A:: B", "A :: B", "A:B", "A::in", "true", "A::\"b\"", " A", "A::::B"})
    EXPECT_FALSE(IsNormalizedName(bad)) << bad;
}

TEST(Names, PartsAndReservedOnes) {
  EXPECT_EQ(Basename("A::B::C"), "C");
  EXPECT_EQ(Basename("C"), "C");
  EXPECT_TRUE(HasCedarPart("A::__cedar"));
  EXPECT_FALSE(HasCedarPart("A::__cedarX"));
  EXPECT_TRUE(IsReservedCommonTypeName("Boolean"));
  EXPECT_FALSE(IsReservedCommonTypeName("decimal"));
}

}  // namespace
}  // namespace polc::syntax
