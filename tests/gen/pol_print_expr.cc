// The text of literals and expressions of a Pol AST.
#include "tests/gen/pol_printer.h"

namespace polc::gen::pol {

std::string Printer::Time(int64_t ms) {
  // Civil date from days (Howard Hinnant's algorithm); all times here are after 1970.
  int64_t z = ms / 86'400'000 + 719'468;
  int64_t era = z / 146'097, doe = z - era * 146'097;
  int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  int64_t month = mp < 10 ? mp + 3 : mp - 9;
  int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  std::string text = Digits(year, 4) + "-" + Digits(month, 2) + "-" + Digits(doy - (153 * mp + 2) / 5 + 1, 2);
  int64_t rest = ms % 86'400'000;
  if (rest == 0) return text;
  return text + "T" + Digits(rest / 3'600'000, 2) + ":" + Digits(rest / 60'000 % 60, 2) + ":" +
         Digits(rest / 1000 % 60, 2) + "." + Digits(rest % 1000, 3) + "Z";
}

std::string Printer::Duration(int64_t ms) {
  constexpr std::pair<const char*, int64_t> kUnits[] = {
      {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
  std::string text;
  for (auto [unit, size] : kUnits) {
    if (ms / size == 0) continue;
    text += std::to_string(ms / size) + unit;
    ms %= size;
  }
  return text.empty() ? "0s" : text;
}

std::string Printer::Decimal(int64_t units) {
  std::string text = std::to_string(units / 10'000) + "." + Digits(units % 10'000, 4);
  while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
  return text;
}

std::string Printer::Percent(int64_t units) {
  std::string text = std::to_string(units / 100);
  if (units % 100 != 0) text += "." + Digits(units % 100, 2);
  return text + "%";
}

void Printer::Negatable(int64_t value, const std::string& magnitude) {
  if (value < 0) Put("-");
  Put(magnitude);
}

void Printer::Binary(const Expr& e, std::initializer_list<std::string_view> words) {
  Expression(e.operands[0]);
  Put(words);
  Expression(e.operands[1]);
}

void Printer::Expression(ExprId id, bool may_wrap) {
  const Expr& e = file_[id];
  if (may_wrap && Chance(6)) {
    Put("(");
    Expression(id, false);
    Put(")");
    return;
  }
  switch (e.kind) {
    case ExprKind::kBool:
      return Put(e.integer != 0 ? "true" : "false");
    case ExprKind::kNumber: {
      uint64_t magnitude =
          e.integer < 0 ? ~static_cast<uint64_t>(e.integer) + 1 : static_cast<uint64_t>(e.integer);
      return Negatable(e.integer, std::to_string(magnitude));
    }
    case ExprKind::kDecimal:
      return Negatable(e.integer, Decimal(e.integer < 0 ? -e.integer : e.integer));
    case ExprKind::kPercent:
      return Put(Percent(e.integer));
    case ExprKind::kDuration:
      return Put(Duration(e.integer));
    case ExprKind::kTime:
      return Put(Time(e.integer));
    case ExprKind::kText:
      return Put(Quoted(e.text));
    case ExprKind::kAddress:
      if (e.text.find(':') == std::string::npos && !Chance(30)) return Put(e.text);
      return Put({"ip", Quoted(e.text)});
    case ExprKind::kSet:
      Put("[");
      List(e.operands, [&](ExprId element) { Expression(element); });
      if (!e.operands.empty() && Chance(30)) Put(",");
      return Put("]");
    case ExprKind::kRecord:
      Put("{");
      for (size_t i = 0; i < e.operands.size(); ++i) {
        if (i > 0) Put(",");
        Put({Quoted(e.texts[i]), ":"});
        Expression(e.operands[i]);
      }
      if (!e.operands.empty() && Chance(30)) Put(",");
      return Put("}");
    case ExprKind::kEntity:
      return Put(e.entity);
    case ExprKind::kVar:
      return Put(kVars[static_cast<size_t>(e.integer)]);
    case ExprKind::kName:
      return Put(e.text);
    case ExprKind::kAttr:
      Expression(e.operands[0], may_wrap);
      return e.integer != 0 ? Put({"[", Quoted(e.text), "]"}) : Put({".", e.text});
    case ExprKind::kMethod:
      Expression(e.operands[0], may_wrap);
      Put({".", e.text, "("});
      for (size_t i = 1; i < e.operands.size(); ++i) {
        if (i > 1) Put(",");
        Expression(e.operands[i]);
      }
      return Put(")");
    case ExprKind::kKeyed:
      Put({e.text, "of"});
      return Bare(e.operands[0]);
    case ExprKind::kParen:
      Put("(");
      Expression(e.operands[0]);
      return Put(")");
    case ExprKind::kIf:
      Put("if");
      Expression(e.operands[0]);
      Put("then");
      Expression(e.operands[1]);
      Put("else");
      return Expression(e.operands[2]);
    case ExprKind::kOr:
      return Binary(e, {e.spelled == Spelling::kSymbol ? "||" : "or"});
    case ExprKind::kAnd:
      return Binary(e, {e.spelled == Spelling::kSymbol ? "&&" : "and"});
    case ExprKind::kNot:
      Put(e.spelled == Spelling::kSymbol ? "!" : "not");
      return Expression(e.operands[0]);
    case ExprKind::kNeg:
      Put("-");
      return Expression(e.operands[0], false);
    case ExprKind::kEvery:
    case ExprKind::kSome:
    case ExprKind::kCount:
      if (e.kind == ExprKind::kCount) {
        Put({"number", "of"});
      } else {
        Put(e.kind == ExprKind::kEvery ? "every" : "some");
      }
      Put({e.text, "in"});
      Expression(e.operands[0]);
      Put("satisfies");
      return Expression(e.operands[1]);
    case ExprKind::kAdd:
      return Binary(e, {"+"});
    case ExprKind::kSub:
      return Binary(e, {"-"});
    case ExprKind::kMul:
      return Binary(e, {"*"});
    default:
      return Comparison(e);
  }
}

void Printer::Comparison(const Expr& e) {
  bool symbol = e.spelled == Spelling::kSymbol;
  bool time = e.spelled == Spelling::kTime;
  Expression(e.operands[0]);
  auto is = [&](std::initializer_list<std::string_view> words) {
    Put("is");
    if (e.negated) Put("not");
    Put(words);
  };
  switch (e.kind) {
    case ExprKind::kIs:
      symbol ? Put(e.negated ? "!=" : "==") : is({});
      break;
    case ExprKind::kBelow:
      symbol ? Put("<") : is({time ? "before" : "below"});
      break;
    case ExprKind::kAtMost:
      symbol ? Put("<=") : is({"at", "most"});
      break;
    case ExprKind::kAbove:
      symbol ? Put(">") : is({time ? "after" : "above"});
      break;
    case ExprKind::kAtLeast:
      symbol ? Put(">=") : is({"at", "least"});
      break;
    case ExprKind::kIsIn:
      is({});
      Expression(e.operands[1]);
      Put("in");
      return Expression(e.operands[2]);
    case ExprKind::kBetween:
      is({"between"});
      Expression(e.operands[1]);
      Put("and");
      return Expression(e.operands[2]);
    case ExprKind::kOneOf:
      is({"one", "of"});
      break;
    case ExprKind::kIn:
      if (e.negated) Put("not");
      Put("in");
      break;
    case ExprKind::kContains:
      Put("contains");
      break;
    case ExprKind::kHas:
      Put("has");
      if (e.texts[0].ends_with('-')) return Put(Quoted(e.texts[0]));
      for (size_t i = 0; i < e.texts.size(); ++i) {
        if (i > 0) Put(".");
        Put(e.texts[i]);
      }
      return;
    case ExprKind::kExists:
      return Put("exists");
    case ExprKind::kMissing:
      return is({"missing"});
    case ExprKind::kMatches: {
      std::string text = "\"";
      for (const syntax::PatternPart& part : e.pattern) {
        std::string quoted = Quoted(part.literal, true);
        text += part.wildcard ? "*" : quoted.substr(1, quoted.size() - 2);
      }
      return Put({"matches", text + "\""});
    }
    case ExprKind::kStartsWith:
      Put({"starts", "with"});
      break;
    case ExprKind::kEndsWith:
      Put({"ends", "with"});
      break;
    case ExprKind::kWithin:
      is({"within"});
      break;
    case ExprKind::kUnderDomain:
      return is({"under", "domain", Quoted(e.text)});
    case ExprKind::kUnderPath:
      return is({"under", "path", Quoted(e.text)});
    case ExprKind::kIsClass:
      return is({kClasses[static_cast<size_t>(e.integer)]});
    default:
      return is({kStates[static_cast<size_t>(e.integer)]});
  }
  Expression(e.operands[1]);
}

}  // namespace polc::gen::pol
