// Schema fragments -> Schema: every name settled, every rule between declarations checked.
//
// Any number of fragments, in either syntax, form one schema. Names resolve as Cedar has it: `A::B` means
// exactly itself; `B` means B of the namespace it stands in, else B of the empty namespace; where one name is
// both, the common type is meant before the entity type. Cedar's own types are common types `__cedar::Long`
// …, with the short names as aliases unless the empty namespace declares them itself.
//
// Reports as many errors as do not follow from each other.
// Tested by resolve_test.cc and, over the reference corpora, tests/corpus/schema_corpus_test.cc.
#pragma once

#include <optional>
#include <vector>

#include "compiler/model/schema.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/schema_ast.h"

namespace polc::model {

// Deepest nesting of a resolved type, common types expanded. Attribute values are JSON, whose depth has a
// limit of its own (json::kMaxDepth), and everything that walks types or values may recurse.
inline constexpr size_t kMaxTypeDepth = 256;

// Nothing if any error was reported; warnings do not count.
std::optional<Schema> Resolve(const std::vector<syntax::SchemaFragment>& fragments,
                              source::DiagnosticSink& sink);

// Reads one file. If its first character that is not white space is `{` it is JSON, else Cedar syntax,
// where no declaration can start so.
std::optional<syntax::SchemaFragment> LoadSchemaFragment(const source::SourceMap& map, source::FileId file,
                                                         source::DiagnosticSink& sink);

// Reads `files`, in either syntax each, and resolves them together.
std::optional<Schema> LoadSchema(const source::SourceMap& map, const std::vector<source::FileId>& files,
                                 source::DiagnosticSink& sink);

}  // namespace polc::model
