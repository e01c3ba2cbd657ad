// Expressions of a Pol program in Cedar's words, where Cedar has them.
//
// Levels become sets of their names, quantifiers `contains`, `containsAll` and `containsAny` where their body
// allows it, facts and autonomy are written out where they are read, and an attribute with a value for when
// it is missing becomes an `if`. What Cedar cannot say (state, the clock, `lower`, most of `number of`) gives
// nothing, with the reason. Of values that fit the model, and where nothing errs, what comes out evaluates to
// what went in; Cedar's order of evaluation is kept. Recursion is bounded by kMaxCedarDepth, the size of what
// comes out by kMaxCedarExprs. Only to_cedar.cc includes this. Tested by to_cedar_test.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/syntax/ast.h"

namespace polc::translate {

// Far deeper than anybody writes, and little enough for the stack whatever a fact reads.
inline constexpr uint32_t kMaxCedarDepth = 400;
// Facts are copied to where they are read, so they multiply.
inline constexpr size_t kMaxCedarExprs = size_t{1} << 16;

class CedarExpressions {
 public:
  using Id = std::optional<syntax::ExprId>;

  // `reach`: the actions that what is written here can be about.
  CedarExpressions(const core::Program& program, std::vector<const core::Action*> reach, syntax::Policy& out)
      : program_(program), reach_(std::move(reach)), out_(out) {}

  // An expression of `rule`; nothing if there is none in Cedar, and why() says so.
  Id Write(const core::Rule& rule, core::ExprId id);
  const std::string& why() const { return why_; }
  source::Span where() const { return where_; }

  syntax::ExprId Value(const data::Value& value);
  syntax::ExprId Var(syntax::Var var);
  syntax::ExprId Not(syntax::ExprId operand);
  syntax::ExprId Binary(syntax::ExprKind kind, syntax::ExprId left, syntax::ExprId right);
  syntax::ExprId Method(syntax::ExprId subject, std::string name, std::vector<syntax::ExprId> arguments);
  syntax::ExprId If(syntax::ExprId condition, syntax::ExprId yes, syntax::ExprId no);
  syntax::ExprId Has(syntax::ExprId subject, std::string name);
  syntax::ExprId Get(syntax::ExprId subject, std::string name);
  syntax::ExprId Texts(const std::vector<std::string>& texts);

 private:
  using Names = std::vector<std::string>;  // of levels, in their order

  std::nullopt_t Cannot(const core::Rule& rule, core::ExprId id, std::string why);
  syntax::ExprId Add(syntax::Expr e);
  syntax::ExprId Bool(bool value);
  Id And(Id left, Id right);
  Id Or(Id left, Id right);
  static std::optional<bool> Known(const syntax::Policy& policy, syntax::ExprId id);

  Id WriteOne(const core::Rule& rule, core::ExprId id);
  Id Chain(const core::Rule& rule, core::ExprId id);
  Id Comparison(const core::Rule& rule, core::ExprId id);
  Id Plain(const core::Rule& rule, core::ExprId id);
  Id Call(const core::Rule& rule, core::ExprId id);

  // Attributes of the context, and what is declared of them.
  std::vector<const core::Attribute*> Declared(const core::Rule& rule, core::ExprId subject,
                                               const std::string& name) const;
  Id Subject(const core::Rule& rule, core::ExprId id);
  Id Attribute(const core::Rule& rule, core::ExprId id, bool as_subject);
  Id ContextAttribute(const std::string& name, bool has);
  Id AttributeOr(const core::Rule& rule, core::ExprId id);

  // Levels (cedar_levels.cc).
  std::optional<std::pair<const core::Levels*, std::vector<bool>>> RanksOf(const core::Rule& rule,
                                                                           core::ExprId comparison,
                                                                           core::ExprId& of) const;
  Id Among(const core::Rule& rule, core::ExprId id, const core::Levels& levels,
           const std::vector<bool>& ranks);
  Id TwoLevels(const core::Rule& rule, core::ExprId id);

  // Facts (cedar_levels.cc).
  Id Fact(const core::Rule& rule, core::ExprId id);
  Id FactAmong(const core::Rule& rule, core::ExprId id, const core::Fact& fact, const core::Levels& levels,
               const std::vector<bool>& ranks);
  Id AtLeast(const core::Rule& rule, core::ExprId id, const core::Fact& fact, const core::Levels& levels,
             size_t rank);
  Id Holds(const core::Rule& rule);
  Id Scope(syntax::Var var, const core::ScopeTest& test);

  // Quantifiers.
  Id Quantified(const core::Rule& rule, core::ExprId id, bool every, syntax::ExprId set, core::ExprId body);
  static bool ReadsElement(const core::Rule& rule, core::ExprId id);

  const core::Program& program_;
  std::vector<const core::Action*> reach_;
  syntax::Policy& out_;
  uint32_t depth_ = 0;
  std::string why_;
  source::Span where_;
};

// An entity as a policy names it.
syntax::EntityRef CedarEntity(const data::EntityUid& uid);

}  // namespace polc::translate
