// Walk, control flow, comparison and shared helpers; typecheck_access.cc has attributes, tags, sets and
// calls.

#include "compiler/sema/typecheck.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "compiler/data/value.h"
#include "compiler/source/planted.h"

namespace polc::sema {

using core::Expr;
using core::ExprId;
using core::Op;
using source::Code;

namespace {

// Whether the operator's first operand is checked before anything else, with the capabilities it got.
bool LeadsWithFirst(Op op) {
  switch (op) {
    case Op::kLiteral:
    case Op::kVar:
    case Op::kSet:
    case Op::kRecord:
    case Op::kCall:
    case Op::kCallUnknown:
      return false;
    default:
      return true;
  }
}

bool IsPrimitive(const data::Value& v) {
  return v.is(data::Kind::kBool) || v.is(data::Kind::kLong) || v.is(data::Kind::kString) ||
         v.is(data::Kind::kEntity);
}

bool IsComparable(TypeId type) { return type == kLong || type == kDatetime || type == kDuration; }

size_t Mix(size_t seed, size_t value) { return (seed ^ value) * 0x9E3779B97F4A7C15u + (seed >> 29); }

}  // namespace

Typechecker::Typechecker(const SchemaIndex* schema, CheckMode mode)
    : schema_(schema), mode_(mode), types_(&schema->types()) {}

void Typechecker::Begin(const core::Rule* rule, Findings* findings) {
  rule_ = rule;
  findings_ = findings;
  uses_ = {};
  folded_.clear();
  shapes_numbered_ = false;
  const std::vector<Expr>& exprs = rule->exprs;
  auto constant = [&](ExprId id) -> int8_t {
    const Expr& e = exprs[id];
    if (e.op == Op::kLiteral && rule_->value(e).is(data::Kind::kBool)) return rule_->value(e).as_bool();
    return folded_.empty() ? -1 : folded_[id];
  };
  for (ExprId id = 0; id < exprs.size(); ++id) {
    const Expr& e = exprs[id];
    switch (e.op) {
      case Op::kVar:
        uses_.principal |= e.var() == core::Var::kPrincipal;
        uses_.action |= e.var() == core::Var::kAction;
        uses_.resource |= e.var() == core::Var::kResource;
        uses_.context |= e.var() == core::Var::kContext;
        break;
      case Op::kAnd:
      case Op::kOr: {
        int8_t left = constant(Operand(e, 0));
        int8_t right = constant(Operand(e, 1));
        if (left < 0 || right < 0) break;
        if (folded_.empty()) folded_.assign(exprs.size(), -1);
        folded_[id] = e.op == Op::kAnd ? (left && right) : (left || right);
        break;
      }
      default:
        break;
    }
  }
}

Typechecker::Answer Typechecker::After(bool ok, Answer answer) {
  if (!ok) {
    answer.ok = false;
    answer.capabilities.Clear();
  }
  return answer;
}

Typechecker::Outcome Typechecker::CheckConditions(const Environment& environment) {
  environment_ = environment;
  findings_->SetEnvironment(environment);
  expr_types_.assign(rule_->exprs.size(), kUnvisited);
  conditions_checked_ = 0;
  depth_ = 0;
  // The conditions mean c1 && (c2 && (…)): forwards to check them, backwards to combine.
  std::vector<Answer> answers;
  CapabilitySet prior;
  for (ExprId id : rule_->conditions) {
    Answer answer = Check(id, prior);
    ++conditions_checked_;
    Expect(id, answer, kWantBool, "a condition");
    prior.UniteWith(answer.capabilities);
    answers.push_back(std::move(answer));
    if (answers.back().type == kFalse) break;
  }
  if (answers.empty()) return {};
  Answer whole = std::move(answers.back());
  for (size_t i = answers.size() - 1; i-- > 0;) whole = CombineAnd(answers[i], whole);
  return {whole.type, whole.ok};
}

Typechecker::Answer Typechecker::Check(ExprId id, const CapabilitySet& prior) {
  if (depth_ >= core::kMaxExprDepth) {
    findings_->Add(
        Code::kNestingTooDeep, rule_->exprs[id].span,
        "this expression is nested more than " + std::to_string(core::kMaxExprDepth) + " levels deep",
        "split the condition into several policies or `when` clauses");
    return Fail();
  }
  ++depth_;
  const size_t base = spine_.size();
  while (LeadsWithFirst(rule_->exprs[id].op)) {
    spine_.push_back(id);
    id = rule_->operands(id)[0];
  }
  Answer answer = CheckLeaf(id, prior);
  expr_types_[id] = answer.type;
  while (spine_.size() > base) {
    id = spine_.back();
    spine_.pop_back();
    answer = Finish(id, std::move(answer), prior);
    expr_types_[id] = answer.type;
  }
  --depth_;
  return answer;
}

Typechecker::Answer Typechecker::CheckLeaf(ExprId id, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  switch (e.op) {
    case Op::kLiteral:
      switch (rule_->value(e).kind()) {
        case data::Kind::kBool:
          return Success(rule_->value(e).as_bool() ? kTrue : kFalse);
        case data::Kind::kLong:
          return Success(kLong);
        case data::Kind::kString:
          return Success(kString);
        case data::Kind::kEntity: {
          // An unknown type or action is reported once per rule, by CheckNames (scope.h).
          TypeId type = schema_->LiteralType(rule_->value(e).as_entity());
          return type == kNoType ? Fail() : Success(type);
        }
        case data::Kind::kDecimal:
          return Success(kDecimal);
        case data::Kind::kIp:
          return Success(kIp);
        case data::Kind::kDatetime:
          return Success(kDatetime);
        case data::Kind::kDuration:
          return Success(kDuration);
        default:
          return Fail();  // policies have no literal sets and records
      }
    case Op::kVar:
      return CheckVar(e);
    case Op::kSet:
      return CheckSet(id, prior);
    case Op::kRecord:
      return CheckRecord(e, prior);
    default:
      return CheckCall(id, prior);
  }
}

Typechecker::Answer Typechecker::CheckVar(const Expr& e) {
  switch (e.var()) {
    case core::Var::kPrincipal:
      return Success(schema_->entity(environment_.principal).type);
    case core::Var::kAction:
      return Success(schema_->entity(schema_->action(environment_.action).type).type);
    case core::Var::kResource:
      return Success(schema_->entity(environment_.resource).type);
    case core::Var::kContext:
      return Success(schema_->action(environment_.action).context);
    case core::Var::kElement:
      break;  // of Pol only
  }
  return Fail();
}

Typechecker::Answer Typechecker::Finish(ExprId id, Answer first, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  switch (e.op) {
    case Op::kIf:
      return FinishIf(id, std::move(first), prior);
    case Op::kAnd:
      return FinishAnd(id, std::move(first), prior);
    case Op::kOr:
      return FinishOr(id, std::move(first), prior);
    case Op::kNot: {
      Expect(Operand(e, 0), first, kWantBool, "`!`");
      TypeId type = first.type == kTrue ? kFalse : first.type == kFalse ? kTrue : kBool;
      return After(first.ok, Success(type));
    }
    case Op::kNeg:
      Expect(Operand(e, 0), first, kWantLong, "`-`");
      return After(first.ok, Success(kLong));
    case Op::kEq:
      return FinishEq(id, std::move(first), prior);
    case Op::kLess:
    case Op::kLessEq:
      return FinishComparison(id, std::move(first), prior);
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
      return FinishArithmetic(id, std::move(first), prior);
    case Op::kIn:
      return FinishIn(id, std::move(first), prior);
    case Op::kIs:
      return FinishIs(id, std::move(first));
    case Op::kHas:
      return FinishHas(id, std::move(first), prior);
    case Op::kGetAttr:
      return FinishGetAttr(id, std::move(first), prior);
    case Op::kHasTag:
    case Op::kGetTag:
      return FinishTag(id, std::move(first), prior);
    case Op::kLike:
      Expect(Operand(e, 0), first, kWantString, "`like`");
      return After(first.ok, Success(kBool));
    case Op::kContains:
      return FinishContains(id, std::move(first), prior);
    case Op::kContainsAll:
    case Op::kContainsAny:
      return FinishContainsSets(id, std::move(first), prior);
    case Op::kIsEmpty:
      Expect(Operand(e, 0), first, kWantSet, "`isEmpty`");
      return After(first.ok, Success(kBool));
    default:
      return Fail();
  }
}

Typechecker::Answer Typechecker::CombineAnd(const Answer& left, const Answer& right) {
  bool ok = left.ok && right.ok;
  if (left.type == kNoType || right.type == kNoType) return Fail(kBool);
  if (right.type == kFalse) return After(ok, Success(kFalse));
  Answer answer;
  if (right.type == kTrue) {
    answer = Success(left.type);
    answer.capabilities = left.capabilities;
    answer.capabilities.UniteWith(right.capabilities);
  } else if (left.type == kTrue) {
    answer = Success(right.type);
    answer.capabilities = right.capabilities;  // Cedar drops those of a constant left side
  } else {
    answer = Success(kBool);
    answer.capabilities = left.capabilities;
    answer.capabilities.UniteWith(right.capabilities);
  }
  return After(ok, std::move(answer));
}

Typechecker::Answer Typechecker::FinishAnd(ExprId id, Answer left, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  Expect(Operand(e, 0), left, kWantBool, "`&&`");
  if (left.type == kFalse && !source::Planted(9)) return After(left.ok, Success(kFalse));
  Answer right;
  if (left.capabilities.empty()) {
    right = Check(Operand(e, 1), prior);
  } else {
    CapabilitySet known = prior;
    known.UniteWith(left.capabilities);
    right = Check(Operand(e, 1), known);
  }
  Expect(Operand(e, 1), right, kWantBool, "`&&`");
  return CombineAnd(left, right);
}

Typechecker::Answer Typechecker::FinishOr(ExprId id, Answer left, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  Expect(Operand(e, 0), left, kWantBool, "`||`");
  if (left.type == kTrue) return left;
  Answer right = Check(Operand(e, 1), prior);
  Expect(Operand(e, 1), right, kWantBool, "`||`");
  bool ok = left.ok && right.ok;
  if (left.type == kNoType || right.type == kNoType) return Fail(kBool);
  if (right.type == kTrue) return After(ok, std::move(right));
  if (right.type == kFalse) return After(ok, std::move(left));
  if (left.type == kFalse) return After(ok, std::move(right));
  Answer answer = Success(kBool);
  answer.capabilities = std::move(right.capabilities);
  answer.capabilities.IntersectWith(left.capabilities);
  return After(ok, std::move(answer));
}

Typechecker::Answer Typechecker::FinishIf(ExprId id, Answer test, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  Expect(Operand(e, 0), test, kWantBool, "the condition of `if`");
  if (test.type == kFalse) return After(test.ok, Check(Operand(e, 2), prior));

  Answer then;
  if (test.capabilities.empty()) {
    then = Check(Operand(e, 1), prior);
  } else {
    CapabilitySet known = prior;
    known.UniteWith(test.capabilities);
    then = Check(Operand(e, 1), known);
    if (then.ok) then.capabilities.UniteWith(test.capabilities);
  }
  if (test.type == kTrue) return After(test.ok, std::move(then));

  Answer otherwise = Check(Operand(e, 2), prior);
  TypeId lub = LubOrReport(id, {then.type, otherwise.type}, LubContext::kIf);
  if (lub == kNoType) return Fail();
  Answer answer = Success(lub);
  answer.capabilities = std::move(otherwise.capabilities);
  answer.capabilities.IntersectWith(then.capabilities);
  return After(test.ok && then.ok && otherwise.ok, std::move(answer));
}

Typechecker::Answer Typechecker::FinishEq(ExprId id, Answer left, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  Answer right = Check(Operand(e, 1), prior);
  bool ok = left.ok && right.ok;

  TypeId type = kBool;
  bool disjoint = false;
  if (left.type != kNoType && right.type != kNoType && types_.kind(left.type) == TypeKind::kEntity &&
      types_.kind(right.type) == TypeKind::kEntity && left.type != right.type) {
    const std::vector<EntityTypeId>& a = types_.node(left.type).entities;
    const std::vector<EntityTypeId>& b = types_.node(right.type).entities;
    disjoint = std::none_of(a.begin(), a.end(),
                            [&](EntityTypeId x) { return std::binary_search(b.begin(), b.end(), x); });
  }
  if (disjoint) {
    type = kFalse;
  } else {
    const data::EntityUid* a = KnownEntity(Operand(e, 0));
    const data::EntityUid* b = KnownEntity(Operand(e, 1));
    bool a_known = a || IsLiteral(Operand(e, 0));
    bool b_known = b || IsLiteral(Operand(e, 1));
    if (a_known && b_known) {
      bool same = a && b ? *a == *b : !a && !b && SameLiteral(Operand(e, 0), Operand(e, 1));
      type = same ? kTrue : kFalse;
    }
  }
  if (type == kBool) ok &= Comparable(id, left.type, right.type, LubContext::kEq);
  return After(ok, Success(type));
}

Typechecker::Answer Typechecker::FinishComparison(ExprId id, Answer left, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  ExprId l = Operand(e, 0);
  ExprId r = Operand(e, 1);
  Answer right = Check(r, prior);
  const char* place = e.op == Op::kLess ? "`<`" : "`<=`";
  constexpr unsigned kAny = kWantLong | kWantDatetime | kWantDuration;
  auto want = [](TypeId type) -> unsigned {
    return type == kLong ? kWantLong : type == kDatetime ? kWantDatetime : kWantDuration;
  };
  if (left.type == kNoType || right.type == kNoType) return Fail(kBool);
  if (left.type == right.type && IsComparable(left.type)) return After(left.ok && right.ok, Success(kBool));
  if (left.type == kLong) {
    ReportUnexpected(r, right.type, kWantLong, place);
  } else if (right.type == kLong) {
    ReportUnexpected(l, left.type, kWantLong, place);
  } else if (IsComparable(left.type)) {
    ReportUnexpected(r, right.type, want(left.type), place);
  } else if (IsComparable(right.type)) {
    ReportUnexpected(l, left.type, want(right.type), place);
  } else {
    ReportUnexpected(l, left.type, kAny, place);
    ReportUnexpected(r, right.type, kAny, place);
  }
  return Fail(kBool);
}

Typechecker::Answer Typechecker::FinishArithmetic(ExprId id, Answer left, const CapabilitySet& prior) {
  const Expr& e = rule_->exprs[id];
  const char* place = e.op == Op::kAdd ? "`+`" : e.op == Op::kSub ? "`-`" : "`*`";
  Expect(Operand(e, 0), left, kWantLong, place);
  Answer right = Check(Operand(e, 1), prior);
  Expect(Operand(e, 1), right, kWantLong, place);
  return After(left.ok && right.ok, Success(kLong));
}

bool Typechecker::Fits(TypeId type, unsigned want) const {
  switch (types_.kind(type)) {
    case TypeKind::kNever:
      return true;
    case TypeKind::kTrue:
    case TypeKind::kFalse:
    case TypeKind::kBool:
      return want & kWantBool;
    case TypeKind::kLong:
      return want & kWantLong;
    case TypeKind::kString:
      return want & kWantString;
    case TypeKind::kDecimal:
      return want & kWantDecimal;
    case TypeKind::kIp:
      return want & kWantIp;
    case TypeKind::kDatetime:
      return want & kWantDatetime;
    case TypeKind::kDuration:
      return want & kWantDuration;
    case TypeKind::kAnyEntity:
    case TypeKind::kEntity:
      return want & kWantEntity;
    case TypeKind::kSet: {
      if (want & kWantSet) return true;
      TypeId element = types_.node(type).element;
      return (want & kWantEntitySet) && (element == kNever || types_.IsEntity(element));
    }
    case TypeKind::kRecord:
      return want & kWantRecord;
  }
  return false;
}

void Typechecker::Expect(ExprId id, Answer& answer, unsigned want, const char* place) {
  if (answer.type != kNoType && Fits(answer.type, want)) return;
  if (answer.type != kNoType) ReportUnexpected(id, answer.type, want, place);
  answer = Fail();
  expr_types_[id] = kNoType;
}

TypeId Typechecker::LubOrReport(ExprId id, const std::vector<TypeId>& types, LubContext context) {
  if (std::find(types.begin(), types.end(), kNoType) != types.end()) return kNoType;
  TypeId lub = kNever;
  for (TypeId type : types) {
    std::variant<TypeId, LubHelp> next = types_.Lub(lub, type, mode_);
    if (LubHelp* help = std::get_if<LubHelp>(&next)) {
      ReportIncompatible(id, types, *help, context);
      return kNoType;
    }
    lub = std::get<TypeId>(next);
  }
  return lub;
}

bool Typechecker::Comparable(ExprId id, TypeId left, TypeId right, LubContext context) {
  if (mode_ != CheckMode::kStrict || left == kNoType || right == kNoType) return true;
  std::variant<TypeId, LubHelp> lub = types_.Lub(left, right, mode_);
  if (LubHelp* help = std::get_if<LubHelp>(&lub)) {
    ReportIncompatible(id, {left, right}, *help, context);
    return false;
  }
  return true;
}

bool Typechecker::IsLiteral(ExprId id) const {
  const Expr& e = rule_->exprs[id];
  if (e.op == Op::kLiteral) return IsPrimitive(rule_->value(e));
  return !folded_.empty() && folded_[id] >= 0;
}

bool Typechecker::SameLiteral(ExprId a, ExprId b) const {
  const Expr& x = rule_->exprs[a];
  const Expr& y = rule_->exprs[b];
  auto folded = [&](const Expr& e, ExprId id) {
    return e.op == Op::kLiteral ? rule_->value(e) : data::Value(folded_[id] != 0);
  };
  if (x.op == Op::kLiteral && y.op == Op::kLiteral) return rule_->value(x) == rule_->value(y);
  return folded(x, a) == folded(y, b);
}

const data::EntityUid* Typechecker::KnownEntity(ExprId id) const {
  const Expr& e = rule_->exprs[id];
  if (e.op == Op::kVar && e.var() == core::Var::kAction)
    return &schema_->action(environment_.action).action->uid;
  if (e.op == Op::kLiteral && rule_->value(e).is(data::Kind::kEntity)) return &rule_->value(e).as_entity();
  return nullptr;
}

void Typechecker::NumberShapes() {
  const std::vector<Expr>& exprs = rule_->exprs;
  shapes_numbered_ = true;
  shapes_.assign(exprs.size(), 0);
  attribute_keys_.clear();
  std::unordered_multimap<size_t, ExprId> seen;
  seen.reserve(exprs.size());
  auto hash_value = [](const data::Value& v) -> size_t {
    switch (v.kind()) {
      case data::Kind::kBool:
        return v.as_bool();
      case data::Kind::kLong:
        return std::hash<int64_t>()(v.as_long());
      case data::Kind::kString:
        return std::hash<std::string>()(v.as_string());
      case data::Kind::kEntity:
        return data::UidHash()(v.as_entity());
      default:
        return 0;
    }
  };
  auto same = [&](ExprId a, ExprId b) {
    if (IsLiteral(a) || IsLiteral(b)) return IsLiteral(a) && IsLiteral(b) && SameLiteral(a, b);
    if (!core::SameHead(*rule_, exprs[a], *rule_, exprs[b])) return false;
    std::span<const ExprId> x = rule_->operands(a);
    std::span<const ExprId> y = rule_->operands(b);
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [&](ExprId p, ExprId q) { return shapes_[p] == shapes_[q]; });
  };
  for (ExprId id = 0; id < exprs.size(); ++id) {
    const Expr& e = exprs[id];
    size_t h = static_cast<size_t>(e.op);
    if (IsLiteral(id)) {
      h = e.op == Op::kLiteral ? hash_value(rule_->value(e)) : folded_[id];
    } else {
      if (core::HasName(e.op)) h = Mix(h, std::hash<std::string>()(rule_->name(e)));
      if (e.op == Op::kVar) h = Mix(h, static_cast<size_t>(e.var()));
      for (ExprId operand : rule_->operands(e)) h = Mix(h, shapes_[operand]);
    }
    shapes_[id] = id;
    auto [begin, end] = seen.equal_range(h);
    auto it = std::find_if(begin, end, [&](const auto& entry) { return same(entry.second, id); });
    if (it != end) {
      shapes_[id] = it->second;
    } else {
      seen.emplace(h, id);
    }
  }
}

uint32_t Typechecker::Shape(ExprId id) {
  if (!shapes_numbered_) NumberShapes();
  return shapes_[id];
}

Capability Typechecker::AttributeCapability(ExprId subject, const std::string& name) {
  uint32_t shape = Shape(subject);
  uint32_t key = attribute_keys_.emplace(name, static_cast<uint32_t>(attribute_keys_.size())).first->second;
  return {shape, key, false};
}

}  // namespace polc::sema
