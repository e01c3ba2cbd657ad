// Eight bytes of a text at once: which of them JSON has to escape, and which are plain ASCII otherwise.
//
// A mark is the highest bit of a byte, so the first marked byte is at countr_zero / 8 in memory order: words
// are little-endian, as everything here is. Tested by plain_bytes_test.cc, over all bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace polc::api_json {

inline constexpr uint64_t kEachByte = 0x0101010101010101;
inline constexpr uint64_t kMarks = 0x80 * kEachByte;
static_assert(std::endian::native == std::endian::little);

// Marks controls, `"` and `\`.
inline constexpr auto MarkEscaped = [](uint64_t word) -> uint64_t {
  // Sums of the lower seven bits carry nothing into the next byte; what has the eighth is left out at the
  // end.
  const uint64_t low = word & ~kMarks;
  const uint64_t not_control = low + (0x80 - 0x20) * kEachByte;
  const uint64_t not_quote = (low ^ '"' * kEachByte) + 0x7F * kEachByte;
  const uint64_t not_backslash = (low ^ '\\' * kEachByte) + 0x7F * kEachByte;
  return ~(not_control & not_quote & not_backslash) & ~word & kMarks;
};

// Marks these, and what is not ASCII, and the one that is not printed.
inline constexpr auto MarkNotPlain = [](uint64_t word) -> uint64_t {
  return MarkEscaped(word) | ((word | ((word & ~kMarks) + kEachByte)) & kMarks);
};

// A text of less than eight bytes, with what no mark is for behind it.
inline uint64_t LoadShort(std::string_view text) {
  const size_t size = text.size();
  if (size == 0) return 'a' * kEachByte;
  uint64_t word;
  if (size >= 4) {
    // Its first and its last half, which may overlap.
    uint32_t first, last;
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + size - sizeof last, sizeof last);
    word = first | uint64_t{last} << 8 * (size - sizeof last);
  } else {
    auto byte = [&](size_t at) { return uint64_t{static_cast<uint8_t>(text[at])} << 8 * at; };
    word = byte(0) | byte(size / 2) | byte(size - 1);
  }
  return word | ('a' * kEachByte) << 8 * size;
}

// Where the first byte that `mark` marks lies, or the size.
template <typename Mark>
[[gnu::always_inline]] inline size_t FindMarked(std::string_view text, Mark mark) {
  auto place = [](uint64_t marked) { return static_cast<size_t>(std::countr_zero(marked)) / 8; };
  size_t at = 0;
  for (; text.size() - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, text.data() + at, sizeof word);
    if (const uint64_t marked = mark(word); marked != 0) return at + place(marked);
  }
  const uint64_t marked = mark(LoadShort(text.substr(at)));
  return marked != 0 ? at + place(marked) : text.size();
}

}  // namespace polc::api_json
