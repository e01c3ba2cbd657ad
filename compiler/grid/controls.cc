#include "compiler/grid/controls.h"

#include <algorithm>
#include <set>

#include "compiler/sema/pol_controls.h"

namespace polc::grid {

namespace {

// Whether the test, or a step after its first, names the rule as a reason.
bool Expects(const sema::pol::TestCase& test, const std::string& rule) {
  const auto names = [&](const sema::pol::TestStep& step) {
    return (step.expected.by && std::ranges::count(*step.expected.by, rule) > 0) ||
           std::ranges::count(step.expected.with, rule) > 0;
  };
  return names(test) || std::ranges::any_of(test.then, names);
}

}  // namespace

bool ControlRow::met() const {
  return std::ranges::any_of(by, [](const By& b) { return !b.shadow; });
}

bool ControlRow::tested() const {
  return std::ranges::any_of(by, [](const By& b) { return !b.shadow && !b.tests.empty(); });
}

std::vector<std::string> Catalogues() {
  std::vector<std::string> out;
  for (const sema::pol::KnownControl& known : sema::pol::KnownControls()) {
    if (out.empty() || out.back() != known.catalogue) out.emplace_back(known.catalogue);
  }
  return out;
}

std::vector<ControlRow> MapControls(const core::Program& program,
                                    const std::vector<sema::pol::TestCase>& tests,
                                    const std::vector<std::string>& catalogues) {
  std::set<std::string, std::less<>> wanted(catalogues.begin(), catalogues.end());
  if (wanted.empty()) {
    for (const core::Rule& rule : program.rules) {
      for (const core::Control& control : rule.pol().controls) wanted.insert(control.catalogue);
    }
  }
  std::vector<ControlRow> rows;
  for (const sema::pol::KnownControl& known : sema::pol::KnownControls()) {
    if (!wanted.contains(known.catalogue)) continue;
    ControlRow row{std::string(known.catalogue), std::string(known.clause), std::string(known.text), {}};
    for (const core::Rule& rule : program.rules) {
      const auto names = [&](const core::Control& control) {
        return control.catalogue == row.catalogue && control.clause == row.clause;
      };
      if (!std::ranges::any_of(rule.pol().controls, names)) continue;
      ControlRow::By by{rule.id, rule.mode == core::Mode::kShadow, {}};
      for (const sema::pol::TestCase& test : tests) {
        if (Expects(test, rule.id)) by.tests.push_back(test.policy + "/" + test.title);
      }
      row.by.push_back(std::move(by));
    }
    std::ranges::sort(row.by, {}, &ControlRow::By::rule);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace polc::grid
