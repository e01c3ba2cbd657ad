// Why a piece of Pol is not a declaration: from the place where the parser stopped to a message.
//
// The parser knows which token it could not take, which it would have taken, and inside which parts of the
// grammar it stood. The common mistakes are recognized from these three and the tokens around, and told with
// what would be right; everything else is "unexpected …, expected …". A part of the ANTLR wall: only
// pol_parser.cc includes it.
// Tested by tests/cases/diagnostics and pol_parser_test.cc.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/syntax/antlr_glue.h"
#include "grammar/PolParser.h"

namespace polc::syntax {

// Words of the language by their token.
bool IsReservedPolWord(size_t type);
bool IsContextualPolWord(size_t type);  // a name wherever a name can stand
// The reserved words, sorted.
std::vector<std::string> ReservedPolWords();
// A word that starts declarations: `rule`, `fact`, …
bool StartsPolDeclaration(size_t type);
// Whether a name can be written so.
inline bool IsPolName(size_t type) { return type == grammar::PolParser::IDENT || IsContextualPolWord(type); }

class PolMessage {
 public:
  // `tokens`: the piece, closed by an end of input. `next`: the token behind the piece, or null.
  PolMessage(const source::SourceMap& map, source::FileId file, const std::vector<TokenPtr>& tokens,
             const StopAtFirstError& stop, const antlr4::Token* next, source::DiagnosticSink& sink);

  // Reports exactly one error.
  void Report();

 private:
  using P = grammar::PolParser;
  using Code = source::Code;
  using Diagnostic = source::Diagnostic;

  source::Span SpanAt(size_t i) const { return SpanOfToken(tokens_[i].get(), file_); }
  std::string TextAt(size_t i) const;  // as a message may show it
  size_t TypeAt(size_t i) const {
    return i < tokens_.size() ? tokens_[i]->getType() : size_t{antlr4::Token::EOF};
  }
  size_t Before(size_t n = 1) const { return at_ >= n ? TypeAt(at_ - n) : size_t{antlr4::Token::EOF}; }
  bool Wants(size_t type) const { return expected_.contains(static_cast<ssize_t>(type)); }
  bool WantsOnly(size_t type) const;
  bool In(size_t rule) const;
  bool Innermost(std::initializer_list<size_t> rules) const;
  bool IsComparison(size_t type) const;
  // Whether the parser stopped in or right behind an expression, as the words before tell.
  bool InExpression() const;
  // The word that was probably meant, among those wanted; for words that are none of the language.
  std::optional<std::string> Guess(size_t i, const std::vector<std::string>& words) const;

  Diagnostic& Say(Code code, source::Span span, std::string message);
  // Each reports and is true, or is false if the mistake is another one.
  bool NoDeclaration();
  bool EndsTooEarly();
  bool NoEffect();
  bool Chained();
  bool NoWithin();
  bool NoQuotes();
  bool CedarName();
  bool NoText();
  bool ForeignOperator();
  bool Braces();
  bool Reserved();
  void Unexpected();
  std::string Help() const;  // to Unexpected; may be empty

  std::string Sentence() const;  // "rule `frozen`", "test", …
  std::string Expected() const;  // "a name", "`to` or `with`"; empty if there is too much to be of help
  std::vector<std::string> ExpectedWords() const;

  const source::SourceMap& map_;
  source::FileId file_;
  const std::vector<TokenPtr>& tokens_;
  const antlr4::misc::IntervalSet& expected_;
  const std::vector<size_t>& rules_;
  const antlr4::Token* next_;
  source::DiagnosticSink& sink_;
  size_t at_ = 0;    // where the parser stopped
  size_t type_ = 0;  // of that token
};

}  // namespace polc::syntax
