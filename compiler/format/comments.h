// Tokens with the comments that travel with them.
//
// Comments on lines of their own lead the next token; a comment after a token on its line trails it.
// What stands after the last token's line belongs to the end of the file.
// Tested by cedar_format_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/cedar_parser.h"

namespace polc::format {

struct CommentedToken {
  std::string_view text;
  std::vector<std::string_view> leading;
  std::string_view trailing;  // empty: none

  bool has_comment() const { return !leading.empty() || !trailing.empty(); }
};

struct CommentedTokens {
  std::vector<CommentedToken> tokens;
  std::vector<std::string_view> end_of_file;
};

// `tokens` are the file's in order; the views point into `text`, which is the whole file.
CommentedTokens AttachComments(std::string_view text, const std::vector<syntax::SyntaxToken>& tokens);

// `text` without white space (Unicode's White_Space) at both ends.
std::string_view TrimWhiteSpace(std::string_view text);

}  // namespace polc::format
