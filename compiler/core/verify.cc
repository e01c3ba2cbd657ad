#include "compiler/core/verify.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "compiler/core/kinds.h"

namespace polc::core {

namespace {

using Problem = std::optional<std::string>;

std::string At(ExprId id, const Expr& e) {
  return "expression " + std::to_string(id) + " (" + std::string(OpName(e.op)) + ") ";
}

// The kind an operator always gives, as the checker writes it; kUnknown where there is none.
Kind FixedKind(const Rule& rule, const Expr& e) {
  const std::optional<data::Kind> kind = ResultKind(rule, e);
  return kind ? static_cast<Kind>(static_cast<uint8_t>(*kind) + 1) : Kind::kUnknown;
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
      if (e.payload > static_cast<uint32_t>(Var::kElement)) return "has no such variable";
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
    case Op::kInput:
      if (e.operand_count > 1) return "has more than one key";
      [[fallthrough]];
    default:
      if (HasName(e.op)) {
        if (e.payload >= rule.name_pool.size()) return "has no name";
        return std::nullopt;
      }
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

// What quantifiers ask of what is below each expression.
struct Binding {
  bool element = false;     // reads the element of a quantifier around
  bool quantifier = false;  // has a quantifier in it, or is one
};

Problem CheckBinding(const Rule& rule, const Expr& e, std::vector<Binding>& bindings) {
  Binding here;
  here.element = e.op == Op::kVar && e.var() == Var::kElement;
  for (ExprId operand : rule.operands(e)) {
    here.element |= bindings[operand].element;
    here.quantifier |= bindings[operand].quantifier;
  }
  if (IsQuantifier(e.op)) {
    if (here.quantifier) return "has another quantifier in it";
    if (bindings[rule.operands(e)[0]].element) return "has an element in its set";
    here = {.element = false, .quantifier = true};
  }
  bindings.push_back(here);
  return std::nullopt;
}

Problem CheckApproval(const Approval& approval, const auto& root) {
  if (approval.alternatives.empty()) return "an approval demands nothing";
  for (const Quorum& quorum : approval.alternatives) {
    if (quorum.parts.empty()) return "a quorum demands nothing";
    if (quorum.within_ms <= 0) return "a quorum has no time";
    for (const Quorum::Part& part : quorum.parts) {
      if (part.count == 0) return "a quorum demands nobody";
      if (part.pools.empty()) return "a quorum has no pool";
      for (ExprId pool : part.pools) {
        if (Problem problem = root(pool, "pool")) return problem;
      }
    }
  }
  return std::nullopt;
}

Problem CheckPolPart(const Rule& rule, const auto& root) {
  const PolPart& pol = rule.pol();
  if (!pol.lifted_by.empty() && rule.effect == Effect::kAllow) return "an allow cannot be lifted";
  for (const Approval& approval : pol.lifted_by) {
    if (Problem problem = CheckApproval(approval, root)) return problem;
  }
  if (pol.suggestion) {
    if (rule.effect != Effect::kSuggest) return "a suggestion stands in a rule that is no suggest";
    if (pol.suggestion->action.type.empty()) return "a suggestion has no action";
    for (size_t i = 0; i < pol.suggestion->changes.size(); ++i) {
      const auto& [name, value] = pol.suggestion->changes[i];
      if (i > 0 && pol.suggestion->changes[i - 1].first >= name) return "changes are unsorted or twice";
      if (Problem problem = root(value, "change")) return problem;
    }
  }
  for (size_t i = 1; i < pol.controls.size(); ++i) {
    if (pol.controls[i - 1] >= pol.controls[i]) return "controls are unsorted or twice";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Verify(const Rule& rule, std::span<const ExprId> more_roots) {
  std::vector<uint32_t> depth(rule.exprs.size(), 0);
  std::vector<Binding> bindings;
  std::vector<bool> used(rule.exprs.size(), false);
  for (ExprId id = 0; id < rule.exprs.size(); ++id) {
    const Expr& e = rule.exprs[id];
    if (static_cast<size_t>(e.op) >= kOpCount) {
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
    if (Problem problem = CheckBinding(rule, e, bindings)) return At(id, e) + *problem;
    if (e.kind > Kind::kRecord) return At(id, e) + "has no such kind";
    const Kind fixed = FixedKind(rule, e);
    if (e.kind != Kind::kUnknown && fixed != Kind::kUnknown && e.kind != fixed) {
      return At(id, e) + "is " + std::string(KindName(fixed)) + ", not " + std::string(KindName(e.kind));
    }
  }
  auto root = [&](ExprId id, std::string_view what) -> Problem {
    if (id >= rule.exprs.size()) return "a " + std::string(what) + " does not exist";
    if (used[id]) return "a " + std::string(what) + " is also another expression's operand";
    if (bindings[id].element) return "a " + std::string(what) + " reads an element outside of a quantifier";
    used[id] = true;
    return std::nullopt;
  };
  for (ExprId id : more_roots) {
    if (Problem problem = root(id, "value")) return problem;
  }
  for (ExprId id : rule.conditions) {
    if (Problem problem = root(id, "condition")) return problem;
  }
  for (const Limit& limit : rule.limits) {
    if (limit.kind.empty()) return "a limit has no kind";
    if (Problem problem = root(limit.value, "limit")) return problem;
  }
  for (const Need& need : rule.needs) {
    if (need.kind == Need::Kind::kEvidence && need.evidence.empty()) return "a need demands nothing";
    if (need.kind == Need::Kind::kEvidence) continue;
    if (Problem problem = CheckApproval(need.approval, root)) return problem;
  }
  if (Problem problem = CheckPolPart(rule, root)) return problem;
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
  return VerifyDeclarations(program);
}

}  // namespace polc::core
