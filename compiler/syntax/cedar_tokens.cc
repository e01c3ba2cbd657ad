#include "compiler/syntax/cedar_tokens.h"

#include <array>

#include "compiler/source/quote.h"
#include "compiler/syntax/antlr_glue.h"
#include "grammar/CedarParser.h"

namespace polc::syntax {
namespace {

using P = grammar::CedarParser;

// What a byte may begin or continue.
enum Class : uint8_t { kWordStart = 1, kDigit = 2, kSpace = 4 };

constexpr std::array<uint8_t, 256> MakeClasses() {
  std::array<uint8_t, 256> out{};
  for (int c = 'a'; c <= 'z'; ++c)
    out[static_cast<size_t>(c)] = out[static_cast<size_t>(c - 32)] = kWordStart;
  out['_'] = kWordStart;
  for (int c = '0'; c <= '9'; ++c) out[static_cast<size_t>(c)] = kDigit;
  for (int c = '\t'; c <= '\r'; ++c) out[static_cast<size_t>(c)] = kSpace;
  out[' '] = kSpace;
  return out;
}
constexpr std::array<uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, int classes) { return (kClasses[static_cast<unsigned char>(c)] & classes) != 0; }

size_t WordType(std::string_view word) {
  switch (word.size()) {
    case 2:
      if (word == "if") return P::IF;
      if (word == "in") return P::IN;
      if (word == "is") return P::IS;
      break;
    case 3:
      if (word == "has") return P::HAS;
      break;
    case 4:
      if (word == "true") return P::TRUE;
      if (word == "then") return P::THEN;
      if (word == "else") return P::ELSE;
      if (word == "like") return P::LIKE;
      break;
    case 5:
      if (word == "false") return P::FALSE;
      break;
    default:
      break;
  }
  return P::IDENT;
}

struct Symbol {
  size_t one;   // the type of the character alone
  char second;  // with this one behind it, it is a token of two
  size_t two;
};

Symbol SymbolOf(char c) {
  switch (c) {
    case '@':
      return {P::AT, 0, 0};
    case '.':
      return {P::DOT, 0, 0};
    case ',':
      return {P::COMMA, 0, 0};
    case ';':
      return {P::SEMICOLON, 0, 0};
    case ':':
      return {P::COLON, ':', P::COLON_COLON};
    case '(':
      return {P::LPAREN, 0, 0};
    case ')':
      return {P::RPAREN, 0, 0};
    case '{':
      return {P::LBRACE, 0, 0};
    case '}':
      return {P::RBRACE, 0, 0};
    case '[':
      return {P::LBRACKET, 0, 0};
    case ']':
      return {P::RBRACKET, 0, 0};
    case '=':
      return {P::ASSIGN, '=', P::EQ};
    case '!':
      return {P::NOT, '=', P::NE};
    case '<':
      return {P::LT, '=', P::LE};
    case '>':
      return {P::GT, '=', P::GE};
    case '|':
      return {P::INVALID, '|', P::OR};
    case '&':
      return {P::INVALID, '&', P::AND};
    case '+':
      return {P::PLUS, 0, 0};
    case '-':
      return {P::MINUS, 0, 0};
    case '*':
      return {P::STAR, 0, 0};
    case '/':
      return {P::SLASH, '/', P::COMMENT};
    case '%':
      return {P::PERCENT, 0, 0};
    default:
      return {P::INVALID, 0, 0};
  }
}

// The end of the string that begins at `at`, behind its closing quote or, with *closed false, where it stops
// being one: at the end, or before a backslash that a line end follows.
size_t StringEnd(std::string_view text, size_t at, bool* closed) {
  *closed = false;
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') {
      *closed = true;
      return at + 1;
    }
    if (text[at] != '\\') continue;
    if (at + 1 == text.size() || text[at + 1] == '\n') return at;
    ++at;  // of a longer character the rest is neither a quote nor a backslash
  }
  return text.size();
}

size_t LineEnd(std::string_view text, size_t at) {
  return std::min(text.find_first_of("\r\n", at), text.size());
}

}  // namespace

size_t CedarTokens::SpaceWidth() const {
  const char c = text_[at_];
  if (static_cast<unsigned char>(c) < 0x80) return Is(c, kSpace) ? 1 : 0;
  size_t next = at_;
  return IsWhiteSpace(source::NextCodePoint(text_, &next)) ? next - at_ : 0;
}

CedarToken CedarTokens::Word() {
  const size_t begin = at_;
  while (at_ < text_.size() && Is(text_[at_], kWordStart | kDigit)) ++at_;
  return {WordType(text_.substr(begin, at_ - begin)), static_cast<uint32_t>(begin),
          static_cast<uint32_t>(at_)};
}

CedarToken CedarTokens::String() {
  const size_t begin = at_;
  bool closed = false;
  at_ = StringEnd(text_, begin, &closed);
  return {closed ? P::STRING : P::OPEN_STRING, static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
}

CedarToken CedarTokens::Next() {
  while (at_ < text_.size()) {
    const size_t width = SpaceWidth();
    if (width == 0) break;
    at_ += width;
  }
  const size_t begin = at_;
  auto token = [&](size_t type, size_t size) {
    at_ = begin + size;
    return CedarToken{type, static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
  };
  if (begin == text_.size()) return token(antlr4::Token::EOF, 0);
  const char c = text_[begin];
  if (Is(c, kWordStart)) return Word();
  if (c == '"') return String();
  if (Is(c, kDigit)) {
    while (at_ < text_.size() && Is(text_[at_], kDigit)) ++at_;
    return token(P::NUMBER, at_ - begin);
  }
  if (c == '?' && begin + 1 < text_.size() && Is(text_[begin + 1], kWordStart)) {
    ++at_;
    return token(P::SLOT, Word().end - begin);
  }
  if (static_cast<unsigned char>(c) >= 0x80) {
    size_t next = begin;
    source::NextCodePoint(text_, &next);
    return token(P::INVALID, next - begin);
  }
  const Symbol symbol = SymbolOf(c);
  if (symbol.second == 0 || begin + 1 == text_.size() || text_[begin + 1] != symbol.second)
    return token(symbol.one, 1);
  if (symbol.two == P::COMMENT) return token(P::COMMENT, LineEnd(text_, begin) - begin);
  return token(symbol.two, 2);
}

std::vector<size_t> CutsBehindSemicolons(std::string_view text, size_t step) {
  std::vector<size_t> cuts;
  size_t wanted = step;
  for (size_t at = 0; at < text.size(); ++at) {
    at = text.find_first_of("\";/", at);
    if (at == text.npos) break;
    if (text[at] == '"') {
      bool closed = false;
      at = StringEnd(text, at, &closed) - 1;
      if (!closed) break;  // what follows may be read in more ways than one
    } else if (text[at] == '/') {
      if (at + 1 < text.size() && text[at + 1] == '/') at = LineEnd(text, at) - 1;
    } else if (at + 1 >= wanted && at + 1 < text.size()) {
      cuts.push_back(at + 1);
      wanted = at + 1 + step;
    }
  }
  return cuts;
}

}  // namespace polc::syntax
