// Cedar string literals: from what stands between the quotes to the text it means.
//
// Escapes are \n \r \t \\ \0 \' \" \xHH (up to 7F) and \u{H…} (one to six digits, underscores between
// them). A raw newline stands for itself, a raw carriage return is an error. Patterns of `like` also know
// `\*`; every other star, however it is spelt, is a wildcard. Writing is source/quote.h.
// Tested by unescape_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/ast.h"

namespace polc::syntax {

struct EscapeError {
  size_t begin;  // byte range within the text between the quotes
  size_t end;
  std::string message;
};

// The text `body` (valid UTF-8) means. Every malformed escape is appended to `errors`; the result is then
// the text without them.
std::string Unescape(std::string_view body, std::vector<EscapeError>& errors);

// The same for the right-hand side of `like`.
Pattern UnescapePattern(std::string_view body, std::vector<EscapeError>& errors);

}  // namespace polc::syntax
