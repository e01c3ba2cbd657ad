// Levels, and the facts and ladders that come to one: as sets of names, and written out where they are read.
#include <algorithm>

#include "compiler/translate/cedar_expr.h"

namespace polc::translate {

using core::Expr;
using core::ExprId;
using core::Op;
using core::Rule;
using data::Kind;
using syntax::ExprKind;
using SyntaxId = syntax::ExprId;

// A comparison of a level with one that is written out, negated or not: which levels make it true. `of` is
// the level's text.
std::optional<std::pair<const core::Levels*, std::vector<bool>>> CedarExpressions::RanksOf(const Rule& rule,
                                                                                           ExprId comparison,
                                                                                           ExprId& of) const {
  const Expr& e = rule.exprs[comparison];
  const auto operands = rule.operands(e);
  if (e.op == Op::kNot && rule.exprs[operands[0]].op != Op::kNot) {
    auto ranks = RanksOf(rule, operands[0], of);
    if (ranks) ranks->second.flip();
    return ranks;
  }
  if (e.op != Op::kEq && e.op != Op::kLess && e.op != Op::kLessEq && e.op != Op::kContains)
    return std::nullopt;
  const size_t ranked = e.op != Op::kContains && rule.exprs[operands[0]].op == Op::kRank ? 0 : 1;
  const Expr& rank = rule.exprs[operands[ranked]];
  const ExprId other = operands[1 - ranked];
  if (rank.op != Op::kRank || rule.exprs[other].op != Op::kLiteral) return std::nullopt;
  const core::Levels* levels = core::FindNamed(program_.levels, rule.name(rank));
  if (!levels) return std::nullopt;
  const data::Value& value = rule.value(rule.exprs[other]);
  std::vector<bool> ranks;
  for (size_t i = 0; i < levels->names.size(); ++i) {
    const data::Value at(static_cast<int64_t>(i));
    if (e.op == Op::kContains) {
      if (!value.is(Kind::kSet)) return std::nullopt;
      ranks.push_back(value.Contains(at));
      continue;
    }
    if (!value.is(Kind::kLong)) return std::nullopt;
    const data::Value& left = ranked == 0 ? at : value;
    const data::Value& right = ranked == 0 ? value : at;
    ranks.push_back(e.op == Op::kEq ? left == right : e.op == Op::kLess ? left < right : left <= right);
  }
  of = rule.operands(rank)[0];
  return std::pair(levels, ranks);
}

CedarExpressions::Id CedarExpressions::Among(const Rule& rule, ExprId id, const core::Levels& levels,
                                             const std::vector<bool>& ranks) {
  const Expr& e = rule.exprs[id];
  if (std::ranges::count(ranks, false) == 0) return Bool(true);
  if (std::ranges::count(ranks, true) == 0) return Bool(false);
  if (e.op == Op::kLiteral && rule.value(e).is(Kind::kString)) {
    const auto rank = levels.RankOf(rule.value(e).as_string());
    return Bool(rank && ranks[*rank]);
  }
  if (e.op == Op::kFactRef) {
    const core::Fact* fact = core::FindNamed(program_.facts, rule.name(e));
    if (fact) return FactAmong(rule, id, *fact, levels, ranks);
  }
  const Id level = Write(rule, id);
  if (!level) return std::nullopt;
  std::vector<std::string> names;
  for (size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i]) names.push_back(levels.names[i]);
  }
  if (names.size() == 1) return Binary(ExprKind::kEq, *level, Value(data::Value(names[0])));
  return Method(Texts(names), "contains", {*level});
}

// Two levels that both vary: one case for each that the first can be.
CedarExpressions::Id CedarExpressions::TwoLevels(const Rule& rule, ExprId id) {
  const Expr& e = rule.exprs[id];
  const ExprId left = rule.operands(e)[0], right = rule.operands(e)[1];
  const core::Levels* levels = core::FindNamed(program_.levels, rule.name(rule.exprs[left]));
  if (!levels || rule.name(rule.exprs[right]) != levels->name)
    return Cannot(rule, id, "its levels are not of one kind");
  Id out = Bool(false);
  const size_t n = levels->names.size();
  for (size_t i = 0; out && i < n; ++i) {
    std::vector<bool> first(n), second(n);
    first[i] = true;
    for (size_t j = 0; j < n; ++j) {
      second[j] = e.op == Op::kEq ? i == j : e.op == Op::kLess ? i < j : i <= j;
    }
    const Id is = Among(rule, rule.operands(left)[0], *levels, first);
    const Id fits = is ? Among(rule, rule.operands(right)[0], *levels, second) : Id();
    out = Or(out, And(is, fits));
  }
  return out;
}

CedarExpressions::Id CedarExpressions::Fact(const Rule& rule, ExprId id) {
  const core::Fact* fact = core::FindNamed(program_.facts, rule.name(rule.exprs[id]));
  if (!fact) return Cannot(rule, id, "there is no such fact");
  if (fact->form == core::Fact::Form::kExpression) return Write(fact->body, fact->body.conditions[0]);
  if (fact->form == core::Fact::Form::kFirst) {
    Id out = Write(fact->body, fact->otherwise);
    for (size_t i = fact->clauses.size(); out && i-- > 0;) {
      const Id when = Write(fact->body, fact->clauses[i].when);
      const Id value = when ? Write(fact->body, fact->clauses[i].value) : Id();
      if (!value) return std::nullopt;
      out = If(*when, *value, *out);
    }
    return out;
  }
  const core::Levels* levels = core::FindNamed(program_.levels, fact->levels);
  if (!levels) return Cannot(rule, id, "Cedar has no highest of several values but for levels");
  Id out = Value(data::Value(levels->names[0]));
  for (size_t rank = 1; out && rank < levels->names.size(); ++rank) {
    const Id at_least = AtLeast(rule, id, *fact, *levels, rank);
    if (!at_least) return std::nullopt;
    // The highest is asked first, so it stands outermost.
    out = If(*at_least, Value(data::Value(levels->names[rank])), *out);
  }
  return out;
}

CedarExpressions::Id CedarExpressions::FactAmong(const Rule& rule, ExprId id, const core::Fact& fact,
                                                 const core::Levels& levels, const std::vector<bool>& ranks) {
  using Form = core::Fact::Form;
  if (fact.form == Form::kExpression) return Among(fact.body, fact.body.conditions[0], levels, ranks);
  if (fact.form == Form::kFirst) {
    Id out = Among(fact.body, fact.otherwise, levels, ranks);
    for (size_t i = fact.clauses.size(); out && i-- > 0;) {
      const Id when = Write(fact.body, fact.clauses[i].when);
      const Id value = when ? Among(fact.body, fact.clauses[i].value, levels, ranks) : Id();
      if (!value) return std::nullopt;
      out = If(*when, *value, *out);
    }
    return out;
  }
  // Each run of levels is what is at least its first and not at least what follows its last.
  Id out = Bool(false);
  const size_t n = ranks.size();
  for (size_t i = 0; out && i < n;) {
    if (!ranks[i]) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < n && ranks[end]) ++end;
    const Id low = i == 0 ? Id(Bool(true)) : AtLeast(rule, id, fact, levels, i);
    const Id above = end == n ? Id(Bool(false)) : AtLeast(rule, id, fact, levels, end);
    out = above ? Or(out, And(low, Not(*above))) : Id();
    i = end;
  }
  return out;
}

// Whether the highest of something is at least the level `rank`, which is above the lowest.
CedarExpressions::Id CedarExpressions::AtLeast(const Rule& rule, ExprId id, const core::Fact& fact,
                                               const core::Levels& levels, size_t rank) {
  std::vector<bool> upward(levels.names.size());
  std::fill(upward.begin() + static_cast<std::ptrdiff_t>(rank), upward.end(), true);
  Id out = Bool(false);
  if (fact.form == core::Fact::Form::kHighest) {
    Id any = Bool(false);
    for (const core::Fact::Clause& clause : fact.clauses) {
      const Id when = Write(fact.body, clause.when);
      const Id high = when ? Among(fact.body, clause.value, levels, upward) : Id();
      out = high ? Or(out, And(when, high)) : Id();
      any = out ? Or(any, when) : Id();
      if (!any) return std::nullopt;
    }
    const Id otherwise = Among(fact.body, fact.otherwise, levels, upward);
    return otherwise ? Or(out, And(otherwise, Not(*any))) : Id();
  }
  for (const core::Fact::Step& row : fact.rows) {
    if (row.from_data) return Cannot(rule, id, "Cedar does not look into a set of grants");
    const Id high = Among(row.rule, row.level, levels, upward);
    if (!high) return std::nullopt;
    if (Known(out_, *high) == false) continue;
    out = Or(out, And(Holds(row.rule), high));
    if (!out) return std::nullopt;
  }
  for (const core::Fact::Step& cap : fact.caps) {
    if (cap.rule.mode == core::Mode::kShadow) continue;
    const Id high = Among(cap.rule, cap.level, levels, upward);
    if (!high) return std::nullopt;
    if (Known(out_, *high) == true) continue;
    const Id low = And(Holds(cap.rule), Not(*high));
    out = low ? And(out, Not(*low)) : Id();
    if (!out) return std::nullopt;
  }
  return out;
}

// Scope and conditions of a row or cap.
CedarExpressions::Id CedarExpressions::Holds(const Rule& rule) {
  Id out = Scope(syntax::Var::kPrincipal, rule.principal);
  if (rule.action.op != core::ActionTest::Op::kAny) {
    std::vector<data::Value> actions;
    for (const data::EntityUid& uid : rule.action.actions) actions.emplace_back(uid);
    const SyntaxId action = Var(syntax::Var::kAction);
    out = And(out, rule.action.op == core::ActionTest::Op::kEq && actions.size() == 1
                       ? Binary(ExprKind::kEq, action, Value(actions[0]))
                       : Binary(ExprKind::kIn, action, Value(data::Value::MakeSet(actions))));
  }
  out = And(out, Scope(syntax::Var::kResource, rule.resource));
  for (ExprId condition : rule.conditions) {
    if (!out) return out;
    out = And(out, Write(rule, condition));
  }
  return out;
}

CedarExpressions::Id CedarExpressions::Scope(syntax::Var var, const core::ScopeTest& test) {
  using Test = core::ScopeTest::Op;
  if (test.op == Test::kAny) return Bool(true);
  const SyntaxId subject = Var(var);
  if (test.op == Test::kEq || test.op == Test::kIn) {
    return Binary(test.op == Test::kEq ? ExprKind::kEq : ExprKind::kIn, subject,
                  Value(data::Value(test.entity)));
  }
  syntax::Expr is;
  is.kind = test.op == Test::kIs ? ExprKind::kIs : ExprKind::kIsIn;
  is.name.text = test.type;
  is.operands = {subject};
  if (test.op == Test::kIsIn) is.operands.push_back(Value(data::Value(test.entity)));
  return Add(std::move(is));
}

}  // namespace polc::translate
