#include "compiler/grid/grid.h"

#include <gmock/gmock.h>

#include "compiler/grid/controls.h"
#include "compiler/sema/pol.h"
#include "compiler/stdlib/stdlib.h"

namespace polc::grid {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kModel = R"(
use std.autonomy
group Team
person Human in Team has team : Team
agent Agent in Team owned by Human has credential_ttl : Duration
principal Pipeline in Team
resource Table
evidence plan (undo) : Text
evidence review : Text
action class reads is read_only
action class edits is reversible
action class drops is irreversible
action look in reads by Agent, Human on Table
action edit in edits by Agent, Human, Pipeline on Table
action drop in drops by Agent on Table
action people_only in edits by Human on Table
)";

class Grids : public testing::Test {
 protected:
  sema::pol::Set Read(const std::string& rules) {
    source::SourceMap map;
    source::DiagnosticSink sink;
    const source::FileId file = map.Add("p.pol", std::string(kModel) + rules);
    sema::pol::Options options;
    options.find_module = [&](const std::string& name,
                              source::FileId) -> std::optional<sema::pol::FoundModule> {
      const stdlib::Module* module = stdlib::Find(name);
      if (!module) return std::nullopt;
      return sema::pol::FoundModule{map.Add(name + ".pol", std::string(module->text)), true};
    };
    sema::pol::Set set = sema::pol::Analyze(map, {file}, options, sink);
    EXPECT_FALSE(sink.has_errors()) << sink.diagnostics().front().message;
    return set;
  }
  const Level& At(const Grid& grid, std::string_view name, size_t level) {
    for (const Row& row : grid.rows) {
      if (row.action_class == name) return row.levels[level];
    }
    ADD_FAILURE() << name;
    return grid.rows.front().levels.front();
  }
  const Cell& Of(const Grid& grid, std::string_view name, size_t level, Question question) {
    return At(grid, name, level).cells[static_cast<size_t>(question)];
  }
};

TEST_F(Grids, LevelsAreGrantedByRowsAndTheLowestByItself) {
  const Grid grid = MakeGrid(
      Read("ladder for Agent gives edits : execute_autonomously, drops : execute_with_approval").program);
  EXPECT_TRUE(grid.has_levels);
  EXPECT_EQ(grid.rows.size(), 3u);
  EXPECT_TRUE(At(grid, "edits", 0).granted);
  EXPECT_FALSE(At(grid, "edits", 1).granted);
  EXPECT_THAT(At(grid, "edits", 2).granted_by, ElementsAre("p/ladder1.edits"));
  EXPECT_TRUE(At(grid, "drops", 1).granted);
  EXPECT_FALSE(At(grid, "drops", 2).granted);
  EXPECT_FALSE(At(grid, "reads", 2).granted);
}

TEST_F(Grids, IdentityIsOwnersAndABoundOnCredentials) {
  const Grid good = MakeGrid(
      Read("ladder for Agent gives edits : execute_autonomously\nrule a allow Agent to edit").program);
  EXPECT_THAT(Of(good, "edits", 2, Question::kIdentity).by,
              ElementsAre("`Agent` is owned by `Human`",
                          "std.autonomy/long_lived_credential bounds `credential_ttl`"));
  EXPECT_TRUE(Of(good, "edits", 2, Question::kIdentity).answered());
  // Somebody who is neither a person nor an agent with an owner; people are no matter.
  const Grid bad = MakeGrid(Read("ladder for Agent gives edits : execute_autonomously\nrule a allow anyone "
                                 "to edit\nrule h allow Human to look")
                                .program);
  EXPECT_THAT(Of(bad, "edits", 2, Question::kIdentity).missing,
              ElementsAre("p/a allows it to `Pipeline`, which nobody owns"));
  // std.autonomy bounds the credential of what changes something only.
  const Grid reads = MakeGrid(Read("rule h allow Agent to look").program);
  EXPECT_THAT(Of(reads, "reads", 0, Question::kIdentity).missing,
              ElementsAre("no rule bounds `credential_ttl`"));
}

TEST_F(Grids, AuthorizationIsAnAllowThatCanHoldAtTheLevel) {
  const Grid grid = MakeGrid(Read(R"(
    ladder for Agent gives edits : execute_autonomously
    ladder for Agent gives edits : execute_with_approval
    rule a allow Agent to edit when autonomy is at least execute_autonomously
    rule s (shadow) allow Agent to do anything
    rule i allow Agent to do anything when action is irreversible
    rule p allow Human to do any reads)")
                                 .program);
  EXPECT_THAT(Of(grid, "edits", 2, Question::kAuthorization).by, ElementsAre("p/a"));
  EXPECT_THAT(Of(grid, "edits", 1, Question::kAuthorization).missing, ElementsAre("no rule allows it"));
  EXPECT_THAT(Of(grid, "drops", 0, Question::kAuthorization).by, ElementsAre("p/i"));
  // What people may do answers nothing about agents.
  EXPECT_FALSE(Of(grid, "reads", 0, Question::kAuthorization).answered());
}

TEST_F(Grids, AuditAndReversibility) {
  const Grid grid = MakeGrid(Read(R"(
    ladder for Agent gives drops : execute_with_approval
    rule a allow Agent to drop meets soc2 "CC8.1"
    rule r require evidence review for Agent to edit)")
                                 .program);
  EXPECT_THAT(Of(grid, "drops", 1, Question::kAudit).by, ElementsAre("p/a meets soc2 CC8.1"));
  EXPECT_FALSE(Of(grid, "drops", 1, Question::kReversibility).answered());
  EXPECT_THAT(Of(grid, "edits", 0, Question::kAudit).by, ElementsAre("p/r requires `review`"));
  EXPECT_THAT(Of(grid, "edits", 0, Question::kReversibility).by, ElementsAre("the class is reversible"));
  EXPECT_FALSE(Of(grid, "reads", 0, Question::kAudit).answered());
  const Grid undo = MakeGrid(Read(R"(
    ladder for Agent gives drops : execute_with_approval
    rule r require evidence plan for Agent to drop)")
                                 .program);
  EXPECT_THAT(Of(undo, "drops", 1, Question::kReversibility).by, ElementsAre("p/r requires `plan`"));
}

TEST_F(Grids, EmptyCellsAreCountedApart) {
  const Grid grid = MakeGrid(Read("ladder for Agent gives edits : execute_autonomously").program);
  EXPECT_EQ(grid.empty_alone, 2u);  // authorization, audit
  EXPECT_THAT(GridText(grid), HasSubstr("2 empty cells where agents act alone"));
  EXPECT_THAT(GridText(grid), HasSubstr("EMPTY: no rule allows it"));
  EXPECT_THAT(GridHtml(grid, "a<b"), HasSubstr("a&lt;b"));
  EXPECT_THAT(GridHtml(grid, "t"), Not(HasSubstr("<script")));
}

TEST_F(Grids, ControlsAreMetByRulesInForceAndShownByTests) {
  const sema::pol::Set set = Read(R"(
    rule a allow Agent to look meets soc2 "CC8.1"
    rule s (shadow) allow Agent to look meets soc2 "CC6.1"
    test "t"
      given Agent "x" with owner Human "h", credential_ttl 5m
      given Table "t"
      when Agent "x" asks to look on Table "t"
      expect allow by a)");
  const std::vector<ControlRow> rows = MapControls(set.program, set.tests, {});
  size_t met = 0, tested = 0;
  for (const ControlRow& row : rows) {
    EXPECT_EQ(row.catalogue, "soc2");
    met += row.met();
    tested += row.tested();
    if (row.clause == "CC8.1") {
      EXPECT_THAT(row.by.front().tests, ElementsAre("p/t"));
    }
    if (row.clause == "CC6.1") {
      EXPECT_FALSE(row.met());
    }
    if (row.clause == "CC7.1") {
      EXPECT_THAT(row.by, IsEmpty());
    }
  }
  EXPECT_EQ(met, 1u);
  EXPECT_EQ(tested, 1u);
  EXPECT_GT(MapControls(set.program, set.tests, {"hipaa"}).size(), 5u);
  EXPECT_GT(Catalogues().size(), 8u);
}

}  // namespace
}  // namespace polc::grid
