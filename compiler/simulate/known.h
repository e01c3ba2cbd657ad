// Entities of a log's requests, known again by the text they stand as.
//
// A text is compared whole, so who is found is who stands there. All that is looked at for one lies together:
// a slot of the table and one or two lines of the cache. When there are too many, all are forgotten. One
// thread's. Tested by known_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/value.h"
#include "runtime/entities/snapshot.h"

namespace polc::simulate {

inline constexpr uint32_t kNone32 = UINT32_MAX;

struct alignas(64) KnownUid {
  std::array<entities::EntityId, 2> ids{entities::kNoId, entities::kNoId};  // in each snapshot
  uint32_t type = kNone32;                                                  // number of its type
  uint32_t action = kNone32;  // number of it as an action, once it was asked for as one
  // Edits that may concern whoever asks, or asks about, it (concern.h).
  uint32_t as_principal = 0, as_resource = 0;
  uint64_t serial = 0;    // never another's
  bool conforms = false;  // with the schema, where it stands as anything but the action

  static constexpr size_t kNear = 86;
  uint8_t near_size = 0;  // of the text here; 0: it is longer and lies elsewhere
  char near[kNear];
};
static_assert(sizeof(KnownUid) == 128);

class KnownUids {
 public:
  static constexpr size_t kMost = size_t{1} << 15;

  KnownUids();
  // By a text of at least one byte and its HashOf; null if it is not known. Good until the next Add.
  KnownUid* Find(std::string_view text, uint64_t hash) {
    const auto tag = static_cast<uint32_t>(hash >> 32);
    for (size_t at = tag & mask_;; at = (at + 1) & mask_) {
      const Slot slot = slots_[at];
      if (slot.number == 0) return nullptr;
      if (slot.tag == tag && TextOf(slot.number - 1) == text) return &uids_[slot.number - 1];
    }
  }
  // It is going to be looked for: fetches its slot.
  void Expect(uint64_t hash) const { __builtin_prefetch(&slots_[(hash >> 32) & mask_]); }
  // Who it most likely is, by the slot alone; null if it is not known.
  const KnownUid* Guess(uint64_t hash) const {
    const auto tag = static_cast<uint32_t>(hash >> 32);
    for (size_t at = tag & mask_; slots_[at].number != 0; at = (at + 1) & mask_) {
      if (slots_[at].tag == tag) return &uids_[slots_[at].number - 1];
    }
    return nullptr;
  }
  // Of a text that is not known.
  KnownUid& Add(std::string_view text, uint64_t hash, data::EntityUid uid);

  const data::EntityUid& UidOf(const KnownUid& known) const {
    return names_[static_cast<size_t>(&known - uids_.data())].uid;
  }

 private:
  struct Slot {
    uint32_t tag, number;  // 0: empty; else a place in uids_, plus one
  };
  struct Names {
    data::EntityUid uid;
    std::string text;  // if it is a long one
  };

  std::string_view TextOf(size_t at) const {
    const KnownUid& known = uids_[at];
    return known.near_size > 0 ? std::string_view(known.near, known.near_size) : names_[at].text;
  }
  void Place(Slot slot);

  std::vector<KnownUid> uids_;
  std::vector<Names> names_;  // of these
  std::vector<Slot> slots_;   // at most half full
  size_t mask_ = 0;
  uint64_t learnt_ = 0;
};

}  // namespace polc::simulate
