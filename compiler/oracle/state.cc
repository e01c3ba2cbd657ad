#include "compiler/oracle/state.h"

#include <algorithm>
#include <tuple>

#include "compiler/oracle/authorize.h"

namespace polc::oracle {

using core::Input;
using data::Kind;
using data::Value;

namespace {

// What `total` adds: a number of the declared kind that is not negative.
EvalResult AmountOf(const Input& input, const Case& in) {
  EvalResult result = in.Evaluate(input.update, input.amount);
  const auto* value = std::get_if<Value>(&result);
  if (!value) return result;
  const source::Span at = input.update.exprs[input.amount].span;
  if (!value->is(input.value)) {
    return EvalError{EvalError::Code::kTypeError,
                     "type error: expected " + std::string(data::KindName(input.value)) + ", got " +
                         std::string(data::KindName(value->kind())),
                     at};
  }
  const int64_t units = value->is(Kind::kLong) ? value->as_long() : value->as_decimal().units;
  if (units < 0)
    return EvalError{EvalError::Code::kTypeError, "the amount " + data::ToString(*value) + " is below zero",
                     at};
  return result;
}

}  // namespace

void AddReads(const core::Program& program, const core::Rule& rule, ReadSet& reads) {
  for (const core::Expr& e : rule.exprs) {
    if (e.op == core::Op::kInput) reads.inputs.insert(rule.name(e));
    if (e.op != core::Op::kFactRef || !reads.facts.insert(rule.name(e)).second) continue;
    const core::Fact* fact = core::FindNamed(program.facts, rule.name(e));
    if (!fact) continue;
    AddReads(program, fact->body, reads);
    for (const core::Fact::Step& row : fact->rows) AddReads(program, row.rule, reads);
    for (const core::Fact::Step& cap : fact->caps) AddReads(program, cap.rule, reads);
  }
}

std::vector<data::StateItem> StateRead(const core::Program& program, const data::Host& host,
                                       const ReadSet& reads) {
  std::vector<data::StateItem> out;
  for (const data::StateItem& item : host.state) {
    const bool read = std::ranges::any_of(reads.inputs, [&](const std::string& id) {
      const Input* input = core::FindInput(program.inputs, id);
      return input && input->name == item.input && input->by == item.by;
    });
    if (read) out.push_back(item);
  }
  std::ranges::sort(out, [](const auto& a, const auto& b) {
    return std::tie(a.input, a.by, a.key) < std::tie(b.input, b.by, b.key);
  });
  return out;
}

Moves MovesOf(const Case& in) {
  Moves out;
  for (const Input& input : in.program().inputs) {
    using K = Input::Kind;
    if (input.kind == K::kNow || input.kind == K::kSwitch || input.mode == core::Mode::kShadow) continue;
    const Case::Test test = in.TestRule(input.update);
    if (!test.holds && !test.error) continue;
    data::StateUpdate update{.input = input.name, .by = input.by};
    if (input.key != core::kNoExpr) {
      EvalResult key = in.Evaluate(input.update, input.key);
      if (!std::holds_alternative<Value>(key)) continue;
      update.key = std::get<Value>(std::move(key));
    }
    if (input.kind == K::kLabel) update.kind = data::StateUpdate::Kind::kSet;
    if (input.kind == K::kBreaker) update.kind = data::StateUpdate::Kind::kDenial;
    if (input.kind == K::kCounter || input.kind == K::kAttempts) update.amount = Value(int64_t{1});
    if (input.kind == K::kTotal) {
      EvalResult amount = AmountOf(input, in);
      if (auto* error = std::get_if<EvalError>(&amount)) {
        out.errors.push_back({input.id, error->message});
        continue;
      }
      update.amount = std::get<Value>(std::move(amount));
    }
    for (const data::StateItem& item : in.host().state) {
      if (item.input == update.input && item.by == update.by && item.key == update.key)
        update.read = item.value;
    }
    out.moves.push_back({input.kind, std::move(update)});
  }
  std::ranges::sort(out.moves, [](const auto& a, const auto& b) {
    return std::tie(a.update.input, a.update.by, a.update.key) <
           std::tie(b.update.input, b.update.by, b.update.key);
  });
  return out;
}

std::vector<data::StateUpdate> UpdatesOf(const Moves& moves, data::Outcome outcome) {
  using K = Input::Kind;
  const bool goes = outcome <= data::Outcome::kAllowWithLimits;
  std::vector<data::StateUpdate> out;
  for (const Moves::Move& move : moves.moves) {
    const bool made = move.kind == K::kAttempts  ? true
                      : move.kind == K::kBreaker ? outcome == data::Outcome::kDeny
                                                 : goes;
    if (made) out.push_back(move.update);
  }
  return out;
}

}  // namespace polc::oracle
