#include "compiler/oracle/eval.h"

namespace polc::oracle {

// No wildcard stands for one character, and UTF-8 sequences never overlap, so bytes do as well as scalars.
bool MatchesPattern(std::string_view text, const core::Pattern& pattern) {
  bool floating = false;  // a wildcard came before
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string& literal = pattern[i].literal;
    if (pattern[i].wildcard) {
      floating = true;
      continue;
    }
    if (floating && i + 1 == pattern.size()) return text.ends_with(literal);
    const size_t at = floating ? text.find(literal) : text.starts_with(literal) ? 0 : text.npos;
    if (at == text.npos) return false;
    text.remove_prefix(at + literal.size());
    floating = false;
  }
  return floating || text.empty();
}

}  // namespace polc::oracle
