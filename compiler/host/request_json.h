// Requests to Pol programs in JSON: the agent's part and, under `host`, the gateway's (docs/requests.md).
//
// Unlike Cedar's requests (model/request_json.h) nothing is ignored: keys that mean nothing make the request
// invalid, and so does an attribute that came by the other door. Values are read by the program's model. With
// validation off, values of other types than declared are read as what they are, and missing and undeclared
// ones are let through; everything else is checked all the same.
// Tested by request_json_test.cc.
#pragma once

#include "compiler/host/typed_json.h"

namespace polc::host {

// Reads one document: a file, or bytes of one. Every diagnostic carries `index`. Entities of the host stand
// in Request::entities.
model::RequestResult ReadRequest(const source::SourceMap& map, source::Span text, size_t index,
                                 const core::Program& program, RequestValidation validation,
                                 source::DiagnosticSink& sink);

// The same for any set: by the model of a Pol program, or else as Cedar's requests are read, against `schema`
// unless that is null.
model::RequestResult ReadRequest(const source::SourceMap& map, source::Span text, size_t index,
                                 const core::Program& program, const model::Schema* schema,
                                 RequestValidation validation, source::DiagnosticSink& sink);

}  // namespace polc::host
