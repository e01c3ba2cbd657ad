// The decision tree of a bundle: how to find the rules that hold without asking every rule.
//
// The tree is derived from the rules' verified bytecode when a bundle is linked. Nothing of it is in the
// file, so there is nothing a file could get wrong or lie about: it says only in which order slices of the
// rules' own code are run, and which need not be run. What is explained and traced is that same code.
//
// From rules to tree:
//
//   1. A rule is a sequence of tests joined by `&&` (conjuncts.h). Tests with the same code are one test,
//      in whichever rules they stand: constants, names and types are pooled, so equal code is equal meaning.
//   2. Tests of scope (tests.h) that stand before anything that can err are taken out of the sequence. What
//      they ask, one question at a time, are the atoms: `is User::"alice"`, `is in Team::"sre"`, `is a User`.
//      An entity's class is the set of atoms that are true of it, so what its class is settles every test of
//      scope, and there are no more classes than entities (runtime/vm/dispatch.h keeps them).
//   3. Rules that ask the same of scope are a group. A group is found by one atom of each of principal,
//      action and resource, its keys, the most selective there are: FindGroups is one hash probe, and what
//      a request must probe for is what its three classes contain.
//   4. The rules of a group share one tree over what is left of their sequences: rules with the same
//      beginning ask it once. Tests that compare one value with different constants are one switch: a hash
//      look-up for `==`, a binary search for an order, after which the true ones lie side by side.
//
// So each path through a group asks a test at most once, in the order in which the rules ask it. The only
// change to that order: tests that cannot err, at the beginning of a rule, are asked the most shared first.
// Therefore a rule is found to hold or to err exactly if it does, with the same error.
//
// Size. A test of a rule is one node at most, and so is a rule; switches add one node a case. So a tree has
// at most 2 * (tests in rules) + 3 * rules + 1 nodes: nothing is ever duplicated, and nothing explodes. The
// price is that rules of one group that share nothing are asked one after the other: the report of
// compiler/tree says which.
//
// How a test is asked is formula.h's where it is simple; otherwise its code is run.
//
// A tree is immutable. Building is linear in the code, but for sorting. Tested by tree_test.cc and, against
// the oracle and the rules run one by one, by tests/engine.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/bundle/verify.h"
#include "runtime/tree/conjuncts.h"
#include "runtime/tree/formula.h"
#include "runtime/tree/tests.h"

namespace polc::tree {

// How much is done. At 0 there is no tree: every rule's code is run.
enum class Level : uint8_t {
  kStraight = 0,
  kScope = 1,  // groups by scope; in a group, rule after rule
  kFull = 2
};
// The pair of Meta that asks for less than kFull: "optimize" with "0" or "1".
inline constexpr std::string_view kLevelKey = "optimize";
Level LevelOf(const bundle::Bundle& bundle);

using AtomId = uint32_t;
inline constexpr AtomId kAnyAtom = 0;  // as a key: whatever the entity is
using TestId = uint32_t;
using GroupId = uint32_t;

struct Test {
  Slice slice;  // of the first rule that has it
  uint8_t reads;
  bool reads_facts;
  bool cannot_err;
  bool is_scope;
  uint32_t nodes;       // how many ask it
  uint32_t comparison;  // in comparisons(), or kNone: compares no value with a constant
  uint32_t question;    // the first of its formula, in questions(), or kNone: it is not that simple
};

// Nodes lie in the order of a walk from left to right. A node's subtree ends at `skip`; the rules in it are
// those from its `rule` up to that of the node at `skip`.
struct Node {
  enum class Kind : uint32_t {
    kRules,    // `subject` rules hold
    kTest,     // test `subject`: if true the subtree is entered, if false skipped; if it errs its rules err
    kSwitch,   // switch `subject`: its cases are the subtree
    kCaseEnd,  // of a case of switch `subject`
    kEnd       // of everything
  } kind;
  uint32_t subject;
  uint32_t skip;
  uint32_t rule;  // into rules()
};

// One value, compared with many constants. If the value is of another kind than the keys of an order, errs,
// or is a text too long to be compared, every case's test is run for itself.
struct Switch {
  Slice operand;
  std::optional<Source> source;  // what the operand is, if it is that simple
  bool reads_facts;
  bool is_order;
  bool upward;        // order: cases ascend, and those above the value are true; else they descend
  bool inclusive;     // order: so is one that is equal
  bundle::Kind kind;  // order: of all keys
  uint32_t node;
  uint32_t first_case;
  uint32_t case_count;
  uint32_t first_slot;  // equality: hash table of cases, a power of two of slots
  uint32_t slot_mask;
};

struct Case {
  Key key;
  TestId test;
  uint32_t node;  // where the case's subtree begins; it ends with a kCaseEnd
};

struct Group {
  uint32_t first_node;
  uint32_t end_node;
  uint32_t first_test;      // tests of scope, in scope_tests()
  uint32_t residual_count;  // those that the keys do not imply come first
  uint32_t test_count;
  bool forbids;  // all its rules are forbids in force; else none is
};

// A conjunct of a rule as it stands in the rule.
struct RuleTest {
  TestId test;
  uint32_t first;  // word of the code section
};

enum Role : uint8_t { kPrincipalRole = 1, kActionRole = 2, kResourceRole = 4 };

class Tree {
 public:
  // Of a verified bundle, which it does not refer to afterwards.
  Tree(const bundle::Bundle& bundle, Level level, FoldLiteral fold);

  Level level() const { return level_; }

  // Atoms by id; 0 is none.
  std::span<const Atom> atoms() const { return atoms_; }
  // The atom that asks this of an entity or type of the bundle, or kAnyAtom if no test does.
  AtomId EqualAtom(uint32_t entity) const { return equal_atoms_[entity]; }
  AtomId BelowAtom(uint32_t entity) const { return below_atoms_[entity]; }
  AtomId IsAtom(uint32_t type) const { return is_atoms_[type]; }
  // As which keys an atom serves, as Roles.
  uint8_t RolesOf(AtomId atom) const { return roles_[atom]; }

  // The groups with these keys, ascending; those that forbid have the lower ids.
  std::span<const GroupId> FindGroups(AtomId principal, AtomId action, AtomId resource) const;

  std::span<const Test> tests() const { return tests_; }
  std::span<const Comparison> comparisons() const { return comparisons_; }
  std::span<const Question> questions() const { return questions_; }
  // The names, strings, of the attributes that sources look up; one for each place where one does, so that
  // what was found there last can be kept.
  std::span<const uint32_t> lookups() const { return lookups_; }
  std::span<const Group> groups() const { return groups_; }
  std::span<const TestId> scope_tests() const { return scope_tests_; }
  // One more than there are, the last a kEnd.
  std::span<const Node> nodes() const { return nodes_; }
  std::span<const Switch> switches() const { return switches_; }
  std::span<const Case> cases() const { return cases_; }
  // The keys of cases, side by side for searching.
  std::span<const int64_t> case_numbers() const { return case_numbers_; }
  // Tables of cases: index + 1, or 0.
  std::span<const uint32_t> case_slots() const { return case_slots_; }
  static uint64_t HashNumber(bundle::Kind kind, uint64_t number);
  static uint64_t HashText(std::string_view text);
  // By the nodes that hold them.
  std::span<const uint32_t> rules() const { return rules_; }
  // The most switches a path goes through.
  uint32_t switch_depth() const { return switch_depth_; }

  // A rule's conjuncts in the order of its code.
  std::span<const RuleTest> TestsOf(uint32_t rule) const {
    return std::span(rule_tests_)
        .subspan(first_rule_test_[rule], first_rule_test_[rule + 1] - first_rule_test_[rule]);
  }
  // Every combination of keys there is, with its groups.
  void ForEachKey(auto&& each) const {
    for (const KeySlot& slot : key_slots_) {
      if (slot.count == 0) continue;
      each(slot.principal, slot.action, slot.resource,
           std::span(key_groups_).subspan(slot.first, slot.count));
    }
  }
  // What it takes in memory.
  size_t bytes() const;
  // Whether every rule is an allow or a forbid: what holds settles the outcome.
  bool is_plain() const { return is_plain_; }
  // Whether, beside that, every rule is in force.
  bool is_simple() const { return is_simple_; }

 private:
  friend class TreeBuilder;
  struct KeySlot {
    AtomId principal, action, resource;
    uint32_t first;
    uint32_t count;  // 0: empty
  };
  static uint64_t HashKeys(AtomId principal, AtomId action, AtomId resource);

  Level level_;
  bool is_plain_ = true;
  bool is_simple_ = true;
  std::vector<Atom> atoms_ = {{}};
  std::vector<AtomId> equal_atoms_, below_atoms_, is_atoms_;
  std::vector<uint8_t> roles_ = {0};
  std::vector<Test> tests_;
  std::vector<Comparison> comparisons_;
  std::vector<Question> questions_;
  std::vector<uint32_t> lookups_;
  std::vector<RuleTest> rule_tests_;
  std::vector<uint32_t> first_rule_test_;  // by rule, and one more
  std::vector<Group> groups_;
  std::vector<TestId> scope_tests_;
  std::vector<KeySlot> key_slots_;
  std::vector<GroupId> key_groups_;
  std::vector<Node> nodes_;
  std::vector<Switch> switches_;
  std::vector<Case> cases_;
  std::vector<int64_t> case_numbers_;
  std::vector<uint32_t> case_slots_;
  std::vector<uint32_t> rules_;
  uint32_t switch_depth_ = 0;
};

}  // namespace polc::tree
