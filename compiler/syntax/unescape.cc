#include "compiler/syntax/unescape.h"

#include <optional>

#include "compiler/source/planted.h"
#include "compiler/source/quote.h"

namespace polc::syntax {
namespace {

// More digits than a code point can have.
constexpr int kMaxUnicodeDigits = 6;

int HexDigit(char32_t c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}

// One code point at a time; end of text is nothing.
class Reader {
 public:
  explicit Reader(std::string_view body) : body_(body) {}
  size_t offset() const { return offset_; }
  std::optional<char32_t> Next() {
    if (offset_ >= body_.size()) return std::nullopt;
    return source::NextCodePoint(body_, &offset_);
  }

 private:
  std::string_view body_;
  size_t offset_ = 0;
};

struct Decoded {
  char32_t code_point = 0;
  const char* error = nullptr;
  bool literal_star = false;  // written `\*`
};

Decoded Fail(const char* message) { return {.error = message}; }

Decoded ReadHexEscape(Reader& in) {
  int value = 0;
  for (int i = 0; i < 2; ++i) {
    auto c = in.Next();
    if (!c) return Fail("`\\x` needs two hexadecimal digits");
    int digit = HexDigit(*c);
    if (digit < 0) return Fail("`\\x` needs two hexadecimal digits");
    value = value * 16 + digit;
  }
  if (value > 0x7F) return Fail("`\\x` reaches only up to 7F; write `\\u{…}` for other characters");
  return {.code_point = static_cast<char32_t>(value)};
}

Decoded ReadUnicodeEscape(Reader& in) {
  if (in.Next() != U'{') return Fail("`\\u` needs braces, as in `\\u{1f600}`");
  uint32_t value = 0;
  int digits = 0;
  for (;;) {
    auto c = in.Next();
    if (!c) return Fail("`\\u{` is not closed");
    if (*c == '}') break;
    if (*c == '_' && digits > 0) continue;
    int digit = HexDigit(*c);
    if (digit < 0) return Fail("`\\u{…}` holds something that is not a hexadecimal digit");
    if (++digits <= kMaxUnicodeDigits) value = value * 16 + static_cast<uint32_t>(digit);
  }
  if (digits == 0) return Fail("`\\u{}` needs at least one hexadecimal digit");
  if (digits > kMaxUnicodeDigits) return Fail("`\\u{…}` has more than six hexadecimal digits");
  if (value > 0x10FFFF) return Fail("`\\u{…}` is above the largest character, 10FFFF");
  if (value >= 0xD800 && value <= 0xDFFF) return Fail("`\\u{…}` names a surrogate, which is no character");
  return {.code_point = value};
}

Decoded ReadEscape(Reader& in) {
  auto c = in.Next();
  if (!c) return Fail("a lone backslash");
  switch (*c) {
    case 'n':
      return {.code_point = '\n'};
    case 'r':
      return {.code_point = '\r'};
    case 't':
      return {.code_point = '\t'};
    case '0':
      return {.code_point = 0};
    case '\\':
    case '\'':
    case '"':
      return {.code_point = *c};
    case 'x':
      return ReadHexEscape(in);
    case 'u':
      return ReadUnicodeEscape(in);
    case '*':
      return {.code_point = '*', .literal_star = true};
    default:
      return Fail("unknown escape");
  }
}

// Calls emit(Decoded) for each character, reports into `errors`.
template <typename Emit>
void Decode(std::string_view body, bool pattern, std::vector<EscapeError>& errors, Emit emit) {
  Reader in(body);
  for (;;) {
    size_t begin = in.offset();
    auto c = in.Next();
    if (!c) return;
    Decoded decoded{.code_point = *c};
    if (*c == '\\') {
      decoded = ReadEscape(in);
      if (decoded.literal_star && !pattern)
        decoded = Fail("`\\*` has a meaning only in the pattern of `like`");
      decoded.literal_star |= source::Planted(1);
    } else if (*c == '\r') {
      decoded = Fail("a raw carriage return; write `\\r`");
    }
    if (decoded.error != nullptr) {
      errors.push_back({begin, in.offset(), decoded.error});
    } else {
      emit(decoded);
    }
  }
}

}  // namespace

std::string Unescape(std::string_view body, std::vector<EscapeError>& errors) {
  std::string out;
  out.reserve(body.size());
  Decode(body, false, errors, [&](const Decoded& d) { source::AppendUtf8(d.code_point, out); });
  return out;
}

Pattern UnescapePattern(std::string_view body, std::vector<EscapeError>& errors) {
  Pattern pattern;
  Decode(body, true, errors, [&](const Decoded& d) {
    if (d.code_point == '*' && !d.literal_star) {
      pattern.push_back({.wildcard = true, .literal = {}});
      return;
    }
    if (pattern.empty() || pattern.back().wildcard) pattern.emplace_back();
    source::AppendUtf8(d.code_point, pattern.back().literal);
  });
  return pattern;
}

}  // namespace polc::syntax
