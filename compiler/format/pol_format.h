// `polc fmt` for Pol: one layout, words for operators, every comment kept.
//
// Every declaration has one form: rules, tests, facts and ladders put each clause on a line of its own,
// attributes and rows stand one under the other, anything else is one line that wraps where it must. Symbols
// become words (`==` is `is`, `&&` is `and`, `!x` is `not x`, in parentheses where `!` binds tighter); `any`
// before a type and trailing commas go; literals, names and parentheses stay as written.
// Idempotent; the result says what the text said (syntax::pol::Equal). Blank lines stay, at most one at a
// time, and declarations of several lines get one around them.
// O(n) time and memory. Recursion over expressions: the parser bounds their depth.
// Tested by pol_format_test.cc and tests/gen.
#pragma once

#include <optional>
#include <string>

#include "compiler/format/cedar_format.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::format {

inline constexpr FormatOptions kPolLayout = {.line_width = 100, .indent_width = 2};

// The formatted text of a .pol file, or nothing after reporting why it does not parse.
std::optional<std::string> FormatPol(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink, const FormatOptions& options = kPolLayout);

}  // namespace polc::format
