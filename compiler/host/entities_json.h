// Entities in JSON by the model of a Pol program: `[{"uid", "attrs"?, "parents"?}]`.
//
// As Cedar's (model/entities_json.h), but with the program's types: Percents, levels, bounds. The model's
// actions are added and cannot be supplied. A bad entity does not hide the others.
// Tested by request_json_test.cc.
#pragma once

#include "compiler/host/typed_json.h"
#include "compiler/model/entities_json.h"

namespace polc::host {

// Reads a file; the store is closed and has the model's actions.
model::EntitiesResult ReadEntities(const source::SourceMap& map, source::FileId file,
                                   const core::Program& program, source::DiagnosticSink& sink);
// An array within a document: without the actions, for the entities that come with a request.
model::EntitiesResult ReadEntities(json::Value array, const json::Document& document,
                                   const core::Program& program, source::DiagnosticSink& sink);

}  // namespace polc::host
