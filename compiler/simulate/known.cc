#include "compiler/simulate/known.h"

#include <cstring>
#include <utility>

namespace polc::simulate {

KnownUids::KnownUids() : slots_(1024), mask_(slots_.size() - 1) {
  uids_.reserve(kMost);  // memory is taken when it is first written
}

void KnownUids::Place(Slot slot) {
  size_t at = slot.tag & mask_;
  while (slots_[at].number != 0) at = (at + 1) & mask_;
  slots_[at] = slot;
}

KnownUid& KnownUids::Add(std::string_view text, uint64_t hash, data::EntityUid uid) {
  if (uids_.size() == kMost) {
    uids_.clear();
    names_.clear();
    slots_.assign(slots_.size(), {});
  }
  KnownUid& known = uids_.emplace_back();
  names_.push_back({std::move(uid), {}});
  known.serial = ++learnt_;
  if (text.size() <= KnownUid::kNear) {
    known.near_size = static_cast<uint8_t>(text.size());
    std::memcpy(known.near, text.data(), text.size());
  } else {
    names_.back().text = text;
  }
  if (2 * uids_.size() > slots_.size()) {
    const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
    mask_ = slots_.size() - 1;
    for (const Slot& slot : before) {
      if (slot.number != 0) Place(slot);
    }
  }
  Place({static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(uids_.size())});
  return known;
}

}  // namespace polc::simulate
