// Which clauses of control catalogues a set meets: by which rules, shown by which tests, and which by
// nothing.
//
// A rule in shadow meets nothing, and is listed as such. A test shows a rule if it expects it by name.
// Tested by grid_test.cc and tests/cases/grid.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/sema/pol_tests.h"

namespace polc::grid {

struct ControlRow {
  struct By {
    std::string rule{};
    bool shadow = false;
    std::vector<std::string> tests{};  // policy/title
  };
  std::string catalogue{}, clause{}, text{};
  std::vector<By> by{};  // sorted by rule

  bool met() const;     // by a rule in force
  bool tested() const;  // by one that a test shows
};

// Every clause of `catalogues`, or without any of those that some rule names; in the order of the catalogues.
std::vector<ControlRow> MapControls(const core::Program& program,
                                    const std::vector<sema::pol::TestCase>& tests,
                                    const std::vector<std::string>& catalogues);

// Names of all catalogues.
std::vector<std::string> Catalogues();

std::string ControlsText(const std::vector<ControlRow>& rows);
std::string ControlsJson(const std::vector<ControlRow>& rows);
std::string ControlsHtml(const std::vector<ControlRow>& rows, std::string_view title);

}  // namespace polc::grid
