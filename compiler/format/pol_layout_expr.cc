// The expressions of pol_layout.h.
#include <cassert>

#include "compiler/format/pol_layout.h"

namespace polc::format {

using namespace syntax::pol;

namespace {

bool IsLogical(ExprKind kind) { return kind == ExprKind::kAnd || kind == ExprKind::kOr; }
bool IsArithmetic(ExprKind kind) {
  return kind == ExprKind::kAdd || kind == ExprKind::kSub || kind == ExprKind::kMul;
}
// Whether two operators stand on one level of the text: `+` and `-` do, `*` binds tighter.
bool OnOneLevel(ExprKind a, ExprKind b) {
  return a == b || (IsArithmetic(a) && IsArithmetic(b) && a != ExprKind::kMul && b != ExprKind::kMul);
}

}  // namespace

bool PolLayout::IsTimely(ExprId id) const {
  const Expr& e = file_[SkipParens(file_, id)];
  return e.kind == ExprKind::kTime || (e.kind == ExprKind::kName && e.text == "now");
}

// `item, item` between brackets; a trailing comma goes.
template <typename Item>
Doc PolLayout::Bracketed(size_t count, Item item) {
  Doc open = Take();
  Doc items = d_.nil();
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) {
      Doc comma = Take();
      items = d_.concat({items, comma, d_.line()});
    }
    items = d_.append(items, item(i));
  }
  if (At(",")) Drop();
  if (count > 0)
    items = d_.append(d_.nest(indent_, d_.append(d_.line_or_nothing(), items)), d_.line_or_nothing());
  return d_.group(d_.concat({open, items, Take()}));
}

Doc PolLayout::Chain(ExprId id) {
  // The chain leans to the left as deep as it is long: walked as a loop.
  ExprKind kind = file_[id].kind;
  std::vector<ExprId> links;
  while (OnOneLevel(file_[id].kind, kind)) {
    links.push_back(id);
    id = file_[id].operands[0];
  }
  Place place = IsLogical(kind) ? Place::kOpen : Place::kTight;
  Doc doc = Print(id, place);
  for (auto link = links.rbegin(); link != links.rend(); ++link) {
    doc = d_.append(doc, d_.line());
    Doc op = IsLogical(kind) ? TakeAs(kind == ExprKind::kAnd ? "and" : "or") : Take();
    doc = d_.concat({doc, op, d_.gap(), Print(file_[*link].operands[1], place)});
  }
  return d_.group(d_.nest(indent_, doc));
}

Doc PolLayout::Comparison(const Expr& e) {
  Doc left = Print(e.operands[0], Place::kTight);
  Doc op = d_.nil();
  if (e.spelled == syntax::pol::Spelling::kSymbol) {
    bool timely = e.operands.size() > 1 && (IsTimely(e.operands[0]) || IsTimely(e.operands[1]));
    switch (e.kind) {
      case ExprKind::kBelow:
        op = TakeAs(timely ? "is before" : "is below");
        break;
      case ExprKind::kAtMost:
        op = TakeAs("is at most");
        break;
      case ExprKind::kAbove:
        op = TakeAs(timely ? "is after" : "is above");
        break;
      case ExprKind::kAtLeast:
        op = TakeAs("is at least");
        break;
      default:
        op = TakeAs(e.negated ? "is not" : "is");
        break;
    }
    return d_.concat({left, d_.gap(), op, d_.gap(), Print(e.operands[1], Place::kTight)});
  }
  if (At("is") || At("not")) {
    op = Take();
    if (e.negated && At("not")) op = Spaced(op, Take());
    op = d_.append(op, d_.gap());
  }
  Doc right = d_.nil();
  switch (e.kind) {
    case ExprKind::kIs:
      right = Print(e.operands[1], Place::kTight);
      break;
    case ExprKind::kIsIn: {
      Doc type = Print(e.operands[1], Place::kTight);
      Doc in = Words({"in"});
      right = d_.concat({type, d_.gap(), in, d_.gap(), Print(e.operands[2], Place::kTight)});
      break;
    }
    case ExprKind::kBetween: {
      Doc between = Words({"between"});
      Doc low = Print(e.operands[1], Place::kTight);
      Doc and_word = Words({"and"});
      right = d_.concat(
          {between, d_.gap(), low, d_.gap(), and_word, d_.gap(), Print(e.operands[2], Place::kTight)});
      break;
    }
    case ExprKind::kAtMost:
    case ExprKind::kAtLeast:
    case ExprKind::kOneOf:
    case ExprKind::kStartsWith:
    case ExprKind::kEndsWith: {
      Doc first = Take();
      Doc words = Spaced(first, Take());
      right = Spaced(words, Print(e.operands[1], Place::kTight));
      break;
    }
    case ExprKind::kBelow:
    case ExprKind::kAbove:
    case ExprKind::kIn:
    case ExprKind::kContains:
    case ExprKind::kWithin: {
      Doc word = Take();
      right = Spaced(word, Print(e.operands[1], Place::kTight));
      break;
    }
    case ExprKind::kHas: {
      Doc has = Take();
      right = Spaced(has, Glued(2 * e.texts.size() - 1));
      break;
    }
    case ExprKind::kMatches: {
      Doc word = Take();
      right = Spaced(word, Take());
      break;
    }
    case ExprKind::kUnderDomain:
    case ExprKind::kUnderPath: {
      Doc under = Take();
      Doc what = Take();
      right = d_.concat({under, d_.gap(), what, d_.gap(), Take()});
      break;
    }
    default:  // exists, missing, a class, a state: one word
      right = Take();
      break;
  }
  return d_.concat({left, d_.gap(), op, right});
}

Doc PolLayout::Print(ExprId id, Place place) {
  const Expr& e = file_[id];
  switch (e.kind) {
    case ExprKind::kBool:
    case ExprKind::kPercent:
    case ExprKind::kDuration:
    case ExprKind::kTime:
    case ExprKind::kText:
    case ExprKind::kVar:
    case ExprKind::kName:
      return Take();
    case ExprKind::kNumber:
    case ExprKind::kDecimal:
      return At("-") ? Glued(2) : Take();
    case ExprKind::kAddress: {
      if (!At("ip")) return Take();
      Doc ip = Take();
      return Spaced(ip, Take());
    }
    case ExprKind::kEntity:
      return Print(e.entity);
    case ExprKind::kSet:
      return Bracketed(e.operands.size(), [&](size_t i) { return Print(e.operands[i]); });
    case ExprKind::kRecord:
      return Bracketed(e.operands.size(), [&](size_t i) {
        Doc key = Take();
        Doc colon = Take();
        return d_.concat({key, colon, d_.gap(), Print(e.operands[i])});
      });
    case ExprKind::kAttr:
    case ExprKind::kMethod: {
      // A chain of accesses is as deep as it is long: walked as a loop.
      std::vector<ExprId> links;
      ExprId head = id;
      while (file_[head].kind == ExprKind::kAttr || file_[head].kind == ExprKind::kMethod) {
        links.push_back(head);
        head = file_[head].operands[0];
      }
      Doc doc = Print(head, Place::kTight);
      for (auto link = links.rbegin(); link != links.rend(); ++link) {
        const Expr& access = file_[*link];
        if (access.kind == ExprKind::kAttr) {
          doc = d_.append(doc, Glued(access.integer != 0 ? 3 : 2));
          continue;
        }
        doc = d_.append(doc, Glued(2));
        doc = d_.append(doc, Bracketed(access.operands.size() - 1,
                                       [&](size_t i) { return Print(access.operands[i + 1]); }));
      }
      return doc;
    }
    case ExprKind::kKeyed: {
      Doc name = Take();
      Doc of = Words({"of"});
      return d_.concat({name, d_.gap(), of, d_.gap(), Print(e.operands[0], Place::kTight)});
    }
    case ExprKind::kParen: {
      Doc open = Take();
      Doc inner = d_.nest(1, Print(e.operands[0]));
      return d_.group(d_.concat({open, inner, Take()}));
    }
    case ExprKind::kIf: {
      auto branch = [&](ExprId body) {
        Doc word = Take();
        return d_.concat({word, d_.gap(), d_.nest(indent_, Print(body))});
      };
      Doc test = branch(e.operands[0]);
      Doc then = branch(e.operands[1]);
      return d_.group(d_.concat({test, d_.line(), then, d_.line(), branch(e.operands[2])}));
    }
    case ExprKind::kOr:
    case ExprKind::kAnd:
    case ExprKind::kAdd:
    case ExprKind::kSub:
    case ExprKind::kMul:
      return Chain(id);
    case ExprKind::kNot: {
      bool wrap = place == Place::kTight && e.spelled == syntax::pol::Spelling::kSymbol;
      Doc word = TakeAs("not");
      Doc doc = Spaced(word, Print(e.operands[0]));
      return wrap ? d_.group(d_.concat({d_.text("("), d_.nest(1, doc), d_.text(")")})) : doc;
    }
    case ExprKind::kNeg: {
      Doc minus = Take();
      return d_.append(minus, Print(e.operands[0], Place::kTight));
    }
    case ExprKind::kEvery:
    case ExprKind::kSome:
    case ExprKind::kCount: {
      Doc head = Take();
      if (e.kind == ExprKind::kCount) head = Spaced(head, Take());
      head = Spaced(head, Take());
      head = Spaced(head, Words({"in"}));
      head = Spaced(head, Print(e.operands[0], Place::kTight));
      head = Spaced(head, Words({"satisfies"}));
      return d_.group(d_.append(head, OnLine(Print(e.operands[1]))));
    }
    default:
      return Comparison(e);
  }
}

}  // namespace polc::format
