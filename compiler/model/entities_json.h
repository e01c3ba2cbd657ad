// Entities in JSON, both ways: `[{"uid", "attrs", "parents", "tags"?}]`.
//
// Without a schema every value stands for itself (value_json.h). With one, each entity must conform to it:
// declared types, required and undeclared attributes, tags, parents of allowed types, enumerated ids; action
// entities must be exactly the schema's, and the schema's own are added. One bad entity does not hide the
// verdict on the others: each has its own, and the good ones make a store.
//
// The verdicts are those of Cedar 4.12 (`Entities::from_json_str`), except that repeated keys are errors
// anywhere.
// Tested by entities_json_test.cc and, over the reference corpora, tests/corpus.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/data/entities.h"
#include "compiler/json/json.h"
#include "compiler/model/schema.h"
#include "compiler/model/value_json.h"
#include "compiler/source/diagnostic.h"

namespace polc::model {

struct EntityVerdict {
  std::string uid;    // as Cedar text, `User::"a"`; empty where it cannot be read
  source::Span span;  // the whole object
  bool valid = true;  // two that share a uid and differ are both invalid
};

struct EntitiesResult {
  bool valid = false;                   // the document and all in it
  std::vector<EntityVerdict> verdicts;  // in the order of the document
  data::EntityStore store;              // the valid ones, and the schema's actions; closed
};

// What entities to add to those of the document.
enum class SchemaActions : uint8_t { kAdd, kLeaveOut };

// Reads a file / an array within a document. `schema` may be null. Every diagnostic about one entity carries
// its uid. `duplicates` are the document's (json::Duplicates::kKeep), already reported.
EntitiesResult ReadEntities(const source::SourceMap& map, source::FileId file, const Schema* schema,
                            source::DiagnosticSink& sink);
EntitiesResult ReadEntities(json::Value array, const json::Document& document, const Schema* schema,
                            SchemaActions actions, source::DiagnosticSink& sink);

// Canonical JSON, one entity a line, in the store's order; parents are the direct ones, sorted. Reads back as
// the same store, or the record key that JSON cannot carry.
std::variant<std::string, ReservedKey> ToJson(const data::EntityStore& store);

}  // namespace polc::model
