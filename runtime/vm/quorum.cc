#include "runtime/vm/quorum.h"

#include <algorithm>

namespace polc::vm {

void Quorum::Begin(size_t people) {
  people_ = people;
  parts_.clear();
  may_fill_.clear();
}

void Quorum::AddPart(uint32_t places, std::span<const bool> may_fill) {
  parts_.push_back({places, may_fill_.size()});
  may_fill_.insert(may_fill_.end(), may_fill.begin(), may_fill.end());
}

bool Quorum::CanBeFilled() {
  uint64_t places = 0;
  for (const Part& part : parts_) places += part.places;
  if (places > people_) return false;
  part_of_.assign(people_, kNone);
  for (size_t part = 0; part < parts_.size(); ++part) {
    for (uint32_t place = 0; place < parts_[part].places; ++place) {
      if (!Fill(part)) return false;
    }
  }
  return true;
}

// Finds one more person for `part`, moving others to other places of theirs where that helps. Breadth first:
// a part asks everybody it may have; if they fill a place already, the part they would leave asks in its
// turn.
bool Quorum::Fill(size_t part) {
  asked_by_.assign(people_, kNone);
  gives_up_.assign(parts_.size(), kNone);
  queue_.assign(1, part);
  for (size_t next = 0; next < queue_.size(); ++next) {
    const size_t asking = queue_[next];
    for (size_t person = 0; person < people_; ++person) {
      if (may_fill_[parts_[asking].first + person] == 0 || asked_by_[person] != kNone) continue;
      asked_by_[person] = asking;
      if (part_of_[person] == kNone) {
        Move(person, part);
        return true;
      }
      const size_t left = part_of_[person];
      if (left == part || gives_up_[left] != kNone) continue;
      gives_up_[left] = person;
      queue_.push_back(left);
    }
  }
  return false;
}

// Back along the way: each part takes whom it asked, and gives up the person by whom it came to ask.
void Quorum::Move(size_t person, size_t root) {
  for (;;) {
    const size_t taker = asked_by_[person];
    part_of_[person] = taker;
    if (taker == root) return;
    person = gives_up_[taker];
  }
}

}  // namespace polc::vm
