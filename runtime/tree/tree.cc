#include "runtime/tree/tree.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>
#include <unordered_map>

#include "runtime/tree/sequence_table.h"

namespace polc::tree {

using bundle::Bundle;
using bundle::Kind;
using bundle::Variable;

namespace {

// Tests that compare one value with so many constants become a switch.
constexpr size_t kFewestCases = 2;
// A group is entered into the index once per combination of its keys' atoms. Where that is more than this,
// keys are given up and their test is asked instead.
constexpr size_t kMostKeys = 1024;

uint64_t Mix(uint64_t h) {
  h ^= h >> 32;
  h *= 0x9E3779B97F4A7C15u;
  return h ^ h >> 29;
}

}  // namespace

Level LevelOf(const Bundle& bundle) {
  for (const bundle::PairRow& pair : bundle.meta()) {
    if (bundle.String(pair.key) != kLevelKey) continue;
    const std::string_view value = bundle.String(pair.value);
    if (value == "0") return Level::kStraight;
    if (value == "1") return Level::kScope;
  }
  return Level::kFull;
}

uint64_t Tree::HashKeys(AtomId principal, AtomId action, AtomId resource) {
  return Mix((uint64_t{principal} << 32 | resource) + uint64_t{action} * 0xD1B54A32D192ED03u);
}

uint64_t Tree::HashNumber(Kind kind, uint64_t number) {
  return Mix(number + (uint64_t{static_cast<uint8_t>(kind)} << 56));
}

uint64_t Tree::HashText(std::string_view text) {
  uint64_t h = text.size();
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    h = Mix(h ^ word);
    text.remove_prefix(8);
  }
  uint64_t rest = 0;
  if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
  return Mix(h ^ rest);
}

std::span<const GroupId> Tree::FindGroups(AtomId principal, AtomId action, AtomId resource) const {
  const size_t mask = key_slots_.size() - 1;
  for (size_t slot = HashKeys(principal, action, resource) & mask;; slot = (slot + 1) & mask) {
    const KeySlot& found = key_slots_[slot];
    if (found.count == 0) return {};
    if (found.principal == principal && found.action == action && found.resource == resource) {
      return std::span(key_groups_).subspan(found.first, found.count);
    }
  }
}

size_t Tree::bytes() const {
  auto of = [](const auto& rows) { return rows.size() * sizeof(rows[0]); };
  return sizeof(*this) + of(atoms_) + of(equal_atoms_) + of(below_atoms_) + of(is_atoms_) + of(roles_) +
         of(tests_) + of(comparisons_) + of(questions_) + of(lookups_) + of(rule_tests_) +
         of(first_rule_test_) + of(groups_) + of(scope_tests_) + of(key_slots_) + of(key_groups_) +
         of(nodes_) + of(switches_) + of(cases_) + of(case_numbers_) + of(case_slots_) + of(rules_);
}

class TreeBuilder {
 public:
  TreeBuilder(Tree* tree, const Bundle& bundle, FoldLiteral fold)
      : tree_(*tree), bundle_(bundle), fold_(fold) {}

  void Run() {
    tree_.equal_atoms_.assign(bundle_.entities().size(), kAnyAtom);
    tree_.below_atoms_.assign(bundle_.entities().size(), kAnyAtom);
    tree_.is_atoms_.assign(bundle_.types().size(), kAnyAtom);
    if (tree_.level_ == Level::kStraight) {
      tree_.first_rule_test_.assign(bundle_.rules().size() + 1, 0);
      tree_.key_slots_.resize(1);
      PutNode(Node::Kind::kEnd, 0);
      return;
    }
    TakeApart();
    MakeGroups();
    for (uint32_t g = 0; g < tree_.groups_.size(); ++g) BuildGroup(g);
    PutNode(Node::Kind::kEnd, 0);
    MakeIndex();
  }

 private:
  // 1. Rules as sequences of tests.
  void TakeApart() {
    ConjunctSplitter splitter(bundle_);
    std::vector<Slice> slices;
    tree_.first_rule_test_.push_back(0);
    for (const bundle::RuleRow& rule : bundle_.rules()) {
      slices.clear();
      splitter.Split(rule.condition, &slices);
      for (const Slice& slice : slices) {
        const uint32_t test = test_table_.Intern(bundle_.code().subspan(slice.first, slice.count));
        if (test == tree_.tests_.size()) {
          const Analysis& a = analyses_.emplace_back(Analyze(bundle_, slice, fold_));
          uint32_t comparison = bundle::kNone;
          if (a.comparison) {
            comparison = static_cast<uint32_t>(tree_.comparisons_.size());
            tree_.comparisons_.push_back(*a.comparison);
            if (auto& source = tree_.comparisons_.back().source) NumberLookups(&*source);
          }
          tree_.tests_.push_back({slice, a.reads, a.reads_facts, a.cannot_err, a.is_scope, 0, comparison,
                                  QuestionsOf(slice, comparison)});
          uses_.push_back(0);
        }
        ++uses_[test];
        tree_.rule_tests_.push_back({test, slice.first});
      }
      tree_.first_rule_test_.push_back(static_cast<uint32_t>(tree_.rule_tests_.size()));
      const auto effect = static_cast<bundle::Effect>(rule.effect);
      tree_.is_plain_ &= effect == bundle::Effect::kAllow || effect == bundle::Effect::kForbid;
      tree_.is_simple_ &= tree_.is_plain_ && static_cast<bundle::Mode>(rule.mode) == bundle::Mode::kEnforced;
    }
    FindTemplates();
  }

  // The first question of a test's formula, or kNone.
  uint32_t QuestionsOf(const Slice& slice, uint32_t comparison) {
    const auto first = static_cast<uint32_t>(tree_.questions_.size());
    if (comparison != bundle::kNone && tree_.comparisons_[comparison].source) {
      tree_.questions_.push_back({.op = Question::Op::kCompare,
                                  .subject = *tree_.comparisons_[comparison].source,
                                  .object = {},
                                  .what = comparison,
                                  .if_true = kYes,
                                  .if_false = kNo});
      return first;
    }
    if (!MakeQuestions(bundle_, slice, &tree_.questions_)) return bundle::kNone;
    for (Question& q : std::span(tree_.questions_).subspan(first)) {
      NumberLookups(&q.subject);
      if (q.op == Question::Op::kHas || q.op == Question::Op::kHasStrict) tree_.lookups_.push_back(q.what);
      NumberLookups(&q.object);
    }
    return first;
  }
  void NumberLookups(Source* source) {
    source->first_lookup = static_cast<uint32_t>(tree_.lookups_.size());
    tree_.lookups_.insert(tree_.lookups_.end(), source->at, source->at + source->steps);
  }

  // Comparisons that are the same but for their constant, which a word no code holds stands for.
  void FindTemplates() {
    SequenceTable table;
    std::vector<uint32_t> words;
    templates_.assign(tree_.tests_.size(), bundle::kNone);
    for (TestId t = 0; t < tree_.tests_.size(); ++t) {
      if (!analyses_[t].comparison) continue;
      const Comparison& c = *analyses_[t].comparison;
      const Slice& slice = tree_.tests_[t].slice;
      const auto code = bundle_.code();
      words.assign(code.begin() + slice.first, code.begin() + c.first);
      words.push_back(UINT32_MAX);
      // One order has keys of one kind.
      words.push_back(c.is_order ? static_cast<uint32_t>(c.key.kind) : UINT32_MAX);
      words.insert(words.end(), code.begin() + c.first + c.count, code.begin() + slice.first + slice.count);
      templates_[t] = table.Intern(words);
    }
  }

  // 2. and 3. What each rule asks of its scope, and what is left.
  void MakeGroups() {
    const auto rules = bundle_.rules();
    SequenceTable signatures;
    std::vector<TestId> scope, lead, rest;
    std::vector<uint32_t> signature_of(rules.size(), bundle::kNone);
    std::vector<bool> seen(tree_.tests_.size(), false);
    first_left_.assign(rules.size() + 1, 0);
    for (uint32_t r = 0; r < rules.size(); ++r) {
      scope.clear(), lead.clear(), rest.clear();
      bool leading = true;
      bool never = false;
      for (const RuleTest& at : tree_.TestsOf(r)) {
        const Test& test = tree_.tests_[at.test];
        leading = leading && test.cannot_err;
        if (seen[at.test]) continue;  // asked before, and true then
        seen[at.test] = true;
        const std::optional<bool> constant = analyses_[at.test].constant;
        if (constant == true) continue;
        if (leading && constant == false) never = true;
        (leading ? test.is_scope ? scope : lead : rest).push_back(at.test);
      }
      for (const RuleTest& at : tree_.TestsOf(r)) seen[at.test] = false;
      first_left_[r + 1] = static_cast<uint32_t>(left_.size());
      if (never) continue;  // in no group: it neither holds nor errs
      if (tree_.level_ == Level::kFull) {
        std::sort(lead.begin(), lead.end(),
                  [&](TestId a, TestId b) { return uses_[a] != uses_[b] ? uses_[a] > uses_[b] : a < b; });
      }
      left_.insert(left_.end(), lead.begin(), lead.end());
      left_.insert(left_.end(), rest.begin(), rest.end());
      first_left_[r + 1] = static_cast<uint32_t>(left_.size());

      std::sort(scope.begin(), scope.end());
      const bool forbids = static_cast<bundle::Effect>(rules[r].effect) == bundle::Effect::kForbid &&
                           static_cast<bundle::Mode>(rules[r].mode) == bundle::Mode::kEnforced;
      scope.push_back(forbids);
      signature_of[r] = signatures.Intern(scope);
    }

    // Groups that forbid come first, then in the order of their first rules.
    std::vector<uint32_t> group_of(signatures.size());
    for (const bool forbids : {true, false}) {
      for (uint32_t s = 0; s < signatures.size(); ++s) {
        const auto signature = signatures[s];
        if ((signature.back() != 0) != forbids) continue;
        group_of[s] = static_cast<uint32_t>(tree_.groups_.size());
        Group group{};
        group.forbids = forbids;
        group.first_test = static_cast<uint32_t>(tree_.scope_tests_.size());
        group.test_count = static_cast<uint32_t>(signature.size() - 1);
        tree_.scope_tests_.insert(tree_.scope_tests_.end(), signature.begin(), signature.end() - 1);
        tree_.groups_.push_back(group);
      }
    }
    members_.resize(tree_.groups_.size());
    for (uint32_t r = 0; r < rules.size(); ++r) {
      if (signature_of[r] != bundle::kNone) members_[group_of[signature_of[r]]].push_back(r);
    }
  }

  std::span<const TestId> Left(uint32_t rule) const {
    return std::span(left_).subspan(first_left_[rule], first_left_[rule + 1] - first_left_[rule]);
  }

  // 4. The tree of one group, from left to right, with an explicit stack: rules are as long as they are.
  void BuildGroup(uint32_t g) {
    tree_.groups_[g].first_node = static_cast<uint32_t>(tree_.nodes_.size());
    if (tree_.level_ == Level::kFull) {
      work_.push_back({Work::kExpand, 0, 0, std::move(members_[g])});
    } else {
      for (auto it = members_[g].rbegin(); it != members_[g].rend(); ++it) {
        work_.push_back({Work::kExpand, 0, 0, {*it}});
      }
    }
    uint32_t open_switches = 0;
    while (!work_.empty()) {
      Work w = std::move(work_.back());
      work_.pop_back();
      switch (w.step) {
        case Work::kExpand:
          Expand(std::move(w.rules), w.position);
          break;
        case Work::kTest: {
          const uint32_t node = PutNode(Node::Kind::kTest, w.subject);
          ++tree_.tests_[w.subject].nodes;
          work_.push_back({Work::kClose, node, 0, {}});
          work_.push_back({Work::kExpand, 0, w.position + 1, std::move(w.rules)});
          break;
        }
        case Work::kSwitch:
          tree_.switches_[w.subject].node = PutNode(Node::Kind::kSwitch, w.subject);
          tree_.switch_depth_ = std::max(tree_.switch_depth_, ++open_switches);
          break;
        case Work::kCase:
          tree_.cases_[w.subject].node = static_cast<uint32_t>(tree_.nodes_.size());
          break;
        case Work::kCaseEnd:
          PutNode(Node::Kind::kCaseEnd, w.subject);
          break;
        case Work::kClose:
          tree_.nodes_[w.subject].skip = static_cast<uint32_t>(tree_.nodes_.size());
          break;
        case Work::kCloseSwitch:
          --open_switches;
          tree_.nodes_[tree_.switches_[w.subject].node].skip = static_cast<uint32_t>(tree_.nodes_.size());
          break;
      }
    }
    tree_.groups_[g].end_node = static_cast<uint32_t>(tree_.nodes_.size());
  }

  struct Work {
    enum Step : uint8_t { kExpand, kTest, kSwitch, kCase, kCaseEnd, kClose, kCloseSwitch } step;
    uint32_t subject;   // a test, switch, case or node
    uint32_t position;  // in the rules' sequences
    std::vector<uint32_t> rules;
  };
  struct Branch {
    TestId test;
    std::vector<uint32_t> rules;
  };

  // Rules that are alike up to `position` and have asked it all.
  void Expand(std::vector<uint32_t> rules, uint32_t position) {
    // Those with nothing left to ask hold.
    uint32_t done = 0;
    const auto first_rule = static_cast<uint32_t>(tree_.rules_.size());
    for (uint32_t r : rules) {
      if (Left(r).size() == position) tree_.rules_.push_back(r), ++done;
    }
    if (done > 0) {
      PutNode(Node::Kind::kRules, done);
      tree_.nodes_.back().rule = first_rule;
    }
    if (done == rules.size()) return;
    if (rules.size() == 1) {
      work_.push_back({Work::kTest, Left(rules[0])[position], position, std::move(rules)});
      return;
    }

    // The others by their next test, in the order in which the first of each comes.
    std::vector<Branch> branches;
    std::unordered_map<TestId, size_t> branch_of;
    for (uint32_t r : rules) {
      if (Left(r).size() == position) continue;
      const TestId test = Left(r)[position];
      const auto [it, is_new] = branch_of.emplace(test, branches.size());
      if (is_new) branches.push_back({test, {}});
      branches[it->second].rules.push_back(r);
    }
    rules = {};
    std::unordered_map<uint32_t, std::vector<size_t>> alike;  // branches by template
    for (size_t i = 0; i < branches.size(); ++i) {
      if (templates_[branches[i].test] != bundle::kNone) alike[templates_[branches[i].test]].push_back(i);
    }
    const size_t bottom = work_.size();
    for (size_t i = 0; i < branches.size(); ++i) {
      const auto same = alike.find(templates_[branches[i].test]);
      if (same == alike.end() || same->second.size() < kFewestCases) {
        work_.push_back({Work::kTest, branches[i].test, position, std::move(branches[i].rules)});
      } else if (same->second.front() == i) {
        PushSwitch(branches, same->second, position);
      }
    }
    std::reverse(work_.begin() + static_cast<ptrdiff_t>(bottom), work_.end());
  }

  // The work of one switch, in the order in which it is to be done.
  void PushSwitch(std::vector<Branch>& branches, std::vector<size_t> members, uint32_t position) {
    const Comparison& like = tree_.comparisons_[tree_.tests_[branches[members[0]].test].comparison];
    const auto number = static_cast<uint32_t>(tree_.switches_.size());
    Switch out{};
    out.operand = like.operand;
    out.source = like.source;
    out.reads_facts = tree_.tests_[branches[members[0]].test].reads_facts;
    out.is_order = like.is_order;
    out.upward = like.upward;
    out.inclusive = like.inclusive;
    out.kind = like.key.kind;
    out.first_case = static_cast<uint32_t>(tree_.cases_.size());
    out.case_count = static_cast<uint32_t>(members.size());
    auto key = [&](size_t branch) -> const Key& { return analyses_[branches[branch].test].comparison->key; };
    if (like.is_order) {
      std::sort(members.begin(), members.end(), [&](size_t a, size_t b) {
        return like.upward ? key(a).number < key(b).number : key(a).number > key(b).number;
      });
    }
    tree_.switches_.push_back(out);
    work_.push_back({Work::kSwitch, number, 0, {}});
    for (size_t branch : members) {
      const auto c = static_cast<uint32_t>(tree_.cases_.size());
      tree_.cases_.push_back({key(branch), branches[branch].test, 0});
      tree_.case_numbers_.push_back(key(branch).number);
      work_.push_back({Work::kCase, c, 0, {}});
      work_.push_back({Work::kExpand, 0, position + 1, std::move(branches[branch].rules)});
      work_.push_back({Work::kCaseEnd, number, 0, {}});
    }
    work_.push_back({Work::kCloseSwitch, number, 0, {}});
    if (!like.is_order) MakeSlots(number);
  }

  void MakeSlots(uint32_t number) {
    Switch& s = tree_.switches_[number];
    const uint32_t size = std::bit_ceil(s.case_count * 2);
    s.first_slot = static_cast<uint32_t>(tree_.case_slots_.size());
    s.slot_mask = size - 1;
    tree_.case_slots_.resize(tree_.case_slots_.size() + size, 0);
    for (uint32_t c = s.first_case; c < s.first_case + s.case_count; ++c) {
      const Key& key = tree_.cases_[c].key;
      const uint64_t hash = key.kind == Kind::kString
                                ? Tree::HashText(bundle_.String(static_cast<uint32_t>(key.number)))
                                : Tree::HashNumber(key.kind, static_cast<uint64_t>(key.number));
      uint64_t slot = hash & s.slot_mask;
      while (tree_.case_slots_[s.first_slot + slot] != 0) slot = (slot + 1) & s.slot_mask;
      tree_.case_slots_[s.first_slot + slot] = c + 1;
      // An entity that is looked up must be known to its class.
      if (key.kind == Kind::kEntity) AtomOf({Atom::Op::kEqual, static_cast<uint32_t>(key.number)});
    }
  }

  uint32_t PutNode(Node::Kind kind, uint32_t subject) {
    const auto node = static_cast<uint32_t>(tree_.nodes_.size());
    tree_.nodes_.push_back({kind, subject, node + 1, static_cast<uint32_t>(tree_.rules_.size())});
    return node;
  }

  AtomId AtomOf(const Atom& atom) {
    AtomId& id = atom.op == Atom::Op::kEqual   ? tree_.equal_atoms_[atom.subject]
                 : atom.op == Atom::Op::kBelow ? tree_.below_atoms_[atom.subject]
                                               : tree_.is_atoms_[atom.subject];
    if (id == kAnyAtom) {
      id = static_cast<AtomId>(tree_.atoms_.size());
      tree_.atoms_.push_back(atom);
      tree_.roles_.push_back(0);
    }
    return id;
  }

  // Which test finds a group by a variable: the one whose worst atom says most about an entity.
  struct Keys {
    std::vector<AtomId> atoms = {kAnyAtom};
    TestId test = bundle::kNone;
    int rank = INT32_MAX;
  };

  void MakeIndex() {
    struct Entry {
      AtomId principal, action, resource;
      GroupId group;
    };
    std::vector<Entry> entries;
    for (GroupId g = 0; g < tree_.groups_.size(); ++g) {
      Group& group = tree_.groups_[g];
      const auto tests = std::span(tree_.scope_tests_).subspan(group.first_test, group.test_count);
      Keys keys[3];
      for (TestId t : tests) {
        const Analysis& a = analyses_[t];
        for (const Atom& atom : a.atoms) AtomOf(atom);
        if (!a.is_any_of) continue;
        int rank = 0;
        for (const Atom& atom : a.atoms) rank = std::max(rank, static_cast<int>(atom.op));
        rank = rank * 1000 + static_cast<int>(std::min<size_t>(a.atoms.size(), 999));
        Keys& k = keys[static_cast<size_t>(a.variable)];
        if (rank >= k.rank) continue;
        k = {{}, t, rank};
        for (const Atom& atom : a.atoms) k.atoms.push_back(AtomOf(atom));
      }
      // Give up the largest until the combinations are few.
      while (keys[0].atoms.size() * keys[1].atoms.size() * keys[2].atoms.size() > kMostKeys) {
        *std::max_element(std::begin(keys), std::end(keys),
                          [](const Keys& a, const Keys& b) { return a.atoms.size() < b.atoms.size(); }) = {};
      }
      // What the keys do not imply must be asked.
      const auto residual = std::stable_partition(
          tree_.scope_tests_.begin() + group.first_test,
          tree_.scope_tests_.begin() + group.first_test + group.test_count, [&](TestId t) {
            return std::none_of(std::begin(keys), std::end(keys), [&](const Keys& k) { return k.test == t; });
          });
      group.residual_count = static_cast<uint32_t>(residual - tree_.scope_tests_.begin()) - group.first_test;
      for (AtomId p : keys[0].atoms) {
        for (AtomId a : keys[1].atoms) {
          for (AtomId r : keys[2].atoms) entries.push_back({p, a, r, g});
        }
      }
      for (size_t v = 0; v < 3; ++v) {
        for (AtomId atom : keys[v].atoms) tree_.roles_[atom] |= static_cast<uint8_t>(1u << v);
      }
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.principal, a.action, a.resource, a.group) <
             std::tie(b.principal, b.action, b.resource, b.group);
    });
    size_t distinct = 0;
    for (size_t i = 0; i < entries.size(); ++i) {
      const Entry &e = entries[i], &before = entries[i == 0 ? 0 : i - 1];
      distinct += i == 0 || e.principal != before.principal || e.action != before.action ||
                  e.resource != before.resource;
    }
    tree_.key_slots_.assign(std::bit_ceil(2 * distinct + 1), {});
    const size_t mask = tree_.key_slots_.size() - 1;
    for (size_t i = 0; i < entries.size();) {
      const Entry& e = entries[i];
      Tree::KeySlot slot{e.principal, e.action, e.resource, static_cast<uint32_t>(tree_.key_groups_.size()),
                         0};
      for (; i < entries.size() && entries[i].principal == slot.principal &&
             entries[i].action == slot.action && entries[i].resource == slot.resource;
           ++i) {
        tree_.key_groups_.push_back(entries[i].group);
        ++slot.count;
      }
      size_t at = Tree::HashKeys(slot.principal, slot.action, slot.resource) & mask;
      while (tree_.key_slots_[at].count != 0) at = (at + 1) & mask;
      tree_.key_slots_[at] = slot;
    }
  }

  Tree& tree_;
  const Bundle& bundle_;
  const FoldLiteral fold_;
  SequenceTable test_table_;
  std::vector<Analysis> analyses_;              // by test
  std::vector<uint32_t> uses_;                  // by test: in how many conjuncts
  std::vector<uint32_t> templates_;             // by test
  std::vector<TestId> left_;                    // what rules ask beside their scope
  std::vector<uint32_t> first_left_;            // by rule, and one more
  std::vector<std::vector<uint32_t>> members_;  // rules by group
  std::vector<Work> work_;
};

Tree::Tree(const Bundle& bundle, Level level, FoldLiteral fold) : level_(level) {
  TreeBuilder(this, bundle, fold).Run();
}

}  // namespace polc::tree
