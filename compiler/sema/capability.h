// Capabilities: what `has` and `hasTag` tests proved present where an expression stands.
//
// A capability is a pair (expression, attribute) or (expression, tag expression); expressions are named by
// their shape number, the same for all occurrences that look alike (typecheck.cc). A set is a sorted vector:
// policies test a handful of attributes, and most expressions carry the empty set, which allocates nothing.
// Tested by capability_test.cc.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace polc::sema {

struct Capability {
  uint32_t subject = 0;  // shape of the expression that has it
  uint32_t key = 0;      // attribute: its number in the rule; tag: shape of the tag expression
  bool tag = false;
  friend auto operator<=>(const Capability&, const Capability&) = default;
};

class CapabilitySet {
 public:
  CapabilitySet() = default;
  explicit CapabilitySet(Capability one) : sorted_{one} {}

  bool empty() const { return sorted_.empty(); }
  size_t size() const { return sorted_.size(); }
  void Clear() { sorted_.clear(); }
  bool Contains(const Capability& c) const { return std::binary_search(sorted_.begin(), sorted_.end(), c); }

  void UniteWith(const CapabilitySet& other) {
    if (other.empty()) return;
    if (empty()) {
      sorted_ = other.sorted_;
      return;
    }
    std::vector<Capability> both;
    both.reserve(sorted_.size() + other.sorted_.size());
    std::set_union(sorted_.begin(), sorted_.end(), other.sorted_.begin(), other.sorted_.end(),
                   std::back_inserter(both));
    sorted_ = std::move(both);
  }

  void IntersectWith(const CapabilitySet& other) {
    std::erase_if(sorted_, [&](const Capability& c) { return !other.Contains(c); });
  }

 private:
  std::vector<Capability> sorted_;
};

}  // namespace polc::sema
