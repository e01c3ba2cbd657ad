// Which requests two policy sets decide otherwise, without a log.
//
// Of each environment (space.h) that an edit concerns, every point is decided by both sets, and those that
// come out otherwise are put together into classes: boxes, in which each variable takes any of some values
// whatever the others are, all with the same two outcomes. A class has a request that was decided by both
// sets anew.
//
// Law: no class is listed whose example does not differ. With exact() no request outside of the classes comes
// out otherwise; notes say what stands against it. Tested by
// tests/simulate/diff_test.cc and tests/cases/diff.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/diff/space.h"
#include "compiler/simulate/compare.h"
#include "compiler/simulate/report.h"
#include "compiler/simulate/simulate.h"

namespace polc::diff {

// Of more points than this, as many are tried as this, at random by a fixed seed.
inline constexpr uint64_t kMaxPoints = 50'000;
// Classes of one environment; what is left over is counted.
inline constexpr size_t kMaxClasses = 32;

struct Class {
  simulate::Bucket bucket = simulate::Bucket::kUnchanged;
  std::string before, after;  // outcomes
  std::string principal_type, resource_type;
  std::vector<std::string> actions;
  // Variables that matter: by name, which values, in words; those that are not there may be anything.
  std::vector<std::pair<std::string, std::string>> conditions;
  bool whole = true;  // everything that fits is in it; not where points were tried at random
  // The variables and the values of each that are in it; for tests.
  std::vector<std::pair<Variable, std::vector<size_t>>> box;
  simulate::Flip example;
  std::optional<simulate::Cause> cause;
};

struct Diff {
  std::vector<simulate::Edit> edits;
  std::vector<Class> classes;  // looser first, then stricter
  std::set<std::string> notes;
  uint64_t environments = 0, concerned = 0, points = 0, left_over = 0;
  bool exact() const { return notes.empty() && left_over == 0; }
};

// Nothing if a set does not fit a bundle.
std::optional<Diff> Compare(const simulate::Side& before, const simulate::Side& after);

std::string RenderText(const Diff& diff, const simulate::About& about);
std::string RenderJson(const Diff& diff, const simulate::About& about);
std::string RenderMarkdown(const Diff& diff, const simulate::About& about);

}  // namespace polc::diff
