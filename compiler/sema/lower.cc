#include "compiler/sema/lower.h"

#include <algorithm>
#include <array>

#include "compiler/core/link.h"
#include "compiler/data/extension.h"

namespace polc::sema {

namespace {

using core::ExprId;
using core::Op;
using source::Code;
using source::Span;
using syntax::ExprKind;

data::EntityUid Uid(const syntax::EntityRef& ref) { return {ref.type.text, ref.id}; }

struct Method {
  std::string_view name;
  Op op;
};
constexpr std::array kMethods = {
    Method{"contains", Op::kContains},       Method{"containsAll", Op::kContainsAll},
    Method{"containsAny", Op::kContainsAny}, Method{"isEmpty", Op::kIsEmpty},
    Method{"getTag", Op::kGetTag},           Method{"hasTag", Op::kHasTag},
};

class RuleLowering {
 public:
  explicit RuleLowering(const syntax::Policy& policy) : policy_(policy) {}

  // Nothing where repeated subjects exceed kMaxRepeatedExprs.
  std::optional<core::Rule> Run(std::string id) {
    rule_.id = std::move(id);
    rule_.effect = policy_.effect == syntax::Effect::kPermit ? core::Effect::kAllow : core::Effect::kForbid;
    rule_.span = policy_.span;
    rule_.principal = Scope(policy_.principal);
    rule_.resource = Scope(policy_.resource);
    rule_.action.op = static_cast<core::ActionTest::Op>(policy_.action.op);
    rule_.action.span = policy_.action.span;
    for (const syntax::EntityRef& action : policy_.action.actions)
      rule_.action.actions.push_back(Uid(action));
    for (const syntax::Annotation& a : policy_.annotations) {
      rule_.annotations.emplace_back(a.key, a.value.value_or(""));
    }
    // A child's index is smaller than its parent's, so this meets operands first.
    lowered_.reserve(policy_.exprs.size());
    rule_.exprs.reserve(policy_.exprs.size());
    for (const syntax::Expr& e : policy_.exprs) {
      lowered_.push_back(Lower(e));
      if (repeated_ > kMaxRepeatedExprs) return std::nullopt;
    }
    for (const syntax::Condition& c : policy_.conditions) {
      const ExprId body = lowered_[c.body];
      rule_.conditions.push_back(c.unless ? rule_.Add(Op::kNot, {body}, rule_.exprs[body].span) : body);
    }
    return std::move(rule_);
  }

 private:
  static core::ScopeTest Scope(const syntax::ScopeConstraint& constraint) {
    core::ScopeTest test;
    test.op = static_cast<core::ScopeTest::Op>(constraint.op);
    test.type = constraint.type.text;
    test.span = constraint.span;
    test.slot = std::holds_alternative<syntax::Slot>(constraint.target);
    if (const auto* ref = std::get_if<syntax::EntityRef>(&constraint.target)) test.entity = Uid(*ref);
    return test;
  }

  // Appends the lowered form of one node, whose operands are lowered already.
  ExprId Lower(const syntax::Expr& e) {
    const Span span = e.span;
    auto operand = [&](size_t i) { return lowered_[e.operands[i]]; };
    auto unary = [&](Op op) { return rule_.Add(op, {operand(0)}, span); };
    auto binary = [&](Op op) { return rule_.Add(op, {operand(0), operand(1)}, span); };
    auto negated = [&](ExprId id) { return rule_.Add(Op::kNot, {id}, span); };
    switch (e.kind) {
      case ExprKind::kBool:
        return rule_.AddLiteral(data::Value(e.integer != 0), span);
      case ExprKind::kLong:
        return rule_.AddLiteral(data::Value(e.integer), span);
      case ExprKind::kString:
        return rule_.AddLiteral(data::Value(e.text), span);
      case ExprKind::kEntity:
        return rule_.AddLiteral(data::Value(data::EntityUid{e.name.text, e.text}), span);
      case ExprKind::kVar:
        return rule_.AddVar(static_cast<core::Var>(e.integer), span);
      case ExprKind::kParen:
        return operand(0);
      case ExprKind::kIf:
        return rule_.Add(Op::kIf, {operand(0), operand(1), operand(2)}, span);
      case ExprKind::kOr:
        return binary(Op::kOr);
      case ExprKind::kAnd:
        return binary(Op::kAnd);
      case ExprKind::kNot:
        return unary(Op::kNot);
      case ExprKind::kNeg:
        return unary(Op::kNeg);
      case ExprKind::kEq:
        return binary(Op::kEq);
      case ExprKind::kNe:
        return negated(binary(Op::kEq));
      case ExprKind::kLt:
        return binary(Op::kLess);
      case ExprKind::kLe:
        return binary(Op::kLessEq);
      case ExprKind::kGt:
        return negated(binary(Op::kLessEq));
      case ExprKind::kGe:
        return negated(binary(Op::kLess));
      case ExprKind::kIn:
        return binary(Op::kIn);
      case ExprKind::kIs:
        return rule_.AddNamed(Op::kIs, operand(0), e.name.text, span);
      case ExprKind::kIsIn: {
        const ExprId is = rule_.AddNamed(Op::kIs, operand(0), e.name.text, span);
        const ExprId in = rule_.Add(Op::kIn, {Repeat(operand(0)), operand(1)}, span);
        return rule_.Add(Op::kAnd, {is, in}, span);
      }
      case ExprKind::kHas:
        return HasPath(operand(0), e.texts, span);
      case ExprKind::kLike:
        return rule_.AddLike(operand(0), LowerPattern(e.pattern), span);
      case ExprKind::kAdd:
        return binary(Op::kAdd);
      case ExprKind::kSub:
        return binary(Op::kSub);
      case ExprKind::kMul:
        return binary(Op::kMul);
      case ExprKind::kGetAttr:
        return rule_.AddNamed(Op::kGetAttr, operand(0), e.text, span);
      case ExprKind::kMethod:
      case ExprKind::kCall:
        return Call(e);
      case ExprKind::kSet:
        return rule_.Add(Op::kSet, Operands(e), span);
      case ExprKind::kRecord: {
        std::vector<std::pair<std::string, ExprId>> fields;
        for (size_t i = 0; i < e.operands.size(); ++i) fields.emplace_back(e.texts[i], operand(i));
        return rule_.AddRecord(std::move(fields), span);
      }
    }
    return core::kNoExpr;
  }

  std::vector<ExprId> Operands(const syntax::Expr& e) const {
    std::vector<ExprId> out;
    for (syntax::ExprId id : e.operands) out.push_back(lowered_[id]);
    return out;
  }

  // `x has a.b.c`: ((x has a && x.a has b) && x.a.b has c).
  ExprId HasPath(ExprId subject, const std::vector<std::string>& path, Span span) {
    ExprId result = rule_.AddNamed(Op::kHas, subject, path[0], span);
    for (size_t i = 1; i < path.size() && repeated_ <= kMaxRepeatedExprs; ++i) {
      subject = rule_.AddNamed(Op::kGetAttr, Repeat(subject), path[i - 1], span);
      result = rule_.Add(Op::kAnd, {result, rule_.AddNamed(Op::kHas, subject, path[i], span)}, span);
    }
    return result;
  }

  ExprId Call(const syntax::Expr& e) {
    const bool method = e.kind == ExprKind::kMethod;
    const std::string& name = method ? e.text : e.name.text;
    const std::vector<ExprId> operands = Operands(e);
    if (method) {
      for (const Method& m : kMethods) {
        if (m.name == name && operands.size() == static_cast<size_t>(core::OpArity(m.op))) {
          return rule_.Add(m.op, operands, e.span);
        }
      }
    }
    const auto fn = data::FindExtFn(name);
    if (fn && (data::Info(*fn).style == data::CallStyle::kMethod) == method) {
      return rule_.AddCall(*fn, operands, e.span);
    }
    return rule_.AddNamed(Op::kCallUnknown, operands, name, e.span);
  }

  // Neighbouring literals become one, neighbouring wildcards too: the same texts match.
  static core::Pattern LowerPattern(const syntax::Pattern& pattern) {
    core::Pattern out;
    for (const syntax::PatternPart& part : pattern) {
      if (out.empty() || out.back().wildcard != part.wildcard) {
        out.push_back({part.wildcard, part.literal});
      } else if (!part.wildcard) {
        out.back().literal += part.literal;
      }
    }
    return out;
  }

  // Copies an expression tree.
  ExprId Repeat(ExprId root) {
    std::vector<ExprId> tree = {root};
    for (size_t i = 0; i < tree.size(); ++i) {
      const auto operands = rule_.operands(tree[i]);
      tree.insert(tree.end(), operands.begin(), operands.end());
    }
    repeated_ += tree.size();
    if (repeated_ > kMaxRepeatedExprs) return root;  // the rule is given up
    std::sort(tree.begin(), tree.end());             // operands first
    std::vector<ExprId> copies;
    for (ExprId id : tree) {
      const core::Expr e = rule_.exprs[id];
      std::vector<ExprId> operands;
      for (ExprId operand : rule_.operands(e)) {
        operands.push_back(copies[std::lower_bound(tree.begin(), tree.end(), operand) - tree.begin()]);
      }
      copies.push_back(rule_.Add(e.op, operands, e.span, e.payload));
    }
    return copies.back();
  }

  const syntax::Policy& policy_;
  core::Rule rule_;
  std::vector<ExprId> lowered_;  // by syntax id
  size_t repeated_ = 0;
};

}  // namespace

std::optional<core::Rule> LowerPolicy(const syntax::Policy& policy, std::string id,
                                      source::DiagnosticSink& sink) {
  std::optional<core::Rule> rule = RuleLowering(policy).Run(id);
  if (!rule) {
    auto& diagnostic = sink.Report(Code::kPolicyTooLarge, policy.span,
                                   "nested `is … in` and `has` paths of this policy repeat more than " +
                                       std::to_string(kMaxRepeatedExprs) + " expressions");
    diagnostic.help = "test the parts one after the other, in conditions of their own";
    diagnostic.rule = std::move(id);
  }
  return rule;
}

bool Lowerer::ClaimId(const std::string& id, source::Span span) {
  const auto [claim, fresh] = claimed_.emplace(id, span);
  if (fresh) return true;
  auto& diagnostic =
      sink_.Report(Code::kDuplicatePolicyId, span, "the id `" + id + "` is another policy's already");
  diagnostic.rule = id;
  diagnostic.labels.push_back({claim->second, "`" + id + "` first stands here"});
  return false;
}

void Lowerer::Add(const syntax::Policy& policy) {
  std::string id = "policy" + std::to_string(next_);
  if (ids_ == IdSource::kAnnotation) {
    if (const std::string* annotated = policy.FindAnnotation("id")) id = *annotated;
  }
  AddNamed(policy, std::move(id));
}

void Lowerer::AddNamed(const syntax::Policy& policy, std::string id, bool as_template) {
  ++next_;
  if (!ClaimId(id, policy.span)) return;
  std::optional<core::Rule> rule = LowerPolicy(policy, std::move(id), sink_);
  if (!rule) return;
  as_template |= rule->is_template();
  (as_template ? program_.templates : program_.rules).push_back(std::move(*rule));
}

core::Program Lowerer::Take() {
  core::Linker linker(program_);
  for (const syntax::TemplateLink& link : links_) {
    core::LinkRequest request{link.template_id, link.new_id, {}, {}, link.span};
    if (link.principal) request.principal = Uid(*link.principal);
    if (link.resource) request.resource = Uid(*link.resource);
    const auto error = linker.Add(request);
    using Kind = core::LinkError::Code;
    if (error && error->code == Kind::kDuplicateId) {
      ClaimId(link.new_id, link.span);
      continue;
    }
    if (!error) {
      claimed_.emplace(link.new_id, link.span);
      continue;
    }
    const bool slots = error->code == Kind::kMissingSlot || error->code == Kind::kUnexpectedSlot;
    auto& diagnostic =
        sink_.Report(slots ? Code::kLinkSlotMismatch : Code::kUnknownTemplate, link.span, error->message);
    diagnostic.help = error->help;
    diagnostic.rule = link.new_id;
  }
  links_.clear();
  claimed_.clear();
  next_ = 0;
  return std::exchange(program_, {});
}

}  // namespace polc::sema
