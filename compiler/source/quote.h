// Text as a Cedar string literal and as part of a message, and UTF-8 one code point at a time.
//
// Every room that shows or prints strings in Cedar's notation uses Quote, so that what polc prints
// always reads back as the same text. Reading is syntax/unescape.h.
// Tested by quote_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace polc::source {

// Appends the UTF-8 form of `code_point`, which must be a Unicode scalar value.
void AppendUtf8(char32_t code_point, std::string& out);

// The code point that starts at byte `*offset` of valid UTF-8 text; moves `*offset` behind it.
char32_t NextCodePoint(std::string_view text, size_t* offset);

// `text` as a string literal, quotes included. Escapes quotes, backslashes, control characters, and the
// invisible characters that change how the text around them is displayed (bidirectional controls, zero
// width marks, line separators); everything else stays readable.
std::string Quote(std::string_view text);

// The same without the quotes.
std::string Escape(std::string_view text);

// User text as it may stand in a message: on one line, nothing invisible in it, cut with `…` where it is
// longer than reads well. Must be valid UTF-8.
std::string Excerpt(std::string_view text);

}  // namespace polc::source
