// A cursor over one line of JSON that is expected to be of a certain shape, for reading millions of them.
//
// Everything returns false, and may have moved, where the text is not what was expected; then the line is
// read by the real reader (compiler/log, compiler/model), which takes everything and says what is wrong. What
// is taken here is taken there with the same meaning. Nothing is allocated. Tested by scan_test.cc and
// tests/simulate/lane_test.cc.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace polc::simulate {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  const char* at() const { return at_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  std::string_view rest() const { return {at_, left()}; }
  void Skip(size_t bytes) { at_ += bytes; }

  bool Take(std::string_view literal) {
    if (left() < literal.size() || std::memcmp(at_, literal.data(), literal.size()) != 0) return false;
    at_ += literal.size();
    return true;
  }
  bool Take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  // What stands before the next quote, whatever it is, for those who take nothing that would be escaped.
  bool UpToQuote(std::string_view* out) {
    const char* const first = at_;
    if constexpr (std::endian::native == std::endian::little) {
      for (; left() >= 8; at_ += 8) {
        const uint64_t found = ZeroBytes(Load(at_) ^ ('"' * kOnes)) & kHigh;
        if (found == 0) continue;
        at_ += std::countr_zero(found) / 8;
        break;
      }
    }
    while (at_ != end_ && *at_ != '"') ++at_;
    *out = {first, static_cast<size_t>(at_ - first)};
    return Take('"');
  }

  // The rest of a string, behind its opening quote: of ASCII, without escapes.
  bool Text(std::string_view* out) {
    const char* const first = at_;
    for (; left() >= 8; at_ += 8) {
      if constexpr (std::endian::native != std::endian::little) break;
      const uint64_t odd = Odd(Load(at_));
      if (odd == 0) continue;
      at_ += std::countr_zero(odd) / 8;
      break;
    }
    while (at_ != end_ && *at_ >= 0x20 && *at_ != 0x7F && *at_ != '"' && *at_ != '\\') ++at_;
    *out = {first, static_cast<size_t>(at_ - first)};
    return Take('"');
  }

  // An integer of at most 18 digits. What follows it is for whoever comes next to look at.
  bool Integer(int64_t* out) {
    constexpr ptrdiff_t kMostDigits = 18;
    const bool negative = Take('-');
    const char* const first = at_;
    int64_t n = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (at_ - first == kMostDigits) return false;
      n = n * 10 + (*at_ - '0');
    }
    if (at_ == first || (*first == '0' && (negative || at_ - first > 1))) return false;
    *out = negative ? -n : n;
    return true;
  }

 private:
  static constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;

  static uint64_t Load(const char* at) {
    uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    return word;
  }
  // Has the high bit of the first byte that is zero, and maybe of some above it.
  static uint64_t ZeroBytes(uint64_t word) { return (word - kOnes) & ~word; }
  // The high bits of bytes that are a quote, a backslash, below a space or not ASCII; a byte above one of
  // these may be marked, too, for no reason.
  static uint64_t Odd(uint64_t word) {
    return (word | (word - 0x20 * kOnes) | ZeroBytes(word ^ ('"' * kOnes)) |
            ZeroBytes(word ^ ('\\' * kOnes))) &
           kHigh;
  }

  const char* at_;
  const char* end_;
};

// Of bytes that nobody chooses to collide with each other but at his own cost: slower, not wrong. Sixteen
// bytes a step, each multiplied into what came before and both halves of the product kept.
inline uint64_t HashOf(std::string_view text) {
  __extension__ using Wide = unsigned __int128;
  constexpr uint64_t kFirst = 0x9E3779B97F4A7C15, kSecond = 0xC2B2AE3D27D4EB4F;
  const auto load = [](const char* at, size_t size) {
    uint64_t word = 0;
    std::memcpy(&word, at, size);
    return word;
  };
  const auto mix = [](uint64_t a, uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  uint64_t hash = text.size() * kSecond;
  const char* at = text.data();
  size_t left = text.size();
  for (; left > 16; at += 16, left -= 16) hash = mix(load(at, 8) ^ kFirst, load(at + 8, 8) ^ hash);
  // What is left, in two words that may overlap.
  if (left >= 8) return mix(load(at, 8) ^ kFirst, load(at + left - 8, 8) ^ hash);
  return mix((left > 0 ? load(at, left) : 0) ^ kFirst, hash);
}

// The eight lower-case hexadecimal digits of a number, as they lie in memory.
inline std::array<char, 8> HexOf(uint32_t number) {
  // One digit to a byte, the last in the lowest.
  uint64_t digits = number;
  digits = (digits << 16 | digits) & 0x0000FFFF0000FFFF;
  digits = (digits << 8 | digits) & 0x00FF00FF00FF00FF;
  digits = (digits << 4 | digits) & 0x0F0F0F0F0F0F0F0F;
  const uint64_t letters = (digits + 0x0606060606060606) >> 4 & 0x0101010101010101;
  digits += '0' * uint64_t{0x0101010101010101} + letters * ('a' - '0' - 10);
  if constexpr (std::endian::native == std::endian::little) digits = __builtin_bswap64(digits);
  return std::bit_cast<std::array<char, 8>>(digits);
}

}  // namespace polc::simulate
