// Randomness that is the same on every machine: xoshiro256** seeded by splitmix64.
//
// std:: distributions differ between libraries, so everything random in the tests is drawn from here and
// a seed names one case for ever.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace polc::gen {

class Rng {
 public:
  explicit Rng(uint64_t seed) {
    for (uint64_t& word : state_) word = SplitMix(seed);
  }
  // An independent stream for part `index` of the run that `seed` names.
  Rng(uint64_t seed, uint64_t index) : Rng(Mix(seed) ^ Mix(~index)) {}

  uint64_t Next() {
    auto rotl = [](uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
    const uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, n), n > 0. The bias of the modulus is below 2^-40 for the sizes used here.
  uint64_t Below(uint64_t n) { return Next() % n; }
  // Uniform in [low, high].
  int64_t Range(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  // True in `percent` of 100 cases.
  bool Chance(unsigned percent) { return Below(100) < percent; }

  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[Below(items.size())];
  }
  template <typename T, size_t N>
  const T& Pick(const std::array<T, N>& items) {
    return items[Below(N)];
  }
  // An index with probability proportional to its weight; at least one weight is positive.
  size_t Weighted(const std::vector<unsigned>& weights) {
    uint64_t total = 0;
    for (unsigned w : weights) total += w;
    uint64_t at = Below(total);
    size_t i = 0;
    for (; at >= weights[i]; ++i) at -= weights[i];
    return i;
  }

 private:
  static uint64_t SplitMix(uint64_t& x) {
    x += 0x9e3779b97f4a7c15;
    uint64_t z = x;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  static uint64_t Mix(uint64_t x) { return SplitMix(x); }

  std::array<uint64_t, 4> state_;
};

}  // namespace polc::gen
