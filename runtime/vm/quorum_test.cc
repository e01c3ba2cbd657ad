#include "runtime/vm/quorum.h"

#include <gtest/gtest.h>

#include <memory>

namespace polc::vm {
namespace {

// `rows` has a text per part: one digit, the places, then an `x` for each person who may fill one.
bool Filled(Quorum& quorum, const std::vector<std::string>& rows) {
  const size_t people = rows.empty() ? 0 : rows[0].size() - 1;
  quorum.Begin(people);
  for (const std::string& row : rows) {
    const auto may = std::make_unique<bool[]>(people);
    for (size_t i = 0; i < people; ++i) may[i] = row[i + 1] == 'x';
    quorum.AddPart(static_cast<uint32_t>(row[0] - '0'), {may.get(), people});
  }
  return quorum.CanBeFilled();
}
bool Filled(const std::vector<std::string>& rows) {
  Quorum quorum;
  return Filled(quorum, rows);
}

TEST(QuorumTest, OnePersonFillsOnePlace) {
  EXPECT_TRUE(Filled({"1x"}));
  EXPECT_FALSE(Filled({"1."}));
  EXPECT_FALSE(Filled({"2x"}));
  EXPECT_TRUE(Filled({"2xx"}));
  EXPECT_FALSE(Filled({"1x", "1x"}));
  EXPECT_FALSE(Filled({"1x.", "1x."}));
  EXPECT_TRUE(Filled({"1xx", "1x."}));
}

// The first part takes whom it finds first, and has to give them up.
TEST(QuorumTest, WhoMayBeInSeveralPoolsIsPutWhereNobodyElseCanBe) {
  EXPECT_TRUE(Filled({"1xx", "1x."}));
  EXPECT_TRUE(Filled({
      "2xxx",
      "1x..",
  }));
  EXPECT_TRUE(Filled({"1xx..", "1.xx.", "1..xx", "1x..."}));
  EXPECT_FALSE(Filled({"1xx..", "1xx..", "1xx..", "1...x"}));
}

TEST(QuorumTest, NothingIsFilledByAnybody) {
  EXPECT_TRUE(Filled({}));
  EXPECT_TRUE(Filled({"0"}));
  EXPECT_FALSE(Filled({"1"}));
}

TEST(QuorumTest, MorePlacesThanPeopleEndAtOnce) {
  Quorum quorum;
  quorum.Begin(1);
  const bool may[] = {true};
  quorum.AddPart(UINT32_MAX, may);
  quorum.AddPart(UINT32_MAX, may);
  EXPECT_FALSE(quorum.CanBeFilled());
}

// By trying every assignment of people to parts.
bool FilledByTrial(const std::vector<uint32_t>& places, const std::vector<uint32_t>& may, size_t people) {
  std::vector<size_t> part_of(people, 0);  // places.size(): none
  for (;;) {
    std::vector<uint32_t> filled(places.size(), 0);
    bool allowed = true;
    for (size_t p = 0; p < people && allowed; ++p) {
      if (part_of[p] == places.size()) continue;
      allowed = (may[part_of[p]] >> p & 1) != 0;
      ++filled[part_of[p]];
    }
    for (size_t i = 0; i < places.size() && allowed; ++i) allowed = filled[i] >= places[i];
    if (allowed) return true;
    size_t p = 0;
    while (p < people && ++part_of[p] > places.size()) part_of[p++] = 0;
    if (p == people) return false;
  }
}

// Three parts of nought to two places, over four people: 27 * 4096 quorums, with one object for all of them.
TEST(QuorumTest, IsExactOnEverySmallQuorum) {
  constexpr size_t kPeople = 4;
  Quorum quorum;
  size_t can = 0, all = 0;
  for (uint32_t counts = 0; counts < 27; ++counts) {
    const std::vector<uint32_t> places = {counts % 3, counts / 3 % 3, counts / 9};
    for (uint32_t bits = 0; bits < 1u << (3 * kPeople); ++bits) {
      const std::vector<uint32_t> may = {bits & 15, bits >> 4 & 15, bits >> 8};
      quorum.Begin(kPeople);
      for (size_t part = 0; part < 3; ++part) {
        bool row[kPeople];
        for (size_t p = 0; p < kPeople; ++p) row[p] = (may[part] >> p & 1) != 0;
        quorum.AddPart(places[part], row);
      }
      const bool filled = quorum.CanBeFilled();
      ASSERT_EQ(filled, FilledByTrial(places, may, kPeople)) << counts << " " << bits;
      can += filled;
      ++all;
    }
  }
  EXPECT_EQ(all, 27u * 4096u);
  EXPECT_GT(can, all / 10);
  EXPECT_LT(can, all * 9 / 10);
}

}  // namespace
}  // namespace polc::vm
