// A cursor over one line of JSON that is expected to be of a certain shape, for reading millions of them.
//
// Everything returns false, and may have moved, where the text is not what was expected; then the line is
// read by the real reader (compiler/log, compiler/model), which takes everything and says what is wrong. What
// is taken here is taken there with the same meaning. Nothing is allocated. Tested by
// tests/simulate/lane_test.cc.
#pragma once

#include <bit>
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

  // The rest of a string, behind its opening quote: of ASCII, without escapes.
  bool Text(std::string_view* out) {
    const char* const first = at_;
    for (; left() >= 8; at_ += 8) {
      uint64_t word;
      std::memcpy(&word, at_, 8);
      if constexpr (std::endian::native != std::endian::little) break;
      const uint64_t odd = Odd(word);
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
  // The high bits of bytes that are a quote, a backslash, below a space or not ASCII; a byte above one of
  // these may be marked, too, for no reason.
  static uint64_t Odd(uint64_t word) {
    constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
    const auto zero = [&](uint64_t w) { return (w - kOnes) & ~w; };
    return (word | (word - 0x20 * kOnes) | zero(word ^ ('"' * kOnes)) | zero(word ^ ('\\' * kOnes))) & kHigh;
  }

  const char* at_;
  const char* end_;
};

// Of bytes that nobody chooses to collide with each other but at his own cost: slower, not wrong.
inline uint64_t HashOf(std::string_view text) {
  constexpr uint64_t kPrime = 0x9E3779B97F4A7C15;
  uint64_t hash = text.size() * kPrime;
  const char* at = text.data();
  size_t left = text.size();
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * kPrime;
    hash ^= hash >> 29;
  };
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  uint64_t tail = 0;
  if (left > 0) std::memcpy(&tail, at, left);
  mix(tail);
  return hash;
}

}  // namespace polc::simulate
