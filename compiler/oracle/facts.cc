#include <algorithm>

#include "compiler/oracle/case.h"

namespace polc::oracle {

using core::Fact;
using data::Kind;
using data::Value;
using Read = Surroundings::Read;

namespace {

// Values of a fact in their order: levels by rank, everything else that has an order by itself.
std::optional<bool> Less(const Fact& fact, const Value& a, const Value& b, const Case& in) {
  if (!fact.levels.empty()) {
    const core::Levels* levels = core::FindNamed(in.program().levels, fact.levels);
    if (!levels || !a.is(Kind::kString) || !b.is(Kind::kString)) return std::nullopt;
    const auto x = levels->RankOf(a.as_string()), y = levels->RankOf(b.as_string());
    if (!x || !y) return std::nullopt;
    return *x < *y;
  }
  const Kind kind = a.kind();
  const bool ordered =
      kind == Kind::kLong || kind == Kind::kDecimal || kind == Kind::kDuration || kind == Kind::kDatetime;
  if (!ordered || !b.is(kind)) return std::nullopt;
  return a < b;
}

// A value of the fact that can be compared, or why it is none.
Read ValueOf(const Fact& fact, core::ExprId id, const Case& in) {
  EvalResult result = in.Evaluate(fact.body, id);
  if (auto* error = std::get_if<EvalError>(&result)) return std::move(error->message);
  Value& value = std::get<Value>(result);
  if (fact.form == Fact::Form::kHighest && !Less(fact, value, value, in))
    return data::ToString(value) + " has no place in the order of `" + fact.name + "`";
  return std::move(value);
}

Read First(const Fact& fact, const Case& in) {
  for (const Fact::Clause& clause : fact.clauses) {
    const EvalResult when = in.EvaluateBool(fact.body, clause.when);
    if (const auto* error = std::get_if<EvalError>(&when)) return error->message;
    if (std::get<Value>(when).as_bool()) return ValueOf(fact, clause.value, in);
  }
  return ValueOf(fact, fact.otherwise, in);
}

Read Highest(const Fact& fact, const Case& in) {
  std::optional<Value> highest;      // of the clauses that are true
  std::optional<std::string> error;  // the first
  std::vector<Value> possible;       // values of clauses that err
  bool anything = false;             // a clause errs whose value is not known
  auto less = [&](const Value& a, const Value& b) { return Less(fact, a, b, in).value_or(true); };
  for (const Fact::Clause& clause : fact.clauses) {
    const EvalResult when = in.EvaluateBool(fact.body, clause.when);
    const auto* when_error = std::get_if<EvalError>(&when);
    if (!when_error && !std::get<Value>(when).as_bool()) continue;
    const Read value = ValueOf(fact, clause.value, in);
    const auto* known = std::get_if<Value>(&value);
    if (!when_error && known) {
      if (!highest || less(*highest, *known)) highest = *known;
      continue;
    }
    if (!error) error = when_error ? when_error->message : std::get<std::string>(value);
    if (known) possible.push_back(*known);
    anything |= known == nullptr;
  }
  if (!error) return highest ? Read(*highest) : ValueOf(fact, fact.otherwise, in);
  // Does a clause that is true settle it? It does if it is at least as high as whatever could have come.
  if (!highest) return *error;
  const core::Levels* levels = core::FindNamed(in.program().levels, fact.levels);
  const bool top = levels && *highest == Value(levels->names.back());
  if (anything && !top) return *error;
  for (const Value& value : possible) {
    if (less(*highest, value)) return *error;
  }
  return *highest;
}

// The rank of the highest level that a set of records grants to the action's class.
EvalResult FromData(const Fact::Step& row, const core::Levels& levels, const Case& in) {
  EvalResult result = in.Evaluate(row.rule, row.level);
  const auto* set = std::get_if<Value>(&result);
  if (!set) return result;
  if (!set->is(Kind::kSet))
    return EvalError{EvalError::Code::kTypeError,
                     "type error: expected set, got " + std::string(data::KindName(set->kind())),
                     row.rule.exprs[row.level].span};
  const core::Action* action = in.program().model.FindAction(in.request().action);
  int64_t rank = 0;
  for (const Value& grant : set->as_set()) {
    if (!action || action->action_class.empty() || !grant.is(Kind::kRecord)) continue;
    const Value* of = grant.Find("class");
    const Value* level = grant.Find("level");
    const Value* until = grant.Find("until");
    if (!of || *of != Value(action->action_class) || !level || !level->is(Kind::kString)) continue;
    const bool over = until && (!until->is(Kind::kDatetime) || !in.host().now ||
                                in.host().now->ms >= until->as_datetime().ms);
    const auto found = levels.RankOf(level->as_string());
    if (!over && found) rank = std::max(rank, static_cast<int64_t>(*found));
  }
  return Value(rank);
}

EvalResult RankOf(const Fact::Step& step, const core::Levels& levels, const Case& in) {
  if (step.from_data) return FromData(step, levels, in);
  EvalResult result = in.Evaluate(step.rule, step.level);
  const auto* value = std::get_if<Value>(&result);
  if (!value) return result;
  const auto rank = value->is(Kind::kString) ? levels.RankOf(value->as_string()) : std::nullopt;
  if (rank) return Value(static_cast<int64_t>(*rank));
  return EvalError{EvalError::Code::kUnknownLevel,
                   data::ToString(*value) + " is no level of `" + levels.name + "`",
                   step.rule.exprs[step.level].span};
}

FactResult Autonomy(const Fact& fact, const Case& in) {
  const core::Levels* levels = core::FindNamed(in.program().levels, fact.levels);
  if (!levels) return {"there are no levels `" + fact.levels + "`"};
  FactResult result{Value(levels->names.front())};
  int64_t level = 0;
  // What a step grants or bounds, if it says anything. An error is a row that does not hold, and the lowest
  // bound of a cap.
  auto test = [&](const Fact::Step& step, bool cap) -> std::optional<int64_t> {
    Case::Test tested = in.TestRule(step.rule);
    std::optional<int64_t> rank;
    if (tested.holds || (cap && tested.error)) {
      EvalResult value = RankOf(step, *levels, in);
      if (auto* error = std::get_if<EvalError>(&value)) {
        if (!tested.error) tested.error = std::move(*error);
        if (cap) rank = 0;
      } else {
        rank = std::get<Value>(value).as_long();
      }
    }
    if (tested.error) result.errors.push_back({step.rule.id, tested.error->message});
    return rank;
  };
  for (const Fact::Step& row : fact.rows) {
    if (const auto rank = test(row, false)) level = std::max(level, *rank);
  }
  for (const Fact::Step& cap : fact.caps) {
    const auto rank = test(cap, true);
    if (!rank) continue;
    if (cap.rule.mode == core::Mode::kShadow) result.shadow.push_back(cap.rule.id);
    if (in.counts(cap.rule.mode)) level = std::min(level, *rank);
  }
  result.value = Value(levels->names[static_cast<size_t>(level)]);
  return result;
}

}  // namespace

FactResult ComputeFact(const Fact& fact, const Case& in) {
  switch (fact.form) {
    case Fact::Form::kExpression:
      return {ValueOf(fact, fact.body.conditions[0], in)};
    case Fact::Form::kFirst:
      return {First(fact, in)};
    case Fact::Form::kHighest:
      return {Highest(fact, in)};
    case Fact::Form::kAutonomy:
      return Autonomy(fact, in);
  }
  return {"there is no such form of fact"};
}

}  // namespace polc::oracle
