#include "runtime/entities/value.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "runtime/entities/value_builder.h"

namespace polc::entities {
namespace {

class ValueTest : public ::testing::Test {
 protected:
  int Order(const Value& a, const Value& b) {
    Work work;
    return Compare(memory(), a, b, &work);
  }
  Memory memory() {
    Memory m;
    m.base[static_cast<size_t>(Region::kRequest)] = b_.base();
    return m;
  }
  Value Set(std::vector<Value> elements) { return *b_.Set(std::move(elements)); }
  ValueBuilder b_{Region::kRequest};
};

TEST_F(ValueTest, EqualityIsStructural) {
  EXPECT_EQ(Order(MakeLong(1), MakeLong(1)), 0);
  EXPECT_NE(Order(MakeLong(1), MakeNumber(Kind::kDuration, 1)), 0);
  EXPECT_NE(Order(MakeLong(1), b_.String("1")), 0);
  EXPECT_EQ(Order(b_.String("abc"), b_.String("abc")), 0);
  EXPECT_NE(Order(b_.String("abc"), b_.String("abd")), 0);
  EXPECT_EQ(Order(Set({MakeLong(1), MakeLong(2), MakeLong(1)}), Set({MakeLong(2), MakeLong(1)})), 0);
  EXPECT_NE(Order(Set({MakeLong(1)}), Set({MakeLong(2)})), 0);
  EXPECT_NE(Order(Set({MakeLong(1)}), Set({MakeLong(1), Set({})})), 0);
  EXPECT_EQ(Order(EmptySet(), Set({})), 0);
  EXPECT_NE(Order(EmptySet(), EmptyRecord()), 0);
  const Value r1 = *b_.Record({{"b", MakeLong(1)}, {"a", b_.String("x")}});
  const Value r2 = *b_.Record({{"a", b_.String("x")}, {"b", MakeLong(1)}});
  const Value r3 = *b_.Record({{"a", b_.String("x")}, {"c", MakeLong(1)}});
  EXPECT_EQ(Order(r1, r2), 0);
  EXPECT_NE(Order(r1, r3), 0);
  EXPECT_EQ(Order(Set({r1, r2}), Set({r2})), 0);
  const uint8_t address[16] = {1}, other[16] = {2};
  EXPECT_EQ(Order(b_.IpV6(address, 64), b_.IpV6(address, 64)), 0);
  EXPECT_NE(Order(b_.IpV6(address, 64), b_.IpV6(address, 65)), 0);
  EXPECT_NE(Order(b_.IpV6(address, 64), b_.IpV6(other, 64)), 0);
  EXPECT_NE(Order(MakeIpV4(1, 8), MakeIpV4(2, 8)), 0);
  EXPECT_LT(Order(MakeLong(-1), MakeLong(1)), 0);
  EXPECT_LT(Order(MakeLong(INT64_MIN), MakeLong(INT64_MAX)), 0);
}

TEST_F(ValueTest, FieldsAreFound) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i)
    names.push_back(std::string(static_cast<size_t>(i % 7), 'x') + std::to_string(i));
  std::vector<std::pair<std::string_view, Value>> fields;
  for (size_t i = 0; i < names.size(); ++i) fields.emplace_back(names[i], MakeLong(static_cast<int64_t>(i)));
  const Value record = *b_.Record(fields);
  for (size_t i = 0; i < names.size(); ++i) {
    const Value* v = FindField(memory(), record, names[i]);
    ASSERT_NE(v, nullptr) << names[i];
    EXPECT_EQ(v->number(), static_cast<int64_t>(i));
  }
  EXPECT_EQ(FindField(memory(), record, "nope"), nullptr);
  EXPECT_EQ(FindField(memory(), record, ""), nullptr);
  EXPECT_EQ(FindField(memory(), EmptyRecord(), "x"), nullptr);
}

TEST_F(ValueTest, DepthIsBounded) {
  Value v = MakeLong(1);
  for (uint32_t i = 0; i < bundle::kMaxValueDepth; ++i) {
    auto deeper = b_.Set({v});
    ASSERT_TRUE(deeper) << i;
    v = *deeper;
  }
  EXPECT_EQ(v.depth, bundle::kMaxValueDepth);
  EXPECT_FALSE(b_.Set({v}));
  EXPECT_FALSE(b_.Record({{"k", v}}));
  // Two separate values of the greatest depth compare without trouble.
  Value w = MakeLong(1);
  for (uint32_t i = 0; i < bundle::kMaxValueDepth; ++i) w = *b_.Set({w});
  EXPECT_EQ(Order(v, w), 0);
}

TEST_F(ValueTest, WorkIsChargedAndRunsOut) {
  std::vector<Value> many;
  for (int i = 0; i < 1000; ++i) many.push_back(MakeLong(i));
  const Value a = Set(many), b = Set(many);
  Work work{1000, 0};
  EXPECT_EQ(Compare(memory(), a, b, &work), 0);
  EXPECT_FALSE(work.exceeded());
  work = {999, 0};
  Compare(memory(), a, b, &work);
  EXPECT_TRUE(work.too_many_elements);
  const Value s = b_.String("0123456789"), t = b_.String("0123456789");
  work = {0, 10};
  EXPECT_EQ(Compare(memory(), s, t, &work), 0);
  EXPECT_FALSE(work.exceeded());
  work = {0, 9};
  Compare(memory(), s, t, &work);
  EXPECT_TRUE(work.too_many_bytes);
  // Sorting without work left stays in bounds and keeps every value.
  work = {10, 0};
  std::vector<Value> shuffled;
  for (int i = 0; i < 100; ++i) shuffled.push_back(MakeLong(i * 37 % 100));
  SortUnique(memory(), shuffled, &work);
  EXPECT_TRUE(work.exceeded());
}

RC_GTEST_FIXTURE_PROP(ValueTest, SetsHoldWhatWasPutIn, (std::vector<int8_t> numbers)) {
  std::vector<Value> elements;
  for (int8_t n : numbers) elements.push_back(MakeLong(n));
  const Value set = Set(elements);
  const std::set<int8_t> wanted(numbers.begin(), numbers.end());
  RC_ASSERT(set.count == wanted.size());
  Work work;
  for (int n = -128; n < 128; ++n) {
    RC_ASSERT(SetContains(memory(), set, MakeLong(n), &work) == wanted.contains(static_cast<int8_t>(n)));
  }
  std::vector<Value> backwards(elements.rbegin(), elements.rend());
  RC_ASSERT(Order(set, Set(backwards)) == 0);
}

}  // namespace
}  // namespace polc::entities
