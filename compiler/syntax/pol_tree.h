// From ANTLR's trees of Pol declarations to their AST. A part of the ANTLR wall: only pol_parser.cc and
// pol_tree*.cc include it.
//
// Reports what the grammar lets through and the language does not; where it does, the tree gets a
// placeholder so that the rest is still looked at. A declaration about which anything was reported is left
// out of the file.
// Tested by pol_parser_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/data/extension.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/antlr_glue.h"
#include "compiler/syntax/pol_ast.h"
#include "compiler/syntax/unescape.h"
#include "grammar/PolParser.h"

namespace polc::syntax::pol {

class TreeBuilder {
  using Token = antlr4::Token;
  using Tree = antlr4::ParserRuleContext;
  using TerminalNode = antlr4::tree::TerminalNode;
  using P = grammar::PolParser;
  using Code = source::Code;
  using Diagnostic = source::Diagnostic;

 public:
  TreeBuilder(const source::SourceMap& map, source::FileId file, File& out, source::DiagnosticSink& sink)
      : map_(map), file_id_(file), file_(out), sink_(sink) {}

  // Call with the tree complete; a parse that failed has left no trace in the file then.
  void Build(P::DeclarationsContext* tree);

 private:
  // --- Places and texts ---
  Span SpanOf(const Token* token) const { return SpanOfToken(token, file_id_); }
  Span SpanOf(TerminalNode* node) const { return SpanOf(node->getSymbol()); }
  Span SpanOf(Tree* tree) const { return source::Cover(SpanOf(tree->getStart()), SpanOf(tree->getStop())); }
  template <typename T>
  std::string_view TextOf(T* tree) const {
    return map_.text(SpanOf(tree));
  }
  Diagnostic& Report(Code code, Span span, std::string message);
  std::string_view StringBody(const Token* token) const;
  void ReportEscapes(const Token* token, const std::vector<EscapeError>& errors);
  std::string StringText(TerminalNode* node);
  std::optional<std::string> OptionalText(TerminalNode* node);

  // --- Names and other parts (pol_tree.cc) ---
  Name MakeName(P::IdContext* tree) const;
  Name MakeName(P::LimitNameContext* tree) const;
  Name MakeName(P::LevelContext* tree) const;
  Name MakeName(P::DottedContext* tree) const;
  Name MakeName(P::ModuleNameContext* tree) const;
  std::vector<Name> MakeNames(P::NamesContext* tree) const;  // of no tree: none
  EntityRef MakeEntity(P::EntityContext* tree);
  ActionName MakeActionName(P::ActionNameContext* tree);
  TypeRef MakeType(P::TypeContext* tree);
  std::vector<Attr> MakeAttrs(const std::vector<P::AttributeContext*>& trees);
  Mode MakeMode(P::RuleModeContext* tree);
  ActionClass MakeActionClass(P::ActionClassContext* tree);
  StateWord MakeStateWord(P::StateWordContext* tree);
  std::vector<Arg> MakeArgs(const std::vector<P::ArgumentContext*>& trees);
  // A number where a Percent was declared, for which people leave the sign out.
  void CheckPercent(const TypeRef& type, ExprId value);

  // --- Declarations (pol_tree.cc) ---
  void AddDeclaration(P::DeclarationContext* tree);
  void AddHeader(P::HeaderContext* tree);
  UseDecl Make(P::UseDeclContext* tree);
  SettingDecl Make(P::SettingDeclContext* tree);
  EntityDecl Make(P::GroupDeclContext* tree);
  EntityDecl Make(P::PrincipalDeclContext* tree);
  EntityDecl Make(P::ResourceDeclContext* tree);
  RecordDecl Make(P::RecordDeclContext* tree);
  ClassDecl Make(P::ClassDeclContext* tree);
  ActionDecl Make(P::ActionDeclContext* tree);
  EvidenceDecl Make(P::EvidenceDeclContext* tree);
  LevelsDecl Make(P::LevelsDeclContext* tree);
  NeedsDecl Make(P::NeedsDeclContext* tree);
  AssumeDecl Make(P::AssumeDeclContext* tree);
  LimitKindDecl Make(P::LimitKindDeclContext* tree);
  FactDecl Make(P::FactDeclContext* tree);
  LadderDecl Make(P::LadderDeclContext* tree);
  SwitchDecl Make(P::SwitchDeclContext* tree);
  CounterDecl Make(P::CounterDeclContext* tree);
  TotalDecl Make(P::TotalDeclContext* tree);
  LabelDecl Make(P::LabelDeclContext* tree);
  BreakerDecl Make(P::BreakerDeclContext* tree);
  HoursDecl Make(P::HoursDeclContext* tree);
  uint8_t Day(P::IdContext* tree);
  uint16_t Minutes(const Token* token);

  // --- Rules, tests, guarantees (pol_tree_rule.cc) ---
  RuleDecl Make(P::RuleDeclContext* tree);
  CapDecl Make(P::CapDeclContext* tree);
  FixtureDecl Make(P::FixtureDeclContext* tree);
  TestDecl Make(P::TestDeclContext* tree);
  GuaranteeDecl Make(P::GuaranteeDeclContext* tree);
  Scope MakeScope(P::ScopeContext* tree);
  Acts MakeActs(P::ActsContext* tree);
  Target MakeTarget(P::TargetContext* tree);
  std::vector<Quorum> MakeQuorums(P::ApprovedByContext* tree);
  QuorumPart MakeQuorumPart(P::QuorumPartContext* tree);
  Need MakeNeed(P::NeedContext* tree);
  Limit MakeLimit(P::LimitContext* tree);
  // `sentence`: what the clauses belong to, for the message about one that cannot stand there.
  std::vector<Clause> MakeClauses(const std::vector<P::ClauseContext*>& trees, bool restricting,
                                  std::string_view sentence);
  Given MakeGiven(P::GivenContext* tree);
  std::vector<Given> MakeGivens(const std::vector<P::GivenContext*>& trees);
  Ask MakeAsk(P::RequestContext* tree);
  Next MakeNext(P::NextContext* tree);
  std::vector<Next> MakeNext(const std::vector<P::NextContext*>& trees);
  TestCase MakeCase(P::TestCaseContext* tree);
  Expectation MakeExpectation(P::ExpectationContext* tree);
  RuleRef MakeRuleRef(P::RuleRefContext* tree);

  // --- Expressions (pol_tree_expr.cc) ---
  static Expr New(ExprKind kind, Span span);
  ExprId Add(Expr e);
  ExprId AddNode(ExprKind kind, Span span, std::vector<ExprId> operands);
  ExprId AddInteger(ExprKind kind, Span span, int64_t value);
  Span SpanOf(ExprId id) const { return file_.exprs[id].span; }
  // Recursion: one level for each bracket, `if` or quantifier, which the reader bounds.
  ExprId Build(P::ExprContext* tree);
  ExprId Build(P::OpenContext* tree);
  ExprId Build(P::RelationContext* tree);
  ExprId Build(P::SumContext* tree);
  ExprId Build(P::TermContext* tree);
  ExprId Build(P::PrimaryContext* tree);
  ExprId Build(P::OperandContext* tree);
  ExprId Build(P::ConstantContext* tree);
  ExprId Build(P::EntityContext* tree);  // also `ip "…"`
  ExprId Build(P::PathContext* tree);
  ExprId Build(P::KeyContext* tree);
  ExprId Build(P::VariableContext* tree);
  ExprId Build(P::IdContext* tree);
  ExprId Build(P::SetContext* tree);
  ExprId Build(P::RecordContext* tree);
  // `minus`: the sign in front, if it belongs to the literal.
  ExprId Build(P::LiteralContext* tree, Span minus = {});
  ExprId BuildDuration(P::DurationContext* tree);
  ExprId BuildCount(TerminalNode* number, P::IdContext* setting);
  // The word `not`, any number of times.
  ExprId BuildNots(ExprId id, const std::vector<TerminalNode*>& nots);
  ExprId BuildNegated(Span minus, ExprId operand);
  ExprId BuildComparison(ExprId subject, P::ComparisonContext* tree);
  ExprId BuildIs(ExprId subject, P::ComparisonContext* tree);
  ExprId BuildAttribute(ExprId subject, P::WordContext* word);
  ExprId BuildAccesses(ExprId head, const std::vector<P::AccessContext*>& accesses);
  void CheckIn(ExprId left, ExprId right, Span op);
  // The number that a minus in front would belong to, or null.
  static P::LiteralContext* NumberOf(P::PrimaryContext* tree);
  // Calls the constructor `fn` of Cedar with `text`; what it cannot read is reported at `span`.
  std::optional<data::Value> Convert(data::ExtFn fn, std::string text, Span span);
  int64_t ReadTime(const Token* token);
  int64_t ReadDuration(const Token* token);
  int64_t ReadInteger(std::string_view digits, bool negative, Span span);

  const source::SourceMap& map_;
  source::FileId file_id_;
  File& file_;
  source::DiagnosticSink& sink_;
  std::vector<uint32_t> depths_;  // of file_.exprs
  bool too_deep_ = false;         // reported once a declaration
};

}  // namespace polc::syntax::pol
