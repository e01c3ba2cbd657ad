#include "compiler/syntax/pol_ast.h"

#include <algorithm>
#include <set>
#include <utility>

#include "compiler/syntax/pol_dump.h"

namespace polc::syntax::pol {
namespace {

struct Arity {
  size_t least;
  size_t most;
};

Arity ArityOf(ExprKind kind) {
  switch (kind) {
    case ExprKind::kBool:
    case ExprKind::kNumber:
    case ExprKind::kDecimal:
    case ExprKind::kPercent:
    case ExprKind::kDuration:
    case ExprKind::kTime:
    case ExprKind::kText:
    case ExprKind::kAddress:
    case ExprKind::kEntity:
    case ExprKind::kVar:
    case ExprKind::kName:
      return {0, 0};
    case ExprKind::kSet:
    case ExprKind::kRecord:
      return {0, SIZE_MAX};
    case ExprKind::kMethod:
      return {1, SIZE_MAX};
    case ExprKind::kAttr:
    case ExprKind::kKeyed:
    case ExprKind::kParen:
    case ExprKind::kNot:
    case ExprKind::kNeg:
    case ExprKind::kHas:
    case ExprKind::kExists:
    case ExprKind::kMissing:
    case ExprKind::kMatches:
    case ExprKind::kUnderDomain:
    case ExprKind::kUnderPath:
    case ExprKind::kIsClass:
    case ExprKind::kIsState:
      return {1, 1};
    case ExprKind::kIf:
    case ExprKind::kIsIn:
    case ExprKind::kBetween:
      return {3, 3};
    default:
      return {2, 2};
  }
}

const char* WrongWith(const Expr& e, size_t id) {
  Arity arity = ArityOf(e.kind);
  if (e.operands.size() < arity.least || e.operands.size() > arity.most) return "wrong number of operands";
  for (ExprId operand : e.operands) {
    if (operand >= id) return "operand does not precede it";
  }
  if (e.negated && e.kind < ExprKind::kIs) return "negated, but no comparison";
  switch (e.kind) {
    case ExprKind::kBool:
      return e.integer == 0 || e.integer == 1 ? nullptr : "boolean is neither 0 nor 1";
    case ExprKind::kPercent:
      return e.integer >= 0 && e.integer <= 10'000 ? nullptr : "percentage out of range";
    case ExprKind::kVar:
      return e.integer >= 0 && e.integer <= static_cast<int64_t>(Var::kContext) ? nullptr
                                                                                : "no such variable";
    case ExprKind::kIsClass:
      return e.integer >= 0 && e.integer <= static_cast<int64_t>(ActionClass::kIrreversible)
                 ? nullptr
                 : "no such class";
    case ExprKind::kIsState:
      return e.integer >= 0 && e.integer <= static_cast<int64_t>(StateWord::kClosed) ? nullptr
                                                                                     : "no such state";
    case ExprKind::kEntity:
      return e.entity.type.text.empty() ? "type is empty" : nullptr;
    case ExprKind::kName:
    case ExprKind::kMethod:
    case ExprKind::kKeyed:
    case ExprKind::kEvery:
    case ExprKind::kSome:
    case ExprKind::kCount:
      return e.text.empty() ? "name is empty" : nullptr;
    case ExprKind::kHas:
      return e.texts.empty() ? "no attribute" : nullptr;
    case ExprKind::kRecord: {
      if (e.texts.size() != e.operands.size()) return "as many keys as values are needed";
      std::set<std::string_view> keys(e.texts.begin(), e.texts.end());
      return keys.size() == e.texts.size() ? nullptr : "key twice";
    }
    default:
      return nullptr;
  }
}

const char* WrongWith(const std::vector<Quorum>& quorums) {
  if (quorums.empty()) return "approval without a quorum";
  for (const Quorum& quorum : quorums) {
    if (quorum.within == kNoExpr) return "quorum without `within`";
    if (quorum.parts.empty()) return "quorum without a part";
    for (const QuorumPart& part : quorum.parts) {
      if (part.count == kNoExpr || part.pools.empty()) return "quorum part without count or pool";
    }
  }
  return nullptr;
}

const char* WrongWith(const RuleDecl& rule) {
  if (rule.name.text.empty()) return "rule without a name";
  if (rule.limits.empty() != (rule.effect != RuleEffect::kLimit)) return "limits of another effect";
  if (rule.needs.empty() != (rule.effect != RuleEffect::kRequire)) return "needs of another effect";
  bool variant = rule.suggestion.quoted || !rule.suggestion.text.empty();
  if (variant != (rule.effect == RuleEffect::kSuggest)) return "variant of another effect";
  for (const Need& need : rule.needs) {
    if (need.kind == Need::Kind::kEvidence) continue;
    if (const char* wrong = WrongWith(need.quorums)) return wrong;
  }
  for (const Clause& clause : rule.clauses) {
    if (clause.kind != Clause::Kind::kUnlessApproved) continue;
    if (rule.effect == RuleEffect::kAllow) return "`unless approved` on an allow";
    if (const char* wrong = WrongWith(clause.quorums)) return wrong;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> File::Verify() const {
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (const char* wrong = WrongWith(exprs[i], i)) return "expression " + std::to_string(i) + ": " + wrong;
  }
  for (const Decl& decl : decls) {
    if (!std::holds_alternative<RuleDecl>(decl)) continue;
    const RuleDecl& rule = std::get<RuleDecl>(decl);
    if (const char* wrong = WrongWith(rule)) return "rule `" + rule.name.text + "`: " + wrong;
  }
  return std::nullopt;
}

Span SpanOf(const Decl& decl) {
  return std::visit([](const auto& d) { return d.span; }, decl);
}

ExprId SkipParens(const File& file, ExprId id) {
  while (file.exprs[id].kind == ExprKind::kParen) id = file.exprs[id].operands[0];
  return id;
}

std::optional<Name> DottedName(const File& file, ExprId id) {
  std::vector<std::string_view> parts;
  for (ExprId at = id;; at = file.exprs[at].operands[0]) {
    const Expr& e = file.exprs[at];
    parts.push_back(e.text);
    if (e.kind == ExprKind::kName) break;
    if (e.kind != ExprKind::kAttr || e.integer != 0) return std::nullopt;
  }
  Name name{.text = {}, .span = file.exprs[id].span};
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!name.text.empty()) name.text += '.';
    name.text += *part;
  }
  return name;
}

bool Equal(const File& a, const File& b) { return Dump(a) == Dump(b); }

}  // namespace polc::syntax::pol
