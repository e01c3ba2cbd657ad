// The twelve cells: for each class of actions, is it known who acts, may they, is it on record, can it be
// taken back, at each level of autonomy.
//
// docs/grid.md says what answers a cell. Cells count at levels that are granted: the lowest level, where
// agents are without a row of a ladder, and those that a row grants; a set without levels is taken to let
// agents act alone. Rules in shadow answer nothing. An answer rests on what the set says, not on a request: a
// rule that can hold answers, whether or not it ever does. O(rules x actions x levels). Tested by
// grid_test.cc and tests/cases/grid.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"

namespace polc::grid {

enum class Question : uint8_t { kIdentity, kAuthorization, kAudit, kReversibility };
inline constexpr size_t kQuestions = 4;
std::string_view QuestionName(Question question);  // "identity", …
std::string_view QuestionText(Question question);  // "who acts, and with which credential"

struct Cell {
  std::vector<std::string> by{};       // what answers it: rules, types, controls
  std::vector<std::string> missing{};  // what it lacks; empty iff it is answered
  bool answered() const { return missing.empty(); }
};

struct Level {
  std::string name{};
  bool granted = false;
  bool alone = false;                     // the highest: nobody is asked
  std::vector<std::string> granted_by{};  // rows of ladders; empty where that goes without saying
  std::array<Cell, kQuestions> cells{};   // of a level that is granted
};

struct Row {
  std::string action_class{};  // "" for actions that are in none
  core::Reversibility reversibility = core::Reversibility::kIrreversible;
  std::vector<std::string> actions{};  // that agents can ask for; sorted
  std::vector<Level> levels{};         // from the lowest
};

struct Grid {
  bool has_levels = false;
  std::vector<Row> rows{};  // by name; classes that no agent can ask for are left out
  size_t empty_alone = 0;   // cells that are empty where an agent acts alone: errors
  size_t empty_helped = 0;  // at lower levels: warnings
};

Grid MakeGrid(const core::Program& program);

std::string GridText(const Grid& grid);
std::string GridJson(const Grid& grid);
// A page of its own: no script, nothing loaded. `title` names the set.
std::string GridHtml(const Grid& grid, std::string_view title);

}  // namespace polc::grid
