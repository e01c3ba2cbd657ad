// Cedar policy text: from a file to policies, from one expression to an AST, from text to tokens.
//
// Accepts exactly what Cedar 4.12 accepts, up to the named limits below. Checks everything that belongs to
// the text alone: the grammar, string escapes, integer ranges, reserved words, the shape of the scope,
// which functions and methods exist and how they are called, repeated keys. Types and schemas are sema's.
//
// A file is cut at its semicolons and each policy is parsed by itself: one bad policy never hides the
// others, and the memory for a parse tree is that of one policy. Time is linear in the text.
// ANTLR stays behind this header: cedar_parser.cc and cedar_tree*.cc know it, and for schemas
// cedar_schema_parser.cc.
// Tested by cedar_parser_test.cc, tests/hostile and the corpora.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/ast.h"

namespace polc::syntax {

// Deepest nesting of ( [ {. The parser recurses three calls for each, about 1.5 KiB: 1,000 levels are
// far below any stack and far above anything written by hand or by a generator.
inline constexpr size_t kMaxBracketDepth = 1000;

// Deepest expression, counted in AST nodes, chains such as `a || b || c` (one level a link) and
// parentheses included. Stages behind the parser may recurse over an expression: 3,000 levels leave each
// 2.7 KiB of an 8 MiB stack, which is enough for a reader built with sanitizers.
inline constexpr size_t kMaxExprDepth = 3000;

// Most tokens in one policy: tokens, tree and AST take about 650 bytes a token, so this bounds them at
// 0.7 GB. A policy that names 200,000 entities fits.
inline constexpr size_t kMaxPolicyTokens = size_t{1} << 20;

// Cedar's own limit on `!!!!x` and `----x`.
inline constexpr size_t kMaxUnaryChain = 4;

// One policy of a file. Cedar numbers policies by their place in the file, bad ones and templates counted.
struct ParsedPolicy {
  size_t index = 0;  // 0-based place in the file
  Policy policy;
};

// Some policies of a file that follow each other.
struct ParsedPart {
  std::vector<ParsedPolicy> policies;  // the good ones
  std::vector<Span> places;            // of each policy, good or bad
};

// Hands the policies of a file on in source order, a few thousand at a time, and reports what is wrong with
// the others; so a syntax tree need not stay longer than it is looked at, and at most a few parts for each
// of the threads that read are there at once. `take` is called by this thread, and may report into `sink`.
void ParseCedarParts(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink,
                     const std::function<void(ParsedPart)>& take);

// The same at once: all good policies of a file in source order; reports what is wrong with the others. The
// file had no error iff the sink got none. `places`, if given, gets the span of each policy, good or bad, by
// its index.
std::vector<ParsedPolicy> ParseCedar(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink, std::vector<Span>* places = nullptr);

// A file that holds one expression. It comes back as the only condition of a policy without a scope.
std::optional<Policy> ParseCedarExpr(const source::SourceMap& map, source::FileId file,
                                     source::DiagnosticSink& sink);

enum class TokenKind : uint8_t {
  kIdentifier,  // names and the words that are names elsewhere: permit, when, principal, ...
  kReserved,    // true false if then else in is has like
  kNumber,
  kString,
  kSlot,      // ?principal
  kOperator,  // everything else: == ( ; ...
  kComment,   // from the slashes to the end of the line, without the line break
  kInvalid,   // a character or an unclosed string that is no token
};

struct SyntaxToken {
  TokenKind kind;
  Span span;
};

// Every token and comment of a file in source order; what lies between is white space. Nothing if the
// file is not UTF-8 (reported). The text of a token is map.text(token.span).
std::optional<std::vector<SyntaxToken>> TokenizeCedar(const source::SourceMap& map, source::FileId file,
                                                      source::DiagnosticSink& sink);

}  // namespace polc::syntax
