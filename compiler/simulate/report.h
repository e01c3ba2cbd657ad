// What a simulation found, for people, programs and pull requests.
//
// Every renderer is pure and gives the same bytes for the same report. Tested by report_test.cc and
// tests/cases/simulate.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/simulate/simulate.h"
#include "compiler/source/diagnostic.h"

namespace polc::simulate {

// What a report is about, in words.
struct About {
  std::string log, before, after;  // names as the command line has them
  Source old_set, new_set;         // `old_set.program` may be null
  // Rules that the tests of the new set rest on; nothing if they were not run.
  std::optional<std::set<std::string>> tested;
};

// What the buckets alone do not say (docs/simulate.md, "Figures"). Shares are of replayed records.
struct Figures {
  uint64_t replayed = 0;
  std::vector<std::string> never_hit;   // rules of the new set that no decision named
  std::vector<std::string> only_tests;  // of these, those that its tests named
  std::optional<uint64_t> wait_median_ms, wait_95_ms;
  // Half the sum of differences between the shares of outcomes, from one day to the next; the largest.
  std::optional<double> drift;
  std::string drift_day;
};
Figures FiguresOf(const Report& report, const About& about);

std::string RenderText(const Report& report, const About& about);
std::string RenderJson(const Report& report, const About& about);
std::string RenderMarkdown(const Report& report, const About& about);
// A test case a group; those of buckets that `fail_on` names fail.
std::string RenderJUnit(const Report& report, const About& about, const std::set<Bucket>& fail_on);
// One page without anything from outside.
std::string RenderHtml(const Report& report, const About& about);

// A finding a group, at the edit it comes from, in the map of the new set; for SARIF and GitHub.
std::vector<source::Diagnostic> Findings(const Report& report, const About& about);

// The request of a flip, as the new set's decision saw it, in JSON on one line.
std::string RequestText(const Flip& flip, const About& about);
// What a group comes from, in words: `rule \`p/r\` changed`.
std::string CauseText(const Report& report, const Cause& cause);

}  // namespace polc::simulate
