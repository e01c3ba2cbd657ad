// Steps from one number to another. Pure. Tested by tests/explain/minimal_test.cc.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/data/numbers.h"

namespace polc::explain {

// The number next to a value; nothing past the end.
inline std::optional<data::Value> Next(const data::Value& v, int64_t by) {
  int64_t n = 0;
  if (__builtin_add_overflow(NumberOf(v), by, &n)) return std::nullopt;
  return WithNumber(v.kind(), n);
}

}  // namespace polc::explain
