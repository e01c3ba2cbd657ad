#include "runtime/entities/overlay.h"

#include <cstring>

namespace polc::entities {

// Eight bytes at a time.
uint64_t HashUid(TypeId type, std::string_view id) {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
  uint64_t h = (type + 1) * kMultiplier ^ id.size();
  auto mix = [&](uint64_t word) {
    h = (h ^ word) * kMultiplier;
    h ^= h >> 32;
  };
  while (id.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, id.data(), 8);
    mix(word);
    id.remove_prefix(8);
  }
  uint64_t rest = 0;
  if (!id.empty()) std::memcpy(&rest, id.data(), id.size());
  mix(rest);
  mix(0);
  return h;
}

}  // namespace polc::entities
