#include "compiler/grid/can_hold.h"

#include <algorithm>
#include <optional>

namespace polc::grid {
namespace {

using core::Expr;
using core::ExprId;
using core::Op;
using core::Rule;
using data::Value;

using Known = std::optional<Value>;

class Evaluator {
 public:
  Evaluator(const core::Program& program, const Rule& rule, const core::Action& action,
            std::string_view level)
      : program_(program), rule_(rule), action_(action), level_(level) {
    // Operands come before what they are operands of.
    for (const Expr& e : rule.exprs) known_.push_back(Of(e));
  }

  bool False(ExprId id) const { return known_[id] == Value(false); }

 private:
  const Known& Operand(const Expr& e, size_t i) const { return known_[rule_.operands(e)[i]]; }
  static bool Is(const Known& value, bool wanted) { return value == Value(wanted); }

  Known Of(const Expr& e) const {
    switch (e.op) {
      case Op::kLiteral:
        return rule_.value(e);
      case Op::kVar:
        if (e.var() == core::Var::kAction) return Value(action_.uid);
        return std::nullopt;
      case Op::kFactRef:
        if (rule_.name(e) == "autonomy" && !level_.empty()) return Value(std::string(level_));
        return std::nullopt;
      case Op::kNot:
        if (!Operand(e, 0) || !Operand(e, 0)->is(data::Kind::kBool)) return std::nullopt;
        return Value(!Operand(e, 0)->as_bool());
      case Op::kAnd:
        if (Is(Operand(e, 0), false) || Is(Operand(e, 1), false)) return Value(false);
        return Is(Operand(e, 0), true) ? Operand(e, 1) : std::nullopt;
      case Op::kOr:
        if (Is(Operand(e, 0), true)) return Value(true);
        return Is(Operand(e, 0), false) ? Operand(e, 1) : std::nullopt;
      case Op::kIf:
        if (Is(Operand(e, 0), true)) return Operand(e, 1);
        return Is(Operand(e, 0), false) ? Operand(e, 2) : std::nullopt;
      case Op::kEq:
        if (!Operand(e, 0) || !Operand(e, 1)) return std::nullopt;
        return Value(*Operand(e, 0) == *Operand(e, 1));
      case Op::kLess:
      case Op::kLessEq: {
        const Known &a = Operand(e, 0), &b = Operand(e, 1);
        if (!a || !b || !a->is(data::Kind::kLong) || !b->is(data::Kind::kLong)) return std::nullopt;
        return Value(e.op == Op::kLess ? a->as_long() < b->as_long() : a->as_long() <= b->as_long());
      }
      case Op::kRank: {
        const core::Levels* levels = core::FindNamed(program_.levels, rule_.name(e));
        const Known& text = Operand(e, 0);
        if (!levels || !text || !text->is(data::Kind::kString)) return std::nullopt;
        const std::optional<size_t> rank = levels->RankOf(text->as_string());
        return rank ? Known(Value(static_cast<int64_t>(*rank))) : std::nullopt;
      }
      case Op::kContains: {
        const Known &set = Operand(e, 0), &element = Operand(e, 1);
        if (!set || !element || !set->is(data::Kind::kSet)) return std::nullopt;
        return Value(std::ranges::count(set->as_set(), *element) > 0);
      }
      default:
        return std::nullopt;
    }
  }

  const core::Program& program_;
  const Rule& rule_;
  const core::Action& action_;
  std::string_view level_;
  std::vector<Known> known_;
};

bool Speaks(const core::ActionTest& test, const core::Action& action) {
  if (test.op == core::ActionTest::Op::kAny) return true;
  return std::ranges::any_of(test.actions, [&](const data::EntityUid& uid) {
    return uid == action.uid ||
           (test.op == core::ActionTest::Op::kIn && std::ranges::count(action.groups, uid) > 0);
  });
}

}  // namespace

std::vector<std::string> PrincipalsOf(const Rule& rule, const core::Action& action) {
  const core::ScopeTest& scope = rule.principal;
  switch (scope.op) {
    case core::ScopeTest::Op::kEq:
      if (std::ranges::count(action.principals, scope.entity.type) == 0) return {};
      return {scope.entity.type};
    case core::ScopeTest::Op::kIs:
    case core::ScopeTest::Op::kIsIn:
      if (std::ranges::count(action.principals, scope.type) == 0) return {};
      return {scope.type};
    case core::ScopeTest::Op::kAny:
    case core::ScopeTest::Op::kIn:
      break;
  }
  return action.principals;
}

bool CanHold(const core::Program& program, const Rule& rule, const core::Action& action,
             std::string_view level) {
  if (!Speaks(rule.action, action) || PrincipalsOf(rule, action).empty()) return false;
  const Evaluator evaluator(program, rule, action, level);
  return std::ranges::none_of(rule.conditions, [&](ExprId id) { return evaluator.False(id); });
}

}  // namespace polc::grid
