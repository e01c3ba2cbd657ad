// Cedar schemas in JSON syntax: reading into a SchemaFragment and writing from one.
//
// The reader is strict: unknown keys, missing keys, repeated keys, null where a value belongs and names that
// are not in normalized form are errors, each with its place. It checks what belongs to the document;
// what needs to know other declarations is model/resolve.h.
//
// The writer gives what Cedar's own translation gives: a name that may be of either kind is an
// `EntityOrCommon`, an action without appliesTo has one with empty lists, and nothing that has its default
// value is written. Members stand in the order of the fragment.
// Tested by schema_json_test.cc and tests/corpus/schema_corpus_test.cc.
#pragma once

#include <optional>
#include <string>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/schema_ast.h"

namespace polc::syntax {

// Nothing if any error was reported.
std::optional<SchemaFragment> ParseJsonSchema(const source::SourceMap& map, source::FileId file,
                                              source::DiagnosticSink& sink);

// Two spaces of indentation a level, a line break at the end.
std::string SchemaToJson(const SchemaFragment& fragment);

}  // namespace polc::syntax
