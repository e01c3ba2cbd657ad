// SchemaFragment -> Cedar schema text, in the layout of Cedar's own translation: two spaces a level, one
// attribute a line, a blank line between declarations, in the order of the fragment.
//
// The text reads back with the same meaning. JSON can say a few things the Cedar syntax cannot, each reported
// as SchemaNotExpressible: an entity type and a common type of one name in a namespace, or a reference to
// an entity type that a common type hides; an entity shape that is not a record; a context that is neither a
// record nor a name. An `appliesTo` with an empty list is left out: such an action applies to nothing.
// Cedar's own types are written `__cedar::Long` where JSON names them without doubt (`{"type": "Long"}`).
// Tested by schema_printer_test.cc and tests/corpus/schema_corpus_test.cc.
#pragma once

#include <optional>
#include <string>

#include "compiler/source/diagnostic.h"
#include "compiler/syntax/schema_ast.h"

namespace polc::syntax {

// Nothing if any error was reported.
std::optional<std::string> SchemaToCedar(const SchemaFragment& fragment, source::DiagnosticSink& sink);

}  // namespace polc::syntax
