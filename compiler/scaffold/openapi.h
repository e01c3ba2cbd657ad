// The operations of an OpenAPI description (2.0 or 3.x, in JSON) as tools.
//
// A tool is named as its `operationId`, or "METHOD /path". Its arguments are the parameters in path, query
// and header (header names as they are), and the properties of the JSON body; a body that is no object is the
// argument `body`. Of two that have one name, the second is `IN.name`. What is no such description is
// reported as JsonShape. Tested by scaffold_test.cc.
#pragma once

#include <optional>

#include "compiler/json/json.h"
#include "compiler/scaffold/tools.h"
#include "compiler/source/diagnostic.h"

namespace polc::scaffold {

std::optional<ToolList> ReadOpenApi(const json::Document& document, source::DiagnosticSink& sink);

}  // namespace polc::scaffold
