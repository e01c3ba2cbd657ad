// The typed core: the one small calculus every policy becomes.
//
// Cedar today and Pol next lower to this; the checker annotates it, the oracle evaluates it the obvious
// way, and emit compiles it. About thirty operators, no sugar: `a != b` is Not(Eq), `a > b` is
// Not(LessEq), `x is T in y` is And(Is, In), `x has a.b` is And(Has, Has).
//
// A Rule owns its expressions in one vector; a child's id is smaller than its parent's, so every pass is
// one loop. Types are optional: an expression that was not checked, or failed the check, has
// Kind::kUnknown and is evaluated with kind checks all the same.
// INVARIANT: see Verify() in verify.h, which returns what is broken instead of asserting.
// Dump() in print.h is the golden form.
// Tested by core_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/data/extension.h"
#include "compiler/data/value.h"
#include "compiler/source/source_map.h"

namespace polc::core {

using source::Span;
using ExprId = uint32_t;
inline constexpr ExprId kNoExpr = UINT32_MAX;

enum class Var : uint8_t { kPrincipal, kAction, kResource, kContext };

enum class Op : uint8_t {
#define POLC_CORE_OP(name, mnemonic, arity, meaning) k##name,
#include "compiler/core/ops.def"
};

// What the checker proved an expression evaluates to whenever it does not err, in every request
// environment of the schema.
enum class Kind : uint8_t {
  kUnknown, kBool, kLong, kString, kEntity, kDecimal, kIp, kDatetime, kDuration, kSet, kRecord
};

// One element of a `like` pattern.
struct PatternPart {
  bool wildcard = false;
  std::string literal;
  friend bool operator==(const PatternPart&, const PatternPart&) = default;
};

struct Expr {
  Op op;
  Kind kind = Kind::kUnknown;
  std::vector<ExprId> operands;
  // Payload by op: Literal: value; Var: var; Is: name (entity type); Has, GetAttr: name (attribute);
  // Like: pattern; Record: names (keys, sorted, same count as operands); Call: fn;
  // CallUnknown: name (a function or method no signature matches: errs when evaluated).
  data::Value value;
  Var var = Var::kPrincipal;
  data::ExtFn fn = data::ExtFn::kDecimal;
  std::string name;
  std::vector<std::string> names;
  std::vector<PatternPart> pattern;
  Span span;
};

// What a rule does when it holds. Cedar uses the first two; the order is from least to most restrictive.
enum class Effect : uint8_t { kAllow, kLimit, kRequire, kSuggest, kForbid };
enum class Mode : uint8_t { kEnforced, kShadow };
// What an error in a rule means: Cedar skips it; Pol lets an allow fall and everything else hold.
enum class ErrorRule : uint8_t { kSkip, kFailClosed };

// Who or what a rule speaks about; tested before its conditions and unable to err.
struct ScopeTest {
  enum class Op : uint8_t { kAny, kEq, kIn, kIs, kIsIn } op = Op::kAny;
  data::EntityUid entity;  // kEq, kIn, kIsIn; in a template possibly a slot
  bool slot = false;       // the entity is to be bound by a link
  std::string type;        // kIs, kIsIn
  Span span;
};
struct ActionTest {
  enum class Op : uint8_t { kAny, kEq, kIn } op = Op::kAny;
  std::vector<data::EntityUid> actions;  // kEq: one; kIn: holds if the action is in any of them
  Span span;
};

// A term a Limit rule sets ("timeout to 300s").
struct Limit {
  std::string kind;
  ExprId value = kNoExpr;
  Span span;
};
// A term a Require rule demands: an approval quorum or an item of evidence.
struct Need {
  enum class Kind : uint8_t { kApproval, kEvidence } kind = Kind::kApproval;
  std::string evidence;                  // kEvidence
  uint32_t count = 0;                    // kApproval: how many distinct people
  std::vector<data::EntityUid> pool;     // kApproval: members of any of these
  int64_t within_ms = 0;                 // kApproval: how old an approval may be
  Span span;
};

// A policy: scope, then conditions in source order, each evaluated as by Cedar's `&&`.
struct Rule {
  std::string id;
  Effect effect = Effect::kForbid;
  Mode mode = Mode::kEnforced;
  ErrorRule on_error = ErrorRule::kSkip;
  ScopeTest principal;
  ActionTest action;
  ScopeTest resource;
  std::vector<ExprId> conditions;  // holds iff scope holds and c1 && (c2 && (…)) is true
  std::vector<Limit> limits;
  std::vector<Need> needs;
  std::vector<Expr> exprs;
  std::vector<std::pair<std::string, std::string>> annotations;  // key, value; in source order
  std::string template_id;  // the template it was linked from, or empty
  Span span;

  bool is_template() const { return principal.slot || resource.slot; }
};

// A named value computed once per decision and read by rules (Pol); none in Cedar.
struct Fact {
  std::string name;
  Rule body;  // exprs and conditions[0] hold the expression
};

// Everything one bundle is made of. Rule ids are unique; templates are kept apart and never evaluated.
struct Program {
  std::vector<Rule> rules;
  std::vector<Rule> templates;
  std::vector<Fact> facts;
};

std::string_view OpName(Op op);
inline Expr MakeExpr(Op op, std::vector<ExprId> operands, Span span) {
  Expr e;
  e.op = op;
  e.operands = std::move(operands);
  e.span = span;
  return e;
}

}  // namespace polc::core
