#include "runtime/vm/find.h"

#include <algorithm>
#include <functional>

#include "runtime/vm/asker.h"
#include "runtime/vm/interpreter.h"

namespace polc::vm {

using tree::Case;
using tree::Group;
using tree::GroupId;
using tree::kAnyAtom;
using tree::Node;
using tree::Switch;
using tree::Test;
using tree::TestId;
using tree::Tree;

Found FindStraight(Machine* machine, Scratch* scratch) {
  machine->NeedFacts();
  scratch->holding_.clear();
  scratch->errors_.clear();
  const auto rules = machine->bundle().rules();
  for (uint32_t i = 0; i < rules.size(); ++i) {
    const Evaluation e = machine->Run(rules[i].condition);
    if (!e.ok) scratch->errors_.push_back({i, e.error});
    if (e.ok ? e.value.boolean() : HoldsByError(rules[i])) scratch->holding_.push_back(i);
  }
  return {scratch->holding_, scratch->errors_};
}

// One walk through the trees of a decision's groups.
class TreeWalk {
 public:
  TreeWalk(Machine* machine, Scratch* scratch)
      : machine_(*machine), scratch_(*scratch), tree_(machine->tree()), asker_(*machine, scratch) {}

  enum class Answer : uint8_t { kFalse, kTrue, kErred };

  [[gnu::always_inline]] Answer Ask(TestId id) {
    const Test& test = tree_.tests()[id];
    // Where nobody else asks it there is nothing to keep.
    if (bool holds; test.nodes == 1 && !test.reads_facts && test.question != bundle::kNone &&
                    scratch_.varying_ == Scratch::kAllVary && asker_.Answer(test.question, &holds)) {
      return static_cast<Answer>(holds);
    }
    return AskOnce(id, test);
  }
  // Keeps the answer for whoever asks next.
  [[gnu::noinline]] Answer AskOnce(TestId id, const Test& test) {
    const bool varies = (test.reads & scratch_.varying_) != 0 || test.reads_facts;
    const uint32_t stamp = varies ? scratch_.stamp_ : scratch_.batch_stamp_;
    uint32_t& known = scratch_.answers_[id];
    if (known >> 1 == stamp) return static_cast<Answer>(known & 1);
    bool holds = false;
    if (test.reads_facts) machine_.NeedFacts();
    if (test.question == bundle::kNone || !asker_.Answer(test.question, &holds)) {
      Value value;
      if (!machine_.RunSlice(test.slice, &value)) return Answer::kErred;
      holds = value.boolean();
    }
    known = stamp << 1 | static_cast<uint32_t>(holds);
    return static_cast<Answer>(holds);
  }

  void Walk(uint32_t begin, uint32_t end) {
    const auto nodes = tree_.nodes();
    for (uint32_t at = begin; at < end;) {
      const Node& node = nodes[at];
      switch (node.kind) {
        case Node::Kind::kRules:
          for (uint32_t i = 0; i < node.subject; ++i)
            scratch_.holding_.push_back(tree_.rules()[node.rule + i]);
          ++at;
          break;
        case Node::Kind::kTest:
          switch (Ask(node.subject)) {
            case Answer::kTrue:
              ++at;
              break;
            case Answer::kErred:
              Err(node.subject, node.rule, nodes[node.skip].rule);
              [[fallthrough]];
            case Answer::kFalse:
              at = node.skip;
              break;
          }
          break;
        case Node::Kind::kSwitch:
          at = EnterSwitch(tree_.switches()[node.subject], node);
          break;
        case Node::Kind::kCaseEnd:
          at = LeaveCase(tree_.switches()[node.subject], at);
          break;
        case Node::Kind::kEnd:
          return;
      }
    }
  }

 private:
  // How a switch that was entered goes on at the end of a case.
  using Resume = Scratch::Resume;

  uint32_t EndOf(const Switch& s) const { return tree_.nodes()[s.node].skip; }

  uint32_t EnterSwitch(const Switch& s, const Node& node) {
    Value value;
    bool ok = true;
    if (s.reads_facts) machine_.NeedFacts();
    if (const Value* found = s.source ? asker_.Find(*s.source) : nullptr) {
      value = *found;
    } else {
      ok = machine_.RunSlice(s.operand, &value);
    }
    if (ok && s.is_order && value.kind == s.kind) {
      const auto numbers = tree_.case_numbers().subspan(s.first_case, s.case_count);
      const int64_t n = value.number();
      auto it = numbers.begin();
      if (s.upward) {
        it = s.inclusive ? std::lower_bound(it, numbers.end(), n) : std::upper_bound(it, numbers.end(), n);
      } else {
        it = s.inclusive ? std::lower_bound(it, numbers.end(), n, std::greater<>())
                         : std::upper_bound(it, numbers.end(), n, std::greater<>());
      }
      if (it == numbers.end()) return node.skip;
      scratch_.resume_[depth_++] = {Resume::kRest, 0};
      return tree_.cases()[s.first_case + static_cast<uint32_t>(it - numbers.begin())].node;
    }
    if (ok && !s.is_order &&
        (value.kind != Kind::kString || value.count <= machine_.bundle().header().max_bytes)) {
      const Case* found = Look(s, value);
      if (found == nullptr) return node.skip;
      scratch_.resume_[depth_++] = {Resume::kOne, 0};
      return found->node;
    }
    scratch_.resume_[depth_++] = {Resume::kEach, 0};
    return NextCase(s);
  }

  uint32_t LeaveCase(const Switch& s, uint32_t at) {
    switch (scratch_.resume_[depth_ - 1].how) {
      case Resume::kOne:
        --depth_;
        return EndOf(s);
      case Resume::kRest:
        if (at + 1 == EndOf(s)) --depth_;
        return at + 1;
      case Resume::kEach:
        return NextCase(s);
    }
    return EndOf(s);
  }

  // The case that is true of a value, or null.
  const Case* Look(const Switch& s, const Value& value) const {
    tree::Key key{value.kind, value.number()};
    std::string_view text;
    uint64_t hash;
    switch (value.kind) {
      case Kind::kString:
        text = machine_.memory().Text(value);
        hash = Tree::HashText(text);
        break;
      case Kind::kEntity: {
        const uint32_t named = machine_.NameOf(value.entity());
        if (named == 0) return nullptr;
        key.number = named - 1;
        hash = Tree::HashNumber(key.kind, named - 1);
        break;
      }
      case Kind::kIp:
      case Kind::kSet:
      case Kind::kRecord:
        return nullptr;
      default:
        hash = Tree::HashNumber(value.kind, value.bits);
        break;
    }
    const auto slots = tree_.case_slots().subspan(s.first_slot, s.slot_mask + 1);
    for (uint64_t slot = hash & s.slot_mask; slots[slot] != 0; slot = (slot + 1) & s.slot_mask) {
      const Case& found = tree_.cases()[slots[slot] - 1];
      if (found.key.kind != key.kind) continue;
      if (key.kind == Kind::kString
              ? machine_.bundle().String(static_cast<uint32_t>(found.key.number)) == text
              : found.key.number == key.number) {
        return &found;
      }
    }
    return nullptr;
  }

  // Runs the tests of the cases that are left; where the first true one's subtree begins.
  uint32_t NextCase(const Switch& s) {
    Resume& resume = scratch_.resume_[depth_ - 1];
    const auto nodes = tree_.nodes();
    while (resume.next < s.case_count) {
      const uint32_t c = s.first_case + resume.next++;
      const Case& now = tree_.cases()[c];
      switch (Ask(now.test)) {
        case Answer::kTrue:
          return now.node;
        case Answer::kErred: {
          const uint32_t end = resume.next < s.case_count ? tree_.cases()[c + 1].node : EndOf(s);
          Err(now.test, nodes[now.node].rule, nodes[end].rule);
          break;
        }
        case Answer::kFalse:
          break;
      }
    }
    --depth_;
    return EndOf(s);
  }

  // The test erred, and with it the rules in this part of the tree, each at its own place.
  void Err(TestId id, uint32_t first, uint32_t end) {
    const tree::Slice& slice = tree_.tests()[id].slice;
    for (uint32_t i = first; i < end; ++i) {
      const uint32_t rule = tree_.rules()[i];
      Error error = machine_.error();
      if (error.word >= slice.first && error.word < slice.first + slice.count) {
        for (const tree::RuleTest& at : tree_.TestsOf(rule)) {
          if (at.test != id) continue;
          error.word = error.word - slice.first + at.first;
          break;
        }
      }
      scratch_.errors_.push_back({rule, error});
      if (HoldsByError(machine_.bundle().rules()[rule])) scratch_.holding_.push_back(rule);
    }
  }

  Machine& machine_;
  Scratch& scratch_;
  const Tree& tree_;
  Asker asker_;
  uint32_t depth_ = 0;  // of the switches that were entered
};

Candidates Gather(Machine* machine, std::span<const AtomId> principal, std::span<const AtomId> action,
                  std::span<const AtomId> resource, Scratch* scratch) {
  const Tree& tree = machine->tree();
  scratch->always_.clear();
  scratch->groups_.clear();
  TreeWalk walk(machine, scratch);

  // Scope tests cannot err, so an answer is all there is.
  auto consider = [&](GroupId g, uint32_t test_count) {
    uint32_t& seen = scratch->seen_groups_[g];
    if (seen == scratch->stamp_) return;
    seen = scratch->stamp_;
    const Group& group = tree.groups()[g];
    for (uint32_t i = 0; i < test_count; ++i) {
      if (walk.Ask(tree.scope_tests()[group.first_test + i]) != TreeWalk::Answer::kTrue) return;
    }
    const Node& first = tree.nodes()[group.first_node];
    if (first.kind == Node::Kind::kRules && group.first_node + 1 == group.end_node) {
      const auto rules = tree.rules().subspan(first.rule, first.subject);
      scratch->always_.insert(scratch->always_.end(), rules.begin(), rules.end());
    } else {
      scratch->groups_.push_back(g);
    }
  };

  const std::span<const AtomId> all[] = {principal, action, resource};
  size_t probes = 1;
  for (size_t v = 0; v < 3; ++v) {
    std::vector<AtomId>& keys = scratch->keys_[v];
    keys.assign(1, kAnyAtom);
    for (AtomId atom : all[v]) {
      if (tree.RolesOf(atom) >> v & 1) keys.push_back(atom);
    }
    probes *= keys.size();
  }
  if (probes <= tree.groups().size() + 8) {
    for (AtomId a : scratch->keys_[1]) {
      for (AtomId p : scratch->keys_[0]) {
        for (AtomId r : scratch->keys_[2]) {
          for (GroupId g : tree.FindGroups(p, a, r)) consider(g, tree.groups()[g].residual_count);
        }
      }
    }
  } else {
    for (GroupId g = 0; g < tree.groups().size(); ++g) consider(g, tree.groups()[g].test_count);
  }
  std::sort(scratch->always_.begin(), scratch->always_.end());
  std::sort(scratch->groups_.begin(), scratch->groups_.end());
  return {scratch->always_, scratch->groups_};
}

bool WalkAtoms(Machine* machine, EntityId id, Scratch* scratch, std::vector<AtomId>* out) {
  const Tree& tree = machine->tree();
  out->clear();
  auto add = [&](AtomId atom) {
    if (atom != kAnyAtom) out->push_back(atom);
  };
  add(machine->TypeAtomOf(id));
  if (const uint32_t named = machine->NameOf(id); named != 0) add(tree.EqualAtom(named - 1));
  std::vector<EntityId>& walk = scratch->walk_;
  walk.assign(1, id);
  scratch->seen_.clear();
  while (!walk.empty()) {
    const EntityId at = walk.back();
    walk.pop_back();
    if (!scratch->seen_.insert(at).second) continue;
    if (scratch->seen_.size() > machine->bundle().header().max_elements) return false;
    if (const uint32_t named = machine->NameOf(at); named != 0) add(tree.BelowAtom(named - 1));
    const std::span<const EntityId> parents = machine->world().Parents(at);
    walk.insert(walk.end(), parents.begin(), parents.end());
  }
  return true;
}

namespace {

void Sort(std::vector<uint32_t>::iterator begin, std::vector<uint32_t>::iterator end) {
  if (!std::is_sorted(begin, end)) std::sort(begin, end);
}

void SortErrors(std::vector<RuleError>* errors) {
  auto by_rule = [](const RuleError& a, const RuleError& b) { return a.rule < b.rule; };
  if (!std::is_sorted(errors->begin(), errors->end(), by_rule))
    std::sort(errors->begin(), errors->end(), by_rule);
}

}  // namespace

Found FindAmong(Machine* machine, const Candidates& candidates, Scratch* scratch) {
  scratch->holding_.assign(candidates.always.begin(), candidates.always.end());
  scratch->errors_.clear();
  const Tree& tree = machine->tree();
  TreeWalk walk(machine, scratch);
  for (GroupId g : candidates.groups) walk.Walk(tree.groups()[g].first_node, tree.groups()[g].end_node);
  Sort(scratch->holding_.begin(), scratch->holding_.end());
  SortErrors(&scratch->errors_);
  return {scratch->holding_, scratch->errors_};
}

SimplyFound FindSimple(Machine* machine, const Memo::Entry& entry, Scratch* scratch) {
  std::vector<uint32_t>& holding = scratch->holding_;
  scratch->errors_.clear();
  const Tree& tree = machine->tree();
  TreeWalk walk(machine, scratch);
  const auto always = entry.always();
  const auto groups = entry.groups();
  size_t g = 0;
  auto add = [&](std::span<const uint32_t> rules) {
    if (!rules.empty()) holding.insert(holding.end(), rules.begin(), rules.end());
  };
  // Groups that forbid have the lower numbers.
  holding.clear();
  add(always.first(entry.forbid_count));
  for (; g < groups.size() && tree.groups()[groups[g]].forbids; ++g) {
    walk.Walk(tree.groups()[groups[g]].first_node, tree.groups()[groups[g]].end_node);
  }
  const auto forbids = static_cast<ptrdiff_t>(holding.size());
  if (forbids > 1) Sort(holding.begin(), holding.end());
  add(always.subspan(entry.forbid_count));
  for (; g < groups.size(); ++g) {
    walk.Walk(tree.groups()[groups[g]].first_node, tree.groups()[groups[g]].end_node);
  }
  if (static_cast<ptrdiff_t>(holding.size()) > forbids + 1) Sort(holding.begin() + forbids, holding.end());
  if (scratch->errors_.size() > 1) SortErrors(&scratch->errors_);
  const std::span<const uint32_t> all = holding;
  return {all.first(static_cast<size_t>(forbids)), all.subspan(static_cast<size_t>(forbids))};
}

}  // namespace polc::vm
