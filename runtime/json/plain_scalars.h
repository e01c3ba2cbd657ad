// The scalars of plain requests (plain.h), read from where they begin.
//
// Each returns where the scalar ends, or null if it is not plain; nothing behind the text's `end` is looked
// at. What follows a number or a boolean is for the caller to look at: nothing but space, `,` or `}` is plain
// there. Private to the two that read plain requests, and tested with them by plain_test.cc and
// shape_test.cc.
#pragma once

#include "runtime/json/plain.h"
#include "runtime/json/plain_bytes.h"

namespace polc::api_json {

// From behind the opening quote.
[[gnu::always_inline]] inline const char* ReadPlainString(const char* at, const char* end, PlainText* out) {
  const std::string_view rest(at, static_cast<size_t>(end - at));
  const size_t size = FindNotPlain(rest);
  if (size == rest.size() || rest[size] != '"') return nullptr;
  *out = {at, size};
  return at + size + 1;
}

inline const char* ReadPlainInteger(const char* at, const char* end, int64_t* out) {
  constexpr ptrdiff_t kMostDigits = 18;
  const bool negative = at != end && *at == '-';
  at += negative;
  const char* const first = at;
  int64_t n = 0;
  for (; at != end && *at >= '0' && *at <= '9'; ++at) {
    if (at - first == kMostDigits) return nullptr;
    n = n * 10 + (*at - '0');
  }
  if (at == first || (*first == '0' && (negative || at - first > 1))) return nullptr;
  *out = negative ? -n : n;
  return at;
}

inline const char* ReadPlainBool(const char* at, const char* end, int64_t* out) {
  const std::string_view rest(at, static_cast<size_t>(end - at));
  *out = rest.starts_with("true");
  if (*out != 0) return at + 4;
  return rest.starts_with("false") ? at + 5 : nullptr;
}

}  // namespace polc::api_json
