// What the ANTLR walls (cedar_parser.cc, cedar_schema_parser.cc, pol_parser.cc) share. Include it nowhere else: it
// brings in the ANTLR runtime and its exceptions.
//
// The streams hand a file to ANTLR without decoding or keeping all of it. StopAtFirstError ends a parse at
// the first thing the grammar does not allow and remembers it; recovery is the walls' own business, at the
// next policy or declaration.
#pragma once

#include <antlr4-runtime.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/quote.h"
#include "compiler/source/source_map.h"

namespace polc::syntax {

using TokenPtr = std::unique_ptr<antlr4::Token>;

// Unicode's White_Space above ASCII.
inline bool IsWhiteSpace(char32_t c) {
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// UTF-8 text as ANTLR's lexer wants it; indexes are byte offsets, so tokens carry bytes.
//
// ANTLR's own stream decodes the whole file to UTF-32 and its lexer caches its automaton for ASCII only.
// Cedar's lexical grammars tell non-ASCII characters apart by
// one thing, whether they are white space, so the lexer is shown a space or a SUB in their place.
class Utf8Stream : public antlr4::CharStream {
 public:
  explicit Utf8Stream(std::string_view text) : text_(text) {}

  size_t LA(ssize_t i) override {
    // The generated lexer looks one character ahead and never behind.
    if (i != 1 || at_ >= text_.size()) return antlr4::IntStream::EOF;
    unsigned char c = static_cast<unsigned char>(text_[at_]);
    if (c < 0x80) return c;
    size_t next = at_;
    return IsWhiteSpace(source::NextCodePoint(text_, &next)) ? ' ' : 0x1A;
  }
  void consume() override {
    ++at_;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80) ++at_;
  }
  ssize_t mark() override { return -1; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return ""; }
  std::string getText(const antlr4::misc::Interval& interval) override {
    return std::string(text_.substr(static_cast<size_t>(interval.a), interval.length()));
  }
  std::string toString() const override { return std::string(text_); }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// The tokens of one policy or declaration, closed by an end of input.
class PieceStream : public antlr4::TokenStream {
 public:
  PieceStream(const std::vector<TokenPtr>& tokens, antlr4::TokenSource* source)
      : tokens_(tokens), source_(source) {}

  antlr4::Token* LT(ssize_t k) override {
    ssize_t i = static_cast<ssize_t>(at_) + (k > 0 ? k - 1 : k);
    if (k == 0 || i < 0) return nullptr;
    return tokens_[std::min(static_cast<size_t>(i), tokens_.size() - 1)].get();
  }
  size_t LA(ssize_t i) override { return LT(i)->getType(); }
  antlr4::Token* get(size_t index) const override { return tokens_[index].get(); }
  void consume() override {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return tokens_.size(); }
  std::string getSourceName() const override { return ""; }
  antlr4::TokenSource* getTokenSource() const override { return source_; }
  // Texts are read from the source by span; nothing asks here.
  std::string getText(const antlr4::misc::Interval&) override { return ""; }
  std::string getText() override { return ""; }
  std::string getText(antlr4::RuleContext*) override { return ""; }
  std::string getText(antlr4::Token*, antlr4::Token*) override { return ""; }

 private:
  const std::vector<TokenPtr>& tokens_;
  antlr4::TokenSource* source_;
  size_t at_ = 0;
};

// The bytes of a token; of the end of input, the empty span there.
inline source::Span SpanOfToken(const antlr4::Token* token, source::FileId file) {
  uint32_t begin = static_cast<uint32_t>(token->getStartIndex());
  if (token->getType() == antlr4::Token::EOF) return {file, begin, begin};
  return {file, begin, static_cast<uint32_t>(token->getStopIndex() + 1)};
}

// Ends a parse at the first token that the grammar does not allow there.
class StopAtFirstError : public antlr4::DefaultErrorStrategy {
 public:
  antlr4::Token* offending() const { return offending_; }
  // What could have stood there; empty if that cannot be told.
  const antlr4::misc::IntervalSet& expected() const { return expected_; }
  // The grammar's rules that were open there, innermost first.
  const std::vector<size_t>& rules() const { return rules_; }
  // Before the next parse.
  void Clear() {
    offending_ = nullptr;
    expected_ = {};
    rules_.clear();
    passed_.clear();
  }

  void reportError(antlr4::Parser*, const antlr4::RecognitionException&) override {}

  // Called where an optional part or a repetition may start. If the parser passes it by and fails at the same
  // token, that part was expected there, too.
  void sync(antlr4::Parser* parser) override {
    size_t at = parser->getInputStream()->index();
    if (at != passed_at_) passed_.clear();
    passed_at_ = at;
    passed_.push_back(parser->getState());
  }

  void recover(antlr4::Parser* parser, std::exception_ptr e) override {
    try {
      std::rethrow_exception(e);
    } catch (const antlr4::NoViableAltException& error) {
      // Known only if the very first token decided; else `expected` belongs to an earlier place.
      bool known = error.getStartToken() == error.getOffendingToken();
      Note(parser, error.getOffendingToken(),
           known ? error.getExpectedTokens() : antlr4::misc::IntervalSet());
    } catch (const antlr4::RecognitionException& error) {
      Note(parser, error.getOffendingToken(), error.getExpectedTokens());
    } catch (...) {
      Note(parser, parser->getCurrentToken(), {});
    }
    throw antlr4::ParseCancellationException();
  }

  antlr4::Token* recoverInline(antlr4::Parser* parser) override {
    Note(parser, parser->getCurrentToken(), parser->getExpectedTokens());
    throw antlr4::ParseCancellationException();
  }

 private:
  void Note(antlr4::Parser* parser, antlr4::Token* token, antlr4::misc::IntervalSet expected) {
    offending_ = token;
    expected_ = std::move(expected);
    for (antlr4::tree::ParseTree* at = parser->getContext(); at != nullptr; at = at->parent)
      rules_.push_back(static_cast<antlr4::RuleContext*>(at)->getRuleIndex());
    bool passed_here = parser->getCurrentToken() == token && parser->getInputStream()->index() == passed_at_;
    if (expected_.isEmpty() || !passed_here) return;
    const antlr4::atn::ATN& atn = parser->getATN();
    for (size_t state : passed_) expected_.addAll(atn.nextTokens(atn.states[state]));
  }

  antlr4::Token* offending_ = nullptr;
  antlr4::misc::IntervalSet expected_;
  std::vector<size_t> rules_;
  size_t passed_at_ = 0;
  std::vector<size_t> passed_;  // states of sync() at token passed_at_
};

// Reports what no reader can read: more than `most` bytes, or bytes that are not UTF-8. False: reported.
bool CheckText(const source::SourceMap& map, source::FileId file, size_t most, source::DiagnosticSink& sink);

// `a`, `a or b`, `a, b or c`.
std::string JoinOr(const std::vector<std::string>& items);

}  // namespace polc::syntax
