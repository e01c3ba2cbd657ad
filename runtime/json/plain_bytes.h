// Many bytes of a text at once: which of them JSON has to escape, and which are plain ASCII otherwise.
//
// A mark is the highest bit of a byte, so the first marked byte is at countr_zero / 8 in memory order.
// Tested by plain_bytes_test.cc, over all bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "runtime/bundle/words.h"

namespace polc::api_json {

inline constexpr uint64_t kEachByte = 0x0101010101010101;
inline constexpr uint64_t kMarks = 0x80 * kEachByte;

// By the lower seven bits of each byte, whose sums carry nothing into the next: unmarked where it is that of
// a control, of `"` or of `\`.
constexpr uint64_t MarkUnescaped(uint64_t low) {
  const uint64_t not_control = low + (0x80 - 0x20) * kEachByte;
  const uint64_t not_quote = (low ^ '"' * kEachByte) + 0x7F * kEachByte;
  const uint64_t not_backslash = (low ^ '\\' * kEachByte) + 0x7F * kEachByte;
  return not_control & not_quote & not_backslash;
}

// Marks controls, `"` and `\`.
inline constexpr auto MarkEscaped = [](uint64_t word) -> uint64_t {
  return ~(MarkUnescaped(word & ~kMarks) | word) & kMarks;
};

// Marks these, and what is not ASCII, and the one that is not printed.
inline constexpr auto MarkNotPlain = [](uint64_t word) -> uint64_t {
  const uint64_t low = word & ~kMarks;
  return (~MarkUnescaped(low) | word | (low + kEachByte)) & kMarks;
};

// Where the first byte that `mark` marks lies, or the size.
template <typename Mark>
[[gnu::always_inline]] inline size_t FindMarked(std::string_view text, Mark mark) {
  auto place = [](uint64_t marked) { return static_cast<size_t>(std::countr_zero(marked)) / 8; };
  size_t at = 0;
  for (; text.size() - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
    const auto word = bundle::LoadWord<uint64_t>(text.data() + at);
    if (const uint64_t marked = mark(word); marked != 0) return at + place(marked);
  }
  // With what no mark is for behind what there is.
  const size_t left = text.size() - at;
  const uint64_t marked = mark(bundle::LoadShort(text.data() + at, left) | ('a' * kEachByte) << 8 * left);
  return marked != 0 ? at + place(marked) : text.size();
}

// Where the first byte that MarkNotPlain marks lies, or the size.
[[gnu::always_inline]] inline size_t FindNotPlain(std::string_view text) {
  size_t at = 0;
#if defined(__SSE2__)
  // Sixteen bytes, as every x86-64 can. As signed bytes, what is not ASCII is less than a space, too.
  for (; text.size() - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i last = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
    const __m128i marks = _mm_or_si128(_mm_or_si128(low, quote), _mm_or_si128(backslash, last));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(marks));
    if (found != 0) return at + static_cast<size_t>(std::countr_zero(found));
  }
#endif
  return at + FindMarked(text.substr(at), MarkNotPlain);
}

}  // namespace polc::api_json
