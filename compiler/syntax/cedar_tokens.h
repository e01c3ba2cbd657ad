// The tokens of Cedar text, by hand: what the lexer that ANTLR makes of grammar/Cedar.g4 says, some ten times
// faster. The grammar stays the authority: cedar_tokens_test.cc compares the two on random texts and on all
// there is. Whoever changes a token rule there changes it here, or that test fails.
//
// Reads bytes; the text must be UTF-8 (CheckText). Linear, no state but the position, never fails: what is
// no token is INVALID, one character at a time, and a string that does not end is OPEN_STRING.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace polc::syntax {

struct CedarToken {
  size_t type;  // CedarParser's numbers; antlr4::Token::EOF at the end
  uint32_t begin, end;
};

class CedarTokens {
 public:
  // From byte `begin` to before byte `end` of the text.
  CedarTokens(std::string_view text, size_t begin, size_t end) : text_(text.substr(0, end)), at_(begin) {}

  // White space is skipped; comments are tokens.
  CedarToken Next();

 private:
  CedarToken Word();
  CedarToken String();
  // The width of the white space at at_: 0 if there is none.
  size_t SpaceWidth() const;

  std::string_view text_;
  size_t at_;
};

// Where a text can be cut so that its pieces have the same tokens as the whole: behind a semicolon that is a
// token, one for each `step` bytes or so, ascending. Fewer or none where the text does not allow it.
std::vector<size_t> CutsBehindSemicolons(std::string_view text, size_t step);

}  // namespace polc::syntax
