// Short texts a word at a time: names and ids are a few bytes, for which a call costs more than the work.
//
// Nothing is read behind a text's end. Words are little-endian, as everything here is. Tested by
// words_test.cc.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace polc::bundle {

static_assert(std::endian::native == std::endian::little);

template <typename Word>
[[gnu::always_inline]] inline Word LoadWord(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Up to seven bytes, with zeros behind them.
[[gnu::always_inline]] inline uint64_t LoadShort(const char* bytes, size_t size) {
  if (size >= 4) {
    // The first half and the last, which may overlap.
    return LoadWord<uint32_t>(bytes) | uint64_t{LoadWord<uint32_t>(bytes + size - 4)} << 8 * (size - 4);
  }
  if (size == 0) return 0;
  auto byte = [&](size_t at) { return uint64_t{static_cast<uint8_t>(bytes[at])} << 8 * at; };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

// Whether `size` bytes are the same on both sides.
[[gnu::always_inline]] inline bool SameBytes(const char* a, const char* b, size_t size) {
  if (size < 8) return LoadShort(a, size) == LoadShort(b, size);
  // The last word may overlap the one before.
  for (size_t at = 0; at + 8 < size; at += 8) {
    if (LoadWord<uint64_t>(a + at) != LoadWord<uint64_t>(b + at)) return false;
  }
  return LoadWord<uint64_t>(a + size - 8) == LoadWord<uint64_t>(b + size - 8);
}
[[gnu::always_inline]] inline bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && SameBytes(a.data(), b.data(), a.size());
}

// Copies `size` bytes to where nothing of them lies.
[[gnu::always_inline]] inline void CopyBytes(char* to, const char* from, size_t size) {
  // The last word may overlap the first.
  auto two = [&]<typename Word>(Word first) {
    const Word last = LoadWord<Word>(from + size - sizeof(Word));
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + size - sizeof last, &last, sizeof last);
  };
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    two(LoadWord<uint64_t>(from));
  } else if (size >= 4) {
    two(LoadWord<uint32_t>(from));
  } else {
    for (size_t i = 0; i < size; ++i) to[i] = from[i];
  }
}

// Tells names apart by how long they are, how they begin and how they end. Not for names that an attacker
// chooses.
[[gnu::always_inline]] inline uint32_t HashName(std::string_view name) {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
  const size_t size = name.size();
  uint64_t word = size;
  if (size < 8) {
    word ^= LoadShort(name.data(), size) * kMultiplier;
  } else {
    word ^= LoadWord<uint64_t>(name.data()) * kMultiplier;
    word ^= std::rotl(LoadWord<uint64_t>(name.data() + size - 8), 29);
  }
  return static_cast<uint32_t>(word * kMultiplier >> 32);
}

}  // namespace polc::bundle
