#include "compiler/translate/pol_expr.h"

#include "compiler/data/extension.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"
#include "fmt/format.h"

namespace polc::translate {

using syntax::Expr;
using syntax::ExprId;
using syntax::ExprKind;

std::string PolTypeName(std::string_view type) {
  std::string out;
  for (size_t i = 0; i < type.size(); ++i) {
    const bool colons = type[i] == ':';
    out += colons ? '.' : type[i];
    i += colons;
  }
  return out;
}

std::string PolEntity(std::string_view type, std::string_view id) {
  return PolTypeName(type) + " " + source::Quote(id);
}

std::string PolActionName(const data::EntityUid& action) {
  const size_t colons = action.type.rfind("::");
  const std::string space =
      colons == action.type.npos ? "" : PolTypeName(std::string_view(action.type).substr(0, colons)) + ".";
  // Many names are words of the language; in quotes every one is a name.
  return space + source::Quote(action.id);
}

std::optional<std::string> PolExpressions::Write(ExprId id) {
  std::string out = Print(id, kAny);
  if (!why_.empty()) return std::nullopt;
  return out;
}

std::string PolExpressions::Cannot(const Expr& e, std::string why) {
  if (why_.empty()) {
    why_ = std::move(why);
    where_ = e.span;
  }
  return "";
}

std::string PolExpressions::Print(ExprId id, Level at_least) {
  id = SkipParens(policy_, id);
  Level level = kPrimary;
  std::string out = Body(policy_.exprs[id], level);
  return level < at_least ? "(" + out + ")" : out;
}

std::string PolExpressions::Binary(const Expr& e, const char* op, Level left, Level right) {
  std::string out = Print(e.operands[0], left);
  return out + " " + op + " " + Print(e.operands[1], right);
}

std::string PolExpressions::List(const Expr& e, size_t first) {
  std::string out;
  for (size_t i = first; i < e.operands.size(); ++i)
    out += (i > first ? ", " : "") + Print(e.operands[i], kAny);
  return out;
}

std::string PolExpressions::Body(const Expr& e, Level& level) {
  auto relation = [&](const char* op) {
    level = kRelation;
    return Binary(e, op, kSum, kSum);
  };
  switch (e.kind) {
    case ExprKind::kBool:
      return e.integer != 0 ? "true" : "false";
    case ExprKind::kLong:
      if (e.integer < 0) level = kUnary;
      return std::to_string(e.integer);
    case ExprKind::kString:
      return source::Quote(e.text);
    case ExprKind::kEntity: {
      if (!schema_.IsActionType(e.name.text)) return PolEntity(e.name.text, e.text);
      if (!syntax::IsIdentifier(e.text) || syntax::IsQualified(e.name.text))
        return Cannot(e, "Pol compares the action with names that stand without quotes");
      return e.text;
    }
    case ExprKind::kVar: {
      constexpr const char* kVars[] = {"principal", "action", "resource", "context"};
      return kVars[e.integer];
    }
    case ExprKind::kParen:
      break;  // looked through
    case ExprKind::kIf: {
      level = kAny;
      std::string out = "if " + Print(e.operands[0], kAny);
      out += " then " + Print(e.operands[1], kAny);
      return out + " else " + Print(e.operands[2], kAny);
    }
    case ExprKind::kOr:
      level = kOr;
      return Binary(e, "or", kOr, kOr);
    case ExprKind::kAnd:
      level = kAnd;
      return Binary(e, "and", kAnd, kAnd);
    case ExprKind::kNot:
      level = kNot;
      return "not " + Print(e.operands[0], kNot);
    case ExprKind::kNeg:
      level = kUnary;
      return "-(" + Print(e.operands[0], kAny) + ")";
    case ExprKind::kEq:
      return relation("==");
    case ExprKind::kNe:
      return relation("!=");
    case ExprKind::kLt:
      return relation("<");
    case ExprKind::kLe:
      return relation("<=");
    case ExprKind::kGt:
      return relation(">");
    case ExprKind::kGe:
      return relation(">=");
    case ExprKind::kIn:
      return relation("in");
    case ExprKind::kIs:
      level = kRelation;
      return Print(e.operands[0], kSum) + " is " + PolTypeName(e.name.text);
    case ExprKind::kIsIn: {
      level = kRelation;
      std::string out = Print(e.operands[0], kSum) + " is " + PolTypeName(e.name.text) + " in ";
      return out + Print(e.operands[1], kSum);
    }
    case ExprKind::kHas: {
      level = kRelation;
      std::string out = Print(e.operands[0], kSum) + " has ";
      bool words = true;
      for (const std::string& step : e.texts) words &= syntax::IsIdentifier(step);
      if (!words && e.texts.size() > 1) return Cannot(e, "a path of `has` has only names in it");
      if (!words) return out + source::Quote(e.texts[0]);
      for (size_t i = 0; i < e.texts.size(); ++i) out += (i > 0 ? "." : "") + e.texts[i];
      return out;
    }
    case ExprKind::kLike: {
      level = kRelation;
      std::string out = Print(e.operands[0], kSum) + " matches \"";
      for (const syntax::PatternPart& part : e.pattern) {
        if (part.wildcard) {
          out += '*';
          continue;
        }
        for (char c : source::Escape(part.literal)) {
          if (c == '*') out += '\\';
          out += c;
        }
      }
      return out + "\"";
    }
    case ExprKind::kAdd:
      level = kSum;
      return Binary(e, "+", kSum, kProduct);
    case ExprKind::kSub:
      level = kSum;
      return Binary(e, "-", kSum, kProduct);
    case ExprKind::kMul:
      level = kProduct;
      return Binary(e, "*", kProduct, kUnary);
    case ExprKind::kGetAttr: {
      std::string out = Print(e.operands[0], kPrimary);
      return out + (syntax::IsIdentifier(e.text) ? "." + e.text : "[" + source::Quote(e.text) + "]");
    }
    case ExprKind::kMethod: {
      std::string out = Print(e.operands[0], kPrimary) + "." + e.text + "(";
      return out + List(e, 1) + ")";
    }
    case ExprKind::kCall:
      return Constructed(e, level);
    case ExprKind::kSet:
      return "[" + List(e, 0) + "]";
    case ExprKind::kRecord: {
      std::string out;
      for (size_t i = 0; i < e.operands.size(); ++i) {
        out += i > 0 ? ", " : "{";
        out += source::Quote(e.texts[i]) + ": " + Print(e.operands[i], kAny);
      }
      return e.operands.empty() ? "{}" : out + "}";
    }
  }
  return Cannot(e, "Pol has no such expression");
}

// `decimal("1.5")` is 1.5 in Pol, `duration("1h")` 1h.
std::string PolExpressions::Constructed(const Expr& e, Level& level) {
  const std::optional<data::ExtFn> fn = data::FindExtFn(e.name.text);
  if (!fn || !data::Info(*fn).is_constructor() || e.operands.size() != 1)
    return Cannot(e, fmt::format("there is no function `{}`", source::Excerpt(e.name.text)));
  const Expr& text = policy_.exprs[SkipParens(policy_, e.operands[0])];
  if (text.kind != ExprKind::kString)
    return Cannot(e, fmt::format("`{}` of a text that is not written out", e.name.text));
  auto made = data::CallExt(*fn, {data::Value(text.text)});
  const auto* value = std::get_if<data::Value>(&made);
  if (!value) return Cannot(e, "it is malformed, and always errs");
  switch (value->kind()) {
    case data::Kind::kIp:
      return "ip " + source::Quote(text.text);
    case data::Kind::kDecimal: {
      std::string canonical = data::CanonicalText(*value);
      if (canonical.starts_with('-')) level = kUnary;
      return canonical;
    }
    case data::Kind::kDuration:
      if (value->as_duration().ms < 0) return Cannot(e, "Pol has no negative durations");
      return data::CanonicalText(*value);
    default:
      return text.text;
  }
}

}  // namespace polc::translate
