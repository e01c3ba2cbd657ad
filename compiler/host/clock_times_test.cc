#include "compiler/host/clock_times.h"

#include <gtest/gtest.h>

#include "compiler/data/value.h"
#include "compiler/model/value_json.h"

namespace polc::host {
namespace {

using data::Value;

TEST(ClockTimes, OfValuesHoweverTheyAreWritten) {
  const Value time(data::Datetime{1'795'230'840'000});
  EXPECT_EQ(WithClockTimes(data::ToString(time)), R"(datetime("2026-11-21T03:14:00Z"))");
  EXPECT_EQ(WithClockTimes(std::get<std::string>(model::ToJson(time))),
            R"({"__extn":{"fn":"datetime","arg":"2026-11-21T03:14:00Z"}})");
  const Value many = Value::MakeRecord(
      {{"a", Value::MakeSet({Value(data::Datetime{-1}), Value(data::Datetime{0})})}, {"b", time}});
  EXPECT_EQ(WithClockTimes(data::ToString(many)),
            R"({"a": [datetime("1969-12-31T23:59:59.999Z"), datetime("1970-01-01T00:00:00Z")], )"
            R"("b": datetime("2026-11-21T03:14:00Z")})");
}

TEST(ClockTimes, WhatIsNoSuchTimeStays) {
  for (const char* text :
       {"", "d", "datetime", R"(datetime("1970-01-01"))", R"(datetime("1970-01-01").offset(duration("))",
        R"(datetime("1970-01-01").offset(duration("1s")))",
        R"(datetime("1970-01-01").offset(duration("99999999999999999999ms")))",
        R"({"__extn":{"fn":"offset"}})"}) {
    EXPECT_EQ(WithClockTimes(text), text);
  }
  // Years of five digits have no such text.
  const std::string far = data::ToString(Value(data::Datetime{INT64_MAX}));
  EXPECT_EQ(WithClockTimes(far), far);
  // Within a string it is only a string.
  const std::string quoted = data::ToString(Value(data::ToString(Value(data::Datetime{7}))));
  EXPECT_EQ(WithClockTimes(quoted), quoted);
}

}  // namespace
}  // namespace polc::host
