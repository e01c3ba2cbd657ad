// Numbers sequences of words: equal ones get one number, from 0 in the order of first use.
// Tested by tree_test.cc.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace polc::tree {

class SequenceTable {
 public:
  uint32_t Intern(std::span<const uint32_t> words) {
    if (slots_.size() < 2 * (ends_.size() + 1)) Grow();
    const size_t mask = slots_.size() - 1;
    const uint64_t hash = Hash(words);
    for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
      if (slots_[slot] == 0) {
        pool_.insert(pool_.end(), words.begin(), words.end());
        ends_.push_back(pool_.size());
        hashes_.push_back(hash);
        slots_[slot] = static_cast<uint32_t>(ends_.size());
        return slots_[slot] - 1;
      }
      const uint32_t known = slots_[slot] - 1;
      if (hashes_[known] == hash && std::ranges::equal((*this)[known], words)) return known;
    }
  }
  std::span<const uint32_t> operator[](uint32_t number) const {
    const size_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::span(pool_).subspan(begin, ends_[number] - begin);
  }
  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }

 private:
  static uint64_t Hash(std::span<const uint32_t> words) {
    uint64_t h = words.size();
    for (uint32_t word : words) {
      h = (h ^ word) * 0x9E3779B97F4A7C15u;
      h ^= h >> 29;
    }
    return h;
  }
  void Grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    for (uint32_t i = 0; i < ends_.size(); ++i) {
      size_t slot = hashes_[i] & (slots_.size() - 1);
      while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = i + 1;
    }
  }

  std::vector<uint32_t> pool_;
  std::vector<size_t> ends_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;  // number + 1, or 0
};

}  // namespace polc::tree
