#include "compiler/oracle/eval.h"

#include "compiler/oracle/words.h"
#include "compiler/source/planted.h"

namespace polc::oracle {

namespace {

using core::Expr;
using core::ExprId;
using core::Op;
using data::EntityUid;
using data::Kind;
using data::Value;
using Code = EvalError::Code;

// Evaluates one expression tree. Every function that gives an optional gives nothing when error_ was set.
class Evaluation {
 public:
  Evaluation(const core::Rule& rule, const data::Request& request, const data::EntityStore& store,
             const Surroundings* around)
      : rule_(rule), request_(request), store_(store), around_(around) {}

  EvalResult Run(ExprId id) {
    if (std::optional<Value> value = Eval(id, 0)) return *value;
    return *error_;
  }

 private:
  // Walks down the first operands in a loop (a chain of ten thousand `&&` is no deeper than one), then
  // applies their operators from the inside out. Everything else recurses, and `depth` counts that.
  std::optional<Value> Eval(ExprId id, uint32_t depth) {
    if (depth > core::kMaxExprDepth)
      return Fail(id, Code::kRecursionLimit, "the expression is nested too deeply");
    std::vector<ExprId> pending;
    while (rule_.exprs[id].operand_count > 0) {
      pending.push_back(id);
      id = rule_.operands(id)[0];
    }
    std::optional<Value> value = Apply(id, {});
    for (; value && !pending.empty(); pending.pop_back()) {
      id = pending.back();
      const Op op = rule_.exprs[id].op;
      const auto operands = rule_.operands(id);
      if (op == Op::kAnd || op == Op::kOr) {
        if (!Need(operands[0], *value, Kind::kBool)) return std::nullopt;
        if (value->as_bool() == (op == Op::kOr)) continue;
        value = Eval(operands[1], depth + 1);
        if (value && !source::Planted(4) && !Need(operands[1], *value, Kind::kBool)) return std::nullopt;
      } else if (op == Op::kIf) {
        if (!Need(operands[0], *value, Kind::kBool)) return std::nullopt;
        value = Eval(operands[value->as_bool() ? 1 : 2], depth + 1);
      } else if (core::IsQuantifier(op)) {
        value = Quantify(id, *value, depth);
      } else {
        std::vector<Value> args = {std::move(*value)};
        for (ExprId operand : operands.subspan(1)) {
          value = Eval(operand, depth + 1);
          if (!value) return std::nullopt;
          args.push_back(std::move(*value));
        }
        value = Apply(id, args);
      }
    }
    return value;
  }

  // Every element is looked at: one that settles `every` or `some` does so whatever the others do.
  std::optional<Value> Quantify(ExprId id, const Value& set, uint32_t depth) {
    const auto operands = rule_.operands(id);
    if (!Need(operands[0], set, Kind::kSet)) return std::nullopt;
    if (set.as_set().size() > kMaxQuantified)
      return Fail(id, Code::kTooManyElements, "a quantifier visits more elements than it may");
    int64_t is_true = 0, is_false = 0;
    std::optional<EvalError> first_error;
    for (const Value& element : set.as_set()) {
      element_ = element;
      std::optional<Value> value = Eval(operands[1], depth + 1);
      const bool good = value && Need(operands[1], *value, Kind::kBool);
      if (good) ++(value->as_bool() ? is_true : is_false);
      if (!good && !first_error) first_error = error_;
    }
    const Op op = rule_.exprs[id].op;
    if (op == Op::kEvery && is_false > 0) return Value(false);
    if (op == Op::kSome && is_true > 0) return Value(true);
    error_ = first_error;
    if (error_) return std::nullopt;
    return op == Op::kNumber ? Value(is_true) : Value(op == Op::kEvery);
  }

  // An operator that evaluates all its operands, given their values.
  std::optional<Value> Apply(ExprId id, const std::vector<Value>& args) {
    const Expr& e = rule_.exprs[id];
    auto operand = [&](size_t i) { return rule_.operands(e)[i]; };
    switch (e.op) {
      case Op::kLiteral:
        return rule_.value(e);
      case Op::kVar:
        return Variable(e.var());
      case Op::kIf:
      case Op::kAnd:
      case Op::kOr:
        break;  // Eval's
      case Op::kNot:
        if (!Need(operand(0), args[0], Kind::kBool)) return std::nullopt;
        return Value(!args[0].as_bool());
      case Op::kEq:
        return Value(args[0] == args[1]);
      case Op::kLess:
      case Op::kLessEq: {
        const Kind kind = args[0].kind();
        if (kind != Kind::kLong && kind != Kind::kDatetime && kind != Kind::kDuration) {
          return TypeError(operand(0), "long, datetime or duration", args[0]);
        }
        if (!Need(operand(1), args[1], kind)) return std::nullopt;
        return Value(e.op == Op::kLess ? args[0] < args[1] : args[0] <= args[1]);
      }
      case Op::kNeg:
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
        return Arithmetic(id, args);
      case Op::kIn:
        return In(id, args);
      case Op::kIs:
        if (!Need(operand(0), args[0], Kind::kEntity)) return std::nullopt;
        return Value(args[0].as_entity().type == rule_.name(e));
      case Op::kHas:
      case Op::kGetAttr:
        return Attribute(id, args[0]);
      case Op::kHasTag:
      case Op::kGetTag:
        return Tag(id, args);
      case Op::kLike:
        if (!Need(operand(0), args[0], Kind::kString)) return std::nullopt;
        return Value(MatchesPattern(args[0].as_string(), rule_.pattern(e)));
      case Op::kContains:
        if (!Need(operand(0), args[0], Kind::kSet)) return std::nullopt;
        return Value(args[0].Contains(args[1]));
      case Op::kContainsAll:
      case Op::kContainsAny: {
        if (!Need(operand(0), args[0], Kind::kSet) || !Need(operand(1), args[1], Kind::kSet))
          return std::nullopt;
        size_t found = 0;
        for (const Value& element : args[1].as_set()) found += args[0].Contains(element);
        return Value(e.op == Op::kContainsAny ? found > 0 : found == args[1].as_set().size());
      }
      case Op::kIsEmpty:
        if (!Need(operand(0), args[0], Kind::kSet)) return std::nullopt;
        return Value(args[0].as_set().empty());
      case Op::kSet:
        return Value::MakeSet(args);
      case Op::kRecord: {
        data::Record fields;
        for (size_t i = 0; i < args.size(); ++i) fields.emplace_back(rule_.names(e)[i], args[i]);
        return Value::MakeRecord(std::move(fields));
      }
      case Op::kCall:
        return Call(id, args);
      case Op::kCallUnknown:
        return Fail(id, Code::kUnknownFunction, "there is no function or method " + Quoted(rule_.name(e)));
      case Op::kEvery:
      case Op::kSome:
      case Op::kNumber:
        break;  // Quantify's
      case Op::kAttrOr:
        return Attribute(id, args[0], &args[1]);
      default:
        return Settle(ApplyPol(rule_, e, args, around_));
    }
    return Fail(id, Code::kTypeError, "the operator " + std::string(core::OpName(e.op)) + " has no operands");
  }

  Value Variable(core::Var var) {
    if (var == core::Var::kContext) return request_.context;
    if (var == core::Var::kElement) return element_;
    return Value(var == core::Var::kPrincipal ? request_.principal
                 : var == core::Var::kAction  ? request_.action
                                              : request_.resource);
  }

  std::optional<Value> Arithmetic(ExprId id, const std::vector<Value>& args) {
    const Op op = rule_.exprs[id].op;
    for (size_t i = 0; i < args.size(); ++i) {
      if (!Need(rule_.operands(id)[i], args[i], Kind::kLong)) return std::nullopt;
    }
    const int64_t a = op == Op::kNeg ? 0 : args[0].as_long();  // -x is 0 - x, overflow included
    const int64_t b = op == Op::kNeg ? args[0].as_long() : args[1].as_long();
    int64_t result = 0;
    const bool overflow = op == Op::kAdd   ? __builtin_add_overflow(a, b, &result)
                          : op == Op::kMul ? __builtin_mul_overflow(a, b, &result)
                                           : __builtin_sub_overflow(a, b, &result);
    if (!overflow) return Value(result);
    std::string what = "integer overflow in ";
    if (op == Op::kNeg)
      return Fail(id, Code::kIntegerOverflow, what + Quoted("-(" + std::to_string(b) + ")"));
    what += "`" + std::to_string(a) + (op == Op::kAdd ? " + " : op == Op::kSub ? " - " : " * ");
    return Fail(id, Code::kIntegerOverflow, what + std::to_string(b) + "`");
  }

  // Every element must be an entity, also those after one that matches.
  std::optional<Value> In(ExprId id, const std::vector<Value>& args) {
    const auto operands = rule_.operands(id);
    if (!Need(operands[0], args[0], Kind::kEntity)) return std::nullopt;
    const EntityUid& inner = args[0].as_entity();
    if (rule_.strict && !store_.Find(inner)) return Absent(id, inner);
    if (args[1].is(Kind::kEntity)) return Value(store_.In(inner, args[1].as_entity()));
    if (!args[1].is(Kind::kSet)) return TypeError(operands[1], "entity or set of entities", args[1]);
    bool found = false;
    for (const Value& element : args[1].as_set()) {
      if (source::Planted(3) && !element.is(Kind::kEntity)) continue;
      if (!Need(operands[1], element, Kind::kEntity)) return std::nullopt;
      found = found || store_.In(inner, element.as_entity());
    }
    return Value(found);
  }

  std::optional<Value> Attribute(ExprId id, const Value& subject, const Value* otherwise = nullptr) {
    const Expr& e = rule_.exprs[id];
    const std::string& name = rule_.name(e);
    const bool get = e.op != Op::kHas;
    if (subject.is(Kind::kRecord)) {
      const Value* field = subject.Find(name);
      if (!get) return Value(field != nullptr);
      if (field) return *field;
      if (otherwise) return *otherwise;
      return Fail(id, Code::kAttributeDoesNotExist,
                  "record does not have the attribute " + Quoted(name) + Proposal(name, subject.as_record()));
    }
    if (!subject.is(Kind::kEntity)) return TypeError(rule_.operands(e)[0], "record or entity", subject);
    return Member(id, subject.as_entity(), name, get, Code::kAttributeDoesNotExist, otherwise);
  }

  std::optional<Value> Tag(ExprId id, const std::vector<Value>& args) {
    const auto operands = rule_.operands(id);
    if (!Need(operands[0], args[0], Kind::kEntity) || !Need(operands[1], args[1], Kind::kString))
      return std::nullopt;
    return Member(id, args[0].as_entity(), args[1].as_string(), rule_.exprs[id].op == Op::kGetTag,
                  Code::kTagDoesNotExist);
  }

  // An attribute or a tag of an entity, or whether there is one.
  std::optional<Value> Member(ExprId id, const EntityUid& uid, const std::string& name, bool get, Code absent,
                              const Value* otherwise = nullptr) {
    const data::Entity* entity = store_.Find(uid);
    if (!entity) {
      if (!get && !rule_.strict) return Value(false);
      return Absent(id, uid);
    }
    const auto& fields = absent == Code::kTagDoesNotExist ? entity->tags : entity->attrs;
    const auto found = fields.find(name);
    if (!get) return Value(found != fields.end());
    if (found != fields.end()) return found->second;
    if (otherwise) return *otherwise;
    const std::string what =
        absent == Code::kTagDoesNotExist ? " does not have the tag " : " does not have the attribute ";
    return Fail(id, absent, Quoted(data::ToString(uid)) + what + Quoted(name) + Proposal(name, fields));
  }

  std::optional<Value> Call(ExprId id, const std::vector<Value>& args) {
    const data::ExtFnInfo& fn = data::Info(rule_.exprs[id].fn());
    if (args.size() != fn.args.size()) {
      return Fail(id, Code::kWrongArgumentCount,
                  Quoted(fn.name) + " takes " + std::to_string(fn.args.size()) + " arguments, but is given " +
                      std::to_string(args.size()));
    }
    for (size_t i = 0; i < args.size(); ++i) {
      if (!Need(rule_.operands(id)[i], args[i], fn.args[i])) return std::nullopt;
    }
    auto result = data::CallExt(fn.fn, args);
    if (auto* value = std::get_if<Value>(&result)) return std::move(*value);
    return Fail(id, Code::kExtensionError, std::get<std::string>(result));
  }

  bool Need(ExprId id, const Value& v, Kind kind) {
    if (v.is(kind)) return true;
    TypeError(id, data::KindName(kind), v);
    return false;
  }
  std::nullopt_t TypeError(ExprId id, std::string_view expected, const Value& got) {
    return Fail(id, Code::kTypeError,
                "type error: expected " + std::string(expected) + ", got " + KindText(got));
  }
  std::nullopt_t Absent(ExprId id, const EntityUid& uid) {
    return Fail(id, Code::kEntityDoesNotExist, "entity " + Quoted(data::ToString(uid)) + " does not exist");
  }
  std::optional<Value> Settle(EvalResult result) {
    if (auto* value = std::get_if<Value>(&result)) return std::move(*value);
    error_ = std::get<EvalError>(std::move(result));
    return std::nullopt;
  }
  std::nullopt_t Fail(ExprId id, Code code, std::string message) {
    error_ = EvalError{code, std::move(message), rule_.exprs[id].span};
    return std::nullopt;
  }

  const core::Rule& rule_;
  const data::Request& request_;
  const data::EntityStore& store_;
  const Surroundings* around_;
  Value element_;  // of the quantifier that is being evaluated
  std::optional<EvalError> error_;
};

}  // namespace

EvalResult Evaluate(const core::Rule& rule, ExprId id, const data::Request& request,
                    const data::EntityStore& store, const Surroundings* around) {
  return Evaluation(rule, request, store, around).Run(id);
}

}  // namespace polc::oracle
