// The Pol AST: what an author wrote, nothing resolved and nothing desugared.
//
// A File owns all expressions of one .pol file in one flat vector; declarations refer to them by ExprId. A
// child's index is smaller than its parent's, so passes are loops and destructors are flat.
// INVARIANT: exprs[i]'s operands are all < i (checked by Verify()).
//
// Names stay as written with their spans: `Team` is a Name with the text "Team", `std.risk` one with
// "std.risk" (parts joined by dots, no spaces, whatever stood between them). Which declaration a bare name
// means (a type, level, fact, setting, hours, quantifier variable) is sema's question. Literals are decoded;
// one that is out of range was reported by the parser. Names inside expressions that have dots
// (`x is Shop.Order`) are attributes of a name there; DottedName() reads them back.
//
// Word operators and symbols give the same nodes; `spelled` remembers the difference for fmt and messages
// and is no part of the meaning. Equal() compares what two files say, without spans, spelling, comments.
// Tested by pol_parser_test.cc, compiler/format/pol_format_test.cc and tests/gen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "compiler/source/source_map.h"
#include "compiler/syntax/ast.h"

namespace polc::syntax::pol {

// `Name::text` has its parts joined by dots here; EntityRef is `Team "sre"`.
using syntax::EntityRef;
using syntax::ExprId;
using syntax::kNoExpr;
using syntax::Name;
using syntax::Pattern;

// ----------------------------------------------------------------------------------------- Expressions

enum class ExprKind : uint8_t {
  // Literals.
  kBool,      // integer = 0 | 1
  kNumber,    // integer; `-5` is one literal
  kDecimal,   // integer = value * 10^4; `-0.5` is one literal
  kPercent,   // integer = fraction * 10^4: `2.5%` is 250, 0..10'000 always
  kDuration,  // integer = milliseconds
  kTime,      // integer = milliseconds since 1970-01-01T00:00:00Z
  kText,      // text: unescaped
  kAddress,   // text: an address or range as Cedar's `ip` reads it (checked): "10.0.0.0/8"
  kSet,       // operands: elements
  kRecord,    // operands: values; texts: keys, unescaped, distinct; same count

  // What things are called.
  kEntity,  // entity: `Team "sre"`
  kVar,     // integer = Var: principal, action, resource, context
  kName,    // text: a bare identifier, `now` and the variable of a quantifier included
  kAttr,    // operands: subject; text: attribute; integer = 1 if written ["..."], 0 if .word
  kMethod,  // operands: receiver, arguments...; text: method
  kKeyed,   // operands: key (kEntity, kVar, kName, kAttr); text: the declared input: `freeze of resource`

  kParen,  // operands: inner; kept because fmt shows what was written
  kIf,     // operands: condition, then, else

  // Logic. `not` binds looser than comparisons, `!` tighter; both are kNot with their extent in the tree.
  kOr,
  kAnd,  // operands: left, right; chains are left-associated as written
  kNot,  // operands: operand
  kEvery,
  kSome,
  kCount,  // `number of`; operands: set, body; text: the variable; name_span: of the variable

  // Arithmetic.
  kNeg,  // operands: operand
  kAdd,
  kSub,
  kMul,  // operands: left, right

  // Comparisons; operands: subject, right, unless said otherwise. `negated` for `is not …`, `!=`, `not in`.
  // The right side of kIs may be the name of a type: sema decides what `x is Agent` means.
  kIs,
  kBelow,       // < ; `is below`, `is before`
  kAtMost,      // <= ; `is at most`
  kAbove,       // > ; `is above`, `is after`
  kAtLeast,     // >= ; `is at least`
  kIsIn,        // `x is T in e`; operands: subject, type (a name, see DottedName), ancestor
  kBetween,     // operands: subject, low, high; both ends included
  kOneOf,       // operands: subject, set (a kSet or any expression)
  kIn,          // hierarchy
  kContains,    // `x contains e`
  kHas,         // operands: subject; texts: the attribute path, one element if quoted
  kExists,      // operands: subject (kAttr, by sema)
  kMissing,     // operands: subject: `is missing`
  kMatches,     // operands: subject; pattern
  kStartsWith,  // operands: subject; text
  kEndsWith,    // operands: subject; text
  kWithin,      // `is within`: a range of addresses or the name of hours
  kUnderDomain,
  kUnderPath,  // operands: subject; text
  kIsClass,    // operands: subject; integer = ActionClass: `action is irreversible`
  kIsState,    // operands: subject (kKeyed or kName); integer = StateWord: `freeze of … is on`
};

enum class ActionClass : uint8_t { kReadOnly, kReversible, kIrreversible };
enum class StateWord : uint8_t { kOn, kOff, kOpen, kClosed };

// How an operator was written, where there is a choice.
enum class Spelling : uint8_t {
  kWord,    // and or not; is, is not, is below, is at least, …; not in
  kSymbol,  // && || ! == != < <= > >=
  kTime,    // is before, is after
};

struct Expr {
  ExprKind kind = ExprKind::kBool;
  bool negated = false;                // comparisons only
  Spelling spelled = Spelling::kWord;  // not compared by Equal()
  int64_t integer = 0;
  std::string text;
  std::vector<ExprId> operands;
  std::vector<std::string> texts;
  EntityRef entity;  // kEntity
  Pattern pattern;   // kMatches
  Span span;         // the whole expression
  Span name_span;    // the operator, attribute, method, variable or keyed name inside it, for messages
};

// ------------------------------------------------------------------------------------ Parts of sentences

// `Set of Text, at most 64`. The bound stands only where attributes are declared.
struct TypeRef {
  bool is_set = false;
  Name name;                       // the type, or the element type
  std::optional<int64_t> at_most;  // 1..256 is checked by sema
  Span span;
  Span at_most_span;
};

// An action by its name: `restart_pod`, `"github/create-issue"`, `Shop.refund`, `Shop."create-issue"`.
struct ActionName {
  Name qualifier;    // "Shop"; empty text: none
  std::string text;  // unescaped
  bool quoted = false;
  Span span;
};

// `blast_radius 2%`: an argument of a test, a variant, a setting or a limit's expected value.
struct Arg {
  std::string name;
  ExprId value = kNoExpr;
  bool quoted = false;
  Span name_span;
  Span span;
};

// `name?: Type from host, 100% if missing, varies`
struct Attr {
  std::string name;
  bool quoted = false;
  bool optional = false;
  TypeRef type;
  bool from_host = false;
  ExprId if_missing = kNoExpr;
  bool varies = false;
  Span name_span;
  Span span;
};

// WHO and WHICH.
struct Scope {
  enum class Kind : uint8_t {
    kAnyone,    // `anyone`
    kAnything,  // `anything`
    kType,      // `Agent`, `any Agent`
    kTypeIn,    // `Agent in Team "sre"`; group: kEntity, an attribute path, or a kName (a setting)
    kEntity,    // `Agent "oncall"`
  } kind = Kind::kAnything;
  bool any_word = false;  // `any Agent`; not compared by Equal()
  Name type;              // kType, kTypeIn
  ExprId group = kNoExpr;
  EntityRef entity;
  Span span;
};

// WHAT.
struct Acts {
  enum class Kind : uint8_t {
    kActions,   // `drop_table, archive_table`
    kClasses,   // `do any pod_restart, table_archive`
    kAnything,  // `do anything`
    kChange,    // `change anything`: every class that is not read_only
  } kind = Kind::kAnything;
  std::vector<ActionName> actions;
  std::vector<Name> classes;
  Span span;
};

struct Target {
  Scope who;
  Acts what;
  std::optional<Scope> which;  // left out = anything
  Span span;
};

// `2 of Team "a" or Team "b"`
struct QuorumPart {
  ExprId count = kNoExpr;     // kNumber (positive, sema) or kName (a setting)
  std::vector<ExprId> pools;  // each kEntity, an attribute path, or a kName (a setting)
  Span span;
};

// `1 of A and 1 of B within 30m including owner survives policy change`
struct Quorum {
  std::vector<QuorumPart> parts;
  ExprId within = kNoExpr;  // kDuration or kName (a setting); always there in a good declaration
  bool including_owner = false;
  bool survives_policy_change = false;
  Span span;
};

struct Need {
  enum class Kind : uint8_t { kApproval, kEvidence } kind = Kind::kApproval;
  std::vector<Quorum> quorums;  // kApproval: alternatives (`or by`), at least one
  Name evidence;                // kEvidence
  Span span;
};

// `timeout to 300s`, `read_only`
struct Limit {
  Name kind;
  ExprId value = kNoExpr;  // none: `limit read_only`
  Span span;
};

// `soc2 "CC8.1"`
struct Control {
  Name catalogue;
  std::string clause;
  Span clause_span;
  Span span;
};

struct Clause {
  enum class Kind : uint8_t {
    kWhen,
    kUnless,          // condition
    kUnlessApproved,  // quorums: alternatives; only on forbid, suggest, require, limit
    kBecause,         // text
    kMeets,           // controls, at least one
    kUntil,           // time
  } kind = Kind::kWhen;
  ExprId condition = kNoExpr;
  std::vector<Quorum> quorums;
  std::string text;
  std::vector<Control> controls;
  int64_t time = 0;  // milliseconds since 1970
  Span span;         // from the keyword
};

enum class Mode : uint8_t { kDefault, kShadow, kEnforced };

// ----------------------------------------------------------------------------------------- Declarations

// `use std.a, std.b with max_ttl 10m (shadow)`
struct UseDecl {
  std::vector<Name> modules;
  std::vector<Arg> settings;
  Mode mode = Mode::kDefault;
  Span span;
};

// `setting max_ttl : Duration is 15m`
struct SettingDecl {
  Name name;
  TypeRef type;
  ExprId value = kNoExpr;  // none: must be set
  Span span;
};

// `group A, B in C`, `person`, `agent … owned by P`, `principal`, `resource`.
struct EntityDecl {
  enum class Kind : uint8_t { kGroup, kPerson, kAgent, kPrincipal, kResource } kind = Kind::kGroup;
  std::vector<Name> names;  // several only for groups
  std::vector<Name> parents;
  std::optional<Name> owned_by;
  std::vector<Attr> attrs;
  Span span;
};

// `record Grant has …`
struct RecordDecl {
  Name name;
  std::vector<Attr> attrs;
  Span span;
};

// `action class pod_restart is reversible`
struct ClassDecl {
  Name name;
  ActionClass kind = ActionClass::kIrreversible;
  Span span;
};

// `action a, "b" in c by Agent on Service with …`; what is left out, a Cedar schema has to say.
struct ActionDecl {
  std::vector<ActionName> names;
  std::vector<Name> classes;  // after `in`
  std::vector<Name> by;
  std::vector<Name> on;
  std::vector<Attr> attrs;
  Span span;
};

// `evidence rollback_plan (undo) : Text` or `… has tested_at : Time`
struct EvidenceDecl {
  Name name;
  bool undo = false;
  std::optional<TypeRef> type;
  std::vector<Attr> attrs;  // if there is no type
  Span span;
};

// `levels Risk is low < high, higher is stricter`
struct LevelsDecl {
  Name name;
  std::vector<Name> levels;  // lowest first, at least two
  bool higher_is_stricter = true;
  Span span;
};

// `needs principal has credential_ttl : Duration`
struct NeedsDecl {
  Var var = Var::kPrincipal;  // never kAction
  std::vector<Attr> attrs;
  Span span;
};

// `assume NAME E`
struct AssumeDecl {
  Name name;
  ExprId condition = kNoExpr;
  Span span;
};

// `limit kind timeout : Duration, lowest wins`
struct LimitKindDecl {
  enum class Merge : uint8_t { kLowestWins, kHighestWins, kCommonMembers, kAllMembers, kAnyTrue };
  Name name;
  TypeRef type;
  Merge merge = Merge::kLowestWins;
  Span span;
};

// `fact f : T is E` | `… is the highest of V when E, …, otherwise V` | `… the first of …`
struct FactDecl {
  enum class Form : uint8_t { kExpression, kHighest, kFirst } form = Form::kExpression;
  struct Row {
    ExprId value = kNoExpr;
    ExprId when = kNoExpr;
    Span span;
  };
  Name name;
  TypeRef type;
  std::vector<Row> rows;       // empty for kExpression
  ExprId otherwise = kNoExpr;  // kExpression: the expression
  Span span;
};

// `ladder for WHO on WHICH when E gives CLASS : LEVEL until T, …` | `… gives rows of PATH`
struct LadderDecl {
  struct Row {
    Name action_class;
    Name level;
    std::optional<int64_t> until;
    Span span;
  };
  Scope who;
  std::optional<Scope> which;
  ExprId when = kNoExpr;
  std::vector<Row> rows;
  ExprId rows_of = kNoExpr;  // instead of rows
  Span span;
};

// `cap NAME (shadow) autonomy at L for WHO to WHAT on WHICH when …`
struct CapDecl {
  Name name;
  Mode mode = Mode::kDefault;
  Name level;
  std::optional<Target> target;  // none: everyone, everything
  std::vector<Clause> clauses;   // never kUnlessApproved
  Span span;
};

enum class RuleEffect : uint8_t { kAllow, kForbid, kSuggest, kRequire, kLimit };

struct RuleDecl {
  Name name;
  Mode mode = Mode::kDefault;
  std::optional<std::string> title;
  RuleEffect effect = RuleEffect::kAllow;
  Target target;
  std::vector<Limit> limits;    // kLimit, at least one
  std::vector<Need> needs;      // kRequire, at least one
  ActionName suggestion;        // kSuggest: the action of the variant
  std::vector<Arg> variant;     // kSuggest: the changes of its context
  std::vector<Clause> clauses;  // in source order
  Span effect_span;             // from the effect's word to the end of the target
  Span span;
};

// `switch freeze for each Environment fresh within 30s`
struct SwitchDecl {
  Name name;
  std::optional<Name> each;       // none: one switch for all
  ExprId fresh_within = kNoExpr;  // kDuration or kName
  Span span;
};

// `counter c counts WHAT for each KEY over 10m`; `attempts` counts denied ones, too.
struct CounterDecl {
  bool attempts = false;
  Name name;
  Acts what;
  std::vector<ExprId> keys;  // kVar or kAttr paths
  ExprId over = kNoExpr;     // kDuration or kName
  Span span;
};

// `total spend sums context.cost of WHAT for each KEY over 1d`
struct TotalDecl {
  Name name;
  ExprId sums = kNoExpr;
  Acts what;
  std::vector<ExprId> keys;
  ExprId over = kNoExpr;
  Span span;
};

// `label tainted on context.session, set by WHAT when E`
struct LabelDecl {
  Name name;
  ExprId key = kNoExpr;
  Acts set_by;
  ExprId when = kNoExpr;
  Span span;
};

// `breaker runaway for each KEY opens at 5 denials over 1m closes after 10m`
struct BreakerDecl {
  Name name;
  std::vector<ExprId> keys;
  ExprId threshold = kNoExpr;  // kNumber or kName
  Name counts;                 // "denials"
  ExprId over = kNoExpr;
  ExprId closes_after = kNoExpr;
  Span span;
};

// `hours business is Mon to Fri from 09:00 to 17:00 in "Europe/Berlin"`
struct HoursDecl {
  Name name;
  uint8_t first_day = 0;  // 0 = Monday
  uint8_t last_day = 6;
  uint16_t from = 0;  // minutes since midnight, 0..1439
  uint16_t to = 0;    // 1..1440
  std::string zone;
  Span zone_span;
  Span span;
};

// One `given` of a test.
struct Given {
  enum class Kind : uint8_t {
    kEntity,    // `Agent "a" in Team "t" with maturity senior`: entity, parents, args
    kNow,       // `now 2026-…`: time
    kState,     // `freeze of Environment "p" is on`: name, key?, and state or value
    kApproval,  // `approval by Human "k" 10m ago`: entity, duration
    kRefusal,   // likewise
    kEvidence,  // `evidence plan "…"` or `evidence plan with tested_at …`: name, value or args
    kActsFor,   // `Agent "a" acts for Human "k"`: entity, hops
    kEnforces,  // `enforces timeout, cost`, `enforces nothing`: kinds
    kFixtures,  // `on_call, frozen`: kinds
  } kind = Kind::kEntity;
  struct Hop {
    EntityRef principal;
    std::vector<Name> classes;  // `to do any C, D`; empty: no scope
    Span span;
  };
  EntityRef entity;
  std::vector<EntityRef> parents;
  std::vector<Arg> args;
  Name name;
  ExprId key = kNoExpr;    // kState: kEntity or a literal
  ExprId value = kNoExpr;  // kState, kEvidence
  std::optional<StateWord> state;
  int64_t time = 0;       // kNow
  int64_t duration = 0;   // kApproval, kRefusal: milliseconds ago
  std::vector<Hop> hops;  // kActsFor: nearest first
  std::vector<Name> kinds;
  Span span;
};

// `rule`, `policy/rule` or `"any text"`.
struct RuleRef {
  std::string text;
  Span span;
};

struct Expectation {
  enum class Outcome : uint8_t {
    kAllow,  // with limits: allow_with_limits
    kDeny,
    kSuggest,
    kRequireApproval,
  } outcome = Outcome::kAllow;
  ActionName suggestion;    // kSuggest
  std::optional<Name> why;  // `deny because no_grant`
  // kRequireApproval: `require approval and evidence plan` wants exactly these, `require approval` any.
  bool approval = false;
  std::vector<Name> evidence;
  bool has_limits = false;  // `with limits …` was written
  std::vector<Arg> limits;
  std::vector<RuleRef> by;      // exact if any was written
  std::vector<RuleRef> not_by;  // not among the reasons
  Span span;
};

// How often one sentence may ask: a counter's limit is reached, and a run stays short.
inline constexpr int64_t kMaxTimes = 1000;

// `Agent "a" asks 3 times to restart on Service "s", Service "t" with n 1`; every combination is meant.
struct Ask {
  std::vector<EntityRef> principals;
  uint32_t times = 1;
  bool times_written = false;
  std::vector<ActionName> actions;
  std::vector<EntityRef> resources;
  std::vector<Arg> args;
  Span span;
};

// `then after 10m … expect …`; without a request, the one before is made again.
struct Next {
  std::optional<int64_t> after;  // milliseconds
  std::vector<Given> givens;
  std::optional<Ask> ask;
  bool when = false;  // the word was written
  Expectation expect;
  Span span;
};

// `case "wide" with blast_radius 7.5% expect …`: what differs from the test around it.
struct TestCase {
  std::string title;
  Span title_span;
  std::vector<Arg> args;
  std::vector<Given> givens;
  std::optional<Ask> ask;
  Expectation expect;
  std::vector<Next> next;
  Span span;
};

struct TestDecl {
  std::string title;
  Span title_span;
  std::vector<Given> givens;
  std::optional<Ask> ask;
  std::optional<Expectation> expect;  // only with `ask`; otherwise there are cases
  std::vector<Next> next;             // only with `expect`
  std::vector<TestCase> cases;
  Span span;
};

// `fixture on_call given …`
struct FixtureDecl {
  Name name;
  std::vector<Given> givens;
  Span span;
};

// `guarantee NAME never allow T without approval by Q when E`
struct GuaranteeDecl {
  enum class Without : uint8_t { kNothing, kAnyApproval, kApproval, kLimit };
  Name name;
  std::optional<std::string> title;
  bool always = false;
  Target target;
  Without without = Without::kNothing;
  std::vector<Quorum> quorums;  // kApproval: alternatives
  Name limit;                   // kLimit
  ExprId when = kNoExpr;
  Span span;
};

using Decl = std::variant<UseDecl, SettingDecl, EntityDecl, RecordDecl, ClassDecl, ActionDecl, EvidenceDecl,
                          LevelsDecl, NeedsDecl, AssumeDecl, LimitKindDecl, FactDecl, LadderDecl, CapDecl,
                          RuleDecl, SwitchDecl, CounterDecl, TotalDecl, LabelDecl, BreakerDecl, HoursDecl,
                          FixtureDecl, TestDecl, GuaranteeDecl>;

// `policy "payments" version "3" owner "team" governs Service in Team "payments"`
struct Header {
  std::string policy;
  std::optional<std::string> version;
  std::optional<std::string> owner;
  std::optional<Scope> governs;
  Span name_span;  // the text after `policy`
  Span span;
};

struct File {
  std::optional<Header> header;
  std::vector<Decl> decls;  // in source order
  std::vector<Expr> exprs;

  const Expr& operator[](ExprId id) const { return exprs[id]; }

  // The first broken invariant, or nothing.
  std::optional<std::string> Verify() const;
};

Span SpanOf(const Decl& decl);

// The expression under any number of parentheses.
ExprId SkipParens(const File& file, ExprId id);

// `a.b.c` if `id` is a bare name or attributes (unquoted) of one, else nothing.
std::optional<Name> DottedName(const File& file, ExprId id);

// Whether two files say the same in the same order: all but spans, spelling and parentheses that change
// nothing. Recursion over expressions: the parser bounds their depth.
bool Equal(const File& a, const File& b);

}  // namespace polc::syntax::pol
