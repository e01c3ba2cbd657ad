#include "compiler/sema/pol_suggestions.h"

#include <algorithm>
#include <set>

#include "fmt/format.h"

namespace polc::sema::pol {

using core::Expr;
using core::ExprId;
using core::Op;
using core::Rule;
using data::Value;

namespace {

// What an expression is once the changes were made, where that alone decides it.
class Changed {
 public:
  explicit Changed(const Rule& rule) : rule_(rule), values_(rule.exprs.size()) {
    // Operands come before their operator: one pass.
    for (ExprId id = 0; id < rule.exprs.size(); ++id) values_[id] = ValueOf(rule.exprs[id]);
  }

  // Whether the rule does not hold then.
  bool Fails() const {
    return std::ranges::any_of(rule_.conditions,
                               [&](ExprId id) { return values_[id] && *values_[id] == Value(false); });
  }

 private:
  std::optional<Value> Change(const std::string& name) const {
    for (const auto& [attribute, value] : rule_.pol().suggestion->changes) {
      const Expr& e = rule_.exprs[value];
      if (attribute == name && e.op == Op::kLiteral) return rule_.value(e);
    }
    return std::nullopt;
  }
  bool OfContext(const Expr& e) const {
    const Expr& subject = rule_.exprs[rule_.operands(e)[0]];
    return subject.op == Op::kVar && subject.var() == core::Var::kContext;
  }

  std::optional<Value> ValueOf(const Expr& e) const {
    const auto operands = rule_.operands(e);
    auto value = [&](size_t i) { return values_[operands[i]]; };
    switch (e.op) {
      case Op::kLiteral:
        return rule_.value(e);
      case Op::kGetAttr:
        if (OfContext(e)) return Change(rule_.name(e));
        return std::nullopt;
      case Op::kHas:
        if (OfContext(e) && Change(rule_.name(e))) return Value(true);
        return std::nullopt;
      case Op::kNot:
        if (value(0)) return Value(!value(0)->as_bool());
        return std::nullopt;
      case Op::kEq:
        if (value(0) && value(1)) return Value(*value(0) == *value(1));
        return std::nullopt;
      case Op::kContains:
        if (value(0) && value(1)) return Value(value(0)->Contains(*value(1)));
        return std::nullopt;
      case Op::kAnd:
      case Op::kOr: {
        const Value decides(e.op == Op::kOr);
        if (value(0) == decides || value(1) == decides) return decides;
        if (value(0) && value(1)) return Value(e.op == Op::kAnd);
        return std::nullopt;
      }
      default:
        return std::nullopt;
    }
  }

  const Rule& rule_;
  std::vector<std::optional<Value>> values_;
};

}  // namespace

void CheckSuggestions(const core::Program& program, source::DiagnosticSink& sink) {
  std::vector<const Rule*> suggests;
  for (const Rule& rule : program.rules) {
    if (rule.pol().suggestion && rule.mode == core::Mode::kEnforced) suggests.push_back(&rule);
  }
  auto about = [](const Rule& rule, const data::EntityUid& action) {
    return rule.action.op == core::ActionTest::Op::kAny ||
           std::ranges::find(rule.action.actions, action) != rule.action.actions.end();
  };
  // Whether a request for `action`, which `rule` suggested, can be answered by `next`.
  auto answers = [&](const Rule* rule, const Rule* next, const data::EntityUid& action) {
    return about(*next, action) && !(rule == next && Changed(*rule).Fails());
  };
  for (const Rule* start : suggests) {
    std::set<const Rule*> seen;
    std::vector<const Rule*> todo = {start};
    bool back = false;
    while (!todo.empty() && !back) {
      const Rule* rule = todo.back();
      todo.pop_back();
      for (const Rule* next : suggests) {
        if (!answers(rule, next, rule->pol().suggestion->action)) continue;
        back |= next == start;
        if (seen.insert(next).second) todo.push_back(next);
      }
    }
    if (!back) continue;
    sink.Report(
            source::Code::kSuggestionCycle, start->span,
            fmt::format("what rule `{}` suggests, `{}`, is answered with suggestions that lead back to it",
                        start->id, start->pol().suggestion->action.id))
        .help = "suggest an action that is not itself suggested away";
  }
}

}  // namespace polc::sema::pol
