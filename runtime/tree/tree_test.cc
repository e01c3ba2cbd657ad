// Groups, keys, shared trees and switches of small sets of rules; and that size stays linear.
#include "runtime/tree/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/bundle/test_images.h"
#include "runtime/tree/sequence_table.h"

namespace polc::tree {
namespace {

using bundle::Effect;
using bundle::EntityConstant;
using bundle::LongConstant;
using bundle::TextConstant;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TreeTest : public ::testing::Test {
 protected:
  std::string C(const bundle::Constant& c) { return std::to_string(b_.AddConstant(c)); }
  std::string S(const char* s) { return std::to_string(b_.String(s)); }
  // Tests joined by `&&`.
  void Rule(const std::vector<std::string>& tests, Effect effect = Effect::kAllow) {
    const std::string number = std::to_string(b_.image.rules.size());
    b_.image.rules.push_back(bundle::MakeRule(b_.String("r" + std::string(6 - number.size(), '0') + number),
                                              effect, AddBlock(&b_.image, bundle::JoinedByAnd(tests))));
  }
  const Tree& Make(Level level = Level::kFull) {
    EXPECT_TRUE(Write(b_.Finish(), &file_).ok());
    bundle::VerifiedBundle verified;
    EXPECT_TRUE(bundle::Bundle::Open(file_, &opened_).ok());
    EXPECT_TRUE(Verify(opened_, &verified).ok());
    tree_.emplace(opened_, level,
                  [](bundle::Builtin, std::string_view) -> std::optional<int64_t> { return std::nullopt; });
    return *tree_;
  }
  // A group's tree: `t3(r1 r2)` for a test, `s0{..|..}` for a switch, rules by number.
  std::string Show(GroupId g) {
    const Tree& tree = *tree_;
    std::string out;
    std::vector<uint32_t> closing;
    for (uint32_t at = tree.groups()[g].first_node; at <= tree.groups()[g].end_node; ++at) {
      while (!closing.empty() && closing.back() == at) {
        out += ")";
        closing.pop_back();
      }
      if (at == tree.groups()[g].end_node) break;
      const Node& node = tree.nodes()[at];
      if (!out.empty() && out.back() != '(') out += " ";
      switch (node.kind) {
        case Node::Kind::kRules:
          for (uint32_t i = 0; i < node.subject; ++i) {
            out += (i == 0 ? "" : " ") + std::to_string(tree.rules()[node.rule + i]);
          }
          break;
        case Node::Kind::kTest:
        case Node::Kind::kSwitch:
          out += (node.kind == Node::Kind::kTest ? "t" : "s") + std::to_string(node.subject) + "(";
          closing.push_back(node.skip);
          break;
        case Node::Kind::kCaseEnd:
          out += "|";
          break;
        case Node::Kind::kEnd:
          out += "end";
          break;
      }
    }
    return out;
  }
  std::string Is(const char* variable, const char* type, const char* id) {
    return std::string("var ") + variable + "\n const " + C(EntityConstant(type, id)) + "\n eq\n";
  }
  std::string In(const char* variable, const char* type, const char* id) {
    return std::string("var ") + variable + "\n const " + C(EntityConstant(type, id)) + "\n in\n";
  }
  std::string Flag(const char* name) { return "var context\n attr " + S(name) + "\n check_bool\n"; }
  std::string Below(const char* name, int64_t n) {
    return "var context\n attr " + S(name) + "\n const " + C(LongConstant(n)) + "\n lt\n";
  }
  std::string Equals(const char* name, const char* text) {
    return "var context\n attr " + S(name) + "\n const " + C(TextConstant(text)) + "\n eq\n";
  }
  AtomId EqualAtomOf(const char* id) {
    for (uint32_t e = 0; e < opened_.entities().size(); ++e) {
      if (opened_.String(opened_.entities()[e].id) == id) return tree_->EqualAtom(e);
    }
    return kAnyAtom;
  }
  AtomId BelowAtomOf(const char* id) {
    for (uint32_t e = 0; e < opened_.entities().size(); ++e) {
      if (opened_.String(opened_.entities()[e].id) == id) return tree_->BelowAtom(e);
    }
    return kAnyAtom;
  }

  bundle::ImageBuilder b_;
  std::vector<uint8_t> file_;
  bundle::Bundle opened_;
  std::optional<Tree> tree_;
};

TEST_F(TreeTest, ScopeMakesGroupsAndKeysFindThem) {
  Rule({Is("principal", "User", "a"), Is("action", "Action", "go"), In("resource", "Folder", "f")});
  Rule({Is("action", "Action", "go")});
  Rule({In("resource", "Folder", "f"), Is("principal", "User", "a"), Is("action", "Action", "go")},
       Effect::kForbid);
  Rule({In("principal", "Team", "t"), Is("principal", "User", "a")});
  const Tree& tree = Make();
  // The forbid has the same scope as the first, written in another order, and a group of its own that comes
  // first.
  ASSERT_EQ(tree.groups().size(), 4u);
  EXPECT_TRUE(tree.groups()[0].forbids);
  EXPECT_FALSE(tree.groups()[1].forbids);
  EXPECT_THAT(tree.FindGroups(EqualAtomOf("a"), EqualAtomOf("go"), BelowAtomOf("f")), ElementsAre(0, 1));
  EXPECT_THAT(tree.FindGroups(kAnyAtom, EqualAtomOf("go"), kAnyAtom), ElementsAre(2));
  // Of two tests on one variable the one that says more is the key; the other is left to be asked.
  EXPECT_THAT(tree.FindGroups(EqualAtomOf("a"), kAnyAtom, kAnyAtom), ElementsAre(3));
  EXPECT_THAT(tree.FindGroups(BelowAtomOf("t"), kAnyAtom, kAnyAtom), IsEmpty());
  EXPECT_EQ(tree.groups()[3].residual_count, 1u);
  EXPECT_EQ(tree.groups()[0].residual_count, 0u);
  EXPECT_EQ(Show(0), "2");
  EXPECT_EQ(tree.RolesOf(EqualAtomOf("a")), kPrincipalRole);
  EXPECT_EQ(tree.RolesOf(BelowAtomOf("t")), 0);
}

TEST_F(TreeTest, AnyOfIsEnteredUnderEach) {
  Rule({"var action\n const " +
        C(bundle::SetConstant({EntityConstant("Action", "a"), EntityConstant("Action", "b")})) + "\n in\n"});
  const Tree& tree = Make();
  EXPECT_THAT(tree.FindGroups(kAnyAtom, BelowAtomOf("a"), kAnyAtom), ElementsAre(0));
  EXPECT_THAT(tree.FindGroups(kAnyAtom, BelowAtomOf("b"), kAnyAtom), ElementsAre(0));
  EXPECT_THAT(tree.FindGroups(kAnyAtom, kAnyAtom, kAnyAtom), IsEmpty());
}

TEST_F(TreeTest, KeysThatWouldBeTooManyAreGivenUp) {
  std::vector<bundle::Constant> users, things;
  for (int i = 0; i < 40; ++i) users.push_back(EntityConstant("User", std::to_string(i)));
  for (int i = 0; i < 30; ++i) things.push_back(EntityConstant("Thing", std::to_string(i)));
  Rule({"var principal\n const " + C(bundle::SetConstant(users)) + "\n in\n",
        "var resource\n const " + C(bundle::SetConstant(things)) + "\n in\n"});
  const Tree& tree = Make();
  // 40 * 30 are more than are entered: the larger is asked instead.
  EXPECT_EQ(tree.groups()[0].residual_count, 1u);
  EXPECT_THAT(tree.FindGroups(kAnyAtom, kAnyAtom, BelowAtomOf("7")), IsEmpty()) << "7 is the user";
  size_t keys = 0;
  tree.ForEachKey([&](AtomId p, AtomId, AtomId r, auto) { keys += p == kAnyAtom && r != kAnyAtom; });
  EXPECT_EQ(keys, 30u);
}

TEST_F(TreeTest, CommonBeginningsAreAskedOnce) {
  Rule({Flag("x"), Flag("y")});
  Rule({Flag("x"), Flag("z")});
  Rule({Flag("x")});
  Rule({Flag("w")});
  Make();
  EXPECT_EQ(Show(0), "t0(2 t1(0) t2(1)) t3(3)");
  EXPECT_EQ(tree_->tests()[0].nodes, 1u);
}

TEST_F(TreeTest, OnlyTestsThatCannotErrAreAskedEarlier) {
  const std::string has = "var context\n has " + S("x") + "\n", has_y = "var context\n has " + S("y") + "\n";
  // `has x` is the more shared of two that cannot err; behind a test that can it stays where it is.
  Rule({has_y, has, Flag("x")});
  Rule({has, Flag("y")});
  Rule({Flag("x"), has});
  // So does scope.
  Rule({Flag("x"), Is("principal", "User", "a")});
  Make();
  ASSERT_EQ(tree_->groups().size(), 1u);
  EXPECT_EQ(Show(0), "t1(t0(t2(0)) t3(1)) t2(t1(2) t4(3))");
}

TEST_F(TreeTest, ComparisonsOfOneValueAreOneSwitch) {
  Rule({Below("n", 5)});
  Rule({Equals("s", "a"), Flag("x")});
  Rule({Below("n", 3)});
  Rule({Equals("s", "b")});
  Rule({Below("m", 3)});
  Rule({Equals("s", "a")});
  Make();
  // Ascending, as greater keys make `n < key` true; equality in the order of the rules.
  EXPECT_EQ(Show(0), "s0(2 | 0 |) s1(5 t2(1) | 3 |) t5(4)");
  EXPECT_TRUE(tree_->switches()[0].upward);
  EXPECT_THAT(tree_->case_numbers().first(2), ElementsAre(3, 5));
  EXPECT_EQ(tree_->switch_depth(), 1u);
}

TEST_F(TreeTest, ByScopeAloneNothingIsShared) {
  Rule({Is("principal", "User", "a"), Flag("x")});
  Rule({Is("principal", "User", "a"), Flag("x")});
  Make(Level::kScope);
  EXPECT_EQ(Show(0), "t1(0) t1(1)");
}

TEST_F(TreeTest, StraightIsNoTree) {
  Rule({Flag("x")});
  EXPECT_THAT(Make(Level::kStraight).groups(), IsEmpty());
}

TEST_F(TreeTest, RepeatsAndConstantsAreFolded) {
  const std::string yes = "const " + C(bundle::BoolConstant(true)) + "\n",
                    no = "const " + C(bundle::BoolConstant(false)) + "\n";
  Rule({yes, Flag("x"), Flag("x"), yes});
  Rule({no, Flag("x")});
  // Behind a test that can err a `false` decides only if that does not.
  Rule({Flag("x"), no});
  Make();
  EXPECT_EQ(Show(0), "t1(0 t2(2))");
}

// Rules with much in common and rules with nothing: at most two nodes a test and three a rule.
TEST_F(TreeTest, SizeIsLinear) {
  size_t conjuncts = 0;
  for (int i = 0; i < 500; ++i) {
    Rule({Flag("x"), Below("n", i % 7), Equals("s", std::to_string(i % 11).c_str()), Below("m", i)});
    conjuncts += 4;
  }
  const Tree& tree = Make();
  EXPECT_LE(tree.nodes().size(), 2 * conjuncts + 3 * 500 + 1);
  EXPECT_EQ(tree.rules().size(), 500u);
  EXPECT_EQ(tree.switch_depth(), 3u);
}

// A condition of ten thousand tests is walked, not recursed into.
TEST_F(TreeTest, LongConditions) {
  std::vector<std::string> tests;
  for (int i = 0; i < 10000; ++i) tests.push_back(Below("n", i));
  Rule(tests);
  const Tree& tree = Make();
  EXPECT_EQ(tree.nodes().size(), 10002u);
}

TEST(SequenceTableTest, EqualSequencesHaveOneNumber) {
  SequenceTable table;
  const std::vector<uint32_t> a = {1, 2}, b = {1, 2, 3}, none;
  EXPECT_EQ(table.Intern(a), 0u);
  EXPECT_EQ(table.Intern(none), 1u);
  EXPECT_EQ(table.Intern(b), 2u);
  EXPECT_EQ(table.Intern(a), 0u);
  EXPECT_EQ(table.Intern(none), 1u);
  for (uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(table.Intern(std::vector<uint32_t>{7, i}), 3 + i);
  EXPECT_THAT(table[2], ElementsAre(1, 2, 3));
  EXPECT_EQ(table.size(), 1003u);
}

}  // namespace
}  // namespace polc::tree
