#include "compiler/format/comments.h"

#include <algorithm>
#include <array>

namespace polc::format {
namespace {

// Length of the white-space character at the start of `text`, or 0 (Unicode 15, White_Space).
size_t LeadingWhiteSpace(std::string_view text) {
  if (text.empty()) return 0;
  char c = text[0];
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  static constexpr std::array<std::string_view, 19> kWide = {
      "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
      "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
      "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
      "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
  for (std::string_view space : kWide) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

// Every `//…` up to the end of its line, trimmed.
std::vector<std::string_view> CommentsIn(std::string_view text) {
  std::vector<std::string_view> comments;
  for (size_t at = text.find("//"); at != std::string_view::npos; at = text.find("//", at)) {
    size_t end = std::min(text.find_first_of("\n\r", at), text.size());
    comments.push_back(TrimWhiteSpace(text.substr(at, end - at)));
    at = end;
  }
  return comments;
}

}  // namespace

std::string_view TrimWhiteSpace(std::string_view text) {
  while (size_t n = LeadingWhiteSpace(text)) text.remove_prefix(n);
  while (!text.empty()) {
    // A white-space character is at most three bytes long.
    size_t n = 0;
    for (size_t length = 1; length <= std::min<size_t>(3, text.size()) && n == 0; ++length) {
      if (LeadingWhiteSpace(text.substr(text.size() - length)) == length) n = length;
    }
    if (n == 0) break;
    text.remove_suffix(n);
  }
  return text;
}

CommentedTokens AttachComments(std::string_view text, const std::vector<syntax::SyntaxToken>& tokens) {
  CommentedTokens result;
  size_t after_line = 0;  // where the comments that lead the next token begin
  size_t end = 0;         // of the token before
  auto split = [&](size_t begin) {
    // Up to the first line break the comment belongs to the token before, after it to the one to come.
    std::string_view between = text.substr(end, begin - end);
    size_t line_break = std::min(between.find('\n'), between.size());
    if (!result.tokens.empty()) {
      result.tokens.back().trailing = TrimWhiteSpace(between.substr(0, line_break));
      after_line = end + std::min(line_break + 1, between.size());
    }
    return CommentsIn(text.substr(after_line, begin - after_line));
  };
  for (const syntax::SyntaxToken& token : tokens) {
    if (token.kind == syntax::TokenKind::kComment) continue;
    std::vector<std::string_view> leading = split(token.span.begin);
    end = token.span.end;
    result.tokens.push_back({text.substr(token.span.begin, end - token.span.begin), std::move(leading), {}});
  }
  result.end_of_file = split(text.size());
  return result;
}

}  // namespace polc::format
