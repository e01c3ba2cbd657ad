// From ANTLR's tree of one Cedar policy to its AST. A part of the ANTLR wall: only cedar_parser.cc includes
// it.
//
// Reports what the grammar lets through and Cedar does not; where it does, the tree gets a placeholder so
// that the rest is still looked at. The caller drops a policy about which anything was reported.
// Tested by cedar_parser_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/antlr_glue.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/unescape.h"
#include "grammar/CedarParser.h"

namespace polc::syntax {

// The start of `text`, as much as a message should quote.
std::string Shorten(std::string_view text);

class TreeBuilder {
  using Token = antlr4::Token;
  using ParseTree = antlr4::tree::ParseTree;
  using TerminalNode = antlr4::tree::TerminalNode;
  using P = grammar::CedarParser;
  using Code = source::Code;
  using Diagnostic = source::Diagnostic;

 public:
  TreeBuilder(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink)
      : map_(map), file_(file), sink_(sink) {}
  Policy BuildPolicy(P::PolicyContext* tree);
  Policy BuildExpr(P::SingleExprContext* tree);
  Span SpanOf(const Token* token) const { return SpanOfToken(token, file_); }
  Span SpanOf(antlr4::ParserRuleContext* tree) const;
  std::string_view TextOf(const Token* token) const { return map_.text(SpanOf(token)); }
  std::string_view TextOf(antlr4::ParserRuleContext* tree) const { return map_.text(SpanOf(tree)); }

 private:
  void Start();
  Policy Finish();
  Diagnostic& Report(Code code, Span span, std::string message);
  static Token* Terminal(ParseTree* tree) { return static_cast<TerminalNode*>(tree)->getSymbol(); }

  // --- Scope and clauses ---
  void AddAnnotation(P::AnnotationContext* tree);
  void SetEffect(const Token* token);
  void BuildScope(P::PolicyContext* tree);
  bool RefuseColonType(P::VariableContext* tree);
  // `==` or `in`, or a report.
  bool CheckScopeOperator(P::VariableContext* tree);
  // `x in y is T`, which people write for `x is T in y`.
  bool IsInvertedIsIn(P::VariableContext* tree);
  void BuildPrincipalOrResource(P::VariableContext* tree, Slot variable);
  void BuildAction(P::VariableContext* tree);
  void AddAction(P::PrimaryContext* primary, std::string_view wanted);
  // The slot, set or entity that an expression of the scope is, looking through parentheses; else null and
  // a report. Recursion: kMaxBracketDepth.
  ParseTree* ScopeOperand(P::ExprContext* tree, std::string_view wanted);
  void AddCondition(P::ConditionContext* tree);

  // --- Names, strings, entities ---
  void RefuseCedarPart(std::string_view part, Span span);
  Name MakePath(P::PathContext* tree);
  std::string_view StringBody(const Token* token) const;
  void ReportEscapes(const Token* token, const std::vector<EscapeError>& errors);
  std::string StringText(const Token* token);
  // `A::B::"id"`. The grammar takes strings in the middle, too.
  EntityRef MakeEntity(P::PrimaryContext* tree);
  Name PathOf(P::PrimaryContext* tree, bool until_string);
  bool ReadSlot(const Token* token, Slot& slot);

  // --- Expressions ---
  ExprId Add(Expr e);
  static Expr New(ExprKind kind);
  ExprId AddNode(ExprKind kind, Span span, std::vector<ExprId> operands);
  ExprId AddInteger(ExprKind kind, Span span, int64_t value);
  // Stands for what was reported.
  ExprId Placeholder(Span span) { return AddInteger(ExprKind::kBool, span, 0); }
  Span SpanOf(ExprId id) const { return policy_.exprs[id].span; }
  // Recursion: one level for each bracket or `if`, at most kMaxBracketDepth.
  ExprId BuildExpr(P::ExprContext* tree);
  static bool IsLogical(const P::OperandContext* tree);
  static bool IsRelation(const P::OperandContext* tree);
  // A chain leans to the left as deep as it is long: walked as a loop. Right operands bind tighter.
  ExprId BuildOperand(P::OperandContext* tree);
  void ReportAssign(const Token* op);
  ExprId BuildBinary(ExprId left, P::OperandContext* tree);
  ExprId BuildHas(ExprId subject, P::OperandContext* tree);
  // Reports a reserved word behind `.` or `has`, or as a key; `before` and `after` make its other spelling.
  void CheckAttribute(const Token* word, std::string_view before, std::string_view after);
  ExprId BuildLike(ExprId subject, P::OperandContext* tree);
  // `x is T` or, with `in`, `x is T in e`.
  ExprId BuildIs(ExprId subject, P::OperandContext* is, P::OperandContext* in);
  // `!!x`, `-x.y`, `x.y(z)["w"]`
  ExprId BuildUnary(P::OperandContext* tree);
  uint64_t ReadNumber(const Token* token, uint64_t most);
  std::vector<ExprId> BuildAll(const std::vector<P::ExprContext*>& trees);
  static P::AccessContext* Access(P::OperandContext* tree, size_t i);
  static size_t AccessType(P::AccessContext* access);
  // `primary` and the accesses from children[next] on.
  ExprId BuildMember(P::OperandContext* tree, P::PrimaryContext* primary, size_t next);
  // A variable, or a function with its arguments (`next` moves behind them). Any other name is an error.
  ExprId BuildNamed(P::OperandContext* tree, P::PrimaryContext* primary, size_t& next);
  static std::string AccessHelp(const std::string& name);
  static std::string VariableHelp(const std::string& name);
  ExprId BuildCall(Name name, P::AccessContext* access);
  ExprId BuildMethod(ExprId receiver, const Token* name, P::AccessContext* call, Span span);
  ExprId BuildIndex(ExprId head, P::AccessContext* access, Span span);
  // Everything that is not a bare name.
  ExprId BuildPrimary(P::PrimaryContext* tree);
  ExprId BuildRecord(P::PrimaryContext* tree, Span span);
  const source::SourceMap& map_;
  source::FileId file_;
  source::DiagnosticSink& sink_;
  Policy policy_;
  std::vector<uint32_t> depths_;  // of exprs
  bool too_deep_ = false;         // reported once a policy
};

}  // namespace polc::syntax
