// The typed core: the one small calculus every policy becomes.
//
// Cedar today and Pol next lower to this; the checker annotates it, the oracle evaluates it the obvious
// way, and emit compiles it. About thirty operators, no sugar: `a != b` is Not(Eq), `a > b` is
// Not(LessEq), `x is T in y` is And(Is, In), `x has a.b` is And(Has, Has).
//
// A Rule owns its expressions in one vector, and their payloads in pools beside it: an Expr is 32 plain
// bytes, so that 100,000 rules fit where they should. Expressions form trees: a child's id is smaller than
// its parent's, so most passes are one loop, and nothing has two parents, so what a pass learns about an
// expression it learns about one place. Kinds are optional: an expression that was not checked, or failed the
// check, has Kind::kUnknown and is evaluated with kind checks all the same. INVARIANT: see Verify() in
// verify.h, which returns what is broken instead of asserting. Dump() in print.h is the golden form. Tested
// by core_test.cc.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
  kUnknown,
  kBool,
  kLong,
  kString,
  kEntity,
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  kSet,
  kRecord
};

// One element of a `like` pattern.
struct PatternPart {
  bool wildcard = false;
  std::string literal;
  friend bool operator==(const PatternPart&, const PatternPart&) = default;
};
using Pattern = std::vector<PatternPart>;

// Deepest nesting of expressions, counting the operands on the way that are not their operator's first:
// chains like `a && b && c` and `x.y.z` are walked in a loop, the rest by recursion, for which this leaves
// each level 2.7 KiB of an 8 MiB stack. The parsers accept nothing deeper, so only rules built by programs
// meet it; who recurses errs past it.
inline constexpr uint32_t kMaxExprDepth = 3000;

// Operands and payload are asked of the rule that owns the expression: rule.operands(e), rule.name(e), …
struct Expr {
  Op op = Op::kLiteral;
  Kind kind = Kind::kUnknown;
  uint32_t first_operand = 0;  // into the rule's pool of operands
  uint32_t operand_count = 0;
  uint32_t payload = 0;  // by op: index into a pool, Var or ExtFn
  Span span;

  Var var() const { return static_cast<Var>(payload); }                 // Var
  data::ExtFn fn() const { return static_cast<data::ExtFn>(payload); }  // Call
};
static_assert(sizeof(Expr) <= 32);

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
  std::string evidence;               // kEvidence
  uint32_t count = 0;                 // kApproval: how many distinct people
  std::vector<data::EntityUid> pool;  // kApproval: members of any of these
  int64_t within_ms = 0;              // kApproval: how old an approval may be
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
  std::string template_id;                                       // the template it was linked from, or empty
  Span span;

  bool is_template() const { return principal.slot || resource.slot; }

  // What an expression of this rule consists of.
  std::span<const ExprId> operands(const Expr& e) const {
    return std::span(operand_pool).subspan(e.first_operand, e.operand_count);
  }
  std::span<const ExprId> operands(ExprId e) const { return operands(exprs[e]); }
  const data::Value& value(const Expr& e) const { return value_pool[e.payload]; }  // Literal
  // Is: the entity type; Has, GetAttr: the attribute; CallUnknown: a function or method that no signature
  // matches and that errs when evaluated.
  const std::string& name(const Expr& e) const { return name_pool[e.payload]; }
  // Record: the keys, sorted, one per operand.
  std::span<const std::string> names(const Expr& e) const {
    return std::span(name_pool).subspan(e.payload, e.operand_count);
  }
  const Pattern& pattern(const Expr& e) const { return pattern_pool[e.payload]; }  // Like

  // Append an expression whose operands are already there.
  ExprId Add(Op op, std::initializer_list<ExprId> operands, Span at = {}) {
    return Add(op, std::span(operands.begin(), operands.size()), at);
  }
  ExprId Add(Op op, std::span<const ExprId> operands, Span at = {}, uint32_t payload = 0);
  ExprId AddLiteral(data::Value value, Span at = {});
  ExprId AddVar(Var var, Span at = {});
  // Is, Has, GetAttr, CallUnknown.
  ExprId AddNamed(Op op, std::span<const ExprId> operands, std::string name, Span at = {});
  ExprId AddNamed(Op op, ExprId operand, std::string name, Span at = {}) {
    return AddNamed(op, std::span(&operand, 1), std::move(name), at);
  }
  ExprId AddLike(ExprId operand, Pattern pattern, Span at = {});
  ExprId AddCall(data::ExtFn fn, std::span<const ExprId> operands, Span at = {});
  // Fields in any order, keys distinct.
  ExprId AddRecord(std::vector<std::pair<std::string, ExprId>> fields, Span at = {});

  // The pools. Read through the accessors above.
  std::vector<ExprId> operand_pool;
  std::vector<data::Value> value_pool;
  std::vector<std::string> name_pool;
  std::vector<Pattern> pattern_pool;
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

std::string_view OpName(Op op);     // the mnemonic of ops.def
std::string_view OpMeaning(Op op);  // one line
int OpArity(Op op);                 // -1: any number
inline bool HasName(Op op) {        // whether Rule::name applies
  return op == Op::kIs || op == Op::kHas || op == Op::kGetAttr || op == Op::kCallUnknown;
}
// Whether two expressions are the same but for what their operands are: operator, payload, operand count.
bool SameHead(const Rule& x_rule, const Expr& x, const Rule& y_rule, const Expr& y);
std::string_view KindName(Kind kind);  // "?" for kUnknown, else as data::KindName
std::string_view VarName(Var var);
std::string_view EffectName(Effect effect);  // "allow", "limit", "require", "suggest", "forbid"

}  // namespace polc::core
