#include "compiler/data/value.h"

#include <gtest/gtest.h>

namespace polc::data {
namespace {

Value Long(int64_t v) { return Value(v); }
Value Str(std::string v) { return Value(std::move(v)); }
Value User(std::string id) { return Value(EntityUid{"User", std::move(id)}); }

TEST(Value, SetsAreSortedAndFreeOfRepeats) {
  Value set = Value::MakeSet({Long(3), Long(1), Long(1), Str("a"), Long(3)});
  EXPECT_EQ(set.as_set().size(), 3u);
  EXPECT_EQ(set, Value::MakeSet({Str("a"), Long(1), Long(3)}));
  EXPECT_NE(set, Value::MakeSet({Long(1), Long(3)}));
  EXPECT_TRUE(set.Contains(Str("a")));
  EXPECT_FALSE(set.Contains(Str("b")));
  EXPECT_FALSE(set.Contains(Value(true)));
  EXPECT_EQ(Value::MakeSet({}), Value::MakeSet({}));
}

TEST(Value, NestedSetsAndRecordsCompareDeeply) {
  auto nested = [](int64_t n) {
    return Value::MakeSet({Value::MakeRecord({{"b", Long(2)}, {"a", Value::MakeSet({Long(n), Long(1)})}})});
  };
  EXPECT_EQ(nested(5), nested(5));
  EXPECT_NE(nested(5), nested(6));
  EXPECT_EQ(Value::MakeSet({nested(5), nested(5)}).as_set().size(), 1u);
  EXPECT_NE(Value::MakeRecord({{"a", Long(1)}}), Value::MakeRecord({{"b", Long(1)}}));
  EXPECT_NE(Value::MakeRecord({{"a", Long(1)}}), Value::MakeRecord({}));
}

TEST(Value, DifferentKindsAreNeverEqual) {
  std::vector<Value> zeros{Value(false),       Long(0),
                           Str("0"),           Value(EntityUid{"0", "0"}),
                           Value(Decimal{0}),  Value(IpAddr{}),
                           Value(Datetime{0}), Value(Duration{0}),
                           Value::MakeSet({}), Value::MakeRecord({})};
  for (size_t i = 0; i < zeros.size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(zeros[i].kind()), i);
    for (size_t j = 0; j < zeros.size(); ++j) EXPECT_EQ(zeros[i] == zeros[j], i == j);
  }
}

TEST(Value, RecordsFindByKey) {
  Value record = Value::MakeRecord({{"z", Long(1)}, {"a", Long(2)}, {"", Long(3)}});
  EXPECT_EQ(record.Find("z")->as_long(), 1);
  EXPECT_EQ(record.Find("")->as_long(), 3);
  EXPECT_EQ(record.Find("b"), nullptr);
  EXPECT_EQ(record.Find("zz"), nullptr);
  EXPECT_EQ(record.as_record()[0].first, "");
}

TEST(Value, PrintsAsCedar) {
  Value all = Value::MakeRecord({{"s", Value::MakeSet({Long(1), Str("a\"\n")})},
                                 {"u", User("x\\y")},
                                 {"t", Value(true)},
                                 {"d", Value(Decimal{-15000})},
                                 {"i", Value(IpAddr{false, {10, 0, 0, 1}, 8})},
                                 {"dur", Value(Duration{-5})},
                                 {"when", Value(Datetime{7})}});
  EXPECT_EQ(ToString(all),
            R"({"d": decimal("-1.5000"), "dur": duration("-5ms"), "i": ip("10.0.0.1/8"), "s": [1, "a\"\n"], )"
            R"("t": true, "u": User::"x\\y", "when": datetime("1970-01-01").offset(duration("7ms"))})");
  EXPECT_EQ(ToString(EntityUid{"A::B", "é"}), "A::B::\"é\"");
}

TEST(Value, IsSmall) { EXPECT_LE(sizeof(Value), 40u); }

}  // namespace
}  // namespace polc::data
