// Cedar expressions in Pol's words: the AST of one Cedar policy printed as Pol.
//
// Every operator of Cedar is one of Pol's. What has no form there (constructors on text that is not written
// out, negative durations, unknown functions) is left out with the reason. Whether the text checks is
// to_pol.cc's to find out. Recursion: the depth of the expression, at most kMaxExprDepth (cedar_parser.h).
// Only to_pol.cc includes this. Tested by to_pol_test.cc.
#pragma once

#include <optional>
#include <string>

#include "compiler/model/schema.h"
#include "compiler/syntax/ast.h"

namespace polc::translate {

// `Shop::Order` as `Shop.Order`.
std::string PolTypeName(std::string_view type);
// `Team "sre"`.
std::string PolEntity(std::string_view type, std::string_view id);
// The name of an action: `restart`, `"github/push"`, `Shop.refund`.
std::string PolActionName(const data::EntityUid& action);

class PolExpressions {
 public:
  PolExpressions(const syntax::Policy& policy, const model::Schema& schema)
      : policy_(policy), schema_(schema) {}

  // Nothing if Pol has no words for it, and why() says so.
  std::optional<std::string> Write(syntax::ExprId id);
  const std::string& why() const { return why_; }
  source::Span where() const { return where_; }

 private:
  enum Level : int { kAny, kOr, kAnd, kNot, kRelation, kSum, kProduct, kUnary, kPrimary };
  std::string Print(syntax::ExprId id, Level at_least);
  std::string Body(const syntax::Expr& e, Level& level);
  std::string Binary(const syntax::Expr& e, const char* op, Level left, Level right);
  std::string List(const syntax::Expr& e, size_t first);
  std::string Constructed(const syntax::Expr& e, Level& level);
  std::string Cannot(const syntax::Expr& e, std::string why);

  const syntax::Policy& policy_;
  const model::Schema& schema_;
  std::string why_;
  source::Span where_;
};

}  // namespace polc::translate
