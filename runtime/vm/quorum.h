// Whether the people who approved fill the places of a quorum: `2 of A and 1 of B`, a person one place.
//
// A small bipartite matching: places grown one at a time along augmenting paths. Exact whatever the pools
// have in common: who is in A and in B takes the place where nobody else can. Counts only; who may approve
// and whether an approval is good is not asked here (approvals.h). O(places * people * parts), Tested by
// quorum_test.cc against every assignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace polc::vm {

// The places each part has, and who may fill one of them.
class Quorum {
 public:
  // Forgets everything but its memory.
  void Begin(size_t people);
  // A part: how many places, and for each person whether they may fill one.
  void AddPart(uint32_t places, std::span<const bool> may_fill);
  // Whether different people can fill all places at once.
  bool CanBeFilled();

 private:
  bool Fill(size_t part);
  void Move(size_t person, size_t root);

  struct Part {
    uint32_t places;
    size_t first;  // of `may_fill_`
  };
  static constexpr size_t kNone = SIZE_MAX;
  size_t people_ = 0;
  std::vector<Part> parts_;
  std::vector<uint8_t> may_fill_;
  std::vector<size_t> part_of_;  // by person: the part a place of which they fill, or kNone
  // The search: parts that look for somebody, which part asked each person first, and by part the person
  // whose being asked made it look.
  std::vector<size_t> queue_;
  std::vector<size_t> asked_by_;
  std::vector<size_t> gives_up_;
};

}  // namespace polc::vm
