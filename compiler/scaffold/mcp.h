// Lists of MCP tools.
//
// What `tools/list` answers (`{"tools": […]}`, with or without the JSON-RPC envelope), or the array alone. A
// tool has a `name`, and arguments in one of two forms: `inputSchema`, a JSON schema, or `arguments`, a list
// of `{name, type, optional?}`. Two tools of one name, an argument named `tool` (the gateway's word on the
// tool itself) and whatever is no list of tools are reported as JsonShape. Tested by scaffold_test.cc and, on
// lists of real servers, by tests/new.
#pragma once

#include <optional>

#include "compiler/json/json.h"
#include "compiler/scaffold/tools.h"
#include "compiler/source/diagnostic.h"

namespace polc::scaffold {

std::optional<ToolList> ReadMcp(const json::Document& document, source::DiagnosticSink& sink);

// What both readers refuse: two tools of one name, two arguments of one name, an argument named `tool`.
bool Distinct(const ToolList& list, source::DiagnosticSink& sink);

}  // namespace polc::scaffold
