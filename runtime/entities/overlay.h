// What has changed in a store since its block was laid out: maps that share their unchanged parts with the
// versions before, so that a new version costs what it changes.
//
// Reading is safe from any thread; a map never changes, Set makes another one.
// Tested by overlay_test.cc.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/bundle/words.h"
#include "runtime/entities/value.h"

namespace polc::entities {

// A 64-bit hash of type number and id. Stores are built by who operates the gateway, so it need not resist
// an attacker, only spread well; it is part of the file format.
inline uint64_t HashUid(TypeId type, std::string_view id) {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
  uint64_t h = (type + 1) * kMultiplier ^ id.size();
  auto mix = [&](uint64_t word) {
    h = (h ^ word) * kMultiplier;
    h ^= h >> 32;
  };
  for (; id.size() >= 8; id.remove_prefix(8)) mix(bundle::LoadWord<uint64_t>(id.data()));
  mix(bundle::LoadShort(id.data(), id.size()));
  mix(0);
  return h;
}

// From 32-bit numbers to shared values: a hash array mapped trie (Bagwell, "Ideal hash trees", 2001) over
// the number's own bits, six a level from the lowest. Find and Set take at most six levels; Set copies the
// nodes on the way, each with as many entries as it has.
template <typename T>
class PersistentMap {
 public:
  bool empty() const { return root_ == nullptr; }

  const T* Find(uint32_t key) const {
    const Node* node = root_.get();
    for (int shift = 0; node != nullptr; shift += kBits) {
      const Entry* entry = node->Find(Digit(key, shift));
      if (entry == nullptr) return nullptr;
      if (entry->value != nullptr) return entry->key == key ? entry->value.get() : nullptr;
      node = entry->node.get();
    }
    return nullptr;
  }

  // Calls `visit(key)`, in no particular order, for every key whose value is another object here than in
  // `before`, or is in one of the two only. What both share is passed over whole: costs as much as the
  // changes that lie between them.
  template <typename Visit>
  void ForEachChange(const PersistentMap& before, Visit visit) const {
    Compare(before.root_.get(), root_.get(), before, *this, visit);
  }

  PersistentMap Set(uint32_t key, std::shared_ptr<const T> value) const {
    PersistentMap next;
    next.root_ = With(root_.get(), 0, key, std::move(value));
    return next;
  }

 private:
  static constexpr int kBits = 6;
  static uint32_t Digit(uint32_t key, int shift) { return key >> shift & ((1u << kBits) - 1); }

  struct Node;
  struct Entry {  // a value under its key, or a node one level down
    uint32_t key = 0;
    std::shared_ptr<const T> value;
    std::shared_ptr<const Node> node;
  };
  struct Node {
    uint64_t present = 0;        // which digits have an entry
    std::vector<Entry> entries;  // of those, ascending
    size_t Index(uint32_t digit) const {
      return static_cast<size_t>(std::popcount(present & ((uint64_t{1} << digit) - 1)));
    }
    const Entry* Find(uint32_t digit) const {
      return present >> digit & 1 ? &entries[Index(digit)] : nullptr;
    }
  };

  // Of nodes at one place of two maps. A key's value may be further down on the other side, so where it is
  // not in the same place it is looked up. Recurses as deep as a map: six levels.
  template <typename Visit>
  static void Compare(const Node* was, const Node* is, const PersistentMap& before, const PersistentMap& now,
                      Visit& visit) {
    if (was == is) return;
    const uint64_t present = (was == nullptr ? 0 : was->present) | (is == nullptr ? 0 : is->present);
    for (uint64_t left = present; left != 0; left &= left - 1) {
      const auto digit = static_cast<uint32_t>(std::countr_zero(left));
      const Entry* old_entry = was == nullptr ? nullptr : was->Find(digit);
      const Entry* new_entry = is == nullptr ? nullptr : is->Find(digit);
      const T* old_value = old_entry == nullptr ? nullptr : old_entry->value.get();
      const T* new_value = new_entry == nullptr ? nullptr : new_entry->value.get();
      const bool same_key = old_value != nullptr && new_value != nullptr && old_entry->key == new_entry->key;
      if (new_value != nullptr && new_value != (same_key ? old_value : before.Find(new_entry->key)))
        visit(new_entry->key);
      if (old_value != nullptr && !same_key && now.Find(old_entry->key) == nullptr) visit(old_entry->key);
      Compare(old_entry == nullptr ? nullptr : old_entry->node.get(),
              new_entry == nullptr ? nullptr : new_entry->node.get(), before, now, visit);
    }
  }

  static std::shared_ptr<const Node> With(const Node* node, int shift, uint32_t key,
                                          std::shared_ptr<const T> value) {
    auto copy = node == nullptr ? std::make_shared<Node>() : std::make_shared<Node>(*node);
    const uint32_t digit = Digit(key, shift);
    const size_t index = copy->Index(digit);
    if ((copy->present >> digit & 1) == 0) {
      copy->present |= uint64_t{1} << digit;
      copy->entries.insert(copy->entries.begin() + static_cast<ptrdiff_t>(index),
                           Entry{key, std::move(value), nullptr});
      return copy;
    }
    Entry& entry = copy->entries[index];
    if (entry.value == nullptr) {
      entry.node = With(entry.node.get(), shift + kBits, key, std::move(value));
    } else if (entry.key == key) {
      entry.value = std::move(value);
    } else {
      // Two keys with the same digits so far: both go one level down.
      entry.node = With(nullptr, shift + kBits, entry.key, std::move(entry.value));
      entry.node = With(entry.node.get(), shift + kBits, key, std::move(value));
      entry.value = nullptr;
    }
    return copy;
  }

  std::shared_ptr<const Node> root_;
};

// An entity as it is now.
struct EntityState {
  TypeId type = 0;
  std::string id;
  bool present = false;
  Value attributes = EmptyRecord();
  Value tags = EmptyRecord();
  std::vector<EntityId> parents;       // ascending
  std::vector<EntityId> ancestors;     // ascending, all of them, itself not included
  std::shared_ptr<const void> memory;  // of the values, where they do not lie in the block
};

// Which of the types that are numbered from 0 has a name: a hash table of numbers, at most half full.
class TypeIndex {
 public:
  // `name_of(type)` is asked here and by Find, and must say the same.
  template <typename NameOf>
  TypeIndex(uint32_t type_count, NameOf name_of)
      : slots_(std::bit_ceil(size_t{2} * type_count + 1), kNoId), mask_(slots_.size() - 1) {
    for (TypeId type = 0; type < type_count; ++type) {
      TypeId& slot = slots_[SlotOf(name_of(type), name_of)];
      if (slot == kNoId) slot = type;
    }
  }

  // The first type of that name, or kNoId.
  template <typename NameOf>
  TypeId Find(std::string_view name, NameOf name_of) const {
    return slots_[SlotOf(name, name_of)];
  }

 private:
  template <typename NameOf>
  size_t SlotOf(std::string_view name, NameOf name_of) const {
    for (size_t slot = bundle::HashName(name) & mask_;; slot = (slot + 1) & mask_) {
      if (slots_[slot] == kNoId || bundle::SameText(name_of(slots_[slot]), name)) return slot;
    }
  }

  std::vector<TypeId> slots_;
  size_t mask_;
};

struct Overlay {
  PersistentMap<EntityState> entities;                    // the changed and the added ones, by number
  PersistentMap<std::vector<EntityId>> names;             // the added ones, by the low half of HashUid
  std::shared_ptr<const std::vector<std::string>> types;  // the added types
  std::shared_ptr<const TypeIndex> by_name;               // all types
  uint32_t entity_count = 0;                              // the block's counted, as the other counts
  uint32_t type_count = 0;
  uint32_t present_count = 0;
};

}  // namespace polc::entities
