// What the buckets alone do not say: numbers about decisions, approvals, the log and the rules
// (docs/simulate.md, "Figures"). What a log cannot give is not 0 but nothing, with the reason.
//
// Everything is pure. Tested by figures_test.cc and report_test.cc.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/simulate/report.h"

namespace polc::simulate {

// A share, or a time, of one side where `key` ends with _before or _after.
struct Figure {
  std::string key;    // `approval_rate`, the name in JSON
  std::string words;  // what it is
  enum class Unit : uint8_t { kShare, kMilliseconds, kIndex } unit = Unit::kShare;
  std::optional<double> value{};
  uint64_t part = 0, whole = 0;  // of a share; of the others `whole` is what they are made of
  std::string why_not{};         // why there is no value
};

// How far two windows differ in what they consist of.
struct Drift {
  struct Term {
    std::string name;
    uint64_t earlier = 0, later = 0;
    double index = 0;  // what it adds
  };
  double index = 0;         // the population stability index: the sum
  std::vector<Term> terms;  // by what they add, the most first
};
// From this on the index is read as some change, and as a large one.
inline constexpr double kSomeDrift = 0.1, kLargeDrift = 0.25;
// "hardly any", "some", "much".
std::string_view DriftWord(double index);

// Nothing if there is nothing in one of them. The sum over all names of (q - p) ln(q / p), p being the share
// of the name in the earlier window and q in the later; half a record is added to each count, so that a name
// that only one of them has counts as rare and not as infinitely far.
std::optional<Drift> DriftOf(const std::map<std::string, uint64_t>& earlier,
                             const std::map<std::string, uint64_t>& later);

struct Figures {
  uint64_t replayed = 0;
  std::vector<Figure> list;             // each of them, known or not, in the order of docs/simulate.md
  std::vector<std::string> never_hit;   // rules of the new set that no decision named
  std::vector<std::string> only_tests;  // of these, those that its tests named
  std::string no_tests;                 // why `only_tests` says nothing
  std::optional<Drift> outcomes, actions;
  std::string no_drift;  // why there is neither
  // Half the sum of differences between the shares of outcomes, from one day to the next; the largest.
  std::optional<double> daily;
  std::string daily_on;
};
Figures FiguresOf(const Report& report, const About& about);

// `75.0 % (3 of 4)`, `12 s`, `not known: …`.
std::string ValueText(const Figure& figure);

// What a log says was asked for and decided, without deciding anything. `progress` may be null. Lines that
// are no records are counted in `broken`.
Window ReadWindow(const log::Reader& reader, log::Splitter& splitter, const Progress& progress,
                  uint64_t& broken);

}  // namespace polc::simulate
