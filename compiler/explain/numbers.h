// Values that are numbers of any kind, by the units they are counted in: those of a Decimal are
// ten-thousandths, of times and durations milliseconds. Pure. Tested by tests/explain/minimal_test.cc.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/data/value.h"

namespace polc::explain {

inline bool IsNumber(const data::Value& v) {
  return v.is(data::Kind::kLong) || v.is(data::Kind::kDecimal) || v.is(data::Kind::kDatetime) ||
         v.is(data::Kind::kDuration);
}
inline int64_t NumberOf(const data::Value& v) {
  switch (v.kind()) {
    case data::Kind::kLong:
      return v.as_long();
    case data::Kind::kDecimal:
      return v.as_decimal().units;
    case data::Kind::kDatetime:
      return v.as_datetime().ms;
    default:
      return v.as_duration().ms;
  }
}
inline data::Value WithNumber(data::Kind kind, int64_t n) {
  switch (kind) {
    case data::Kind::kLong:
      return data::Value(n);
    case data::Kind::kDecimal:
      return data::Value(data::Decimal{n});
    case data::Kind::kDatetime:
      return data::Value(data::Datetime{n});
    default:
      return data::Value(data::Duration{n});
  }
}
// The number next to a value; nothing past the end.
inline std::optional<data::Value> Next(const data::Value& v, int64_t by) {
  int64_t n = 0;
  if (__builtin_add_overflow(NumberOf(v), by, &n)) return std::nullopt;
  return WithNumber(v.kind(), n);
}

}  // namespace polc::explain
