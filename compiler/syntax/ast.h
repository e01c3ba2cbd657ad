// The Cedar AST: what an author wrote, nothing resolved and nothing desugared.
//
// One Policy owns the nodes of one policy in flat vectors and refers to them by index; a child's
// index is smaller than its parent's, so passes are loops and destructors are flat.
// INVARIANT: exprs[i]'s operands are all < i (checked by Verify()).
// Parentheses are kept (kParen) because fmt shows what was written; everybody else looks through them.
// Desugaring (`!=`, `>`, `is … in`, `has a.b`) happens in sema/lower; policy JSON keeps the surface forms.
// Tested by cedar_parser_test.cc, ast_printer_test.cc, policy_json_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/source/source_map.h"

namespace polc::syntax {

using source::Span;

// A possibly qualified name in normalized form: "A::B", no spaces, no comments.
struct Name {
  std::string text;
  Span span;
};

// A literal entity reference, id already unescaped.
struct EntityRef {
  Name type;
  std::string id;
  Span span;
};

enum class Var : uint8_t { kPrincipal, kAction, kResource, kContext };
enum class Slot : uint8_t { kPrincipal, kResource };

using ExprId = uint32_t;
inline constexpr ExprId kNoExpr = UINT32_MAX;

enum class ExprKind : uint8_t {
  kBool,    // integer = 0 | 1
  kLong,    // integer; `-5` is one literal
  kString,  // text: unescaped
  kEntity,  // entity
  kVar,     // integer = Var
  kParen,   // operands: inner
  kIf,      // operands: condition, then, else
  kOr,
  kAnd,  // operands: left, right; chains are left-associated as written
  kNot,
  kNeg,  // operands: operand
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kIn,    // operands: left, right
  kIs,    // operands: subject; name: entity type
  kIsIn,  // operands: subject, ancestor; name: entity type
  kHas,   // operands: subject; texts: the attribute path (one element unless written `has a.b.c`);
          // integer = 1 if written `has "..."`
  kLike,  // operands: subject; pattern
  kAdd,
  kSub,
  kMul,      // operands: left, right
  kGetAttr,  // operands: subject; text: attribute; integer = 1 if written ["..."], 0 if .ident
  kMethod,   // operands: receiver, arguments...; text: method
  kCall,     // operands: arguments...; name: function
  kSet,      // operands: elements
  kRecord,   // operands: values; texts: keys, unescaped; same count
};

// One element of a `like` pattern: a literal text or any run of characters.
struct PatternPart {
  bool wildcard = false;
  std::string literal;  // empty iff wildcard
  friend bool operator==(const PatternPart&, const PatternPart&) = default;
};
using Pattern = std::vector<PatternPart>;  // adjacent parts alternate unless two wildcards were written

struct Expr {
  ExprKind kind = ExprKind::kBool;
  int64_t integer = 0;
  std::string text;
  std::vector<ExprId> operands;
  std::vector<std::string> texts;
  Name name;        // kIs, kIsIn, kCall; kEntity: the type
  Pattern pattern;  // kLike
  Span span;        // the whole expression
  Span name_span;   // the attribute, method, key or type inside it, for messages; may be invalid
};

struct Annotation {
  std::string key;
  std::optional<std::string> value;  // nothing for `@key`, which means ""
  Span span;
};

// `== X`, `in X`, `is T`, `is T in X`, or nothing, where X is an entity or a slot.
struct ScopeConstraint {
  enum class Op : uint8_t { kAny, kEq, kIn, kIs, kIsIn } op = Op::kAny;
  std::variant<std::monostate, EntityRef, Slot> target;
  Name type;  // kIs, kIsIn
  Span span;  // of the variable and its constraint
};

struct ActionConstraint {
  enum class Op : uint8_t { kAny, kEq, kIn } op = Op::kAny;
  std::vector<EntityRef> actions;  // kEq: one; kIn: any number
  bool in_list = false;            // kIn written with brackets
  Span span;
};

enum class Effect : uint8_t { kPermit, kForbid };

struct Condition {
  bool unless = false;
  ExprId body = kNoExpr;
  Span span;
};

struct Policy {
  std::vector<Annotation> annotations;  // in source order, keys distinct
  Effect effect = Effect::kPermit;
  ScopeConstraint principal;
  ActionConstraint action;
  ScopeConstraint resource;
  std::vector<Condition> conditions;
  std::vector<Expr> exprs;
  Span span;  // from the first annotation to the semicolon

  bool uses_slot(Slot slot) const;
  bool is_template() const { return uses_slot(Slot::kPrincipal) || uses_slot(Slot::kResource); }
  const std::string* FindAnnotation(std::string_view key) const;  // "" for `@key`

  // The first broken invariant, or nothing.
  std::optional<std::string> Verify() const;
};

// The expression under any number of parentheses.
ExprId SkipParens(const Policy& policy, ExprId id);

// A template bound to entities. `values` keys are "?principal" and "?resource".
struct TemplateLink {
  std::string template_id;
  std::string new_id;
  std::optional<EntityRef> principal;
  std::optional<EntityRef> resource;
  Span span;
};

}  // namespace polc::syntax
