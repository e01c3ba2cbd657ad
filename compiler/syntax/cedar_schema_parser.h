// Cedar schema text -> SchemaFragment. The only door to the CedarSchema grammar.
//
// Checks what belongs to the text: the grammar, string escapes, reserved words and names, repeated
// annotations, a namespace opened twice, and what an `appliesTo` must hold. What needs to know other
// declarations (does the type exist, is it declared twice) is model/resolve.h.
//
// Each declaration is parsed alone, so one with an error does not hide the others; where brackets do not
// match, reading stops, because nothing said after that could be trusted.
// Tested by cedar_schema_parser_test.cc.
#pragma once

#include <optional>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/schema_ast.h"

namespace polc::syntax {

// Deepest nesting of brackets in one declaration. Real schemas stay below 10; the limit keeps the
// recursive descent of the generated parser (some 500 bytes of stack a level) far from an 8 MiB stack.
inline constexpr size_t kMaxSchemaNesting = 256;

// The largest schema text, in bytes: a thousand times the largest one in the reference corpora. A declaration
// takes some hundred bytes a byte while it is read, and the whole text may be one.
inline constexpr size_t kMaxSchemaBytes = size_t{16} << 20;

// Nothing if any error was reported. All declarations outside of a `namespace` form one NamespaceDecl with
// an empty name, which stands last.
std::optional<SchemaFragment> ParseCedarSchema(const source::SourceMap& map, source::FileId file,
                                               source::DiagnosticSink& sink);

}  // namespace polc::syntax
