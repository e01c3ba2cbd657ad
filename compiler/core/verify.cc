#include "compiler/core/verify.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace polc::core {

namespace {

using Problem = std::optional<std::string>;

std::string At(ExprId id, const Expr& e) {
  return "expression " + std::to_string(id) + " (" + std::string(OpName(e.op)) + ") ";
}

// The kind an operator always gives, where there is one. Whatever the checker says may not contradict it.
Kind FixedKind(const Rule& rule, const Expr& e) {
  switch (e.op) {
    case Op::kLiteral:
      return static_cast<Kind>(static_cast<uint8_t>(rule.value(e).kind()) + 1);
    case Op::kVar:
      return e.var() == Var::kContext ? Kind::kRecord : Kind::kEntity;
    case Op::kCall:
      return static_cast<Kind>(static_cast<uint8_t>(data::Info(e.fn()).result) + 1);
    case Op::kNeg:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
      return Kind::kLong;
    case Op::kSet:
      return Kind::kSet;
    case Op::kRecord:
      return Kind::kRecord;
    case Op::kIf:
    case Op::kGetAttr:
    case Op::kGetTag:
    case Op::kCallUnknown:
      return Kind::kUnknown;
    default:
      return Kind::kBool;
  }
}

Problem CheckPattern(const Pattern& pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].wildcard && !pattern[i].literal.empty()) return "has a wildcard with text";
    if (!pattern[i].wildcard && pattern[i].literal.empty()) return "has an empty literal";
    if (i > 0 && !pattern[i].wildcard && !pattern[i - 1].wildcard) return "has two literals in a row";
  }
  return std::nullopt;
}

Problem CheckPayload(const Rule& rule, const Expr& e) {
  switch (e.op) {
    case Op::kLiteral:
      if (e.payload >= rule.value_pool.size()) return "has no value";
      return std::nullopt;
    case Op::kVar:
      if (e.payload > static_cast<uint32_t>(Var::kContext)) return "has no such variable";
      return std::nullopt;
    case Op::kIs:
    case Op::kHas:
    case Op::kGetAttr:
    case Op::kCallUnknown:
      if (e.payload >= rule.name_pool.size()) return "has no name";
      return std::nullopt;
    case Op::kLike:
      if (e.payload >= rule.pattern_pool.size()) return "has no pattern";
      return CheckPattern(rule.pattern(e));
    case Op::kCall:
      if (e.payload >= data::AllExtFns().size()) return "has no such function";
      return std::nullopt;
    case Op::kRecord: {
      if (size_t{e.payload} + e.operand_count > rule.name_pool.size()) return "has no keys";
      const auto keys = rule.names(e);
      if (std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>()) != keys.end()) {
        return "has keys unsorted or twice";
      }
      return std::nullopt;
    }
    default:
      if (e.payload != 0) return "has a payload it has no use for";
      return std::nullopt;
  }
}

Problem CheckScope(std::string_view var, const ScopeTest& test) {
  using ScopeOp = ScopeTest::Op;
  const bool wants_type = test.op == ScopeOp::kIs || test.op == ScopeOp::kIsIn;
  const bool wants_entity = test.op == ScopeOp::kEq || test.op == ScopeOp::kIn || test.op == ScopeOp::kIsIn;
  const std::string start = "the test of " + std::string(var) + " ";
  if (wants_type != !test.type.empty())
    return start + (wants_type ? "lacks a type" : "has a type without `is`");
  if (!wants_entity && (test.slot || !test.entity.type.empty()))
    return start + "has an entity without `==` or `in`";
  if (wants_entity && test.slot != test.entity.type.empty())
    return start + "needs either an entity or a slot";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Verify(const Rule& rule) {
  std::vector<uint32_t> depth(rule.exprs.size(), 0);
  std::vector<bool> used(rule.exprs.size(), false);
  for (ExprId id = 0; id < rule.exprs.size(); ++id) {
    const Expr& e = rule.exprs[id];
    if (static_cast<size_t>(e.op) > static_cast<size_t>(Op::kCallUnknown)) {
      return "expression " + std::to_string(id) + " has no such operator";
    }
    const int arity = OpArity(e.op);
    if (arity >= 0 && e.operand_count != static_cast<uint32_t>(arity)) {
      return At(id, e) + "has " + std::to_string(e.operand_count) + " operands, not " + std::to_string(arity);
    }
    if (size_t{e.first_operand} + e.operand_count > rule.operand_pool.size())
      return At(id, e) + "has no operands";
    for (uint32_t i = 0; i < e.operand_count; ++i) {
      const ExprId operand = rule.operands(e)[i];
      if (operand >= id) return At(id, e) + "comes before its operand " + std::to_string(operand);
      if (used[operand]) return At(id, e) + "shares operand " + std::to_string(operand);
      used[operand] = true;
      depth[id] = std::max(depth[id], depth[operand] + (i > 0));
    }
    if (depth[id] > kMaxExprDepth)
      return At(id, e) + "is nested deeper than " + std::to_string(kMaxExprDepth);
    if (Problem problem = CheckPayload(rule, e)) return At(id, e) + *problem;
    if (e.kind > Kind::kRecord) return At(id, e) + "has no such kind";
    const Kind fixed = FixedKind(rule, e);
    if (e.kind != Kind::kUnknown && fixed != Kind::kUnknown && e.kind != fixed) {
      return At(id, e) + "is " + std::string(KindName(fixed)) + ", not " + std::string(KindName(e.kind));
    }
  }
  auto root = [&](ExprId id, std::string_view what) -> Problem {
    if (id >= rule.exprs.size()) return "a " + std::string(what) + " does not exist";
    if (used[id]) return "a " + std::string(what) + " is also another expression's operand";
    used[id] = true;
    return std::nullopt;
  };
  for (ExprId id : rule.conditions) {
    if (Problem problem = root(id, "condition")) return problem;
  }
  for (const Limit& limit : rule.limits) {
    if (limit.kind.empty()) return "a limit has no kind";
    if (Problem problem = root(limit.value, "limit")) return problem;
  }
  for (const Need& need : rule.needs) {
    if (need.kind == Need::Kind::kEvidence ? need.evidence.empty() : need.count == 0)
      return "a need demands nothing";
  }
  if (rule.effect != Effect::kLimit && !rule.limits.empty()) return "limits stand in a rule that is no limit";
  if (Problem problem = CheckScope("principal", rule.principal)) return problem;
  if (Problem problem = CheckScope("resource", rule.resource)) return problem;
  if (rule.action.op == ActionTest::Op::kEq && rule.action.actions.size() != 1) {
    return "the test of action needs one action";
  }
  if (rule.action.op == ActionTest::Op::kAny && !rule.action.actions.empty()) {
    return "the test of action has actions without `==` or `in`";
  }
  return std::nullopt;
}

std::optional<std::string> Verify(const Program& program) {
  std::unordered_set<std::string_view> ids;
  std::unordered_set<std::string_view> templates;
  auto check = [&](const Rule& rule, bool is_template) -> Problem {
    const std::string start = "rule `" + rule.id + "`: ";
    if (rule.id.empty()) return "a rule has no id";
    if (!ids.insert(rule.id).second) return start + "its id stands twice";
    if (rule.is_template() != is_template) {
      return start + (is_template ? "is no template, it has no slot" : "has a slot, it is a template");
    }
    if (!rule.template_id.empty() && !templates.contains(rule.template_id)) {
      return start + "was linked from `" + rule.template_id + "`, which does not exist";
    }
    if (Problem problem = Verify(rule)) return start + *problem;
    return std::nullopt;
  };
  for (const Rule& rule : program.templates) {
    if (Problem problem = check(rule, true)) return problem;
    templates.insert(rule.id);
  }
  for (const Rule& rule : program.rules) {
    if (Problem problem = check(rule, false)) return problem;
  }
  for (const Fact& fact : program.facts) {
    const std::string start = "fact `" + fact.name + "`: ";
    if (fact.body.conditions.size() != 1) return start + "has no expression";
    if (Problem problem = Verify(fact.body)) return start + *problem;
  }
  return std::nullopt;
}

}  // namespace polc::core
