#include "compiler/sema/pol_expr.h"

#include <algorithm>
#include <limits>

#include "compiler/sema/pol_constant.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using ast::ExprKind;
using core::ExprId;
using core::Op;
using data::Value;
using source::Code;
using source::Span;

void Known::And(const Known& other) {
  dead |= other.dead;
  present.insert(other.present.begin(), other.present.end());
  for (const auto& [path, types_of] : other.types) {
    auto [it, fresh] = types.emplace(path, types_of);
    if (fresh) continue;
    std::vector<std::string> both;
    std::ranges::set_intersection(it->second, types_of, std::back_inserter(both));
    it->second = std::move(both);
  }
}

void Known::Or(const Known& other) {
  if (other.dead) return;
  if (dead) {
    *this = other;
    return;
  }
  std::erase_if(present, [&](const std::string& path) { return !other.present.contains(path); });
  for (auto it = types.begin(); it != types.end();) {
    auto that = other.types.find(it->first);
    if (that == other.types.end()) {
      it = types.erase(it);
      continue;
    }
    std::vector<std::string> either;
    std::ranges::set_union(it->second, that->second, std::back_inserter(either));
    it->second = std::move(either);
    ++it;
  }
}

std::string Expressions::Text(Span span) const {
  return span.valid() ? source::Excerpt(map_.text(span)) : std::string("it");
}

source::Diagnostic& Expressions::Report(Code code, Span span, std::string message) {
  return sink_.Report(code, span, std::move(message));
}

Typed Expressions::Error(Span span) {
  Typed e;
  e.span = span;
  return e;
}

Typed Expressions::Constant(Type type, Value value, Span span) {
  Typed e;
  e.type = std::move(type);
  e.constant = std::move(value);
  e.span = span;
  return e;
}

Typed Expressions::Made(Type type, ExprId id, Span span) const {
  Typed e;
  e.type = std::move(type);
  e.id = id;
  e.span = span;
  return e;
}

ExprId Expressions::Emit(Typed& e) {
  if (e.constant) {
    e.id = rule_.AddLiteral(*std::move(e.constant), e.span);
    e.constant.reset();
  }
  return e.id;
}

Typed Expressions::Unexpected(ast::ExprId id, const Type& type, std::string_view place,
                              std::string_view wanted) {
  if (type.error()) return Error(At(id).span);
  Report(Code::kUnexpectedType, At(id).span,
         fmt::format("`{}` is of type {}; {} takes {}", Text(id), TypeText(type), place, wanted));
  return Error(At(id).span);
}

Typed Expressions::Not(Typed e, bool negated) {
  if (!negated || e.error()) return e;
  std::swap(e.when_true, e.when_false);
  if (e.constant) {
    e.constant = Value(!e.constant->as_bool());
  } else {
    e.id = rule_.Add(Op::kNot, {e.id}, e.span);
  }
  e.path.clear();
  return e;
}

ExprId Expressions::Condition(ast::ExprId id, Known& known, bool negated) {
  Typed e = Check(id, known);
  if (!e.error() && !e.type.is(Kind::kBool)) e = Unexpected(id, e.type, "a condition", "Bool");
  if (e.error()) return core::kNoExpr;
  e = Not(std::move(e), negated);
  known.And(e.when_true);
  return Emit(e);
}

ExprId Expressions::ValueOf(ast::ExprId id, const Type& wanted, std::string_view what, const Known& known) {
  Typed e = Check(id, known);
  if (e.error() || wanted.error()) return core::kNoExpr;
  if (!Fits(e.type, wanted)) {
    source::Diagnostic& report = Report(Code::kUnexpectedType, At(id).span,
                                        fmt::format("`{}` is of type {}; {} is of type {}", Text(id),
                                                    TypeText(e.type), what, TypeText(wanted)));
    const ast::Expr& written = At(ast::SkipParens(world_.file(source_), id));
    if (written.kind == ExprKind::kNumber && wanted.is(Kind::kDecimal)) {
      report.help = fmt::format("write `{}.0`", written.integer);
    } else if (written.kind == ExprKind::kNumber && wanted.is(Kind::kPercent)) {
      report.help = fmt::format("write `{}%`", written.integer);
    }
    return core::kNoExpr;
  }
  return Emit(e);
}

Typed Expressions::Check(ast::ExprId id, const Known& known) {
  id = ast::SkipParens(world_.file(source_), id);
  if (too_large_) return Error(At(id).span);
  if (depth_ >= kMaxDepth || ++visited_ > kMaxExprs || rule_.exprs.size() > kMaxExprs) {
    too_large_ = true;
    if (depth_ >= kMaxDepth) {
      Report(Code::kNestingTooDeep, At(id).span,
             fmt::format("the expression is nested more than {} deep", kMaxDepth));
    } else {
      Report(Code::kPolicyTooLarge, At(id).span,
             fmt::format("what stands here comes to more than {} expressions", kMaxExprs));
    }
    return Error(At(id).span);
  }
  ++depth_;
  const ExprKind kind = At(id).kind;
  Typed e = kind == ExprKind::kAnd || kind == ExprKind::kOr ? Chain(id, known) : CheckOne(id, known);
  --depth_;
  return e;
}

// `a and b and c`, `a or b or c`: from the first on, each with what those before it showed.
Typed Expressions::Chain(ast::ExprId id, const Known& known) {
  const bool conjunction = At(id).kind == ExprKind::kAnd;
  std::vector<ast::ExprId> pending;
  for (; At(id).kind == (conjunction ? ExprKind::kAnd : ExprKind::kOr); id = At(id).operands[0]) {
    pending.push_back(id);
  }
  const std::string_view place = conjunction ? "`and`" : "`or`";
  Typed left = Check(id, known);
  bool good = !left.error();
  if (good && !left.type.is(Kind::kBool)) {
    Unexpected(id, left.type, place, "Bool");
    good = false;
  }
  Known here = known;
  for (; !pending.empty(); pending.pop_back()) {
    const ast::Expr& whole = At(pending.back());
    here.And(conjunction ? left.when_true : left.when_false);
    // What is never evaluated is not looked at, as in Cedar.
    if (here.dead) continue;
    Typed right = Check(whole.operands[1], here);
    if (!right.error() && !right.type.is(Kind::kBool)) {
      Unexpected(whole.operands[1], right.type, place, "Bool");
      good = false;
    }
    good &= !right.error();
    if (!good) {
      left.when_true = left.when_false = {};
      continue;
    }
    Typed both =
        Bool(rule_.Add(conjunction ? Op::kAnd : Op::kOr, {Emit(left), Emit(right)}, whole.span), whole.span);
    if (conjunction) {
      both.when_true = std::move(left.when_true);
      both.when_true.And(right.when_true);
      both.when_false = std::move(left.when_false);
      both.when_false.Or(right.when_false);
    } else {
      both.when_false = std::move(left.when_false);
      both.when_false.And(right.when_false);
      both.when_true = std::move(left.when_true);
      both.when_true.Or(right.when_true);
    }
    left = std::move(both);
  }
  return good ? left : Error(left.span);
}

Typed Expressions::CheckOne(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  switch (e.kind) {
    case ExprKind::kBool:
    case ExprKind::kNumber:
    case ExprKind::kDecimal:
    case ExprKind::kPercent:
    case ExprKind::kDuration:
    case ExprKind::kTime:
    case ExprKind::kText:
    case ExprKind::kAddress:
    case ExprKind::kEntity:
      return Literal(e);
    case ExprKind::kSet:
    case ExprKind::kRecord:
      return SetOrRecord(id, known);
    case ExprKind::kVar:
      return Var(e, known);
    case ExprKind::kName:
      return Name(id, known);
    case ExprKind::kAttr:
      return Attribute(id, known);
    case ExprKind::kMethod:
      return Method(id, known);
    case ExprKind::kKeyed:
      return Keyed(id, known);
    case ExprKind::kIf:
      return If(id, known);
    case ExprKind::kNot: {
      Typed operand = Check(e.operands[0], known);
      if (!operand.error() && !operand.type.is(Kind::kBool)) {
        return Unexpected(e.operands[0], operand.type, "`not`", "Bool");
      }
      operand.span = e.span;
      return Not(std::move(operand), true);
    }
    case ExprKind::kEvery:
    case ExprKind::kSome:
    case ExprKind::kCount:
      return Quantifier(id, known);
    case ExprKind::kNeg:
    case ExprKind::kAdd:
    case ExprKind::kSub:
    case ExprKind::kMul:
      return Arithmetic(id, known);
    case ExprKind::kIs:
      return Not(Is(id, known), e.negated);
    case ExprKind::kBelow:
    case ExprKind::kAtMost:
    case ExprKind::kAbove:
    case ExprKind::kAtLeast:
      return Not(Comparison(id, known), e.negated);
    case ExprKind::kIsIn:
      return Not(IsIn(id, known), e.negated);
    case ExprKind::kBetween:
      return Not(Between(id, known), e.negated);
    case ExprKind::kOneOf:
      return Not(OneOf(id, known), e.negated);
    case ExprKind::kIn:
      return Not(In(id, known), e.negated);
    case ExprKind::kContains:
      return Not(Contains(id, known), e.negated);
    case ExprKind::kHas:
    case ExprKind::kExists:
      return Not(Has(id, known), e.negated);
    case ExprKind::kMissing:
      return Not(Has(id, known), !e.negated);
    case ExprKind::kMatches:
    case ExprKind::kStartsWith:
    case ExprKind::kEndsWith:
      return Not(LikePattern(id, known), e.negated);
    case ExprKind::kWithin:
      return Not(Within(id, known), e.negated);
    case ExprKind::kUnderDomain:
    case ExprKind::kUnderPath:
      return Not(Under(id, known), e.negated);
    case ExprKind::kIsClass:
      return Not(IsClass(id, known), e.negated);
    case ExprKind::kIsState:
      return Not(State(id, known), e.negated);
    case ExprKind::kParen:
    case ExprKind::kAnd:
    case ExprKind::kOr:
      break;  // Check's
  }
  return Error(e.span);
}

Typed Expressions::Literal(const ast::Expr& e) {
  switch (e.kind) {
    case ExprKind::kBool:
      return Constant(Simple(Kind::kBool), Value(e.integer != 0), e.span);
    case ExprKind::kNumber:
      return Constant(Simple(Kind::kNumber), Value(e.integer), e.span);
    case ExprKind::kDecimal:
      return Constant(Simple(Kind::kDecimal), Value(data::Decimal{e.integer}), e.span);
    case ExprKind::kPercent:
      return Constant(Simple(Kind::kPercent), Value(data::Decimal{e.integer}), e.span);
    case ExprKind::kDuration:
      return Constant(Simple(Kind::kDuration), Value(data::Duration{e.integer}), e.span);
    case ExprKind::kTime:
      return Constant(Simple(Kind::kTime), Value(data::Datetime{e.integer}), e.span);
    case ExprKind::kText:
      return Constant(Simple(Kind::kText), Value(e.text), e.span);
    case ExprKind::kAddress:
      return Constant(Simple(Kind::kAddress), AddressOf(e.text), e.span);
    default: {
      std::optional<data::EntityUid> uid = Resolver(world_, source_, sink_).FindEntity(e.entity);
      if (!uid) return Error(e.span);
      Type type = EntityOf(uid->type);
      return Constant(std::move(type), Value(std::move(*uid)), e.span);
    }
  }
}

Typed Expressions::SetOrRecord(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  const bool set = e.kind == ExprKind::kSet;
  std::vector<Typed> parts;
  bool good = true, constant = true;
  for (ast::ExprId operand : e.operands) {
    parts.push_back(Check(operand, known));
    good &= !parts.back().error();
    constant &= parts.back().constant.has_value();
  }
  if (!good) return Error(e.span);
  Type type;
  if (set) {
    Type element = Simple(Kind::kNever);
    for (size_t i = 0; i < parts.size(); ++i) {
      std::optional<Type> joined = Join(element, parts[i].type);
      if (!joined) {
        Report(Code::kIncompatibleTypes, parts[i].span,
               fmt::format("`{}` is of type {}; the elements of the set before it are of type {}",
                           Text(parts[i].span), TypeText(parts[i].type), TypeText(element)));
        return Error(e.span);
      }
      element = *std::move(joined);
    }
    type = SetOf(std::move(element), static_cast<uint32_t>(std::max<size_t>(parts.size(), 1)));
  } else {
    RecordType record;
    for (size_t i = 0; i < parts.size(); ++i) {
      Field field;
      field.name = e.texts[i];
      field.type = parts[i].type;
      record.fields.push_back(std::move(field));
    }
    std::ranges::sort(record.fields, {}, &Field::name);
    type = Simple(Kind::kRecord);
    type.record = std::make_shared<const RecordType>(std::move(record));
  }
  if (constant && set) {
    std::vector<Value> values;
    for (Typed& part : parts) values.push_back(*std::move(part.constant));
    return Constant(std::move(type), Value::MakeSet(std::move(values)), e.span);
  }
  if (constant) {
    data::Record fields;
    for (size_t i = 0; i < parts.size(); ++i) fields.emplace_back(e.texts[i], *std::move(parts[i].constant));
    return Constant(std::move(type), Value::MakeRecord(std::move(fields)), e.span);
  }
  if (set) {
    std::vector<ExprId> ids;
    for (Typed& part : parts) ids.push_back(Emit(part));
    return Made(std::move(type), rule_.Add(Op::kSet, ids, e.span), e.span);
  }
  std::vector<std::pair<std::string, ExprId>> fields;
  for (size_t i = 0; i < parts.size(); ++i) fields.emplace_back(e.texts[i], Emit(parts[i]));
  return Made(std::move(type), rule_.AddRecord(std::move(fields), e.span), e.span);
}

Typed Expressions::If(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  Typed test = Check(e.operands[0], known);
  if (!test.error() && !test.type.is(Kind::kBool))
    test = Unexpected(e.operands[0], test.type, "`if`", "Bool");
  Known then_known = known, else_known = known;
  then_known.And(test.when_true);
  else_known.And(test.when_false);
  if (then_known.dead) return test.error() ? Error(e.span) : Check(e.operands[2], else_known);
  Typed yes = Check(e.operands[1], then_known);
  if (else_known.dead) return test.error() ? Error(e.span) : yes;
  Typed no = Check(e.operands[2], else_known);
  if (test.error() || yes.error() || no.error()) return Error(e.span);
  std::optional<Type> type = Join(yes.type, no.type);
  if (!type) {
    Report(Code::kIncompatibleTypes, e.span,
           fmt::format("`{}` is of type {} and `{}` of type {}; both sides of an `if` have one type",
                       Text(yes.span), TypeText(yes.type), Text(no.span), TypeText(no.type)));
    return Error(e.span);
  }
  const ExprId condition = Emit(test), first = Emit(yes), second = Emit(no);
  return Made(*std::move(type), rule_.Add(Op::kIf, {condition, first, second}, e.span), e.span);
}

Typed Expressions::Quantifier(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  const char* word = e.kind == ExprKind::kEvery ? "every" : e.kind == ExprKind::kSome ? "some" : "number of";
  if (!variable_.empty()) {
    Report(Code::kNestedQuantifier, e.span,
           fmt::format("`{}` stands inside another one; quantifiers do not nest", word))
        .help = "make the inner one a fact, or split the clause";
    return Error(e.span);
  }
  Typed set = Check(e.operands[0], known);
  if (set.error()) return set;
  if (!set.type.is(Kind::kSet)) {
    return Unexpected(e.operands[0], set.type, fmt::format("`{}`", word), "a set");
  }
  if (set.type.at_most == 0 && !set.type.element->is(Kind::kNever)) {
    Report(
        Code::kUnboundedSet, At(e.operands[0]).span,
        fmt::format("`{}` may have any number of elements; `{}` asks for a bound", Text(e.operands[0]), word))
        .help = fmt::format("declare it `{}, at most N`", TypeText(set.type));
    return Error(e.span);
  }
  constexpr SymbolKinds kTaken = kValueKinds;
  std::vector<const Symbol*> same = world_.Lookup(source_, e.text, kTaken);
  if (!same.empty() || e.text == "now") {
    source::Diagnostic& report =
        Report(Code::kAmbiguousName, e.name_span,
               fmt::format("`{}` is a {} already; a name has one meaning", e.text,
                           same.empty() ? "word for the time" : KindText(same.front()->kind)));
    if (!same.empty() && same.front()->span.valid()) {
      report.labels.push_back({same.front()->span, "declared here"});
    }
    return Error(e.span);
  }
  variable_ = e.text;
  element_ = *set.type.element;
  const ExprId over = Emit(set);
  Known body_known = known;
  Typed body = Check(e.operands[1], body_known);
  variable_.clear();
  if (body.error()) return Error(e.span);
  if (!body.type.is(Kind::kBool)) return Unexpected(e.operands[1], body.type, "`satisfies`", "Bool");
  const Op op = e.kind == ExprKind::kEvery ? Op::kEvery : e.kind == ExprKind::kSome ? Op::kSome : Op::kNumber;
  const ExprId all = rule_.Add(op, {over, Emit(body)}, e.span);
  return e.kind == ExprKind::kCount ? Made(Simple(Kind::kNumber), all, e.span) : Bool(all, e.span);
}

Typed Expressions::Arithmetic(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  Typed left = Check(e.operands[0], known);
  if (e.kind == ExprKind::kNeg) {
    if (left.error()) return left;
    if (!left.type.is(Kind::kNumber)) return Unexpected(e.operands[0], left.type, "`-`", "Number");
    return Made(Simple(Kind::kNumber), rule_.Add(Op::kNeg, {Emit(left)}, e.span), e.span);
  }
  Typed right = Check(e.operands[1], known);
  if (left.error() || right.error()) return Error(e.span);
  const char* op = e.kind == ExprKind::kAdd ? "+" : e.kind == ExprKind::kSub ? "-" : "*";
  const bool times = left.type.is(Kind::kTime);
  if (times && e.kind == ExprKind::kAdd && right.type.is(Kind::kDuration)) {
    const ExprId args[] = {Emit(left), Emit(right)};
    return Made(Simple(Kind::kTime), rule_.AddCall(data::ExtFn::kOffset, args, e.span), e.span);
  }
  if (times && e.kind == ExprKind::kSub && right.type.is(Kind::kTime)) {
    const ExprId args[] = {Emit(left), Emit(right)};
    return Made(Simple(Kind::kDuration), rule_.AddCall(data::ExtFn::kDurationSince, args, e.span), e.span);
  }
  if (times && e.kind == ExprKind::kSub && right.type.is(Kind::kDuration) && right.constant &&
      right.constant->as_duration().ms != std::numeric_limits<int64_t>::min()) {
    right.constant = Value(data::Duration{-right.constant->as_duration().ms});
    const ExprId args[] = {Emit(left), Emit(right)};
    return Made(Simple(Kind::kTime), rule_.AddCall(data::ExtFn::kOffset, args, e.span), e.span);
  }
  for (size_t i = 0; i < 2; ++i) {
    const Typed& side = i == 0 ? left : right;
    if (side.type.is(Kind::kNumber)) continue;
    Unexpected(e.operands[i], side.type, fmt::format("`{}`", op), "Number");
    return Error(e.span);
  }
  if (e.kind == ExprKind::kMul && !left.constant && !right.constant) {
    Report(Code::kNonLiteralFactor, e.span,
           fmt::format(
               "`{}` multiplies two values that vary; one side of `*` is a literal, so that what a policy "
               "allows can be proved",
               Text(id)));
    return Error(e.span);
  }
  const Op core_op = e.kind == ExprKind::kAdd ? Op::kAdd : e.kind == ExprKind::kSub ? Op::kSub : Op::kMul;
  const ExprId first = Emit(left), second = Emit(right);
  return Made(Simple(Kind::kNumber), rule_.Add(core_op, {first, second}, e.span), e.span);
}

}  // namespace polc::sema::pol
