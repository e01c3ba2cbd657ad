#include <algorithm>

#include "compiler/oracle/eval.h"
#include "compiler/oracle/words.h"

namespace polc::oracle {

using core::Op;
using data::Kind;
using data::Value;
using Code = EvalError::Code;

namespace {

std::string LowerAscii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

Value Intersection(const Value& a, const Value& b) {
  std::vector<Value> both;
  for (const Value& element : a.as_set()) {
    if (b.Contains(element)) both.push_back(element);
  }
  return Value::MakeSet(both);
}

Value UnionOf(const Value& a, const Value& b) {
  std::vector<Value> all = a.as_set();
  all.insert(all.end(), b.as_set().begin(), b.as_set().end());
  return Value::MakeSet(all);
}

// a / b and a mod b that round down.
int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0); }
int64_t FloorMod(int64_t a, int64_t b) { return a - FloorDiv(a, b) * b; }

}  // namespace

std::optional<bool> WithinHours(const core::Hours& hours, const core::Zone& zone, data::Datetime at) {
  if (at.ms >= zone.ends_ms) return std::nullopt;
  int64_t local = at.ms;
  for (const core::Zone::Row& row : zone.rows) {
    // Time within a day of the least int64 stays there.
    if (row.from_ms > at.ms) break;
    if (__builtin_add_overflow(at.ms, int64_t{row.offset_ms}, &local)) return std::nullopt;
  }
  constexpr int64_t kDay = 24 * 60 * 60 * 1000;
  const int64_t minute = FloorMod(local, kDay) / 60000;
  const int64_t weekday = FloorMod(FloorDiv(local, kDay) + 3, 7);  // 1970-01-01 was a Thursday; Monday is 0
  auto on = [&](int64_t day) { return (hours.days >> FloorMod(day, 7) & 1) != 0; };
  if (hours.from_minute < hours.to_minute)
    return on(weekday) && minute >= hours.from_minute && minute < hours.to_minute;
  return (on(weekday) && minute >= hours.from_minute) || (on(weekday - 1) && minute < hours.to_minute);
}

EvalResult ApplyPol(const core::Rule& rule, const core::Expr& e, const std::vector<Value>& args,
                    const Surroundings* around) {
  auto fail = [&](Code code, std::string message) { return EvalError{code, std::move(message), e.span}; };
  auto type_error = [&](size_t i, Kind wanted) {
    return EvalError{Code::kTypeError,
                     "type error: expected " + std::string(data::KindName(wanted)) + ", got " +
                         std::string(data::KindName(args[i].kind())),
                     rule.exprs[rule.operands(e)[i]].span};
  };
  const Kind wanted = e.op == Op::kLower || e.op == Op::kRank ? Kind::kString
                      : e.op == Op::kInHours                  ? Kind::kDatetime
                                                              : Kind::kSet;
  for (size_t i = 0; i < args.size() && e.op != Op::kInput; ++i) {
    if (!args[i].is(wanted)) return type_error(i, wanted);
  }
  switch (e.op) {
    case Op::kUnion:
      return UnionOf(args[0], args[1]);
    case Op::kIntersect:
      return Intersection(args[0], args[1]);
    case Op::kSize:
      return Value(static_cast<int64_t>(args[0].as_set().size()));
    case Op::kLower:
      return Value(LowerAscii(args[0].as_string()));
    default:
      break;
  }
  const std::string& name = rule.name(e);
  if (!around) return fail(Code::kNotSupplied, "there is no " + Quoted(name) + " outside of a program");
  switch (e.op) {
    case Op::kRank: {
      const core::Levels* levels = core::FindNamed(around->program().levels, name);
      const auto rank = levels ? levels->RankOf(args[0].as_string()) : std::nullopt;
      if (rank) return Value(static_cast<int64_t>(*rank));
      return fail(Code::kUnknownLevel, Quoted(args[0].as_string()) + " is no level of " + Quoted(name));
    }
    case Op::kInHours: {
      const core::Hours* hours = core::FindNamed(around->program().hours, name);
      const core::Zone* zone = hours ? core::FindNamed(around->program().zones, hours->zone) : nullptr;
      const auto within = zone ? WithinHours(*hours, *zone, args[0].as_datetime()) : std::nullopt;
      if (within) return Value(*within);
      return fail(Code::kNoTimeTable, "the time zone of " + Quoted(name) + " is not known at that time");
    }
    case Op::kFactRef: {
      Surroundings::Read read = around->ReadFact(name);
      if (auto* value = std::get_if<Value>(&read)) return std::move(*value);
      return fail(Code::kFactError, "the fact " + Quoted(name) + " errs: " + std::get<std::string>(read));
    }
    case Op::kInput: {
      Surroundings::Read read = around->ReadInput(name, args.empty() ? nullptr : &args[0]);
      if (auto* value = std::get_if<Value>(&read)) return std::move(*value);
      return fail(Code::kNotSupplied, std::get<std::string>(read));
    }
    default:
      return fail(Code::kTypeError, "the operator " + std::string(core::OpName(e.op)) + " has no operands");
  }
}

}  // namespace polc::oracle
