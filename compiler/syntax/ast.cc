#include "compiler/syntax/ast.h"

#include <algorithm>
#include <set>

namespace polc::syntax {
namespace {

bool HasSlot(const ScopeConstraint& constraint, Slot slot) {
  const Slot* found = std::get_if<Slot>(&constraint.target);
  return found != nullptr && *found == slot;
}

struct Arity {
  size_t least;
  size_t most;
};
constexpr size_t kAny = SIZE_MAX;

Arity ArityOf(ExprKind kind) {
  switch (kind) {
    case ExprKind::kBool:
    case ExprKind::kLong:
    case ExprKind::kString:
    case ExprKind::kEntity:
    case ExprKind::kVar:
      return {0, 0};
    case ExprKind::kParen:
    case ExprKind::kNot:
    case ExprKind::kNeg:
    case ExprKind::kIs:
    case ExprKind::kHas:
    case ExprKind::kLike:
    case ExprKind::kGetAttr:
      return {1, 1};
    case ExprKind::kIf:
      return {3, 3};
    case ExprKind::kMethod:
      return {1, kAny};
    case ExprKind::kCall:
    case ExprKind::kSet:
    case ExprKind::kRecord:
      return {0, kAny};
    default:
      return {2, 2};
  }
}

// What is wrong with one node, or nothing.
const char* WrongWith(const Expr& e, size_t id) {
  Arity arity = ArityOf(e.kind);
  if (e.operands.size() < arity.least || e.operands.size() > arity.most) return "wrong number of operands";
  for (ExprId operand : e.operands) {
    if (operand >= id) return "operand does not precede it";
  }
  switch (e.kind) {
    case ExprKind::kBool:
      return e.integer == 0 || e.integer == 1 ? nullptr : "boolean is neither 0 nor 1";
    case ExprKind::kVar:
      return e.integer >= 0 && e.integer <= static_cast<int64_t>(Var::kContext) ? nullptr
                                                                                : "no such variable";
    case ExprKind::kEntity:
    case ExprKind::kIs:
    case ExprKind::kIsIn:
    case ExprKind::kCall:
      return e.name.text.empty() ? "name is empty" : nullptr;
    case ExprKind::kHas:
      return e.texts.empty() ? "no attribute" : nullptr;
    case ExprKind::kMethod:
      return e.text.empty() ? "method is empty" : nullptr;
    case ExprKind::kRecord: {
      if (e.texts.size() != e.operands.size()) return "as many keys as values are needed";
      std::set<std::string_view> keys(e.texts.begin(), e.texts.end());
      return keys.size() == e.texts.size() ? nullptr : "key twice";
    }
    case ExprKind::kLike:
      for (const PatternPart& part : e.pattern) {
        if (part.wildcard != part.literal.empty()) return "pattern part is neither text nor wildcard";
      }
      return nullptr;
    default:
      return nullptr;
  }
}

const char* WrongWith(const ScopeConstraint& c) {
  bool has_target = c.target.index() != 0;
  switch (c.op) {
    case ScopeConstraint::Op::kAny:
      return has_target || !c.type.text.empty() ? "unconstrained, but with a target" : nullptr;
    case ScopeConstraint::Op::kEq:
    case ScopeConstraint::Op::kIn:
      return has_target ? nullptr : "without a target";
    case ScopeConstraint::Op::kIs:
      return has_target || c.type.text.empty() ? "`is` needs a type and nothing else" : nullptr;
    case ScopeConstraint::Op::kIsIn:
      return !has_target || c.type.text.empty() ? "`is in` needs a type and a target" : nullptr;
  }
  return nullptr;
}

}  // namespace

bool Policy::uses_slot(Slot slot) const { return HasSlot(principal, slot) || HasSlot(resource, slot); }

const std::string* Policy::FindAnnotation(std::string_view key) const {
  static const std::string kEmpty;
  for (const Annotation& a : annotations) {
    if (a.key == key) return a.value ? &*a.value : &kEmpty;
  }
  return nullptr;
}

std::optional<std::string> Policy::Verify() const {
  std::set<std::string_view> keys;
  for (const Annotation& a : annotations) {
    if (!keys.insert(a.key).second) return "annotation `" + a.key + "` twice";
  }
  if (const char* wrong = WrongWith(principal)) return std::string("principal: ") + wrong;
  if (const char* wrong = WrongWith(resource)) return std::string("resource: ") + wrong;
  if (HasSlot(principal, Slot::kResource) || HasSlot(resource, Slot::kPrincipal))
    return "slot of the other variable";
  if (action.op == ActionConstraint::Op::kAny && !action.actions.empty())
    return "action: unconstrained, but named";
  if (action.op == ActionConstraint::Op::kEq && action.actions.size() != 1)
    return "action: `==` needs one action";
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (const char* wrong = WrongWith(exprs[i], i)) return "expression " + std::to_string(i) + ": " + wrong;
  }
  for (const Condition& c : conditions) {
    if (c.body >= exprs.size()) return "condition without a body";
  }
  return std::nullopt;
}

ExprId SkipParens(const Policy& policy, ExprId id) {
  while (policy.exprs[id].kind == ExprKind::kParen) id = policy.exprs[id].operands[0];
  return id;
}

}  // namespace polc::syntax
