#include "compiler/sema/level.h"

#include "compiler/sema/check_test_util.h"

namespace polc::sema {
namespace {

class LevelTest : public CheckTest {
 protected:
  // The lowest level at which `condition` is valid for a User viewing a Doc; 9 if there is none.
  int Needs(const std::string& condition, CheckOptions options = {}) {
    for (uint32_t level = 0; level < 6; ++level) {
      options.level = level;
      if (View(condition, options).empty()) return static_cast<int>(level);
    }
    return 9;
  }
};

TEST_F(LevelTest, CountsSteps) {
  EXPECT_EQ(Needs("context.mfa"), 0);
  EXPECT_EQ(Needs("principal == resource.owner || true"), 1);
  EXPECT_EQ(Needs("principal == User::\"a\" || principal is Bot"), 0);
  EXPECT_EQ(Needs("principal.on"), 1);
  EXPECT_EQ(Needs("principal has name"), 1);
  EXPECT_EQ(Needs("principal in Team::\"t\""), 1);
  EXPECT_EQ(Needs("principal.hasTag(\"k\")"), 1);
  EXPECT_EQ(Needs("principal.hasTag(\"k\") && principal.getTag(\"k\") == \"x\""), 1);
  EXPECT_EQ(Needs("principal.home.city == \"x\""), 1);  // a record is no step
  EXPECT_EQ(Needs("resource.owner.on"), 2);
  EXPECT_EQ(Needs("resource.owner in Team::\"t\""), 2);
  EXPECT_EQ(Needs("resource.owner has boss.boss.name"), 4);
}

TEST_F(LevelTest, EveryPartCounts) {
  EXPECT_EQ(Needs("!(resource.owner.on)"), 2);
  EXPECT_EQ(Needs("[resource.owner.age].contains(1)"), 2);
  EXPECT_EQ(Needs("{a: resource.owner.age}.a == 1"), 2);
  EXPECT_EQ(Needs("principal.hasTag(resource.owner.name)"), 2);
  EXPECT_EQ(Needs("if resource.owner.on then true else false"), 2);
  EXPECT_EQ(Needs("(if context.mfa then principal else resource.owner).on"), 2);
  EXPECT_EQ(Needs("principal in [resource.owner]"), 1);
}

TEST_F(LevelTest, RecordsAreFollowedByField) {
  EXPECT_EQ(Needs("{a: principal, b: resource.owner.boss}.a.on"), 9);  // boss is optional: not valid at all
  EXPECT_EQ(Needs("{a: principal, b: resource.owner}.a.on"), 1);
  EXPECT_EQ(Needs("{a: principal, b: resource.owner}.b.on"), 2);
  EXPECT_EQ(Needs("{a: {b: principal}, c: User::\"u\"}.a.b.on"), 1);
}

TEST_F(LevelTest, DeadSidesDoNotCount) {
  EXPECT_EQ(Needs("true || resource.owner.on"), 0);
  EXPECT_EQ(Needs("if true then context.mfa else resource.owner.on"), 0);
}

TEST_F(LevelTest, LiteralsAreNeverFollowed) {
  EXPECT_EQ(Needs("User::\"u\".on"), 9);
  EXPECT_EQ(View("User::\"u\".on", Level(5)), "EntityDerefLevelViolation");
  EXPECT_EQ(First().message, "an entity written in the policy is looked up in the entity store");
  EXPECT_EQ(Needs("User::\"u\" in Team::\"t\""), 9);
  EXPECT_EQ(Needs("Action::\"view\" in Action::\"read\""), 1);  // the action of the request
  EXPECT_EQ(Needs("!(Action::\"edit\" in Action::\"read\")"), 9);
}

TEST_F(LevelTest, TheScopeCountsToo) {
  const char* in_team = "permit (principal in Team::\"t\", action == Action::\"view\", resource);";
  EXPECT_EQ(Codes(in_team, Level(1)), "");
  EXPECT_EQ(Codes(in_team, Level(0)), "EntityDerefLevelViolation");
  EXPECT_EQ(Text(First()), "principal in Team::\"t\"");
  EXPECT_EQ(Codes("permit (principal, action in Action::\"read\", resource);", Level(0)),
            "EntityDerefLevelViolation");
  EXPECT_EQ(Codes("permit (principal, action == Action::\"view\", resource in Folder::\"f\");", Level(0)),
            "EntityDerefLevelViolation");
  EXPECT_EQ(
      Codes("permit (principal == User::\"u\", action == Action::\"view\", resource is Doc);", Level(0)), "");
}

TEST_F(LevelTest, SaysWhatIsNeeded) {
  EXPECT_EQ(View("resource.owner.on", Level(1)), "EntityDerefLevelViolation");
  EXPECT_EQ(First().message, "this looks into the entity store at level 2, but the limit is level 1");
  EXPECT_EQ(Text(First()), "resource.owner.on");
}

TEST_F(LevelTest, PermissiveModeToo) {
  EXPECT_EQ(Needs("principal.roles == [] && resource.owner.on", Permissive()), 2);
}

}  // namespace
}  // namespace polc::sema
