// `polc fmt` for Cedar: Cedar's own layout, every comment kept.
//
// The layout is that of the reference formatter (cedar-policy-formatter 4.12: 80 columns, indentation 2),
// so that a team may use either. It differs in one thing: a comment on a trailing comma, which the
// reference drops together with the comma, moves to the token after it.
// Idempotent; changes nothing but white space, trailing commas and leading zeros of numbers.
// O(n) time and memory. Tested by cedar_format_test.cc, by the corpus (tests/corpus) and against the
// reference (tests/differential).
#pragma once

#include <optional>
#include <string>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::format {

struct FormatOptions {
  size_t line_width = 80;
  int indent_width = 2;
};

// The formatted text of a file of Cedar policies, or nothing after reporting why it does not parse.
std::optional<std::string> FormatCedar(const source::SourceMap& map, source::FileId file,
                                       source::DiagnosticSink& sink, const FormatOptions& options = {});

}  // namespace polc::format
