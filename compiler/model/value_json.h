// Cedar values in JSON, both ways.
//
// Reading without a type: booleans, integers, strings, arrays (sets), objects (records), and the escapes
// `{"__entity": {"type", "id"}}` and `{"__extn": {"fn", "arg"|"args"}}`. An escape counts only if it is the
// object's one key and its contents are well formed; anything else is silently a record, as for the reference
// engine. With a declared type the escapes become implicit, and the value must conform to the type: the
// entity types, enumerated ids and actions it names must be the schema's.
//
// Writing gives the canonical form, which reads back as the same value with and without a schema.
// Recursion is bounded by json::kMaxDepth.
// Tested by value_json_test.cc.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "compiler/data/value.h"
#include "compiler/json/json.h"
#include "compiler/model/schema.h"
#include "compiler/source/diagnostic.h"

namespace polc::model {

// Reads values of one entity or one context. Reports every problem it finds, and goes on behind it.
class ValueReader {
 public:
  // Where the values stand decides the code under which a mismatch with a declared type is reported.
  enum class Place : uint8_t { kEntity, kContext };

  // `schema` may be null: then no uid is checked.
  ValueReader(const Schema* schema, Place place, source::DiagnosticSink& sink)
      : schema_(schema), place_(place), sink_(sink) {}

  // A value of any type / of type `type`; `what` names the place for messages ("attribute `age`").
  std::optional<data::Value> Read(json::Value v, const std::string& what);
  std::optional<data::Value> Read(json::Value v, const Type& type, const std::string& what);

  // Where only an entity reference can stand (`uid`, `parents`): `{"type", "id"}` or `{"__entity": …}`; other
  // keys are ignored.
  std::optional<data::EntityUid> ReadUid(json::Value v, const std::string& what);

  // The members of an object by their declared types: reports those missing and those not declared. `what`
  // names the object.
  std::optional<data::Record> ReadMembers(json::Value object, const Attributes& declared,
                                          const std::string& what);

  // Reports an enumerated id or an action that the schema does not have.
  bool CheckUid(const data::EntityUid& uid, source::Span span);

 private:
  source::Code MismatchCode() const;
  std::optional<data::Value> Mismatch(source::Span span, const std::string& what, const std::string& seen,
                                      const std::string& wanted);
  std::optional<data::Value> ReadObject(json::Value v, const std::string& what);
  std::optional<data::EntityUid> UidFromParts(json::Value object);
  std::optional<data::Value> Call(json::Value call, bool typed, const std::string& what);
  std::optional<data::Value> ReadExtension(json::Value v, data::Kind kind, const std::string& what);
  bool OnlyIntegers(json::Value v);

  const Schema* schema_;
  Place place_;
  source::DiagnosticSink& sink_;
};

// The canonical JSON of a value, or the record key that JSON cannot carry (`__entity`, `__extn`, `__expr`
// mean escapes when they are read back).
struct ReservedKey {
  std::string key;
};
std::variant<std::string, ReservedKey> ToJson(const data::Value& value);
// `{"type": "User", "id": "alice"}`
std::string ToJson(const data::EntityUid& uid);

}  // namespace polc::model
