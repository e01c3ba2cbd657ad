// The layout of one Pol declaration. Only pol_format.cc and pol_layout*.cc include it.
//
// The AST says what stands in a declaration, the tokens say how it was written: one descent along the AST
// takes the tokens in their order, so every token and every comment is printed once, and literals stay as
// they were. INVARIANT: what takes a token by its text finds exactly that text; the parser has accepted the
// file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/format/comments.h"
#include "compiler/format/doc.h"
#include "compiler/format/pol_format.h"
#include "compiler/syntax/pol_ast.h"

namespace polc::format {

class PolLayout {
 public:
  PolLayout(const syntax::pol::File& file, std::vector<CommentedToken>& tokens, const FormatOptions& options)
      : file_(file), tokens_(tokens), indent_(options.indent_width), width_(options.line_width) {}

  size_t next() const { return next_; }
  std::string Header();
  std::string Declaration(const syntax::pol::Decl& decl);

 private:
  using ExprId = syntax::ExprId;
  template <typename T>
  using V = std::vector<T>;

  // --- Tokens (pol_layout.cc) ---
  bool At(std::string_view text) const { return next_ < tokens_.size() && tokens_[next_].text == text; }
  Doc LeadingComments(CommentedToken& token);
  Doc Hoist() { return LeadingComments(tokens_[next_]); }
  // The next token with its comments.
  Doc Take();
  // The same, printed as `text`.
  Doc TakeAs(std::string_view text);
  // The next tokens, which are these words.
  Doc Words(std::initializer_list<std::string_view> words);
  // Leaves the next token out; its comments go to the one behind it.
  void Drop();
  // `n` tokens without spaces: `a.b`, `Shop."x"`.
  Doc Glued(size_t n);
  Doc Spaced(Doc a, Doc b) { return d_.concat({a, d_.gap(), b}); }
  Doc OnNewLine(Doc doc) { return d_.nest(indent_, d_.append(d_.hardline(), doc)); }
  Doc OnLine(Doc doc) { return d_.nest(indent_, d_.append(d_.line(), doc)); }
  template <typename T, typename Item>
  Doc List(const std::vector<T>& items, Item print);

  // --- Parts ---
  static size_t Parts(std::string_view dotted);
  Doc Print(const syntax::Name& name) { return Glued(2 * Parts(name.text) - 1); }
  Doc Print(const syntax::EntityRef& entity);
  Doc Print(const syntax::pol::ActionName& name);
  Doc Print(const syntax::pol::Arg& arg);
  Doc Print(const syntax::pol::TypeRef& type);
  Doc Print(const syntax::pol::Scope& scope);
  Doc Print(const syntax::pol::Acts& acts);
  Doc Print(const syntax::pol::Target& target);
  Doc Print(const syntax::pol::QuorumPart& part);
  Doc Print(const syntax::pol::Quorum& quorum);
  Doc Print(const V<syntax::pol::Quorum>& quorums);  // `by … or by …`
  Doc Print(const syntax::pol::Need& need);
  Doc Print(const syntax::pol::Limit& limit);
  Doc Print(const syntax::pol::Control& control);
  Doc Print(const syntax::pol::Clause& clause);
  Doc Print(const syntax::pol::Given& given);
  Doc Print(const syntax::pol::Expectation& expect);
  Doc Print(const syntax::pol::Ask& ask);
  Doc Print(const syntax::pol::Next& next);
  Doc Print(const syntax::pol::TestCase& c);
  Doc Rules(const std::vector<syntax::pol::RuleRef>& rules);
  // Each on a line of its own.
  Doc Lines(const std::vector<syntax::pol::Given>& givens);
  Doc Lines(const std::vector<syntax::pol::Next>& next);
  Doc Print(syntax::pol::Mode mode);
  Doc Attributes(const V<syntax::pol::Attr>& attrs);
  Doc Args(const V<syntax::pol::Arg>& args);
  Doc Names(const V<syntax::Name>& names);
  Doc Keys(const V<ExprId>& keys);
  Doc Clauses(const V<syntax::pol::Clause>& clauses);
  Doc Title(const std::optional<std::string>& title);
  // `text` and so much space that what follows stands in column `width`.
  Doc Padded(Doc doc, size_t columns, size_t width);

  // --- Declarations ---
  Doc Print(const syntax::pol::UseDecl& d);
  Doc Print(const syntax::pol::SettingDecl& d);
  Doc Print(const syntax::pol::EntityDecl& d);
  Doc Print(const syntax::pol::RecordDecl& d);
  Doc Print(const syntax::pol::ClassDecl& d);
  Doc Print(const syntax::pol::ActionDecl& d);
  Doc Print(const syntax::pol::EvidenceDecl& d);
  Doc Print(const syntax::pol::LevelsDecl& d);
  Doc Print(const syntax::pol::NeedsDecl& d);
  Doc Print(const syntax::pol::AssumeDecl& d);
  Doc Print(const syntax::pol::LimitKindDecl& d);
  Doc Print(const syntax::pol::FactDecl& d);
  Doc Print(const syntax::pol::LadderDecl& d);
  Doc Print(const syntax::pol::CapDecl& d);
  Doc Print(const syntax::pol::RuleDecl& d);
  Doc Print(const syntax::pol::SwitchDecl& d);
  Doc Print(const syntax::pol::CounterDecl& d);
  Doc Print(const syntax::pol::TotalDecl& d);
  Doc Print(const syntax::pol::LabelDecl& d);
  Doc Print(const syntax::pol::BreakerDecl& d);
  Doc Print(const syntax::pol::HoursDecl& d);
  Doc Print(const syntax::pol::FixtureDecl& d);
  Doc Print(const syntax::pol::TestDecl& d);
  Doc Print(const syntax::pol::GuaranteeDecl& d);

  // --- Expressions (pol_layout_expr.cc) ---
  enum class Place : uint8_t {
    kOpen,   // anything may stand here
    kTight,  // beside an operator: the word `not` needs parentheses
  };
  Doc Print(ExprId id, Place place = Place::kOpen);
  Doc Chain(ExprId id);  // `a and b and c`, `a + b + c`
  Doc Comparison(const syntax::pol::Expr& e);
  bool IsTimely(ExprId id) const;
  template <typename Item>
  Doc Bracketed(size_t count, Item print);

  const syntax::pol::File& file_;
  std::vector<CommentedToken>& tokens_;
  int indent_;
  size_t width_;
  size_t next_ = 0;
  DocBuilder d_;
};

template <typename T, typename Item>
Doc PolLayout::List(const std::vector<T>& items, Item print) {
  Doc doc = d_.nil();
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) {
      Doc comma = Take();
      doc = d_.concat({doc, comma, d_.line()});
    }
    doc = d_.append(doc, print(items[i]));
  }
  return doc;
}

}  // namespace polc::format
