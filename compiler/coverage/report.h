// Coverage for people and for tools: text, JSON, LCOV, and one HTML page.
//
// The text lists what is missing, place by place. LCOV has a function for each unit, a line for each line
// with a condition, and a branch for each outcome that can decide; a branch was taken as often as it decided.
// The page needs nothing from outside, reads on a phone, and can be walked with the keyboard; each source is
// shown whole, with what is missing marked by colour and by words. Text of policies is escaped everywhere.
// Tested by coverage_test.cc and tests/cases/test.
#pragma once

#include <string>

#include "compiler/coverage/coverage.h"
#include "compiler/source/source_map.h"
#include "llvm/Support/JSON.h"

namespace polc::coverage {

// One line: what `polc test --coverage` ends with.
std::string Summary(const Coverage& coverage);
// What is missing, then the summary.
std::string ToText(const Coverage& coverage, const source::SourceMap& map);
// The members of an object.
void ToJson(const Coverage& coverage, const source::SourceMap& map, llvm::json::OStream& json);
// Annotations, one for each place.
std::string ToGithub(const Coverage& coverage, const source::SourceMap& map);
std::string ToLcov(const Coverage& coverage, const source::SourceMap& map);
std::string ToHtml(const Coverage& coverage, const source::SourceMap& map);

// What is to be said of a condition: "never false", "never reached", …; empty: nothing is missing.
std::string Missing(const Condition& condition);

}  // namespace polc::coverage
