// What the two ANTLR walls (cedar_parser.cc, cedar_schema_parser.cc) share. Include it nowhere else: it
// brings in the ANTLR runtime, its exceptions and its 32-bit strings.
//
// ANTLR counts code points, polc counts bytes: CodePointMap translates. StopAtFirstError ends a parse at
// the first thing the grammar does not allow and remembers it; recovery is the walls' own business, at
// the next policy or declaration.
#pragma once

#include <antlr4-runtime.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/source/source_map.h"

namespace polc::syntax {

// From an index in code points to an offset in bytes. O(1); pure ASCII costs no memory.
class CodePointMap {
 public:
  // `text` must be valid UTF-8.
  explicit CodePointMap(std::string_view text) : bytes_(static_cast<uint32_t>(text.size())) {
    bool ascii = true;
    for (char c : text) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (ascii) return;
    for (uint32_t i = 0; i < bytes_; ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) starts_.push_back(i);
    }
  }

  uint32_t ToByte(size_t code_point) const {
    if (starts_.empty()) return code_point < bytes_ ? static_cast<uint32_t>(code_point) : bytes_;
    return code_point < starts_.size() ? starts_[code_point] : bytes_;
  }

  // The bytes of a token; of the end of input, the empty span there.
  source::Span SpanOf(const antlr4::Token* token, source::FileId file) const {
    uint32_t begin = ToByte(token->getStartIndex());
    if (token->getType() == antlr4::Token::EOF) return {file, begin, begin};
    return {file, begin, ToByte(token->getStopIndex() + 1)};
  }

 private:
  uint32_t bytes_;
  std::vector<uint32_t> starts_;  // byte offset of each code point; empty if all are one byte
};

class StopAtFirstError : public antlr4::DefaultErrorStrategy {
 public:
  antlr4::Token* offending() const { return offending_; }
  // What could have stood there; empty if that cannot be told.
  const antlr4::misc::IntervalSet& expected() const { return expected_; }
  // Before the next parse.
  void Clear() {
    offending_ = nullptr;
    expected_ = {};
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
    if (expected_.isEmpty() || token->getTokenIndex() != passed_at_) return;
    const antlr4::atn::ATN& atn = parser->getATN();
    for (size_t state : passed_) expected_.addAll(atn.nextTokens(atn.states[state]));
  }

  antlr4::Token* offending_ = nullptr;
  antlr4::misc::IntervalSet expected_;
  size_t passed_at_ = 0;
  std::vector<size_t> passed_;  // states of sync() at token passed_at_
};

}  // namespace polc::syntax
