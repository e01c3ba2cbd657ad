// Requests in JSON: `{"principal", "action", "resource", "context"?, "entities"?}`.
//
// A uid is `{"type", "id"}`, `{"__entity": …}` or Cedar text (`"User::\"alice\""`). Without `context` it is
// empty. `entities` come with the request and replace the store's of the same uid. Other keys are ignored.
// With a schema the context's values may be implicit (value_json.h), and the request is validated: the action
// must be declared and apply to the types of principal and resource, and the context must conform.
// A file with one request a line keeps its places; a bad line does not hide the others.
// Tested by request_json_test.cc and, over the reference corpora, tests/corpus.
#pragma once

#include <optional>
#include <vector>

#include "compiler/data/entities.h"
#include "compiler/model/schema.h"
#include "compiler/source/diagnostic.h"

namespace polc::model {

// Whether a request that can be read must also be one that the schema allows. The types of the context and of
// the entities that come along are not optional: without them their JSON has no meaning.
enum class RequestValidation : uint8_t { kOn, kOff };

struct RequestResult {
  std::optional<data::Request> request;  // nothing where it cannot be read
  bool valid = false;                    // readable and, where asked, allowed by the schema
  source::Span span;                     // the document or the line
};

// Reads one document: a file, or bytes of one. Every diagnostic carries `index`. `schema` may be null.
RequestResult ReadRequest(const source::SourceMap& map, source::Span text, size_t index, const Schema* schema,
                          RequestValidation validation, source::DiagnosticSink& sink);

// Where the requests of a file with one a line stand: each line that is not blank.
std::vector<source::Span> RequestLines(const source::SourceMap& map, source::FileId file);

}  // namespace polc::model
