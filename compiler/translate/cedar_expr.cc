#include "compiler/translate/cedar_expr.h"

#include <algorithm>
#include <map>

#include "compiler/core/can_err.h"
#include "fmt/format.h"

namespace polc::translate {

using core::Expr;
using core::ExprId;
using core::Op;
using core::Rule;
using data::Kind;
using syntax::ExprKind;
using SyntaxId = syntax::ExprId;

namespace {

bool IsElement(const Rule& rule, ExprId id) {
  return rule.exprs[id].op == Op::kVar && rule.exprs[id].var() == core::Var::kElement;
}
// Of a literal Long.
std::optional<int64_t> Number(const Rule& rule, ExprId id) {
  const Expr& e = rule.exprs[id];
  if (e.op != Op::kLiteral || !rule.value(e).is(Kind::kLong)) return std::nullopt;
  return rule.value(e).as_long();
}

// Whether a value of the type may have a part that is something else where it is left out.
bool HasDefaults(const core::Type& type) {
  if (type.element) return HasDefaults(*type.element);
  return std::ranges::any_of(
      type.fields, [](const core::Attribute& a) { return a.if_missing.has_value() || HasDefaults(*a.type); });
}

// Comparisons of numbers that ask whether there is anything: `x < 1`, `x <= 0`, `x == 0`.
bool AsksForNone(const Rule& rule, ExprId id, Op of, ExprId& counted) {
  const Expr& e = rule.exprs[id];
  const auto operands = rule.operands(e);
  auto is = [&](size_t left, int64_t number) {
    counted = operands[left];
    return rule.exprs[counted].op == of && Number(rule, operands[1 - left]) == number;
  };
  switch (e.op) {
    case Op::kLess:
      return is(0, 1);
    case Op::kLessEq:
      return is(0, 0);
    case Op::kEq:
      return is(0, 0) || is(1, 0);
    default:
      return false;
  }
}

}  // namespace

syntax::EntityRef CedarEntity(const data::EntityUid& uid) {
  return {.type = {.text = uid.type, .span = {}}, .id = uid.id, .span = {}};
}

// ------------------------------------------------------------------------------------------ Building

std::nullopt_t CedarExpressions::Cannot(const Rule& rule, ExprId id, std::string why) {
  if (why_.empty()) {
    why_ = std::move(why);
    where_ = rule.exprs[id].span;
  }
  return std::nullopt;
}

SyntaxId CedarExpressions::Add(syntax::Expr e) {
  out_.exprs.push_back(std::move(e));
  return static_cast<SyntaxId>(out_.exprs.size() - 1);
}

SyntaxId CedarExpressions::Bool(bool value) {
  return Add({.kind = ExprKind::kBool,
              .integer = value,
              .text = {},
              .operands = {},
              .texts = {},
              .name = {},
              .pattern = {},
              .span = {},
              .name_span = {}});
}

SyntaxId CedarExpressions::Var(syntax::Var var) {
  syntax::Expr e;
  e.kind = ExprKind::kVar;
  e.integer = static_cast<int64_t>(var);
  return Add(std::move(e));
}

SyntaxId CedarExpressions::Binary(ExprKind kind, SyntaxId left, SyntaxId right) {
  syntax::Expr e;
  e.kind = kind;
  e.operands = {left, right};
  return Add(std::move(e));
}

SyntaxId CedarExpressions::Not(SyntaxId operand) {
  if (const auto known = Known(out_, operand)) return Bool(!*known);
  if (out_.exprs[operand].kind == ExprKind::kNot) return out_.exprs[operand].operands[0];
  syntax::Expr e;
  e.kind = ExprKind::kNot;
  e.operands = {operand};
  return Add(std::move(e));
}

SyntaxId CedarExpressions::If(SyntaxId condition, SyntaxId yes, SyntaxId no) {
  syntax::Expr e;
  e.kind = ExprKind::kIf;
  e.operands = {condition, yes, no};
  return Add(std::move(e));
}

SyntaxId CedarExpressions::Method(SyntaxId subject, std::string name, std::vector<SyntaxId> arguments) {
  syntax::Expr e;
  e.kind = ExprKind::kMethod;
  e.text = std::move(name);
  e.operands = std::move(arguments);
  e.operands.insert(e.operands.begin(), subject);
  return Add(std::move(e));
}

SyntaxId CedarExpressions::Has(SyntaxId subject, std::string name) {
  syntax::Expr e;
  e.kind = ExprKind::kHas;
  e.operands = {subject};
  e.texts = {std::move(name)};
  return Add(std::move(e));
}

SyntaxId CedarExpressions::Get(SyntaxId subject, std::string name) {
  syntax::Expr e;
  e.kind = ExprKind::kGetAttr;
  e.operands = {subject};
  e.text = std::move(name);
  return Add(std::move(e));
}

SyntaxId CedarExpressions::Texts(const std::vector<std::string>& texts) {
  std::vector<data::Value> values;
  syntax::Expr set;
  set.kind = ExprKind::kSet;
  for (const std::string& text : texts) set.operands.push_back(Value(data::Value(text)));
  return Add(std::move(set));
}

// Recursion is as deep as the value, which whoever read it has bounded.
SyntaxId CedarExpressions::Value(const data::Value& value) {
  syntax::Expr e;
  switch (value.kind()) {
    case Kind::kBool:
      return Bool(value.as_bool());
    case Kind::kLong:
      e.kind = ExprKind::kLong;
      e.integer = value.as_long();
      break;
    case Kind::kString:
      e.kind = ExprKind::kString;
      e.text = value.as_string();
      break;
    case Kind::kEntity:
      e.kind = ExprKind::kEntity;
      e.name.text = value.as_entity().type;
      e.text = value.as_entity().id;
      break;
    case Kind::kDatetime: {
      // The one form that every time has.
      const SyntaxId zero = Value(data::Value(std::string("1970-01-01")));
      syntax::Expr start;
      start.kind = ExprKind::kCall;
      start.name.text = "datetime";
      start.operands = {zero};
      const SyntaxId since = Value(data::Value(data::Duration{value.as_datetime().ms}));
      return Method(Add(std::move(start)), "offset", {since});
    }
    case Kind::kDecimal:
    case Kind::kIp:
    case Kind::kDuration:
      e.kind = ExprKind::kCall;
      e.name.text = data::Info(data::ConstructorOf(value.kind())).name;
      e.operands = {Value(data::Value(data::CanonicalText(value)))};
      break;
    case Kind::kSet:
      e.kind = ExprKind::kSet;
      for (const data::Value& element : value.as_set()) e.operands.push_back(Value(element));
      break;
    case Kind::kRecord:
      e.kind = ExprKind::kRecord;
      for (const auto& [key, field] : value.as_record()) {
        e.texts.push_back(key);
        e.operands.push_back(Value(field));
      }
      break;
  }
  return Add(std::move(e));
}

std::optional<bool> CedarExpressions::Known(const syntax::Policy& policy, SyntaxId id) {
  const syntax::Expr& e = policy.exprs[id];
  if (e.kind != ExprKind::kBool) return std::nullopt;
  return e.integer != 0;
}

CedarExpressions::Id CedarExpressions::And(Id left, Id right) {
  if (!left || !right) return std::nullopt;
  if (const auto known = Known(out_, *left)) return *known ? right : left;
  if (const auto known = Known(out_, *right)) return *known ? left : right;
  return Binary(ExprKind::kAnd, *left, *right);
}

CedarExpressions::Id CedarExpressions::Or(Id left, Id right) {
  if (!left || !right) return std::nullopt;
  if (const auto known = Known(out_, *left)) return *known ? left : right;
  if (const auto known = Known(out_, *right)) return *known ? right : left;
  return Binary(ExprKind::kOr, *left, *right);
}

// --------------------------------------------------------------------------------------- Expressions

CedarExpressions::Id CedarExpressions::Write(const Rule& rule, ExprId id) {
  if (out_.exprs.size() > kMaxCedarExprs)
    return Cannot(rule, id, fmt::format("it comes to more than {} expressions", kMaxCedarExprs));
  if (depth_ == kMaxCedarDepth)
    return Cannot(rule, id, fmt::format("it is nested more than {} deep", kMaxCedarDepth));
  ++depth_;
  const Op op = rule.exprs[id].op;
  Id out = op == Op::kAnd || op == Op::kOr ? Chain(rule, id) : WriteOne(rule, id);
  --depth_;
  return out;
}

CedarExpressions::Id CedarExpressions::Chain(const Rule& rule, ExprId id) {
  const Op op = rule.exprs[id].op;
  std::vector<ExprId> rest;
  for (; rule.exprs[id].op == op; id = rule.operands(id)[0]) rest.push_back(rule.operands(id)[1]);
  Id out = Write(rule, id);
  for (; out && !rest.empty(); rest.pop_back()) {
    const Id next = Write(rule, rest.back());
    out = op == Op::kAnd ? And(out, next) : Or(out, next);
  }
  return out;
}

CedarExpressions::Id CedarExpressions::WriteOne(const Rule& rule, ExprId id) {
  const Expr& e = rule.exprs[id];
  const auto operands = rule.operands(e);
  switch (e.op) {
    case Op::kLiteral:
      return Value(rule.value(e));
    case Op::kVar:
      if (e.var() == core::Var::kElement)
        return Cannot(rule, id, "Cedar looks at the elements of a set only by `contains` and its kin");
      if (e.var() == core::Var::kContext) {
        const bool completed = std::ranges::any_of(reach_, [](const core::Action* action) {
          return std::ranges::any_of(action->context, [](const core::Attribute& a) {
            return a.if_missing.has_value() || HasDefaults(*a.type);
          });
        });
        if (completed) return Cannot(rule, id, "in Cedar `context` as a whole lacks what is left out");
      }
      return Var(static_cast<syntax::Var>(e.var()));
    case Op::kNot: {
      ExprId of = core::kNoExpr;
      if (const auto ranks = RanksOf(rule, id, of)) return Among(rule, of, *ranks->first, ranks->second);
      const Id operand = Write(rule, operands[0]);
      return operand ? Id(Not(*operand)) : Id();
    }
    case Op::kIf: {
      const Id condition = Write(rule, operands[0]), yes = Write(rule, operands[1]),
               no = Write(rule, operands[2]);
      if (!condition || !yes || !no) return std::nullopt;
      return If(*condition, *yes, *no);
    }
    case Op::kLess:
    case Op::kLessEq:
    case Op::kEq:
    case Op::kContains:
      return Comparison(rule, id);
    case Op::kHas:
    case Op::kGetAttr:
      return Attribute(rule, id, false);
    case Op::kAttrOr:
      return AttributeOr(rule, id);
    case Op::kCall:
      return Call(rule, id);
    case Op::kFactRef:
      return Fact(rule, id);
    case Op::kEvery:
    case Op::kSome: {
      const Id set = Write(rule, operands[0]);
      if (!set) return std::nullopt;
      return Quantified(rule, id, e.op == Op::kEvery, *set, operands[1]);
    }
    case Op::kNumber:
      return Cannot(rule, id, "Cedar does not count");
    case Op::kUnion:
    case Op::kIntersect:
    case Op::kSize:
    case Op::kLower:
      return Cannot(rule, id, fmt::format("Cedar has no `{}`", core::OpName(e.op)));
    case Op::kRank:
      return Cannot(rule, id, "Cedar has no order of levels but for levels that are written out");
    case Op::kInput:
      return Cannot(rule, id,
                    rule.name(e) == "now" ? "Cedar has no clock"
                                          : fmt::format("Cedar keeps no state: `{}`", rule.name(e)));
    case Op::kInHours:
      return Cannot(rule, id, "Cedar has no business hours");
    case Op::kCallUnknown:
      return Cannot(rule, id, "Cedar has no way to say that this is an error");
    default:
      return Plain(rule, id);
  }
}

// Operators that both have.
CedarExpressions::Id CedarExpressions::Plain(const Rule& rule, ExprId id) {
  const Expr& e = rule.exprs[id];
  syntax::Expr out;
  for (ExprId operand : rule.operands(e)) {
    const Id written = Write(rule, operand);
    if (!written) return std::nullopt;
    out.operands.push_back(*written);
  }
  auto method = [&](const char* name) {
    out.kind = ExprKind::kMethod;
    out.text = name;
  };
  switch (e.op) {
    case Op::kNeg:
      out.kind = ExprKind::kNeg;
      break;
    case Op::kAdd:
      out.kind = ExprKind::kAdd;
      break;
    case Op::kSub:
      out.kind = ExprKind::kSub;
      break;
    case Op::kMul:
      out.kind = ExprKind::kMul;
      break;
    case Op::kIn:
      out.kind = ExprKind::kIn;
      break;
    case Op::kIs:
      out.kind = ExprKind::kIs;
      out.name.text = rule.name(e);
      break;
    case Op::kHasTag:
      method("hasTag");
      break;
    case Op::kGetTag:
      method("getTag");
      break;
    case Op::kLike:
      out.kind = ExprKind::kLike;
      for (const core::PatternPart& part : rule.pattern(e))
        out.pattern.push_back({.wildcard = part.wildcard, .literal = part.literal});
      break;
    case Op::kContainsAll:
      method("containsAll");
      break;
    case Op::kContainsAny:
      method("containsAny");
      break;
    case Op::kIsEmpty:
      method("isEmpty");
      break;
    case Op::kSet:
      out.kind = ExprKind::kSet;
      break;
    case Op::kRecord:
      out.kind = ExprKind::kRecord;
      out.texts.assign(rule.names(e).begin(), rule.names(e).end());
      break;
    default:
      return Cannot(rule, id, fmt::format("Cedar has no `{}`", core::OpName(e.op)));
  }
  return Add(std::move(out));
}

CedarExpressions::Id CedarExpressions::Call(const Rule& rule, ExprId id) {
  const Expr& e = rule.exprs[id];
  const data::ExtFnInfo& fn = data::Info(e.fn());
  syntax::Expr out;
  out.kind = fn.is_constructor() ? ExprKind::kCall : ExprKind::kMethod;
  (fn.is_constructor() ? out.name.text : out.text) = fn.name;
  for (ExprId operand : rule.operands(e)) {
    const Id written = Write(rule, operand);
    if (!written) return std::nullopt;
    out.operands.push_back(*written);
  }
  if (!fn.is_constructor() && out.operands.empty()) return Cannot(rule, id, "it has no operands");
  return Add(std::move(out));
}

CedarExpressions::Id CedarExpressions::Comparison(const Rule& rule, ExprId id) {
  const Expr& e = rule.exprs[id];
  const auto operands = rule.operands(e);
  ExprId of = core::kNoExpr;
  if (const auto ranks = RanksOf(rule, id, of)) return Among(rule, of, *ranks->first, ranks->second);
  if (rule.exprs[operands[0]].op == Op::kRank && rule.exprs[operands[1]].op == Op::kRank)
    return TwoLevels(rule, id);
  ExprId counted = core::kNoExpr;
  if (AsksForNone(rule, id, Op::kSize, counted)) {
    const Id set = Write(rule, rule.operands(counted)[0]);
    return set ? Id(Method(*set, "isEmpty", {})) : Id();
  }
  if (AsksForNone(rule, id, Op::kNumber, counted)) {
    const Id set = Write(rule, rule.operands(counted)[0]);
    const Id some = set ? Quantified(rule, counted, false, *set, rule.operands(counted)[1]) : Id();
    return some ? Id(Not(*some)) : Id();
  }
  const Id left = Write(rule, operands[0]), right = Write(rule, operands[1]);
  if (!left || !right) return std::nullopt;
  if (e.op == Op::kContains) return Method(*left, "contains", {*right});
  return Binary(e.op == Op::kEq     ? ExprKind::kEq
                : e.op == Op::kLess ? ExprKind::kLt
                                    : ExprKind::kLe,
                *left, *right);
}

// ---------------------------------------------------------------------------------------- Attributes

// What is declared of an attribute of the context, or of a record in it, action by action; nothing of others.
std::vector<const core::Attribute*> CedarExpressions::Declared(const Rule& rule, ExprId subject,
                                                               const std::string& name) const {
  std::vector<const core::Attribute*> out;
  const Expr& s = rule.exprs[subject];
  if (s.op == Op::kVar && s.var() == core::Var::kContext) {
    for (const core::Action* action : reach_) {
      if (const auto* a = core::FindAttribute(action->context, name)) out.push_back(a);
    }
  } else if (s.op == Op::kGetAttr) {
    for (const core::Attribute* record : Declared(rule, rule.operands(s)[0], rule.name(s))) {
      if (const auto* a = core::FindAttribute(record->type->fields, name)) out.push_back(a);
    }
  }
  return out;
}

// What an attribute is read of: where it is a record, its own defaults do not matter yet.
CedarExpressions::Id CedarExpressions::Subject(const Rule& rule, ExprId id) {
  const Expr& e = rule.exprs[id];
  if (e.op == Op::kVar && e.var() == core::Var::kContext) return Var(syntax::Var::kContext);
  if (e.op != Op::kGetAttr) return Write(rule, id);
  if (depth_ == kMaxCedarDepth)
    return Cannot(rule, id, fmt::format("it is nested more than {} deep", kMaxCedarDepth));
  ++depth_;
  const Id out = Attribute(rule, id, true);
  --depth_;
  return out;
}

CedarExpressions::Id CedarExpressions::Attribute(const Rule& rule, ExprId id, bool as_subject) {
  const Expr& e = rule.exprs[id];
  const ExprId of = rule.operands(e)[0];
  const std::string& name = rule.name(e);
  const bool has = e.op == Op::kHas;
  const std::vector<const core::Attribute*> declared = Declared(rule, of, name);
  if (!has && !as_subject &&
      std::ranges::any_of(declared, [](const core::Attribute* a) { return HasDefaults(*a->type); }))
    return Cannot(rule, id, fmt::format("in Cedar `{}` as a whole lacks what is left out of it", name));
  const bool completed =
      std::ranges::any_of(declared, [](const core::Attribute* a) { return a->if_missing.has_value(); });
  if (completed && rule.exprs[of].op == Op::kVar) return ContextAttribute(name, has);
  const Id subject = Subject(rule, of);
  if (!subject) return std::nullopt;
  if (!completed) return has ? Has(*subject, name) : Get(*subject, name);
  const bool same = std::ranges::all_of(
      declared, [&](const core::Attribute* a) { return a->if_missing == declared.front()->if_missing; });
  if (!same) return Cannot(rule, id, fmt::format("`{}` has a value of its own for each action", name));
  if (has) return Bool(true);
  return If(Has(*subject, name), Get(*subject, name), Value(*declared.front()->if_missing));
}

// A value for when it is missing is an action's. Where no action says one, reading it errs as it does in Pol.
CedarExpressions::Id CedarExpressions::ContextAttribute(const std::string& name, bool has) {
  std::map<data::Value, std::vector<data::Value>> defaults;  // with the actions that have them
  for (const core::Action* action : reach_) {
    const auto* a = core::FindAttribute(action->context, name);
    if (a && a->if_missing) defaults[*a->if_missing].emplace_back(action->uid);
  }
  size_t covered = 0;
  for (const auto& [value, actions] : defaults) covered += actions.size();
  const bool everywhere = covered == reach_.size();
  auto among = [&](const std::vector<data::Value>& actions) {
    const SyntaxId action = Var(syntax::Var::kAction);
    return actions.size() == 1 ? Binary(ExprKind::kEq, action, Value(actions[0]))
                               : Binary(ExprKind::kIn, action, Value(data::Value::MakeSet(actions)));
  };
  const SyntaxId there = Has(Var(syntax::Var::kContext), name);
  if (has) {
    if (everywhere) return Bool(true);
    std::vector<data::Value> all;
    for (const auto& [value, actions] : defaults) all.insert(all.end(), actions.begin(), actions.end());
    return Binary(ExprKind::kOr, there, among(all));
  }
  std::optional<SyntaxId> otherwise;
  if (!everywhere) otherwise = Get(Var(syntax::Var::kContext), name);
  for (const auto& [value, actions] : defaults) {
    otherwise = otherwise ? If(among(actions), Value(value), *otherwise) : Value(value);
  }
  return If(there, Get(Var(syntax::Var::kContext), name), *otherwise);
}

CedarExpressions::Id CedarExpressions::AttributeOr(const Rule& rule, ExprId id) {
  const Expr& e = rule.exprs[id];
  const auto operands = rule.operands(e);
  const Id subject = Subject(rule, operands[0]), otherwise = Write(rule, operands[1]);
  if (!subject || !otherwise) return std::nullopt;
  return If(Has(*subject, rule.name(e)), Get(*subject, rule.name(e)), *otherwise);
}

// --------------------------------------------------------------------------------------- Quantifiers

bool CedarExpressions::ReadsElement(const Rule& rule, ExprId id) {
  std::vector<ExprId> open = {id};
  while (!open.empty()) {
    id = open.back();
    open.pop_back();
    if (IsElement(rule, id)) return true;
    const auto operands = rule.operands(id);
    open.insert(open.end(), operands.begin(), operands.end());
  }
  return false;
}

// `every` or `some` element of `set`, an expression that is written already.
CedarExpressions::Id CedarExpressions::Quantified(const Rule& rule, ExprId id, bool every, SyntaxId set,
                                                  ExprId body) {
  if (depth_ == kMaxCedarDepth)
    return Cannot(rule, id, fmt::format("it is nested more than {} deep", kMaxCedarDepth));
  const Expr& b = rule.exprs[body];
  const auto operands = rule.operands(b);
  auto inner = [&](bool of_every, ExprId of) {
    ++depth_;
    const Id out = Quantified(rule, id, of_every, set, of);
    --depth_;
    return out;
  };
  // What the elements are held against, as a set.
  auto against = [&](SyntaxId wanted) {
    return every ? Method(wanted, "containsAll", {set}) : Method(set, "containsAny", {wanted});
  };
  if (!ReadsElement(rule, body)) {
    const Id free = Write(rule, body);
    const SyntaxId empty = Method(set, "isEmpty", {});
    return every ? Or(empty, free) : And(Not(empty), free);
  }
  ExprId of = core::kNoExpr;
  const auto ranks = RanksOf(rule, body, of);
  if (ranks && IsElement(rule, of)) {
    std::vector<std::string> names;
    for (size_t i = 0; i < ranks->second.size(); ++i) {
      if (ranks->second[i]) names.push_back(ranks->first->names[i]);
    }
    // Cedar's checker wants an empty set to say of what; no element is among no levels.
    if (names.empty()) return every ? Id(Method(set, "isEmpty", {})) : Id(Bool(false));
    return against(Texts(names));
  }
  if (b.op == Op::kNot) {
    const Id out = inner(!every, operands[0]);
    return out ? Id(Not(*out)) : Id();
  }
  if (b.op == (every ? Op::kAnd : Op::kOr)) {
    const Id first = inner(every, operands[0]), second = first ? inner(every, operands[1]) : Id();
    return every ? And(first, second) : Or(first, second);
  }
  if (b.op == (every ? Op::kOr : Op::kAnd)) {
    // One side is the same for all elements.
    for (size_t i = 0; i < 2; ++i) {
      if (ReadsElement(rule, operands[i])) continue;
      const Id free = Write(rule, operands[i]), rest = free ? inner(every, operands[1 - i]) : Id();
      return every ? Or(free, rest) : And(free, rest);
    }
  }
  if (IsElement(rule, body)) {
    syntax::Expr yes;
    yes.kind = ExprKind::kSet;
    yes.operands = {Bool(true)};
    return against(Add(std::move(yes)));
  }
  if (b.op == Op::kEq) {
    for (size_t i = 0; i < 2; ++i) {
      if (!IsElement(rule, operands[i]) || ReadsElement(rule, operands[1 - i])) continue;
      const Id value = Write(rule, operands[1 - i]);
      if (!value) return std::nullopt;
      if (!every) return Method(set, "contains", {*value});
      syntax::Expr only;
      only.kind = ExprKind::kSet;
      only.operands = {*value};
      return against(Add(std::move(only)));
    }
  }
  if (b.op == Op::kContains && IsElement(rule, operands[1]) && !ReadsElement(rule, operands[0])) {
    const Id wanted = Write(rule, operands[0]);
    return wanted ? Id(against(*wanted)) : Id();
  }
  return Cannot(rule, id, "Cedar looks at the elements of a set only by `contains` and its kin");
}

}  // namespace polc::translate
