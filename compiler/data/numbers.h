// Values that are numbers of some kind, by the units they are counted and compared in: those of a Decimal are
// ten-thousandths, of times and durations milliseconds. Pure, O(1). Tested by compiler/lint/prover_test.cc
// and tests/explain/minimal_test.cc.
#pragma once

#include <cstdint>

#include "compiler/data/value.h"

namespace polc::data {

inline bool IsNumber(const Value& v) {
  return v.is(Kind::kLong) || v.is(Kind::kDecimal) || v.is(Kind::kDatetime) || v.is(Kind::kDuration);
}

// Of a value that is one.
inline int64_t NumberOf(const Value& v) {
  switch (v.kind()) {
    case Kind::kLong:
      return v.as_long();
    case Kind::kDecimal:
      return v.as_decimal().units;
    case Kind::kDatetime:
      return v.as_datetime().ms;
    default:
      return v.as_duration().ms;
  }
}

// The value of one of these kinds that is counted as `n`.
inline Value WithNumber(Kind kind, int64_t n) {
  switch (kind) {
    case Kind::kDecimal:
      return Value(Decimal{n});
    case Kind::kDatetime:
      return Value(Datetime{n});
    case Kind::kDuration:
      return Value(Duration{n});
    default:
      return Value(n);
  }
}

}  // namespace polc::data
