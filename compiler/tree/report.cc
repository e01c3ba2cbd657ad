#include "compiler/tree/report.h"

#include <algorithm>
#include <map>

#include "runtime/bundle/assembly.h"

namespace polc::tree {

using bundle::kNone;

namespace {

uint64_t Add(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

class Reporter {
 public:
  Reporter(const bundle::Bundle& bundle, const Tree& tree)
      : bundle_(bundle), tree_(tree), analyzer_(bundle) {}

  TreeReport Run() {
    TreeReport out{};
    out.level = tree_.level();
    out.rules = bundle_.rules().size();
    out.atoms = tree_.atoms().size() - 1;
    out.groups = tree_.groups().size();
    out.nodes = tree_.nodes().size();
    out.switches = tree_.switches().size();
    out.cases = tree_.cases().size();
    out.bytes = tree_.bytes();
    out.tests = tree_.tests().size();
    for (const Test& test : tree_.tests()) {
      out.scope_tests += test.is_scope;
      steps_.push_back(StepsOf(test.slice));
    }
    for (uint32_t r = 0; r < bundle_.rules().size(); ++r) out.conjuncts += tree_.TestsOf(r).size();
    if (tree_.level() == Level::kStraight) {
      out.actions.push_back({"any", out.rules, out.rules, bundle_.header().max_steps});
      return out;
    }
    out.never = out.rules - tree_.rules().size();
    for (const Group& group : tree_.groups()) costs_.push_back(CostOf(group));
    Actions(&out);
    for (GroupId g = 0; g < tree_.groups().size(); ++g) Unindexed(g, &out);
    std::sort(out.unindexed.begin(), out.unindexed.end(),
              [](const UnindexedRule& a, const UnindexedRule& b) { return a.rule < b.rule; });
    return out;
  }

 private:
  struct Cost {
    uint64_t rules = 0, tests = 0, steps = 0;
    Cost& operator+=(const Cost& o) {
      rules = Add(rules, o.rules), tests = Add(tests, o.tests), steps = Add(steps, o.steps);
      return *this;
    }
  };
  static Cost Most(const Cost& a, const Cost& b) {
    return {std::max(a.rules, b.rules), std::max(a.tests, b.tests), std::max(a.steps, b.steps)};
  }

  uint64_t StepsOf(const Slice& slice) {
    const auto code = bundle_.code().subspan(slice.first, slice.count);
    std::vector<uint32_t> block(code.begin(), code.end());
    block.push_back(bundle::EncodeWord(bundle::Opcode::kReturn));
    bundle::BlockBounds bounds;
    const auto facts = static_cast<uint32_t>(bundle_.facts().size());
    return analyzer_.Analyze(block, bundle::StackType::kAny, facts, &bounds).ok() ? bounds.max_steps - 1
                                                                                  : UINT64_MAX;
  }

  // A group's tree, from its end: of a switch for equality one case is true at most, but every case's test
  // may run.
  Cost CostOf(const Group& group) {
    const auto nodes = tree_.nodes();
    // Open switches: the sum of the case being added up, and the most of those that are done.
    struct Open {
      uint32_t end;  // the first node behind it
      bool is_order;
      Cost now, most;
      uint64_t own_steps;
    };
    std::vector<Open> open;
    Cost total;
    auto sum = [&]() -> Cost& { return open.empty() ? total : open.back().now; };
    for (uint32_t at = group.first_node; at < group.end_node; ++at) {
      const Node& node = nodes[at];
      switch (node.kind) {
        case Node::Kind::kRules:
          sum().rules += node.subject;
          break;
        case Node::Kind::kTest:
          sum() += {0, 1, steps_[node.subject]};
          break;
        case Node::Kind::kSwitch: {
          const Switch& s = tree_.switches()[node.subject];
          uint64_t steps = StepsOf(s.operand);
          for (uint32_t c = s.first_case; c < s.first_case + s.case_count; ++c) {
            steps = Add(steps, steps_[tree_.cases()[c].test]);
          }
          open.push_back({node.skip, s.is_order, {}, {}, steps});
          break;
        }
        case Node::Kind::kCaseEnd: {
          Open& top = open.back();
          if (top.is_order) {
            top.most += top.now;
          } else {
            top.most = Most(top.most, top.now);
          }
          top.now = {};
          if (at + 1 == top.end) {
            Cost done = top.most;
            done += {0, 1, top.own_steps};
            open.pop_back();
            sum() += done;
          }
          break;
        }
        case Node::Kind::kEnd:
          break;
      }
    }
    return total;
  }

  bool IsEqual(AtomId atom) const { return atom != kAnyAtom && tree_.atoms()[atom].op == Atom::Op::kEqual; }

  // What the groups with this action key, or none, can cost one request.
  Cost CostOf(const std::vector<AtomId>& actions) const {
    Cost open;  // groups that any number of may be met at once
    std::map<AtomId, Cost> by_principal, by_resource;
    std::map<std::pair<AtomId, AtomId>, Cost> by_both;
    tree_.ForEachKey([&](AtomId p, AtomId a, AtomId r, std::span<const GroupId> groups) {
      if (std::find(actions.begin(), actions.end(), a) == actions.end()) return;
      for (GroupId g : groups) {
        if (IsEqual(p) && IsEqual(r)) {
          by_both[{p, r}] += costs_[g];
        } else if (IsEqual(p)) {
          by_principal[p] += costs_[g];
        } else if (IsEqual(r)) {
          by_resource[r] += costs_[g];
        } else {
          open += costs_[g];
        }
      }
    });
    auto add_most = [&](const auto& costs) {
      Cost most;
      for (const auto& [key, cost] : costs) most = Most(most, cost);
      open += most;
    };
    add_most(by_principal);
    add_most(by_resource);
    add_most(by_both);
    return open;
  }

  void Actions(TreeReport* out) const {
    auto add = [&](std::string name, const std::vector<AtomId>& atoms) {
      const Cost cost = CostOf(atoms);
      out->actions.push_back({std::move(name), cost.rules, cost.tests, cost.steps});
    };
    for (uint32_t e = 0; e < bundle_.entities().size(); ++e) {
      std::vector<AtomId> atoms = {kAnyAtom};
      bool is_group = true;
      for (const AtomId atom : {tree_.EqualAtom(e), tree_.BelowAtom(e)}) {
        if (atom == kAnyAtom || (tree_.RolesOf(atom) & kActionRole) == 0) continue;
        atoms.push_back(atom);
        is_group = is_group && atom == tree_.BelowAtom(e);
      }
      if (atoms.size() == 1) continue;
      const bundle::EntityRow& row = bundle_.entities()[e];
      std::string name(bundle_.String(bundle_.types()[row.type]));
      name += "::\"" + std::string(bundle_.String(row.id)) + '"';
      add(is_group ? "in " + name : name, atoms);
    }
    add("any other", {kAnyAtom});
  }

  // Rules of groups that no principal or resource finds, and that no switch of their group finds either.
  void Unindexed(GroupId g, TreeReport* out) const {
    if (found_.empty()) {
      found_.assign(tree_.groups().size(), false);
      tree_.ForEachKey([&](AtomId p, AtomId, AtomId r, std::span<const GroupId> groups) {
        for (GroupId group : groups) found_[group] = found_[group] || p != kAnyAtom || r != kAnyAtom;
      });
    }
    if (found_[g]) return;
    const Group& group = tree_.groups()[g];
    const auto nodes = tree_.nodes();
    for (uint32_t at = group.first_node; at < group.end_node;) {
      const Node& node = nodes[at];
      if (node.kind == Node::Kind::kTest && nodes[node.skip].rule == node.rule + 1) {
        const Test& test = tree_.tests()[node.subject];
        std::string reason = test.comparison != kNone ? "no other rule compares the same value with a constant"
                                           : "its first test is not a comparison with a constant";
        out->unindexed.push_back({tree_.rules()[node.rule], std::move(reason)});
      }
      at = node.skip;
    }
  }

  const bundle::Bundle& bundle_;
  const Tree& tree_;
  bundle::BlockAnalyzer analyzer_;
  std::vector<uint64_t> steps_;  // by test
  std::vector<Cost> costs_;      // by group
  mutable std::vector<bool> found_;
};

}  // namespace

TreeReport Report(const bundle::Bundle& bundle, const Tree& tree) { return Reporter(bundle, tree).Run(); }

}  // namespace polc::tree
