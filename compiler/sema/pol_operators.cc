// Comparisons, tests of texts, sets and addresses, methods (pol_expr.h).
#include <algorithm>

#include "compiler/data/extension.h"
#include "compiler/sema/pol_constant.h"
#include "compiler/sema/pol_expr.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::sema::pol {

using ast::ExprKind;
using core::ExprId;
using core::Op;
using data::Value;
using source::Code;
using source::Span;

namespace {

// Whether a value of the type has a level inside, where no comparison sees its order.
bool HidesLevel(const Type& type) {
  if (type.is(Type::Kind::kSet)) return type.element->is(Type::Kind::kLevel) || HidesLevel(*type.element);
  if (!type.is(Type::Kind::kRecord)) return false;
  return std::ranges::any_of(type.record->fields, [](const Field& field) {
    return field.type.is(Type::Kind::kLevel) || HidesLevel(field.type);
  });
}

}  // namespace

std::string Expressions::Operator(const ast::Expr& e) const {
  const bool symbol = e.spelled == ast::Spelling::kSymbol, time = e.spelled == ast::Spelling::kTime;
  switch (e.kind) {
    case ExprKind::kBelow:
      return symbol ? "`<`" : time ? "`is before`" : "`is below`";
    case ExprKind::kAtMost:
      return symbol ? "`<=`" : "`is at most`";
    case ExprKind::kAbove:
      return symbol ? "`>`" : time ? "`is after`" : "`is above`";
    case ExprKind::kAtLeast:
      return symbol ? "`>=`" : "`is at least`";
    case ExprKind::kBetween:
      return "`is between`";
    case ExprKind::kOneOf:
      return "`is one of`";
    default:
      return symbol ? (e.negated ? "`!=`" : "`==`") : e.negated ? "`is not`" : "`is`";
  }
}

ExprId Expressions::RankOf(Typed& e) {
  if (e.constant) {
    const core::Levels& levels = world_.levels.at(e.type.levels);
    const size_t rank = levels.RankOf(e.constant->as_string()).value_or(0);
    return rule_.AddLiteral(Value(static_cast<int64_t>(rank)), e.span);
  }
  return rule_.AddNamed(Op::kRank, e.id, e.type.levels, e.span);
}

Typed Expressions::Is(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  // `x is Agent`: the name of a type, unless the quantifier's variable has it.
  if (std::optional<ast::Name> name = ast::DottedName(world_.file(source_), e.operands[1])) {
    std::vector<const Symbol*> symbols = world_.Lookup(source_, name->text, kValueKinds);
    if (symbols.size() == 1 && symbols.front()->kind == SymbolKind::kType && name->text != variable_) {
      return IsType(e.operands[0], symbols.front()->key, e.span, known);
    }
  }
  Typed left = Check(e.operands[0], known);
  Typed right = Check(e.operands[1], known);
  return Equal(std::move(left), std::move(right), e.span, e.name_span);
}

Typed Expressions::IsType(ast::ExprId subject_id, const std::string& type, Span span, const Known& known) {
  Typed subject = Check(subject_id, known);
  if (subject.error()) return Error(span);
  if (!subject.type.is(Kind::kEntity)) {
    return Unexpected(subject_id, subject.type, fmt::format("`is {}`", PolName(type)), "an entity");
  }
  const std::vector<std::string>& may_be = subject.type.entities;
  if (!may_be.empty() && !std::ranges::binary_search(may_be, type) && !world_.sources[source_].library) {
    Report(Code::kIncompatibleTypes, span,
           fmt::format("`{}` is of type {}, so it is never a {}", Text(subject_id), TypeText(subject.type),
                       PolName(type)));
    return Error(span);
  }
  const std::string path = subject.path;
  Typed out = Bool(rule_.AddNamed(Op::kIs, Emit(subject), type, span), span);
  if (!path.empty()) {
    out.when_true.types[path] = {type};
    std::vector<std::string> others = may_be;
    std::erase(others, type);
    if (!may_be.empty()) {
      out.when_true.dead = others.size() == may_be.size();
      out.when_false.dead = others.empty();
      if (!others.empty()) out.when_false.types[path] = std::move(others);
    }
  }
  return out;
}

Typed Expressions::IsIn(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  std::optional<ast::Name> name = ast::DottedName(world_.file(source_), e.operands[1]);
  if (!name) {
    Report(Code::kUnexpectedType, At(e.operands[1]).span,
           fmt::format("`{}` is no type; `is T in G` asks for a type and a group", Text(e.operands[1])));
    return Error(e.span);
  }
  std::optional<std::string> type = Resolver(world_, source_, sink_).FindEntityType(*name);
  if (!type) return Error(e.span);
  Typed is = IsType(e.operands[0], *type, e.span, known);
  if (is.error()) return Error(e.span);
  Known here = known;
  here.And(is.when_true);
  Typed subject = Check(e.operands[0], here);
  Typed in = InEntity(std::move(subject), e.operands[2], e.span, here);
  if (in.error()) return Error(e.span);
  const ExprId first = Emit(is);
  Typed out = Bool(rule_.Add(Op::kAnd, {first, Emit(in)}, e.span), e.span);
  out.when_true = std::move(is.when_true);
  return out;
}

Typed Expressions::Equal(Typed left, Typed right, Span span, Span op) {
  if (left.error() || right.error()) return Error(span);
  if (!Comparable(left.type, right.type)) {
    source::Diagnostic& report =
        Report(Code::kIncompatibleTypes, op.valid() ? op : span,
               fmt::format("`{}` is of type {} and `{}` of type {}, so they are never equal", Text(left.span),
                           TypeText(left.type), Text(right.span), TypeText(right.type)));
    if (left.type.is(Kind::kSet) && Comparable(*left.type.element, right.type)) {
      report.help = fmt::format("a set has elements: `{} contains {}`", Text(left.span), Text(right.span));
    } else if (left.type.is(Kind::kDecimal) && right.type.is(Kind::kNumber) && right.constant) {
      report.help = fmt::format("write `{}.0`", Text(right.span));
    } else if (left.type.is(Kind::kPercent) && right.type.is(Kind::kNumber) && right.constant) {
      report.help = fmt::format("write `{}%`", Text(right.span));
    }
    return Error(span);
  }
  if (HidesLevel(left.type) || HidesLevel(right.type)) {
    Report(Code::kUnexpectedType, span,
           fmt::format("`{}` has levels in it; levels are compared one by one, in their order",
                       Text(left.span)));
    return Error(span);
  }
  ExprId first, second;
  if (left.type.is(Kind::kLevel) && right.type.is(Kind::kLevel)) {
    first = RankOf(left);
    second = RankOf(right);
  } else {
    first = Emit(left);
    second = Emit(right);
  }
  Typed out = Bool(rule_.Add(Op::kEq, {first, second}, span), span);
  // `action is restart_pod` says which context there is.
  if (left.path == "action") {
    const core::Expr& literal = rule_.exprs[second];
    if (literal.op == Op::kLiteral) {
      for (const ActionInfo* action : reach_.actions) {
        if (rule_.value(literal) != Value(action->uid)) continue;
        out.when_true.types["action"] = {action->written};
      }
    }
  }
  return out;
}

Typed Expressions::Comparison(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  Typed left = Check(e.operands[0], known);
  Typed right = Check(e.operands[1], known);
  return Order(e.kind, std::move(left), std::move(right), e.span, e.name_span);
}

Typed Expressions::Order(ExprKind kind, Typed left, Typed right, Span span, Span op) {
  if (left.error() || right.error()) return Error(span);
  const Type& type = left.type;
  const bool ordered = type.is(Kind::kNumber) || type.is(Kind::kTime) || type.is(Kind::kDuration) ||
                       type.is(Kind::kLevel) || type.is(Kind::kDecimal) || type.is(Kind::kPercent);
  if (!ordered) {
    Report(Code::kUnexpectedType, left.span,
           fmt::format("`{}` is of type {}, which has no order", Text(left.span), TypeText(type)));
    return Error(span);
  }
  if (!(right.type == type)) {
    source::Diagnostic& report =
        Report(Code::kIncompatibleTypes, op.valid() ? op : span,
               fmt::format("`{}` is of type {} and `{}` of type {}; what is compared has one type",
                           Text(left.span), TypeText(type), Text(right.span), TypeText(right.type)));
    if (right.type.is(Kind::kNumber) && right.constant) {
      if (type.is(Kind::kDecimal)) report.help = fmt::format("write `{}.0`", Text(right.span));
      if (type.is(Kind::kPercent)) report.help = fmt::format("write `{}%`", Text(right.span));
      if (type.is(Kind::kDuration))
        report.help = fmt::format("say of what: `{0}s`, `{0}m`", Text(right.span));
    } else if (type.is(Kind::kNumber) && right.type.is(Kind::kPercent)) {
      report.help = fmt::format("declare `{}` as Percent, or compare it with a number", Text(left.span));
    }
    return Error(span);
  }
  if (type.is(Kind::kDecimal) || type.is(Kind::kPercent)) {
    const data::ExtFn fn = kind == ExprKind::kBelow    ? data::ExtFn::kLessThan
                           : kind == ExprKind::kAtMost ? data::ExtFn::kLessThanOrEqual
                           : kind == ExprKind::kAbove  ? data::ExtFn::kGreaterThan
                                                       : data::ExtFn::kGreaterThanOrEqual;
    const ExprId args[] = {Emit(left), Emit(right)};
    return Bool(rule_.AddCall(fn, args, span), span);
  }
  const bool levels = type.is(Kind::kLevel);
  const ExprId first = levels ? RankOf(left) : Emit(left);
  const ExprId second = levels ? RankOf(right) : Emit(right);
  // Above is not at most, at least is not below: the operands stay in their order.
  const Op core_op = kind == ExprKind::kBelow || kind == ExprKind::kAtLeast ? Op::kLess : Op::kLessEq;
  Typed out = Bool(rule_.Add(core_op, {first, second}, span), span);
  return Not(std::move(out), kind == ExprKind::kAbove || kind == ExprKind::kAtLeast);
}

Typed Expressions::Between(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  Typed low = Order(ExprKind::kAtLeast, Check(e.operands[0], known), Check(e.operands[1], known), e.span,
                    e.name_span);
  if (low.error()) return low;
  Typed high =
      Order(ExprKind::kAtMost, Check(e.operands[0], known), Check(e.operands[2], known), e.span, e.name_span);
  if (high.error()) return high;
  return Bool(rule_.Add(Op::kAnd, {low.id, high.id}, e.span), e.span);
}

Typed Expressions::OneOf(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  Typed subject = Check(e.operands[0], known);
  Typed set = Check(e.operands[1], known);
  if (subject.error() || set.error()) return Error(e.span);
  if (!set.type.is(Kind::kSet)) return Unexpected(e.operands[1], set.type, "`is one of`", "a set");
  return ContainsValue(std::move(set), std::move(subject), e.span);
}

Typed Expressions::ContainsValue(Typed set, Typed value, Span span) {
  if (!Comparable(*set.type.element, value.type)) {
    Report(Code::kIncompatibleTypes, span,
           fmt::format("`{}` is of type {}; the elements of `{}` are of type {}", Text(value.span),
                       TypeText(value.type), Text(set.span), TypeText(*set.type.element)));
    return Error(span);
  }
  if (set.type.element->is(Kind::kLevel) || HidesLevel(value.type)) {
    if (!set.constant || !value.type.is(Kind::kLevel)) {
      Report(
          Code::kUnexpectedType, span,
          fmt::format("`{}` has levels in it, which vary; levels are compared in their order, or with levels "
                      "that are written out",
                      Text(set.span)));
      return Error(span);
    }
    std::vector<Value> ranks;
    const core::Levels& levels = world_.levels.at(value.type.levels);
    for (const Value& level : set.constant->as_set()) {
      ranks.emplace_back(static_cast<int64_t>(levels.RankOf(level.as_string()).value_or(0)));
    }
    const ExprId of = RankOf(value);
    const ExprId in = rule_.AddLiteral(Value::MakeSet(std::move(ranks)), set.span);
    return Bool(rule_.Add(Op::kContains, {in, of}, span), span);
  }
  const std::string path = value.path;
  std::optional<Value> constants = set.constant;
  const ExprId of = Emit(value), in = Emit(set);
  Typed out = Bool(rule_.Add(Op::kContains, {in, of}, span), span);
  if (path == "action" && constants) {
    std::vector<std::string> actions;
    for (const ActionInfo* action : reach_.actions) {
      if (constants->Contains(Value(action->uid))) actions.push_back(action->written);
    }
    std::ranges::sort(actions);
    if (!actions.empty()) out.when_true.types["action"] = std::move(actions);
  }
  return out;
}

Typed Expressions::In(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  return InEntity(Check(e.operands[0], known), e.operands[1], e.span, known);
}

Typed Expressions::InEntity(Typed left, ast::ExprId right_id, Span span, const Known& known) {
  Typed right = Check(right_id, known);
  if (left.error() || right.error()) return Error(span);
  const std::string subject = Text(left.span), object = Text(right_id);
  if (!left.type.is(Kind::kEntity)) {
    source::Diagnostic& report =
        Report(Code::kInOnText, left.span,
               fmt::format("`{}` is of type {}; `in` asks whether an entity is in a group", subject,
                           TypeText(left.type)));
    const bool set = right.type.is(Kind::kSet);
    if (set && Comparable(*right.type.element, left.type)) {
      report.help = right.constant || right.path.empty()
                        ? fmt::format("write `{} is one of {}`", subject, object)
                        : fmt::format("write `{} contains {}`", object, subject);
    } else if (right.type.is(Kind::kText) && left.constant) {
      report.help = fmt::format("write `{} contains {}`", object, subject);
    } else if (right.type.is(Kind::kText)) {
      report.help = right.constant
                        ? fmt::format("write `{0} is {1}`, `{0} starts with {1}` or `{0} contains {1}`",
                                      subject, object)
                        : fmt::format("write `{} is {}`", subject, object);
    } else if (left.type.is(Kind::kAddress)) {
      report.help = fmt::format("write `{} is within {}`", subject, object);
    }
    return Error(span);
  }
  Type group = right.type;
  if (group.is(Kind::kSet)) group = *right.type.element;
  if (!group.is(Kind::kEntity)) return Unexpected(right_id, right.type, "`in`", "a group or a set of groups");
  bool possible = left.type.entities.empty() || group.entities.empty();
  for (const std::string& inner : left.type.entities) {
    for (const std::string& outer : group.entities) possible |= world_.MayBeIn(inner, outer);
  }
  if (!possible) {
    Report(Code::kIncompatibleTypes, span,
           fmt::format("`{}` is of type {}, which is never in a {}", subject, TypeText(left.type),
                       TypeText(group)))
        .help = left.type.entities.size() == 1
                    ? fmt::format("declare `{} in {}`", TypeText(left.type), TypeText(group))
                    : "";
    return Error(span);
  }
  const ExprId first = Emit(left), second = Emit(right);
  return Bool(rule_.Add(Op::kIn, {first, second}, span), span);
}

Typed Expressions::NotWrittenOut(ast::ExprId text) {
  Report(
      Code::kNonLiteralPattern, At(text).span,
      fmt::format("`{}` is not written out; what a text is searched for is a literal, so that what a policy "
                  "allows can be proved",
                  Text(text)));
  return Error(At(text).span);
}

Typed Expressions::Contains(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  Typed left = Check(e.operands[0], known);
  Typed right = Check(e.operands[1], known);
  if (left.error() || right.error()) return Error(e.span);
  if (left.type.is(Kind::kSet)) return ContainsValue(std::move(left), std::move(right), e.span);
  if (!left.type.is(Kind::kText))
    return Unexpected(e.operands[0], left.type, "`contains`", "a set or a text");
  if (!right.type.is(Kind::kText) || !right.constant) return NotWrittenOut(e.operands[1]);
  core::Pattern pattern = {{true, ""}};
  if (!right.constant->as_string().empty()) pattern.push_back({false, right.constant->as_string()});
  if (pattern.size() > 1) pattern.push_back({true, ""});
  return Bool(rule_.AddLike(Emit(left), std::move(pattern), e.span), e.span);
}

namespace {

core::Pattern Normalized(const syntax::Pattern& pattern) {
  core::Pattern out;
  for (const syntax::PatternPart& part : pattern) {
    if (part.wildcard ? !out.empty() && out.back().wildcard : part.literal.empty()) continue;
    if (!part.wildcard && !out.empty() && !out.back().wildcard) {
      out.back().literal += part.literal;
    } else {
      out.push_back({part.wildcard, part.literal});
    }
  }
  return out;
}

core::Pattern Starting(std::string text) {
  if (text.empty()) return {{true, ""}};
  return {{false, std::move(text)}, {true, ""}};
}
core::Pattern Ending(std::string text) {
  if (text.empty()) return {{true, ""}};
  return {{true, ""}, {false, std::move(text)}};
}
core::Pattern Containing(std::string text) { return {{true, ""}, {false, std::move(text)}, {true, ""}}; }

std::string Lowered(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

Typed Expressions::LikePattern(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  Typed subject = Check(e.operands[0], known);
  if (subject.error()) return Error(e.span);
  const char* word = e.kind == ExprKind::kMatches      ? "`matches`"
                     : e.kind == ExprKind::kStartsWith ? "`starts with`"
                                                       : "`ends with`";
  if (!subject.type.is(Kind::kText)) return Unexpected(e.operands[0], subject.type, word, "a text");
  if (e.kind == ExprKind::kMatches)
    return Bool(rule_.AddLike(Emit(subject), Normalized(e.pattern), e.span), e.span);
  Typed text = Check(e.operands[1], known);
  if (text.error()) return Error(e.span);
  if (!text.type.is(Kind::kText)) return Unexpected(e.operands[1], text.type, word, "a text");
  if (!text.constant) return NotWrittenOut(e.operands[1]);
  std::string part = text.constant->as_string();
  core::Pattern pattern =
      e.kind == ExprKind::kStartsWith ? Starting(std::move(part)) : Ending(std::move(part));
  return Bool(rule_.AddLike(Emit(subject), std::move(pattern), e.span), e.span);
}

Typed Expressions::Within(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  Typed subject = Check(e.operands[0], known);
  const ast::Expr& right = At(ast::SkipParens(world_.file(source_), e.operands[1]));
  if (right.kind == ExprKind::kName &&
      !world_.Lookup(source_, right.text, Only(SymbolKind::kHours)).empty()) {
    const Symbol* symbol =
        Resolver(world_, source_, sink_).Find(right.text, right.span, Only(SymbolKind::kHours), "hours");
    if (!symbol || subject.error() || !world_.hours.contains(symbol->key)) return Error(e.span);
    if (!subject.type.is(Kind::kTime))
      return Unexpected(e.operands[0], subject.type, "`is within` hours", "a Time");
    return Bool(rule_.AddNamed(Op::kInHours, Emit(subject), symbol->key, e.span), e.span);
  }
  if (subject.type.is(Kind::kTime)) {
    // Only hours could be meant.
    if (right.kind == ExprKind::kName) {
      Resolver(world_, source_, sink_).Find(right.text, right.span, Only(SymbolKind::kHours), "hours");
      return Error(e.span);
    }
  }
  Typed range = Check(e.operands[1], known);
  if (subject.error() || range.error()) return Error(e.span);
  if (!subject.type.is(Kind::kAddress)) {
    return Unexpected(e.operands[0], subject.type, "`is within`", "an Address, or a Time and hours");
  }
  if (!range.type.is(Kind::kAddress))
    return Unexpected(e.operands[1], range.type, "`is within`", "an Address");
  const ExprId args[] = {Emit(subject), Emit(range)};
  return Bool(rule_.AddCall(data::ExtFn::kIsInRange, args, e.span), e.span);
}

// Host names are compared without regard to case, with or without the dot that ends a full name. A path with
// a
// `..` in it, or with an empty or `.` segment, may be another than it looks like, so it is neither under a
// path nor not: it errs.
Typed Expressions::Under(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  const bool domain = e.kind == ExprKind::kUnderDomain;
  bool good = true;
  auto subject = [&] {
    Typed s = Check(e.operands[0], known);
    if (!s.error() && !s.type.is(Kind::kText)) {
      s = Unexpected(e.operands[0], s.type, domain ? "`is under domain`" : "`is under path`", "a text");
    }
    good &= !s.error();
    return s;
  };
  Typed first = subject();
  if (!good) return Error(e.span);
  std::string root = e.text;
  while (root.ends_with(domain ? '.' : '/')) root.pop_back();
  if (domain && root.starts_with('.')) root.erase(0, 1);
  if (root.empty() && domain) {
    Report(Code::kNonLiteralPattern, e.span, "the empty domain has every host under it");
    return Error(e.span);
  }
  auto any = [&](const std::vector<core::Pattern>& patterns, bool lower) {
    ExprId all = core::kNoExpr;
    for (const core::Pattern& pattern : patterns) {
      Typed s = all == core::kNoExpr ? std::move(first) : subject();
      ExprId text = Emit(s);
      if (lower) text = rule_.Add(Op::kLower, {text}, e.span);
      const ExprId like = rule_.AddLike(text, pattern, e.span);
      all = all == core::kNoExpr ? like : rule_.Add(Op::kOr, {all, like}, e.span);
    }
    return all;
  };
  if (domain) {
    root = Lowered(std::move(root));
    const core::Pattern same = {{false, root}}, full = {{false, root + "."}};
    return Bool(any({same, Ending("." + root), full, Ending("." + root + ".")}, true), e.span);
  }
  const ExprId evasive = any({Containing("/../"),
                              Ending("/.."),
                              Containing("//"),
                              Containing("/./"),
                              Ending("/."),
                              Starting("../"),
                              {{false, ".."}}},
                             false);
  const ExprId error = rule_.AddNamed(Op::kCallUnknown, "path with `..`, `.` or an empty segment", e.span);
  first = subject();
  const ExprId under =
      root.empty() ? any({Starting("/")}, false) : any({{{false, root}}, Starting(root + "/")}, false);
  if (!good) return Error(e.span);
  return Bool(rule_.Add(Op::kIf, {evasive, error, under}, e.span), e.span);
}

Typed Expressions::Method(ast::ExprId id, const Known& known) {
  const ast::Expr& e = At(id);
  std::vector<Typed> args;
  for (ast::ExprId operand : e.operands) {
    args.push_back(Check(operand, known));
    if (args.back().error()) return Error(e.span);
  }
  struct SetMethod {
    std::string_view name;
    size_t args;
    Op op;
  };
  constexpr SetMethod kSetMethods[] = {
      {"union", 1, Op::kUnion},
      {"intersect", 1, Op::kIntersect},
      {"size", 0, Op::kSize},
      {"contains", 1, Op::kContains},
      {"containsAll", 1, Op::kContainsAll},
      {"containsAny", 1, Op::kContainsAny},
      {"isEmpty", 0, Op::kIsEmpty},
  };
  for (const SetMethod& method : kSetMethods) {
    if (method.name != e.text) continue;
    const std::string place = fmt::format("`{}`", e.text);
    if (args.size() != method.args + 1) {
      Report(Code::kWrongNumberArguments, e.span,
             fmt::format("`{}` takes {} besides the set; {} given", e.text,
                         method.args == 0 ? "nothing" : "one argument", args.size() - 1));
      return Error(e.span);
    }
    if (!args[0].type.is(Kind::kSet)) return Unexpected(e.operands[0], args[0].type, place, "a set");
    if (method.op == Op::kContains) return ContainsValue(std::move(args[0]), std::move(args[1]), e.span);
    Type result = Simple(Kind::kBool);
    if (args.size() == 2) {
      if (!args[1].type.is(Kind::kSet)) return Unexpected(e.operands[1], args[1].type, place, "a set");
      std::optional<Type> element = Join(*args[0].type.element, *args[1].type.element);
      if (!element) {
        Report(Code::kIncompatibleTypes, e.span,
               fmt::format("`{}` is {} and `{}` {}; `{}` takes sets of one type", Text(args[0].span),
                           TypeText(args[0].type), Text(args[1].span), TypeText(args[1].type), e.text));
        return Error(e.span);
      }
      if (HidesLevel(args[0].type)) {
        Report(Code::kUnexpectedType, e.span,
               fmt::format("`{}` has levels in it; levels are compared one by one, in their order",
                           Text(args[0].span)));
        return Error(e.span);
      }
      const uint32_t a = args[0].type.at_most, b = args[1].type.at_most;
      if (method.op == Op::kUnion) result = SetOf(*element, a > 0 && b > 0 ? a + b : 0);
      if (method.op == Op::kIntersect) result = SetOf(*element, a > 0 && b > 0 ? std::min(a, b) : a + b);
    }
    const bool counts = method.op == Op::kSize || method.op == Op::kUnion || method.op == Op::kIntersect;
    for (const Typed& set : args) {
      if (!counts || set.type.at_most > 0 || set.type.element->is(Kind::kNever)) continue;
      Report(
          Code::kUnboundedSet, set.span,
          fmt::format("`{}` may have any number of elements; `{}` asks for a bound", Text(set.span), e.text))
          .help = fmt::format("declare it `{}, at most N`", TypeText(set.type));
      return Error(e.span);
    }
    if (method.op == Op::kSize) result = Simple(Kind::kNumber);
    std::vector<ExprId> ids;
    for (Typed& arg : args) ids.push_back(Emit(arg));
    return Made(std::move(result), rule_.Add(method.op, ids, e.span), e.span);
  }
  if (e.text == "lower" && args[0].type.is(Kind::kText)) {
    if (args.size() != 1) {
      Report(Code::kWrongNumberArguments, e.span, "`lower` takes nothing besides the text");
      return Error(e.span);
    }
    return Made(Simple(Kind::kText), rule_.Add(Op::kLower, {Emit(args[0])}, e.span), e.span);
  }
  if (e.text == "hasTag" || e.text == "getTag") {
    const Type* tags = nullptr;
    std::optional<Type> of;
    if (args[0].type.is(Kind::kEntity) && args[0].type.entities.size() == 1) {
      of = world_.types.at(args[0].type.entities.front()).tags;
      tags = of ? &*of : nullptr;
    }
    if (!tags || args.size() != 2 || !args[1].type.is(Kind::kText)) {
      Report(tags ? Code::kWrongNumberArguments : Code::kNoTagsAllowed, e.span,
             tags ? fmt::format("`{}` takes one text", e.text)
                  : fmt::format("`{}` is of type {}, which has no tags", Text(args[0].span),
                                TypeText(args[0].type)));
      return Error(e.span);
    }
    const std::string path = args[0].path.empty() || !args[1].constant
                                 ? ""
                                 : args[0].path + "[" + source::Quote(args[1].constant->as_string()) + "]";
    const bool has = e.text == "hasTag";
    if (!has && (path.empty() || !known.present.contains(path))) {
      Report(Code::kUnsafeTagAccess, e.span,
             fmt::format("`{}` may be missing, and is read without a test", Text(e.span)))
          .help = fmt::format("test first: `{}.hasTag({}) and …`", Text(args[0].span), Text(args[1].span));
      return Error(e.span);
    }
    const ExprId entity = Emit(args[0]), tag = Emit(args[1]);
    Typed out = Made(has ? Simple(Kind::kBool) : *of,
                     rule_.Add(has ? Op::kHasTag : Op::kGetTag, {entity, tag}, e.span), e.span);
    if (has && !path.empty()) out.when_true.present.insert(path);
    return out;
  }
  return ExtensionMethod(id, std::move(args));
}

Typed Expressions::ExtensionMethod(ast::ExprId id, std::vector<Typed> args) {
  const ast::Expr& e = At(id);
  std::optional<data::ExtFn> fn = data::FindExtFn(e.text);
  auto value_kind = [](const Type& type) -> std::optional<data::Kind> {
    switch (type.kind) {
      case Kind::kDecimal:
        return data::Kind::kDecimal;
      case Kind::kAddress:
        return data::Kind::kIp;
      case Kind::kTime:
        return data::Kind::kDatetime;
      case Kind::kDuration:
        return data::Kind::kDuration;
      default:
        return std::nullopt;
    }
  };
  const bool known = fn && data::Info(*fn).style == data::CallStyle::kMethod &&
                     value_kind(args[0].type) == data::Info(*fn).args.front();
  if (!known) {
    source::Diagnostic& report =
        Report(Code::kUndefinedFunction, e.name_span,
               fmt::format("{} has no method `{}`", TypeText(args[0].type), source::Excerpt(e.text)));
    std::vector<std::string> names = {"union", "intersect", "size", "isEmpty", "lower"};
    for (const data::ExtFnInfo& info : data::AllExtFns()) {
      if (info.style == data::CallStyle::kMethod && value_kind(args[0].type) == info.args.front()) {
        names.emplace_back(info.name);
      }
    }
    if (auto near = source::DidYouMean(e.text, names)) report.help = fmt::format("did you mean `{}`?", *near);
    return Error(e.span);
  }
  const data::ExtFnInfo& info = data::Info(*fn);
  if (args.size() != info.args.size()) {
    Report(Code::kWrongNumberArguments, e.span,
           fmt::format("`{}` takes {} argument{}; {} given", e.text, info.args.size() - 1,
                       info.args.size() == 2 ? "" : "s", args.size() - 1));
    return Error(e.span);
  }
  for (size_t i = 1; i < args.size(); ++i) {
    if (value_kind(args[i].type) != info.args[i]) {
      return Unexpected(e.operands[i], args[i].type, fmt::format("`{}`", e.text),
                        i < info.args.size() ? std::string(data::KindName(info.args[i])) : "nothing");
    }
  }
  constexpr auto result = [](data::Kind kind) {
    switch (kind) {
      case data::Kind::kBool:
        return Kind::kBool;
      case data::Kind::kLong:
        return Kind::kNumber;
      case data::Kind::kDatetime:
        return Kind::kTime;
      case data::Kind::kDuration:
        return Kind::kDuration;
      case data::Kind::kIp:
        return Kind::kAddress;
      default:
        return Kind::kDecimal;
    }
  };
  std::vector<ExprId> ids;
  for (Typed& arg : args) ids.push_back(Emit(arg));
  return Made(Simple(result(info.result)), rule_.AddCall(*fn, ids, e.span), e.span);
}

}  // namespace polc::sema::pol
