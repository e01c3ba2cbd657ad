// How limits merge, over small domains in full: associative, commutative, idempotent.
#include "compiler/oracle/terms.h"

#include "compiler/oracle/pol_world.h"

namespace polc::oracle {
namespace {

using namespace world;
using core::Merge;

// The merge of a list, with an empty common set as a value of its own that absorbs.
std::optional<Value> All(const core::LimitKind& kind, const std::vector<std::optional<Value>>& values) {
  std::vector<Value> list;
  for (const auto& value : values) {
    if (!value) return std::nullopt;
    list.push_back(*value);
  }
  return MergeLimits(kind, list);
}

TEST(Merge, IsAssociativeCommutativeIdempotent) {
  const auto text = Type({.kind = Kind::kString});
  std::vector<Value> sets;
  for (int bits = 0; bits < 16; ++bits) {
    std::vector<Value> members;
    for (int i = 0; i < 4; ++i) {
      if (bits >> i & 1) members.push_back(Text(std::string(1, static_cast<char>('a' + i))));
    }
    sets.push_back(Value::MakeSet(members));
  }
  const std::vector<Value> longs = {Long(INT64_MIN), Long(-1), Long(0), Long(1), Long(INT64_MAX)};
  const std::vector<Value> bools = {Value(false), Value(true)};
  const auto kind = [&](Merge merge, Kind k) {
    return core::LimitKind{"k", Type({.kind = k, .element = k == Kind::kSet ? text : nullptr}), merge};
  };
  size_t triples = 0;
  const std::vector<std::pair<core::LimitKind, std::vector<Value>>> cases = {
      {kind(Merge::kLowest, Kind::kLong), longs},
      {kind(Merge::kHighest, Kind::kLong), longs},
      {kind(Merge::kAnyTrue, Kind::kBool), bools},
      {kind(Merge::kCommonMembers, Kind::kSet), sets},
      {kind(Merge::kAllMembers, Kind::kSet), sets}};
  for (const auto& [k, values] : cases) {
    for (const Value& a : values) {
      EXPECT_EQ(All(k, {a, a}), All(k, {a}));
      for (const Value& b : values) {
        EXPECT_EQ(All(k, {a, b}), All(k, {b, a}));
        for (const Value& c : values) {
          EXPECT_EQ(All(k, {All(k, {a, b}), c}), All(k, {a, All(k, {b, c})}));
          EXPECT_EQ(All(k, {All(k, {a, b}), c}), All(k, {a, b, c}));
          ++triples;
        }
      }
    }
  }
  EXPECT_EQ(triples, 125u + 125u + 8u + 4096u + 4096u);
}

TEST(Merge, SaysWhatTheKindSays) {
  World w;
  const auto merge = [&](const char* kind, std::vector<Value> values) {
    return MergeLimits(*core::FindNamed(w.program.limit_kinds, kind), values);
  };
  EXPECT_EQ(merge("timeout", {Seconds(3), Seconds(1), Seconds(2)}), Seconds(1));
  EXPECT_EQ(merge("level", {Long(3), Long(1)}), Long(3));
  EXPECT_EQ(merge("read_only", {Value(false), Value(true)}), Value(true));
  EXPECT_EQ(merge("hosts", {Value::MakeSet({})}), std::nullopt);
  EXPECT_EQ(merge("redact", {Value::MakeSet({})}), Value::MakeSet({}));
}

}  // namespace
}  // namespace polc::oracle
