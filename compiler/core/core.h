// The typed core: the one small calculus every policy becomes.
//
// Cedar and Pol lower to this; the checker annotates it, the oracle evaluates it the obvious way, and emit
// compiles it. Forty operators, no sugar: `a != b` is Not(Eq), `a > b` is Not(LessEq), `x is T in y` is
// And(Is, In), `x has a.b` is And(Has, Has). What Pol declares besides (levels, limit kinds, the model of
// requests) is in model.h; a rule's share of it hangs behind one pointer, so that Cedar's rules do not pay
// for it.
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
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/core/model.h"
#include "compiler/data/extension.h"
#include "compiler/data/value.h"
#include "compiler/source/source_map.h"

namespace polc::core {

using source::Span;
using ExprId = uint32_t;
inline constexpr ExprId kNoExpr = UINT32_MAX;

// kElement: what the quantifier around is at; only in the body of Every, Some or Number.
enum class Var : uint8_t { kPrincipal, kAction, kResource, kContext, kElement };

enum class Op : uint8_t {
#define POLC_CORE_OP(name, mnemonic, arity, meaning) k##name,
#include "compiler/core/ops.def"
};

inline constexpr size_t kOpCount = 0
#define POLC_CORE_OP(name, mnemonic, arity, meaning) +1
#include "compiler/core/ops.def"
    ;

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
  std::string kind{};      // of Program::limit_kinds
  ExprId value = kNoExpr;  // reads no levels; a value that errs makes the limit unenforceable
  Span span{};
};

// `2 of Team "a" or Team "b" and 1 of principal.owner.team within 30m`: people, each of whom fills one place.
// A pool is an expression for an entity or a set of entities, whose members (and who are themselves it) may
// approve: a literal for a named group, a path of attributes; a setting is resolved to either. A pool that
// errs has nobody in it who could approve, and everybody who could refuse.
struct Quorum {
  struct Part {
    uint32_t count = 0;           // how many people; at least one
    std::vector<ExprId> pools{};  // any of them; at least one
  };
  std::vector<Part> parts{};            // all of them; at least one
  int64_t within_ms = 0;                // how old an approval or refusal may be; above 0
  bool including_owner = false;         // the principal's owner may approve, too
  bool survives_policy_change = false;  // an approval for another snapshot counts
  Span span{};
};
// Any of the alternatives will do. One approval may serve several of these, but one place of each.
struct Approval {
  std::vector<Quorum> alternatives{};  // at least one
  Span span{};
};
// A term a Require rule demands: an approval or an item of evidence.
struct Need {
  enum class Kind : uint8_t { kApproval, kEvidence } kind = Kind::kApproval;
  std::string evidence{};  // kEvidence: of Program::evidence_kinds
  Approval approval{};     // kApproval
  Span span{};
};

// What a Suggest rule proposes: the same principal and resource, another action, the context changed.
struct Suggestion {
  data::EntityUid action{};
  // Attribute and its new value; sorted by attribute, distinct. Not evaluated unless the rule holds; one that
  // errs is an error of the rule and left out of the proposal.
  std::vector<std::pair<std::string, ExprId>> changes{};
};
struct Control {
  std::string catalogue{};  // "soc2"
  std::string clause{};     // "CC8.1"
  friend auto operator<=>(const Control&, const Control&) = default;
};

// What a rule has that none of Cedar's can have. The expressions are the rule's.
struct PolPart {
  // One per `unless approved by`; only in rules that restrict. A rule that holds, by an error too, is lifted
  // if any of them is met; a lifted rule counts as one that does not hold, except in the terms and in what
  // can be refused.
  std::vector<Approval> lifted_by{};
  std::optional<Suggestion> suggestion{};  // there iff the effect is Suggest
  std::string title{};                     // the sentence after the rule's name
  std::string because{};
  std::vector<Control> controls{};  // sorted, distinct
  // For reports only: `until` is a condition (`now` before it) like any other.
  std::optional<int64_t> until_ms{};
};

// A policy: scope, then conditions in source order, each evaluated as by Cedar's `&&`. Of a Pol rule: `when`,
// `unless` (as Not) and `until`; a scope `in` a path is its first condition; a class, `do anything` and
// `change anything` are the list of their actions.
struct Rule {
  std::string id;
  Effect effect = Effect::kForbid;
  Mode mode = Mode::kEnforced;
  ErrorRule on_error = ErrorRule::kSkip;
  // Pol: `in`, `has` and tags of an entity that is not in the store err, where Cedar says false. The left
  // operand of `in` only; scopes are not concerned.
  bool strict = false;
  ScopeTest principal;
  ActionTest action;
  ScopeTest resource;
  std::vector<ExprId> conditions;  // holds iff scope holds and c1 && (c2 && (…)) is true
  std::vector<Limit> limits;
  std::vector<Need> needs;
  std::vector<Expr> exprs;
  std::vector<std::pair<std::string, std::string>> annotations;  // key, value; in source order
  std::string template_id;                                       // the template it was linked from, or empty
  std::shared_ptr<const PolPart> pol_part;                       // null: none of it
  Span span;

  const PolPart& pol() const;  // an empty one where there is none
  bool is_template() const { return principal.slot || resource.slot; }

  // What an expression of this rule consists of.
  std::span<const ExprId> operands(const Expr& e) const {
    return std::span(operand_pool).subspan(e.first_operand, e.operand_count);
  }
  std::span<const ExprId> operands(ExprId e) const { return operands(exprs[e]); }
  const data::Value& value(const Expr& e) const { return value_pool[e.payload]; }  // Literal
  // Is: the entity type; Has, GetAttr, AttrOr: the attribute; CallUnknown: a function or method that no
  // signature matches and that errs when evaluated; Rank: of Program::levels; FactRef: of Program::facts;
  // Input: Input::id of Program::inputs; InHours: of Program::hours.
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
  // The operators of HasName.
  ExprId AddNamed(Op op, std::span<const ExprId> operands, std::string name, Span at = {});
  ExprId AddNamed(Op op, ExprId operand, std::string name, Span at = {}) {
    return AddNamed(op, std::span(&operand, 1), std::move(name), at);
  }
  ExprId AddNamed(Op op, std::string name, Span at = {}) {
    return AddNamed(op, std::span<const ExprId>(), std::move(name), at);
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

// A named value, computed from the request alone and read by rules and other facts (Pol). All of its
// expressions belong to `body`; only those of rows and caps belong to these.
//
// An erring clause makes the fact err unless one that does not err settles it. kFirst: clauses in order; the
// first whose `when` is true gives the value; one that errs before that makes the fact err. kHighest: the
// highest value of the clauses whose `when` is true, else `otherwise`; the fact errs if a clause errs, unless
// one that is true has a value at least as high as the value of every one that errs (if that value errs too,
// as the highest there is). kAutonomy: the highest level of the rows that hold (else the lowest level), but
// at most the level of each cap that holds; a row that errs does not hold, a cap that errs does, and at a
// level that errs it is the lowest.
struct Fact {
  enum class Form : uint8_t { kExpression, kHighest, kFirst, kAutonomy };
  struct Clause {
    ExprId value = kNoExpr;
    ExprId when = kNoExpr;
  };
  // What grants a level (`ladder`) or bounds it (`cap`).
  struct Step {
    // Its scope and conditions say when; `id` names it, effect and error rule mean nothing. A cap may be in
    // shadow, a row is not.
    Rule rule{};
    ExprId level = kNoExpr;  // of `rule`; a text of the fact's levels
    // Rows only: `level` is a set of records {class: text, level: text, until?: datetime} instead (`rows
    // of`); those of the action's class that are not past their end hold, if `rule` does. Others in the set
    // do not count; a record of another shape or an unknown level does not either.
    bool from_data = false;
  };

  std::string name{};
  Form form = Form::kExpression;
  std::string levels{};           // of Program::levels if it gives one of them as text, else empty
  Rule body{};                    // kExpression: conditions[0] is the expression
  std::vector<Clause> clauses{};  // kHighest, kFirst
  ExprId otherwise = kNoExpr;     // kHighest, kFirst
  std::vector<Step> rows{};       // kAutonomy
  std::vector<Step> caps{};       // kAutonomy
  Span span{};
};

// A value that the host keeps and supplies (docs/language.md, State), read by Input expressions; and, for
// those that requests move, how they do. A declaration `for each principal, context.session` is two inputs of
// one name: several keys keep one count each.
//
//   kind       reads as            written
//   now        datetime            by the clock
//   switch     bool, true: on      by people
//   counter    long                one more when a request it counts is let go
//   attempts   long                one more when a request it counts is decided, whatever the outcome
//   total      long or decimal     more by `amount` when a request it counts is let go
//   label      bool, true: set     set when a request it counts is let go; never taken back
//   breaker    bool, true: open    one more denial when a request with its key is denied
struct Input {
  enum class Kind : uint8_t { kNow, kSwitch, kCounter, kAttempts, kTotal, kLabel, kBreaker };
  std::string id{};    // unique; what Input expressions name: "now", "freeze", "restarts of context.session"
  std::string name{};  // as declared: "restarts"
  Kind kind = Kind::kNow;
  data::Kind value = data::Kind::kDatetime;
  // What it is kept for each of: "principal", "principal.owner", "resource", "context.session", the entity
  // type of a switch; empty: there is one, and Input expressions have no operand.
  std::string by{};
  TypePtr key_type{};           // null iff `by` is empty
  Mode mode = Mode::kEnforced;  // in shadow: read, never written
  int64_t fresh_within_ms = 0;  // older than this, or of unknown age, it errs where it is read; 0: any age
  int64_t over_ms = 0;          // counter, attempts, total, breaker: the window, (now - over, now]
  uint32_t opens_at = 0;        // breaker: how many denials
  int64_t closes_after_ms = 0;  // breaker; 0: when the window has passed
  // What a request has to be to move it: its action test and, for a label, conditions, which count as true if
  // they err. All expressions below are its own. Nothing in it for now and switches.
  Rule update{};
  ExprId key = kNoExpr;     // the key to be written; none iff `by` is empty; one that errs moves nothing
  ExprId amount = kNoExpr;  // total: what is added; one that errs denies the request
  Span span{};
};

// Everything one bundle is made of. Rule ids are unique; templates are kept apart and never evaluated. Of the
// rest, which only Pol has, names are unique within each list, and lists are sorted by name so that the order
// of files never shows; but facts stand so that each reads only those before it (and of what that leaves
// open, by name).
struct Program {
  std::vector<Rule> rules{};
  std::vector<Rule> templates{};
  std::vector<Fact> facts{};

  // Whether any rule is Pol: then a request has to fit the model, and the rest of this is in use.
  bool pol = false;
  Model model{};
  std::vector<Levels> levels{};
  std::vector<LimitKind> limit_kinds{};
  std::vector<EvidenceKind> evidence_kinds{};
  std::vector<Input> inputs{};
  std::vector<Zone> zones{};
  std::vector<Hours> hours{};
  std::vector<Setting> settings{};
};

// The item of a list of a Program with this name, or null.
template <typename T>
const T* FindNamed(const std::vector<T>& list, std::string_view name) {
  for (const T& item : list) {
    if (item.name == name) return &item;
  }
  return nullptr;
}
const Input* FindInput(const std::vector<Input>& inputs, std::string_view id);

std::string_view OpName(Op op);     // the mnemonic of ops.def
std::string_view OpMeaning(Op op);  // one line
int OpArity(Op op);                 // -1: any number
bool HasName(Op op);                // whether Rule::name applies
inline bool IsQuantifier(Op op) { return op == Op::kEvery || op == Op::kSome || op == Op::kNumber; }
inline bool IsPol(Op op) { return op > Op::kCallUnknown; }
// Whether two expressions are the same but for what their operands are: operator, payload, operand count.
bool SameHead(const Rule& x_rule, const Expr& x, const Rule& y_rule, const Expr& y);
std::string_view KindName(Kind kind);  // "?" for kUnknown, else as data::KindName
std::string_view VarName(Var var);
std::string_view EffectName(Effect effect);        // "allow", "limit", "require", "suggest", "forbid"
std::string_view FormName(Fact::Form form);        // "expression", "highest", "first", "autonomy"
std::string_view InputKindName(Input::Kind kind);  // "now", "switch", "counter", …

}  // namespace polc::core
