#include "compiler/simulate/edit.h"

#include "compiler/sema/pol_test_util.h"

namespace polc::simulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EditTest : public sema::pol::PolTest {
 protected:
  sema::pol::Set Read(std::string_view rules) {
    sema::pol::Set set = With(rules);
    EXPECT_FALSE(sink_.has_errors()) << First();
    return set;
  }
  std::vector<Edit> Edits(std::string_view before, std::string_view after) {
    old_ = Read(before);
    new_ = Read(after);
    return Compare({&old_.program, &map_}, {&new_.program, &map_});
  }
  static std::vector<std::string> Names(const std::vector<Edit>& edits) {
    std::vector<std::string> out;
    for (const Edit& edit : edits) out.push_back(Describe(edit));
    return out;
  }

  sema::pol::Set old_, new_;
};

constexpr std::string_view kRules = R"(
fact risk : Risk is the highest of high when context has blast and context.blast is above 5%, otherwise low
ladder for Agent "oncall" gives restarts : alone, drops : approval_needed
cap night autonomy at recommend for Agent "batch" to do anything
counter tries counts restart for each principal over 10m
rule a allow Agent in Team "sre" to restart on Service when context.n is at most 3
rule b forbid Agent to restart on Service when risk is at least high
rule c allow Agent to drop on Service when autonomy is at least approval_needed
)";

std::string Changed(std::string_view from, std::string_view to) {
  std::string out(kRules);
  const size_t at = out.find(from);
  EXPECT_NE(at, out.npos) << from;
  return out.replace(at, from.size(), to);
}

TEST_F(EditTest, TheSameIsNoChange) {
  EXPECT_THAT(Names(Edits(kRules, kRules)), IsEmpty());
  EXPECT_THAT(Names(Edits(kRules, "\n// moved down\n\n" + std::string(kRules))), IsEmpty());
}

TEST_F(EditTest, NamesEachItemThatChanged) {
  EXPECT_THAT(Names(Edits(kRules, Changed("at most 3", "at most 4"))), ElementsAre("rule `p/a` changed"));
  EXPECT_THAT(Names(Edits(kRules, Changed("5%", "6%"))), ElementsAre("fact `risk` changed"));
  EXPECT_THAT(Names(Edits(kRules, Changed("over 10m", "over 20m"))), ElementsAre(HasSubstr("state `tries")));
  EXPECT_THAT(Names(Edits(kRules, Changed("autonomy at recommend", "autonomy at approval_needed"))),
              ElementsAre("cap `p/night` changed"));
  EXPECT_THAT(Names(Edits(kRules, Changed("drops : approval_needed", "drops : alone"))),
              ElementsAre(HasSubstr("ladder row")));
  EXPECT_THAT(Names(Edits(kRules, Changed("rule a ", "rule z forbid Human to look\nrule a "))),
              ElementsAre("rule `p/z` added"));
  EXPECT_THAT(Names(Edits(Changed("rule a ", "rule z forbid Human to look\nrule a "), kRules)),
              ElementsAre("rule `p/z` removed"));
}

TEST_F(EditTest, ShowsTheSource) {
  const std::vector<Edit> edits = Edits(kRules, Changed("at most 3", "at most 4"));
  ASSERT_EQ(edits.size(), 1u);
  EXPECT_THAT(
      edits[0].diff,
      HasSubstr("-rule a allow Agent in Team \"sre\" to restart on Service when context.n is at most 3"));
  EXPECT_THAT(
      edits[0].diff,
      HasSubstr("+rule a allow Agent in Team \"sre\" to restart on Service when context.n is at most 4"));
}

TEST_F(EditTest, ARenamedRuleIsTheSameRule) {
  EXPECT_THAT(Names(Edits(kRules, Changed("rule a ", "rule renamed "))), IsEmpty());
}

// Law: all edits undone give the old set, each alone gives a sound one or nothing.
TEST_F(EditTest, UndoingEverythingGivesTheOldSet) {
  std::string after = Changed("at most 3", "at most 4");
  after.replace(after.find("5%"), 2, "7%");
  after.replace(after.find("drops : approval_needed"), 23, "drops : alone");
  after += "rule d limit timeout to 5s for Agent to restart on Service\n";
  const std::vector<Edit> edits = Edits(kRules, after);
  ASSERT_EQ(edits.size(), 4u);
  std::set<size_t> all;
  for (size_t i = 0; i < edits.size(); ++i) {
    all.insert(i);
    EXPECT_TRUE(Undo(&old_.program, new_.program, edits, {i})) << Describe(edits[i]);
  }
  const std::optional<core::Program> undone = Undo(&old_.program, new_.program, edits, all);
  ASSERT_TRUE(undone);
  EXPECT_EQ(core::Dump(*undone), core::Dump(old_.program));
  const std::optional<core::Program> none = Undo(&old_.program, new_.program, edits, {});
  ASSERT_TRUE(none);
  EXPECT_EQ(core::Dump(*none), core::Dump(new_.program));
}

TEST_F(EditTest, WhatDoesNotStandByItselfIsNoSet) {
  const std::vector<Edit> edits = Edits(
      "rule a allow Agent to restart on Service\n",
      "fact f : Bool is context has n and context.n is 1\nrule a allow Agent to restart on Service when f\n");
  ASSERT_EQ(edits.size(), 2u);
  size_t fact = edits[0].item == Edit::Item::kFact ? 0 : 1;
  EXPECT_FALSE(Undo(&old_.program, new_.program, edits, {fact}));
  EXPECT_TRUE(Undo(&old_.program, new_.program, edits, {1 - fact}));
  EXPECT_TRUE(Undo(&old_.program, new_.program, edits, {0, 1}));
}

TEST_F(EditTest, RulesInForceCanBeTakenOut) {
  new_ = Read(kRules);
  const std::vector<Edit> edits = Present({&new_.program, &map_});
  ASSERT_EQ(edits.size(), 3u);
  const std::optional<core::Program> without = Undo(nullptr, new_.program, edits, {0});
  ASSERT_TRUE(without);
  EXPECT_EQ(without->rules.size(), 2u);
}

}  // namespace
}  // namespace polc::simulate
