// Pol `test` blocks of what a simulation found: for each group the smallest request that flips, and what the
// new set decides.
//
// A test needs the entities that the request, its store and its approvals name; they are written out, up to
// kMaxGivenEntities a test. Who writes the tests to a file runs them before anybody relies on them.
// Tested by tests/cases/simulate.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/simulate/report.h"

namespace polc::simulate {

inline constexpr size_t kMaxGivenEntities = 64;

// A request, with all it brings along, and what is decided, as a block. Nothing where Pol cannot say it.
std::optional<std::string> WriteTest(const core::Program& program, const data::EntityStore& store,
                                     const data::Request& request, const data::Decision& decision,
                                     const std::string& title);

struct EmittedTest {
  std::string title;  // distinct
  std::string text;   // the whole block
};

// In the order of the groups; groups without a smallest request, and those that Pol cannot say, have none.
std::vector<EmittedTest> EmitTests(const Report& report, const About& about, const data::EntityStore& store);

// The file they make; `policy` names it, `about` is the comment it begins with. It uses the modules that the
// files of the set use, whose names its tests may speak of.
std::string TestFile(const std::vector<EmittedTest>& tests, const std::string& policy,
                     const source::SourceMap& map, std::string_view about);

}  // namespace polc::simulate
