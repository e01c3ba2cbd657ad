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
  // What the earlier window is that drift is measured from: a log's name, or `before 2026-11-20`.
  std::optional<std::string> earlier{};
};

std::string RenderText(const Report& report, const About& about);
std::string RenderJson(const Report& report, const About& about);
std::string RenderMarkdown(const Report& report, const About& about);
// A test case a group; those of buckets that `fail_on` names fail.
std::string RenderJUnit(const Report& report, const About& about, const std::set<Bucket>& fail_on);
// One page without anything from outside.
std::string RenderHtml(const Report& report, const About& about);

// A finding a group, at the edit it comes from, in the map of the new set; for SARIF and GitHub.
std::vector<source::Diagnostic> Findings(const Report& report, const About& about);

// The request of a flip, as the new set's decision saw it, in JSON: on one line, or indented by so much.
std::string RequestText(const Flip& flip, const About& about, unsigned indent = 0);
// What a group comes from, in words: `rule \`p/r\` changed`.
std::string CauseText(const Report& report, const Cause& cause);

}  // namespace polc::simulate
