// Expressions: what they mean and whether they can, in one walk from the AST to the core.
//
// Every expression is looked at once, for all requests it can be evaluated in: `principal` is of one of
// several types, `context` is that of one of several actions, and what is read has to be there in all of them
// or to have been tested for. Tests narrow what follows them: `principal is Agent and …`, `context has x and
// …`, `x is missing or …`. A mistake gives the type kError, which fits everywhere, so it is reported once.
//
// Sugar ends here: levels are compared by rank, percentages as decimals, `is under domain` becomes patterns,
// `action is irreversible` a list of actions, a setting its value. Constants are kept aside until they are
// used, so that nothing is left over in the rule.
//
// Chains of `and` and `or` are walked in a loop, everything else by recursion of at most kMaxDepth; a rule
// that stands for more than kMaxExprs expressions (settings and `is between` repeat theirs) is refused.
// Tested by pol_expr_test.cc.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/sema/pol_world.h"
#include "compiler/source/source_map.h"

namespace polc::sema::pol {

// Deepest nesting of a Pol expression, `and` and `or` in a row counted once: no sentence a person can read
// aloud comes near it, and each level takes up to 3 KiB of stack.
inline constexpr uint32_t kMaxDepth = 500;
// How many core expressions one rule may stand for, as kMaxRepeatedExprs for Cedar.
inline constexpr size_t kMaxExprs = size_t{1} << 16;

// The requests an expression can be evaluated in.
struct Reach {
  SourceId source = 0;
  std::vector<std::string> principals, resources;  // types, sorted
  std::vector<const ActionInfo*> actions;          // in the order of their uids
};

// What tests before it have shown where an expression stands.
struct Known {
  bool dead = false;                                      // it is never evaluated
  std::set<std::string> present;                          // paths that are there
  std::map<std::string, std::vector<std::string>> types;  // the only types (of `action`: actions) a path has

  void And(const Known& other);  // both hold
  void Or(const Known& other);   // one of them does
};

struct Typed {
  Type type;
  core::ExprId id = core::kNoExpr;
  std::optional<data::Value> constant;  // then there is no `id` yet
  std::string path;                     // `principal.owner.team`; empty: it is no path
  Known when_true, when_false;
  source::Span span;

  bool error() const { return type.error(); }
};

class Expressions {
 public:
  // Adds to `rule`. `map` is for messages.
  Expressions(const World& world, const Reach& reach, core::Rule& rule, const source::SourceMap& map,
              source::DiagnosticSink& sink)
      : world_(world), reach_(reach), rule_(rule), map_(map), sink_(sink), source_(reach.source) {}

  // An expression that has to be a Bool; `known` is what holds before it and, after, what holds if it is true
  // (if `negated`: false). kNoExpr after a report.
  core::ExprId Condition(ast::ExprId id, Known& known, bool negated = false);
  // An expression that has to fit `wanted`; `what` names its place: "the limit `timeout`".
  core::ExprId ValueOf(ast::ExprId id, const Type& wanted, std::string_view what, const Known& known);
  // Any expression.
  Typed Check(ast::ExprId id, const Known& known);
  // Puts a constant into the rule if it is one.
  core::ExprId Emit(Typed& e);

 private:
  using Kind = Type::Kind;
  // Something that has attributes, with who declares what: types or actions.
  struct Owner {
    std::string name;
    const std::vector<Field>* fields;
  };

  const ast::Expr& At(ast::ExprId id) const { return world_.file(source_)[id]; }
  std::string Text(source::Span span) const;
  std::string Text(ast::ExprId id) const { return Text(At(id).span); }
  source::Diagnostic& Report(source::Code code, source::Span span, std::string message);
  static Typed Error(source::Span span);
  Typed Unexpected(ast::ExprId id, const Type& type, std::string_view place, std::string_view wanted);

  static Typed Constant(Type type, data::Value value, source::Span span);
  Typed Made(Type type, core::ExprId id, source::Span span) const;
  Typed Bool(core::ExprId id, source::Span span) const { return Made(Simple(Kind::kBool), id, span); }
  Typed Not(Typed e, bool negated);

  Typed Chain(ast::ExprId id, const Known& known);
  Typed CheckOne(ast::ExprId id, const Known& known);
  Typed Literal(const ast::Expr& e);
  Typed SetOrRecord(ast::ExprId id, const Known& known);
  Typed If(ast::ExprId id, const Known& known);
  Typed Quantifier(ast::ExprId id, const Known& known);
  Typed Arithmetic(ast::ExprId id, const Known& known);

  // Names (pol_names.cc).
  Typed Var(const ast::Expr& e, const Known& known);
  Typed Name(ast::ExprId id, const Known& known);
  Typed Meaning(const Symbol& symbol, source::Span span, const Known& known);
  Typed SettingValue(const Symbol& symbol, source::Span span, const Known& known);
  Typed Fact(const std::string& name, source::Span span, const Known& known);
  Typed Attribute(ast::ExprId id, const Known& known);
  Typed Member(Typed subject, const std::string& name, source::Span span, source::Span name_span,
               const Known& known);
  Typed Keyed(ast::ExprId id, const Known& known);
  Typed State(ast::ExprId id, const Known& known);
  Typed Has(ast::ExprId id, const Known& known);
  Typed HasOne(Typed subject, ast::ExprId subject_id, const std::vector<std::string>& before,
               const std::string& name, source::Span span, source::Span name_span, const Known& known);
  Typed Along(ast::ExprId subject, const std::vector<std::string>& names, size_t count, const Known& known);
  Typed ActionClass(source::Span span, const Known& known);
  Typed IsClass(ast::ExprId id, const Known& known);
  // Those `subject` may be; nothing after a report if it has no attributes.
  std::optional<std::vector<Owner>> Owners(const Typed& subject, source::Span span, const Known& known);
  std::vector<const ActionInfo*> Actions(const Known& known) const;

  // Operators (pol_operators.cc).
  Typed Is(ast::ExprId id, const Known& known);
  Typed IsType(ast::ExprId subject, const std::string& type, source::Span span, const Known& known);
  Typed IsIn(ast::ExprId id, const Known& known);
  Typed Equal(Typed left, Typed right, source::Span span, source::Span op);
  Typed Order(ast::ExprKind kind, Typed left, Typed right, source::Span span, source::Span op);
  Typed Comparison(ast::ExprId id, const Known& known);
  Typed Between(ast::ExprId id, const Known& known);
  Typed OneOf(ast::ExprId id, const Known& known);
  Typed In(ast::ExprId id, const Known& known);
  Typed InEntity(Typed left, ast::ExprId right, source::Span span, const Known& known);
  Typed Contains(ast::ExprId id, const Known& known);
  Typed ContainsValue(Typed set, Typed value, source::Span span);
  Typed LikePattern(ast::ExprId id, const Known& known);
  // A report about a part of a text that has to be a literal.
  Typed NotWrittenOut(ast::ExprId text);
  Typed Within(ast::ExprId id, const Known& known);
  Typed Under(ast::ExprId id, const Known& known);
  Typed Method(ast::ExprId id, const Known& known);
  Typed ExtensionMethod(ast::ExprId id, std::vector<Typed> args);
  core::ExprId RankOf(Typed& e);
  std::string Operator(const ast::Expr& e) const;  // as written

  const World& world_;
  const Reach& reach_;
  core::Rule& rule_;
  const source::SourceMap& map_;
  source::DiagnosticSink& sink_;
  SourceId source_;  // of the expression: a setting's value may stand in another file
  uint32_t depth_ = 0;
  size_t visited_ = 0;
  bool too_large_ = false;
  int setting_hops_ = 0;
  std::string variable_;  // of the quantifier around; empty: none
  Type element_;
};

}  // namespace polc::sema::pol
