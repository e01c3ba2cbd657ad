// Pol text: from a file to its AST, and from text to tokens.
//
// Checks everything that belongs to the text alone: the grammar (grammar/Pol.g4), string escapes, the ranges
// of literals, reserved words, clauses where they cannot stand. What names mean is sema's.
//
// A file is cut at its declarations and each is parsed by itself: one bad declaration never hides what is
// wrong with the others, and the memory for a parse tree is that of one declaration. Time is linear in
// the text. ANTLR stays behind this header: pol_parser.cc and pol_tree*.cc know it.
// Tested by pol_parser_test.cc, pol_grammar_test.cc, tests/cases/diagnostics and tests/gen.
#pragma once

#include <optional>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/pol_ast.h"

namespace polc::syntax {

// All good declarations of a file; reports what is wrong with the others. The file had no error iff the sink
// got none. Nesting, depth of expressions and tokens of one declaration are bounded as in Cedar
// (kMaxBracketDepth, kMaxExprDepth, kMaxPolicyTokens).
pol::File ParsePol(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink);

// Every token and comment of a file in source order, as TokenizeCedar. Words of the language that are names
// elsewhere are kIdentifier, reserved ones kReserved; dates, durations and the like are kNumber.
std::optional<std::vector<SyntaxToken>> TokenizePol(const source::SourceMap& map, source::FileId file,
                                                    source::DiagnosticSink& sink);

}  // namespace polc::syntax
