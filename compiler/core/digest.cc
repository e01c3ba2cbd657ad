#include "compiler/core/digest.h"

#include <algorithm>
#include <set>
#include <string>

namespace polc::core {

namespace {

bool Covers(const ActionTest& test, const Action& action) {
  if (test.op == ActionTest::Op::kAny) return true;
  return std::ranges::any_of(test.actions, [&](const data::EntityUid& uid) {
    return uid == action.uid ||
           (test.op == ActionTest::Op::kIn && std::ranges::binary_search(action.groups, uid));
  });
}

bool AsksForApproval(const Rule& rule) {
  return rule.mode == Mode::kEnforced && (rule.effect == Effect::kRequire || !rule.pol().lifted_by.empty());
}

// What the expressions of rules and of the facts they read lead to.
class Collector {
 public:
  explicit Collector(const Program& program) : program_(program) {}

  void Read(const Rule& rule) {
    for (const Expr& e : rule.exprs) {
      if (e.op == Op::kFactRef) ReadFact(rule.name(e));
      if (e.op == Op::kHas || e.op == Op::kGetAttr || e.op == Op::kAttrOr) ReadPath(rule, e);
    }
  }
  std::vector<AttributePath> paths() const { return {paths_.begin(), paths_.end()}; }

 private:
  // Facts read only those before them, so this ends; each is read once.
  void ReadFact(const std::string& name) {
    const Fact* fact = FindNamed(program_.facts, name);
    if (!fact || !facts_.insert(name).second) return;
    Read(fact->body);
    for (const Fact::Step& row : fact->rows) Read(row.rule);
    for (const Fact::Step& cap : fact->caps) Read(cap.rule);
  }

  void ReadPath(const Rule& rule, const Expr& last) {
    AttributePath path;
    const Expr* e = &last;
    while (e->op == Op::kGetAttr || e->op == Op::kAttrOr || e == &last) {
      path.names.push_back(rule.name(*e));
      e = &rule.exprs[rule.operands(*e)[0]];
    }
    if (e->op != Op::kVar || (e->var() != Var::kPrincipal && e->var() != Var::kResource)) return;
    path.of_resource = e->var() == Var::kResource;
    std::ranges::reverse(path.names);
    paths_.insert(std::move(path));
  }

  const Program& program_;
  std::set<std::string> facts_;
  std::set<AttributePath> paths_;
};

}  // namespace

void FillDigests(Program& program) {
  for (Action& action : program.model.actions) {
    Collector collector(program);
    for (const Rule& rule : program.rules) {
      if (AsksForApproval(rule) && Covers(rule.action, action)) collector.Read(rule);
    }
    action.digest = collector.paths();
  }
}

}  // namespace polc::core
