// Arguments that a JSON schema describes, as attributes of Pol.
//
// `string` is Text (with format `date` or `date-time` Time), `integer` Number, `number` Decimal, `boolean`
// Bool, an array a bounded set, an object with properties a record. What has no type of its own in Pol (a
// free object, alternatives, sets of sets, records nested deeper than kMaxNesting) is Text, and the field's
// note says that the gateway hands on its JSON. `null` among the types makes a field optional. References are
// followed inside the document (`#/…`), a cycle ends in Text. What a schema demands besides types (ranges,
// patterns, choices) becomes a note: it is for rules. Tested by scaffold_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/json/json.h"
#include "compiler/scaffold/tools.h"

namespace polc::scaffold {

// A member of what may be an object; one that is a text, "" if it is none.
std::optional<json::Value> Get(const json::Value& object, std::string_view key);
std::string TextOf(const json::Value& object, std::string_view key);

class SchemaReader {
 public:
  // References are to `root`. Records are appended to `records`.
  SchemaReader(json::Value root, std::vector<Record>& records) : root_(root), records_(records) {}

  // One value. `tool` and `name` are for the names of records.
  Field Read(json::Value schema, std::string_view tool, std::string_view name, size_t depth = 0);
  // The properties of an object schema, in their order.
  std::vector<Field> Properties(json::Value schema, std::string_view tool, size_t depth = 0);
  // A schema or whatever else may be a reference, followed; itself if it is none or leads nowhere.
  json::Value Follow(json::Value value) const;

 private:
  json::Value root_;
  std::vector<Record>& records_;
  RecordNames names_;
};

}  // namespace polc::scaffold
