#include "compiler/coverage/tree.h"

#include <algorithm>

#include "compiler/oracle/authorize.h"

namespace polc::coverage {

using core::ExprId;
using core::Op;
using core::Rule;

Conditions::Conditions(const Rule& rule, const std::vector<ExprId>& roots, bool scope) : rule_(rule) {
  Node all;
  all.kind = Node::Kind::kAnd;
  auto part = [&](Condition::Of of, source::Span span, auto fill) {
    auto one = std::make_unique<Rule>();
    fill(*one);
    all.operands.push_back(AddTest(of, span, one.get(), core::kNoExpr));
    scopes_.push_back(std::move(one));
  };
  if (scope) {
    if (rule.principal.op != core::ScopeTest::Op::kAny)
      part(Condition::Of::kWho, rule.principal.span, [&](Rule& r) { r.principal = rule.principal; });
    if (rule.action.op != core::ActionTest::Op::kAny)
      part(Condition::Of::kWhat, rule.action.span, [&](Rule& r) { r.action = rule.action; });
    if (rule.resource.op != core::ScopeTest::Op::kAny)
      part(Condition::Of::kWhich, rule.resource.span, [&](Rule& r) { r.resource = rule.resource; });
  }
  for (const ExprId root : roots) all.operands.push_back(Split(root, 0));
  root_ = Add(std::move(all));
}

Conditions::NodeId Conditions::Add(Node node) {
  const auto id = static_cast<NodeId>(nodes_.size());
  for (const NodeId operand : node.operands) nodes_[operand].parent = id;
  nodes_.push_back(std::move(node));
  return id;
}

Conditions::NodeId Conditions::AddTest(Condition::Of of, source::Span span, const Rule* scope, ExprId expr) {
  Node node;
  node.scope = scope;
  node.expr = expr;
  if (scope || rule_.exprs[expr].op != Op::kLiteral) {
    node.condition = conditions_.size();
    conditions_.push_back({.of = of, .span = span});
  }
  return Add(std::move(node));
}

// Recursion: kMaxNesting.
Conditions::NodeId Conditions::Split(ExprId id, int depth) {
  const core::Expr& e = rule_.exprs[id];
  auto test = [&] { return AddTest(Condition::Of::kTest, e.span, nullptr, id); };
  const bool joins = e.op == Op::kAnd || e.op == Op::kOr;
  if (!joins && e.op != Op::kNot && e.op != Op::kIf) return test();
  // What one word of the source came to is one test: `is between`.
  const auto operands = rule_.operands(e);
  const bool made =
      std::ranges::any_of(operands, [&](ExprId operand) { return rule_.exprs[operand].span == e.span; });
  if (depth >= kMaxNesting || (made && e.op != Op::kNot)) return test();
  Node node;
  if (e.op == Op::kNot) {
    // `a != b`, `a > b`: the operand is the operator's other half.
    if (made && rule_.exprs[operands[0]].op != Op::kNot) return test();
    node.kind = Node::Kind::kNot;
    node.operands = {Split(operands[0], depth + 1)};
    return Add(std::move(node));
  }
  if (e.op == Op::kIf) {
    node.kind = Node::Kind::kIf;
    for (const ExprId operand : operands) node.operands.push_back(Split(operand, depth + 1));
    return Add(std::move(node));
  }
  node.kind = e.op == Op::kAnd ? Node::Kind::kAnd : Node::Kind::kOr;
  // Chains lean to the left.
  std::vector<ExprId> chain;
  ExprId at = id;
  for (;;) {
    const auto sides = rule_.operands(at);
    chain.push_back(sides[1]);
    at = sides[0];
    const core::Expr& left = rule_.exprs[at];
    const bool goes_on = left.op == e.op && std::ranges::none_of(rule_.operands(left), [&](ExprId operand) {
                           return rule_.exprs[operand].span == left.span;
                         });
    if (!goes_on) break;
  }
  chain.push_back(at);
  for (size_t i = chain.size(); i-- > 0;) node.operands.push_back(Split(chain[i], depth + 1));
  return Add(std::move(node));
}

Result Conditions::Run(NodeId id, const oracle::Case& in, std::vector<Result>* results) const {
  const Node& node = nodes_[id];
  Result result = Result::kNotAsked;
  switch (node.kind) {
    case Node::Kind::kTest: {
      if (node.scope) {
        result = oracle::ScopeHolds(*node.scope, in.store(), in.request()) ? Result::kTrue : Result::kFalse;
        break;
      }
      const oracle::EvalResult value = in.EvaluateBool(rule_, node.expr);
      const auto* known = std::get_if<data::Value>(&value);
      result = !known ? Result::kErrs : known->as_bool() ? Result::kTrue : Result::kFalse;
      break;
    }
    case Node::Kind::kNot: {
      const Result inner = Run(node.operands[0], in, results);
      result = inner == Result::kErrs ? inner : inner == Result::kTrue ? Result::kFalse : Result::kTrue;
      break;
    }
    case Node::Kind::kIf: {
      const Result test = Run(node.operands[0], in, results);
      result = test == Result::kErrs ? test : Run(node.operands[test == Result::kTrue ? 1 : 2], in, results);
      break;
    }
    case Node::Kind::kAnd:
    case Node::Kind::kOr: {
      const Result goes_on = node.kind == Node::Kind::kAnd ? Result::kTrue : Result::kFalse;
      result = goes_on;
      for (size_t i = 0; i < node.operands.size() && result == goes_on; ++i)
        result = Run(node.operands[i], in, results);
      break;
    }
  }
  if (results) (*results)[id] = result;
  return result;
}

// Marks what decided that the node came to what it did.
void Conditions::Mark(NodeId id, const oracle::Case& in, const std::vector<Result>& results,
                      std::vector<Seen>* seen) const {
  const Node& node = nodes_[id];
  switch (node.kind) {
    case Node::Kind::kTest:
      if (node.condition) (*seen)[*node.condition].decided = true;
      return;
    case Node::Kind::kNot:
      return Mark(node.operands[0], in, results, seen);
    case Node::Kind::kIf: {
      const Result test = results[node.operands[0]];
      if (test == Result::kErrs) return Mark(node.operands[0], in, results, seen);
      Mark(node.operands[test == Result::kTrue ? 1 : 2], in, results, seen);
      // The test decided if the other branch would have come to something else.
      if (Run(node.operands[test == Result::kTrue ? 2 : 1], in, nullptr) != results[id])
        Mark(node.operands[0], in, results, seen);
      return;
    }
    case Node::Kind::kAnd:
    case Node::Kind::kOr: {
      const Result goes_on = node.kind == Node::Kind::kAnd ? Result::kTrue : Result::kFalse;
      for (const NodeId operand : node.operands) {
        // All of them where none stopped it; else the one that did.
        if (results[id] == goes_on || results[operand] == results[id]) Mark(operand, in, results, seen);
        if (results[operand] != goes_on) return;
      }
      return;
    }
  }
}

Result Conditions::Evaluate(const oracle::Case& in, std::vector<Seen>* seen) const {
  std::vector<Result> results(nodes_.size(), Result::kNotAsked);
  const Result result = Run(root_, in, &results);
  seen->assign(conditions_.size(), {});
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].condition) (*seen)[*nodes_[i].condition].result = results[i];
  }
  Mark(root_, in, results, seen);
  return result;
}

lint::NodeId Conditions::Formula(lint::Prover& prover, NodeId id) const {
  const Node& node = nodes_[id];
  return node.scope ? prover.Of(*node.scope).scope : prover.NodeOf(rule_, node.expr);
}

void Conditions::Want(lint::Prover& prover, NodeId id, lint::TruthMask among,
                      std::vector<lint::Prover::Goal>* goals) const {
  const Node& node = nodes_[id];
  switch (node.kind) {
    case Node::Kind::kTest:
      goals->push_back({Formula(prover, id), among});
      return;
    case Node::Kind::kNot: {
      lint::TruthMask inner = among & lint::kErrs;
      if (among & lint::kTrue) inner |= lint::kFalse;
      if (among & lint::kFalse) inner |= lint::kTrue;
      return Want(prover, node.operands[0], inner, goals);
    }
    case Node::Kind::kAnd:
      if (among != lint::kTrue) return;  // no one way to it: nothing is asked
      for (const NodeId operand : node.operands) Want(prover, operand, among, goals);
      return;
    case Node::Kind::kOr:
      if (among != lint::kFalse) return;
      for (const NodeId operand : node.operands) Want(prover, operand, among, goals);
      return;
    case Node::Kind::kIf:
      return;
  }
}

bool Conditions::Possible(lint::Prover& prover, size_t condition, bool outcome) const {
  NodeId at = root_;
  for (NodeId i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].condition == condition) at = i;
  }
  std::vector<lint::Prover::Goal> goals;
  lint::TruthMask value = outcome ? lint::kTrue : lint::kFalse;
  goals.push_back({Formula(prover, at), value});
  constexpr lint::TruthMask kAnything = lint::kTrue | lint::kFalse | lint::kErrs;
  for (NodeId from = at; nodes_[from].parent; from = *nodes_[from].parent) {
    const Node& node = nodes_[*nodes_[from].parent];
    switch (node.kind) {
      case Node::Kind::kTest:
        break;
      case Node::Kind::kNot:
        if (value == lint::kTrue || value == lint::kFalse) value ^= lint::kTrue | lint::kFalse;
        break;
      case Node::Kind::kIf:
        if (from == node.operands[0]) {
          value = kAnything;  // what the branches come to is open
        } else {
          Want(prover, node.operands[0], from == node.operands[1] ? lint::kTrue : lint::kFalse, &goals);
        }
        break;
      case Node::Kind::kAnd:
      case Node::Kind::kOr: {
        const lint::TruthMask goes_on = node.kind == Node::Kind::kAnd ? lint::kTrue : lint::kFalse;
        bool before = true;
        for (const NodeId operand : node.operands) {
          if (operand == from) {
            before = false;
          } else if (before || value == goes_on) {
            Want(prover, operand, goes_on, &goals);
          }
        }
        break;
      }
    }
  }
  return prover.Possible(goals);
}

bool Conditions::CanHold(lint::Prover& prover, bool or_err) const {
  std::vector<lint::Prover::Goal> goals;
  if (or_err) return true;
  Want(prover, root_, lint::kTrue, &goals);
  return prover.Possible(goals);
}

}  // namespace polc::coverage
