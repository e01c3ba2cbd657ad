#include "compiler/syntax/ast_printer.h"

#include <array>

#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"

namespace polc::syntax {
namespace {

// How tightly a form binds. An operand is put into parentheses where its level is below what its place
// needs.
enum Level : int { kAny, kOr, kAnd, kRelation, kSum, kProduct, kUnary, kPrimary };

// Longest run of `!` or `-` that Cedar reads.
constexpr int kMaxRun = 4;

bool IsAttributeName(const std::string& text) {
  return IsIdentifier(text) && !IsReservedWord(text) && text != "__cedar";
}

class Printer {
 public:
  explicit Printer(const Policy& policy) : policy_(policy) {}
  std::string Take() { return std::move(out_); }

  void WholePolicy() {
    for (const Annotation& a : policy_.annotations) {
      out_ += '@' + a.key;
      if (a.value) out_ += '(' + source::Quote(*a.value) + ')';
      out_ += '\n';
    }
    out_ += policy_.effect == Effect::kPermit ? "permit (" : "forbid (";
    Scope("principal", policy_.principal);
    out_ += ", ";
    Action();
    out_ += ", ";
    Scope("resource", policy_.resource);
    out_ += ')';
    for (const Condition& c : policy_.conditions) {
      out_ += c.unless ? "\nunless { " : "\nwhen { ";
      Print(c.body, kAny);
      out_ += " }";
    }
    out_ += ";\n";
  }

  void Print(ExprId id, Level needed) {
    id = SkipParens(policy_, id);
    const Expr& e = policy_.exprs[id];
    bool parens = LevelOf(e) < needed;
    if (parens) out_ += '(';
    Body(e);
    if (parens) out_ += ')';
  }

 private:
  static Level LevelOf(const Expr& e) {
    switch (e.kind) {
      case ExprKind::kIf:
        return kAny;
      case ExprKind::kOr:
        return kOr;
      case ExprKind::kAnd:
        return kAnd;
      case ExprKind::kEq:
      case ExprKind::kNe:
      case ExprKind::kLt:
      case ExprKind::kLe:
      case ExprKind::kGt:
      case ExprKind::kGe:
      case ExprKind::kIn:
      case ExprKind::kIs:
      case ExprKind::kIsIn:
      case ExprKind::kLike:
        return kRelation;
      case ExprKind::kHas:
        return IsWritable(e) ? kRelation : kAnd;
      case ExprKind::kAdd:
      case ExprKind::kSub:
        return kSum;
      case ExprKind::kMul:
        return kProduct;
      case ExprKind::kNot:
      case ExprKind::kNeg:
        return kUnary;
      case ExprKind::kLong:
        return e.integer < 0 ? kUnary : kPrimary;
      default:
        return kPrimary;
    }
  }

  // A `has` path of several steps takes names only.
  static bool IsWritable(const Expr& has) {
    if (has.texts.size() == 1) return true;
    for (const std::string& step : has.texts) {
      if (!IsAttributeName(step)) return false;
    }
    return true;
  }

  void Binary(const Expr& e, const char* op, Level left, Level right) {
    Print(e.operands[0], left);
    out_ += op;
    Print(e.operands[1], right);
  }

  // A run of equal signs, broken by parentheses where Cedar would not read it.
  void Unary(const Expr& e) {
    char sign = e.kind == ExprKind::kNot ? '!' : '-';
    const Expr* at = &e;
    int run = 0;
    for (;;) {
      out_ += sign;
      ++run;
      ExprId operand = SkipParens(policy_, at->operands[0]);
      const Expr& next = policy_.exprs[operand];
      bool negative = next.kind == ExprKind::kLong && next.integer < 0;
      bool joins = next.kind == e.kind || (negative && sign == '-');
      if (!joins || run == kMaxRun) {
        // `-5` would be the literal.
        bool literal = sign == '-' && next.kind == ExprKind::kLong;
        if (literal) out_ += '(';
        Print(operand, literal ? kAny : kPrimary);
        if (literal) out_ += ')';
        return;
      }
      if (negative) {
        out_ += std::to_string(next.integer);
        return;
      }
      at = &next;
    }
  }

  void Attribute(const std::string& name, bool quoted) {
    if (quoted || !IsAttributeName(name)) {
      out_ += source::Quote(name);
    } else {
      out_ += name;
    }
  }

  // `x has "a b" && x["a b"] has c` for a path that cannot be written.
  void UnwritableHas(const Expr& e) {
    for (size_t n = 0; n < e.texts.size(); ++n) {
      if (n > 0) out_ += " && ";
      Print(e.operands[0], n > 0 ? kPrimary : kSum);
      for (size_t i = 0; i < n; ++i) out_ += '[' + source::Quote(e.texts[i]) + ']';
      out_ += " has ";
      Attribute(e.texts[n], false);
    }
  }

  void List(const Expr& e, size_t first) {
    for (size_t i = first; i < e.operands.size(); ++i) {
      if (i > first) out_ += ", ";
      Print(e.operands[i], kAny);
    }
  }

  void Body(const Expr& e) {
    static constexpr std::array kVars = {"principal", "action", "resource", "context"};
    switch (e.kind) {
      case ExprKind::kBool:
        out_ += e.integer != 0 ? "true" : "false";
        break;
      case ExprKind::kLong:
        out_ += std::to_string(e.integer);
        break;
      case ExprKind::kString:
        out_ += source::Quote(e.text);
        break;
      case ExprKind::kEntity:
        out_ += e.name.text + "::" + source::Quote(e.text);
        break;
      case ExprKind::kVar:
        out_ += kVars[static_cast<size_t>(e.integer)];
        break;
      case ExprKind::kParen:
        Print(e.operands[0], kAny);
        break;
      case ExprKind::kIf:
        out_ += "if ";
        Print(e.operands[0], kAny);
        out_ += " then ";
        Print(e.operands[1], kAny);
        out_ += " else ";
        Print(e.operands[2], kAny);
        break;
      case ExprKind::kOr:
        return Binary(e, " || ", kOr, kAnd);
      case ExprKind::kAnd:
        return Binary(e, " && ", kAnd, kRelation);
      case ExprKind::kEq:
        return Binary(e, " == ", kSum, kSum);
      case ExprKind::kNe:
        return Binary(e, " != ", kSum, kSum);
      case ExprKind::kLt:
        return Binary(e, " < ", kSum, kSum);
      case ExprKind::kLe:
        return Binary(e, " <= ", kSum, kSum);
      case ExprKind::kGt:
        return Binary(e, " > ", kSum, kSum);
      case ExprKind::kGe:
        return Binary(e, " >= ", kSum, kSum);
      case ExprKind::kIn:
        // `(x is T) in y` and `x is T in y` differ, and the level of `is` says so.
        return Binary(e, " in ", kSum, kSum);
      case ExprKind::kAdd:
        return Binary(e, " + ", kSum, kProduct);
      case ExprKind::kSub:
        return Binary(e, " - ", kSum, kProduct);
      case ExprKind::kMul:
        return Binary(e, " * ", kProduct, kUnary);
      case ExprKind::kNot:
      case ExprKind::kNeg:
        return Unary(e);
      case ExprKind::kIs:
      case ExprKind::kIsIn:
        Print(e.operands[0], kSum);
        out_ += " is " + e.name.text;
        if (e.kind == ExprKind::kIs) break;
        out_ += " in ";
        Print(e.operands[1], kSum);
        break;
      case ExprKind::kHas:
        if (!IsWritable(e)) return UnwritableHas(e);
        Print(e.operands[0], kSum);
        out_ += " has ";
        for (size_t i = 0; i < e.texts.size(); ++i) {
          if (i > 0) out_ += '.';
          Attribute(e.texts[i], e.integer != 0);
        }
        break;
      case ExprKind::kLike:
        Print(e.operands[0], kSum);
        out_ += " like \"";
        for (const PatternPart& part : e.pattern) {
          if (part.wildcard) {
            out_ += '*';
            continue;
          }
          for (char c : source::Escape(part.literal)) {
            if (c == '*') out_ += '\\';
            out_ += c;
          }
        }
        out_ += '"';
        break;
      case ExprKind::kGetAttr:
        Print(e.operands[0], kPrimary);
        if (e.integer != 0 || !IsAttributeName(e.text)) {
          out_ += '[' + source::Quote(e.text) + ']';
        } else {
          out_ += '.' + e.text;
        }
        break;
      case ExprKind::kMethod:
        Print(e.operands[0], kPrimary);
        out_ += '.' + e.text + '(';
        List(e, 1);
        out_ += ')';
        break;
      case ExprKind::kCall:
        out_ += e.name.text + '(';
        List(e, 0);
        out_ += ')';
        break;
      case ExprKind::kSet:
        out_ += '[';
        List(e, 0);
        out_ += ']';
        break;
      case ExprKind::kRecord:
        out_ += '{';
        for (size_t i = 0; i < e.operands.size(); ++i) {
          if (i > 0) out_ += ", ";
          Attribute(e.texts[i], false);
          out_ += ": ";
          Print(e.operands[i], kAny);
        }
        out_ += '}';
        break;
    }
  }

  void Target(const ScopeConstraint& c) {
    if (const Slot* slot = std::get_if<Slot>(&c.target)) {
      out_ += *slot == Slot::kPrincipal ? "?principal" : "?resource";
    } else if (const EntityRef* entity = std::get_if<EntityRef>(&c.target)) {
      out_ += PrintEntity(*entity);
    }
  }

  void Scope(const char* variable, const ScopeConstraint& c) {
    out_ += variable;
    switch (c.op) {
      case ScopeConstraint::Op::kAny:
        return;
      case ScopeConstraint::Op::kEq:
        out_ += " == ";
        return Target(c);
      case ScopeConstraint::Op::kIn:
        out_ += " in ";
        return Target(c);
      case ScopeConstraint::Op::kIs:
        out_ += " is " + c.type.text;
        return;
      case ScopeConstraint::Op::kIsIn:
        out_ += " is " + c.type.text + " in ";
        return Target(c);
    }
  }

  void Action() {
    const ActionConstraint& a = policy_.action;
    out_ += "action";
    if (a.op == ActionConstraint::Op::kAny) return;
    out_ += a.op == ActionConstraint::Op::kEq ? " == " : " in ";
    bool list = a.op == ActionConstraint::Op::kIn && (a.in_list || a.actions.size() != 1);
    if (list) out_ += '[';
    for (size_t i = 0; i < a.actions.size(); ++i) {
      if (i > 0) out_ += ", ";
      out_ += PrintEntity(a.actions[i]);
    }
    if (list) out_ += ']';
  }

  const Policy& policy_;
  std::string out_;
};

}  // namespace

std::string PrintPolicy(const Policy& policy) {
  Printer printer(policy);
  printer.WholePolicy();
  return printer.Take();
}

std::string PrintExpr(const Policy& policy, ExprId id) {
  Printer printer(policy);
  printer.Print(id, kAny);
  return printer.Take();
}

std::string PrintEntity(const EntityRef& entity) {
  return entity.type.text + "::" + source::Quote(entity.id);
}

}  // namespace polc::syntax
