// The expressions of random Pol files.
#include <algorithm>

#include "tests/gen/pol_maker.h"

namespace polc::gen::pol {

ExprId Maker::Add(Expr e) {
  file_.exprs.push_back(std::move(e));
  return static_cast<ExprId>(file_.exprs.size() - 1);
}

ExprId Maker::Node(ExprKind kind, std::vector<ExprId> operands, std::string text, int64_t integer) {
  Expr e;
  e.kind = kind;
  e.operands = std::move(operands);
  e.text = std::move(text);
  e.integer = integer;
  return Add(std::move(e));
}

ExprId Maker::EntityExpr() {
  Expr e;
  e.kind = ExprKind::kEntity;
  e.entity = Entity();
  return Add(std::move(e));
}

ExprId Maker::Path(size_t least, bool only_variables) {
  ExprId id = only_variables || rng_.Chance(70) ? VarExpr() : NameExpr();
  for (size_t i = 0; i < least || rng_.Chance(30); ++i) id = Node(ExprKind::kAttr, {id}, AnyWord());
  return id;
}

ExprId Maker::DurationExpr() {
  return rng_.Chance(30) ? NameExpr() : Node(ExprKind::kDuration, {}, "", Duration());
}

ExprId Maker::Pool() {
  uint64_t kind = rng_.Below(3);
  return kind == 0 ? EntityExpr() : kind == 1 ? Path(1, false) : NameExpr();
}

ExprId Maker::Literal() {
  constexpr std::array<std::string_view, 3> kAddresses = {"10.0.0.0/8", "192.168.1.1", "fe80::/10"};
  switch (rng_.Below(8)) {
    case 0:
      return Node(ExprKind::kBool, {}, "", static_cast<int64_t>(rng_.Below(2)));
    case 1:
      return Node(ExprKind::kNumber, {}, "", rng_.Chance(10) ? INT64_MIN : rng_.Range(-9, 300));
    case 2:
      return Node(ExprKind::kDecimal, {}, "", rng_.Range(-100'000, 100'000));
    case 3:
      return Node(ExprKind::kPercent, {}, "", rng_.Range(0, 10'000));
    case 4:
      return Node(ExprKind::kDuration, {}, "", Duration());
    case 5:
      return Node(ExprKind::kTime, {}, "", Time());
    case 6:
      return Node(ExprKind::kAddress, {}, std::string(rng_.Pick(kAddresses)));
    default:
      return Node(ExprKind::kText, {}, Text());
  }
}

ExprId Maker::SetOf(int depth) {
  std::vector<ExprId> items;
  while (rng_.Chance(55)) items.push_back(MakeExpr(depth - 1));
  return Node(ExprKind::kSet, std::move(items));
}

ExprId Maker::Record(int depth) {
  Expr e;
  e.kind = ExprKind::kRecord;
  for (size_t i = 0; rng_.Chance(55); ++i) {
    e.texts.push_back(rng_.Chance(50) ? Text() + std::to_string(i) : Word() + std::to_string(i));
    e.operands.push_back(MakeExpr(depth - 1));
  }
  return Add(std::move(e));
}

ExprId Maker::Primary(int depth) {
  switch (rng_.Below(depth > 0 ? 10 : 6)) {
    case 0:
      return EntityExpr();
    case 1:
      return NameExpr();
    case 2:
    case 3:
      return VarExpr();
    case 4:
    case 5:
      return Literal();
    case 6:
      return SetOf(depth);
    case 7:
      return Record(depth);
    default:
      return Node(ExprKind::kParen, {MakeExpr(depth - 1)});
  }
}

ExprId Maker::Operand(int depth) {
  ExprId id = Primary(depth);
  while (rng_.Chance(30)) {
    if (rng_.Chance(20)) {
      id = Node(ExprKind::kAttr, {id}, Text(), 1);
    } else if (depth > 0 && rng_.Chance(30)) {
      std::vector<ExprId> operands = {id};
      while (rng_.Chance(50)) operands.push_back(MakeExpr(depth - 1));
      id = Node(ExprKind::kMethod, std::move(operands), AnyWord());
    } else {
      id = Node(ExprKind::kAttr, {id}, AnyWord());
    }
  }
  return id;
}

bool Maker::StartsWithNumber(ExprId id) const {
  while (file_[id].kind == ExprKind::kAttr || file_[id].kind == ExprKind::kMethod) id = file_[id].operands[0];
  return file_[id].kind == ExprKind::kNumber || file_[id].kind == ExprKind::kDecimal;
}

ExprId Maker::Value(int depth) {
  ExprId id = Operand(depth);
  return rng_.Chance(10) && !StartsWithNumber(id) ? Node(ExprKind::kNeg, {id}) : id;
}

ExprId Maker::Constant() {
  switch (rng_.Below(5)) {
    case 0:
      return EntityExpr();
    case 1:
      return NameExpr();
    case 2:
      return Path(1, false);
    case 3:
      return SetOf(2);
    default:
      return Literal();
  }
}

ExprId Maker::Term(int depth) {
  ExprId id = kNoExpr;
  if (rng_.Chance(15)) {
    ExprId key = rng_.Chance(40) ? EntityExpr() : Key();
    id = Node(ExprKind::kKeyed, {key}, Word());
  } else {
    id = Operand(depth);
  }
  while (rng_.Chance(12)) {
    if (rng_.Chance(50)) {
      Expr e;
      e.kind = ExprKind::kNot;
      e.spelled = Spelling::kSymbol;
      e.operands = {id};
      id = Add(std::move(e));
    } else if (!StartsWithNumber(id)) {
      id = Node(ExprKind::kNeg, {id});
    }
  }
  return id;
}

ExprId Maker::Sum(int depth) {
  auto product = [&] {
    ExprId id = Term(depth);
    while (rng_.Chance(8)) {
      ExprId right = Term(depth);
      id = Node(ExprKind::kMul, {id, right});
    }
    return id;
  };
  ExprId id = product();
  while (rng_.Chance(12)) {
    ExprKind kind = rng_.Chance(50) ? ExprKind::kAdd : ExprKind::kSub;
    ExprId right = product();
    id = Node(kind, {id, right});
  }
  return id;
}

ExprId Maker::Relation(int depth) {
  ExprId id = Sum(depth);
  if (rng_.Chance(65)) id = Comparison(id, depth);
  while (rng_.Chance(12)) id = Node(ExprKind::kNot, {id});
  return id;
}

ExprId Maker::Comparison(ExprId subject, int depth) {
  constexpr std::array kKinds = {
      ExprKind::kIs,       ExprKind::kIs,      ExprKind::kBelow,       ExprKind::kAtMost,
      ExprKind::kAbove,    ExprKind::kAtLeast, ExprKind::kIsIn,        ExprKind::kBetween,
      ExprKind::kOneOf,    ExprKind::kIn,      ExprKind::kContains,    ExprKind::kHas,
      ExprKind::kExists,   ExprKind::kMissing, ExprKind::kMatches,     ExprKind::kStartsWith,
      ExprKind::kEndsWith, ExprKind::kWithin,  ExprKind::kUnderDomain, ExprKind::kUnderPath,
      ExprKind::kIsClass,  ExprKind::kIsState};
  Expr e;
  e.kind = rng_.Pick(kKinds);
  e.operands = {subject};
  size_t operands = 1;
  switch (e.kind) {
    case ExprKind::kHas:
      if (rng_.Chance(20)) {
        e.texts = {Text() + "-"};  // never a word: it has to be quoted
      } else {
        e.texts = Some(1, [&] { return AnyWord(); });
      }
      break;
    case ExprKind::kMatches:
      e.pattern = MakePattern();
      break;
    case ExprKind::kUnderDomain:
    case ExprKind::kUnderPath:
      e.text = Text();
      break;
    case ExprKind::kIsClass:
      e.integer = static_cast<int64_t>(rng_.Below(3));
      break;
    case ExprKind::kIsState:
      e.integer = static_cast<int64_t>(rng_.Below(4));
      break;
    case ExprKind::kExists:
    case ExprKind::kMissing:
      break;
    case ExprKind::kIsIn:
    case ExprKind::kBetween:
      operands = 3;
      break;
    default:
      operands = 2;
      break;
  }
  while (e.operands.size() < operands) e.operands.push_back(Sum(depth));
  // `in` beside a text is refused.
  if (e.kind == ExprKind::kIn && (IsText(e.operands[0]) || IsText(e.operands[1]))) e.kind = ExprKind::kIs;
  bool with_is = e.kind != ExprKind::kContains && e.kind != ExprKind::kHas && e.kind != ExprKind::kExists &&
                 e.kind != ExprKind::kMatches && e.kind != ExprKind::kStartsWith &&
                 e.kind != ExprKind::kEndsWith;
  e.negated = with_is && rng_.Chance(25);
  bool ordered = e.kind == ExprKind::kBelow || e.kind == ExprKind::kAbove;
  bool symbol = e.kind == ExprKind::kIs ||
                ((ordered || e.kind == ExprKind::kAtMost || e.kind == ExprKind::kAtLeast) && !e.negated);
  if (symbol && rng_.Chance(40)) {
    e.spelled = Spelling::kSymbol;
  } else if (ordered && rng_.Chance(30)) {
    e.spelled = Spelling::kTime;
  }
  return Add(std::move(e));
}

bool Maker::IsText(ExprId id) const {
  const Expr& e = file_[id];
  if (e.kind != ExprKind::kSet) return e.kind == ExprKind::kText;
  return !e.operands.empty() && std::all_of(e.operands.begin(), e.operands.end(), [&](ExprId element) {
    return file_[element].kind == ExprKind::kText;
  });
}

Pattern Maker::MakePattern() {
  Pattern pattern;
  for (bool wildcard = rng_.Chance(50); pattern.empty() || rng_.Chance(50); wildcard = !wildcard) {
    pattern.push_back({.wildcard = wildcard, .literal = wildcard ? "" : "l*" + Text()});
  }
  return pattern;
}

ExprId Maker::Open(int depth) {
  ExprId id = kNoExpr;
  if (rng_.Chance(30)) {
    ExprId condition = MakeExpr(depth - 1);
    ExprId then = MakeExpr(depth - 1);
    id = Node(ExprKind::kIf, {condition, then, MakeExpr(depth - 1)});
  } else {
    constexpr std::array kKinds = {ExprKind::kEvery, ExprKind::kSome, ExprKind::kCount};
    ExprKind kind = rng_.Pick(kKinds);
    ExprId set = Term(depth - 1);
    ExprId body = MakeExpr(depth - 1);
    id = Node(kind, {set, body}, Word());
  }
  while (rng_.Chance(15)) id = Node(ExprKind::kNot, {id});
  return id;
}

ExprId Maker::MakeExpr(int depth) {
  auto binary = [&](ExprKind kind, ExprId left, ExprId right) {
    Expr e;
    e.kind = kind;
    e.operands = {left, right};
    if (rng_.Chance(30)) e.spelled = Spelling::kSymbol;
    return Add(std::move(e));
  };
  bool open = depth > 0 && rng_.Chance(15);
  size_t count = 1 + (rng_.Chance(35) ? rng_.Below(4) : 0);
  ExprId any = kNoExpr, all = kNoExpr;
  for (size_t i = 0; i < count; ++i) {
    ExprId item = open && i + 1 == count ? Open(depth) : Relation(depth);
    if (i == 0) {
      all = item;
    } else if (rng_.Chance(60)) {
      all = binary(ExprKind::kAnd, all, item);
    } else {
      any = any == kNoExpr ? all : binary(ExprKind::kOr, any, all);
      all = item;
    }
  }
  return any == kNoExpr ? all : binary(ExprKind::kOr, any, all);
}

}  // namespace polc::gen::pol
