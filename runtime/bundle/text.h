// Small text helpers of the bundle room: UTF-8 validity and the order of strings.
// Tested by bundle_test.cc.
#pragma once

#include <cstring>
#include <string_view>

namespace polc::bundle {

// RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

// The order of strings and record fields: by length, then by bytes. Cheaper than the dictionary's: most
// comparisons end at the length.
inline int CompareText(const char* a, size_t a_bytes, const char* b, size_t b_bytes) {
  if (a_bytes != b_bytes) return a_bytes < b_bytes ? -1 : 1;
  return a_bytes == 0 ? 0 : std::memcmp(a, b, a_bytes);
}
inline int CompareText(std::string_view a, std::string_view b) {
  return CompareText(a.data(), a.size(), b.data(), b.size());
}

}  // namespace polc::bundle
