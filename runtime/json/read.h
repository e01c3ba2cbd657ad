// Reads simdjson documents into values, uids and entities of a request or an edit, through polc.h.
//
// A Reader stops at the first problem and remembers how it got there; Report() then says what and where.
// Nothing is set in the request or edit here, but values are made in it as they are read. Recursion is
// bounded by kMaxDepth. Tested by read_test.cc and, against compiler/model, by tests/engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include "runtime/bundle/opcodes.h"
#include "runtime/entities/value.h"
#include "runtime/json/locate.h"
#include "runtime/json/polc_json.h"

namespace polc::api_json {

inline polc_text Text(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view View(polc_text text) { return {text.data, text.size}; }

// Fills `error`, if there is one, and returns `status`.
polc_status Fail(polc_error* error, polc_status status, std::string_view message, uint64_t at = 0);

struct Uid {
  polc_text type;
  polc_text id;
};

// What polc_edit_upsert and polc_request_add_entity take.
struct EntityParts {
  Uid uid;
  polc_value attributes;
  polc_value tags;
  size_t first_parent;  // in Reader::parent_types and _ids
  size_t parent_count;
};

class Reader {
 public:
  using Element = simdjson::dom::element;
  using Object = simdjson::dom::object;
  using Array = simdjson::dom::array;

  // Values are made in `values`. `text` must stay as it is until the reader is gone.
  Reader(polc_values* values, std::string_view text) : values_(values), text_(text) {}

  // Parses the text and checks that no key is repeated.
  bool Parse(Element* root);
  // The members of a request, which must all be read from the same root.
  bool RequestUid(const Object& root, std::string_view key, Uid* out);
  bool Context(const Object& root, polc_value* out);  // empty if there is none
  bool RequestEntities(const Object& root);           // none if there are none
  bool Entities(const Element& array);
  // Says that the root should have been another thing.
  bool WrongRoot(std::string_view wanted);

  const std::vector<EntityParts>& entities() const { return entities_; }
  const polc_text* parent_types(const EntityParts& entity) const {
    return parent_types_.data() + entity.first_parent;
  }
  const polc_text* parent_ids(const EntityParts& entity) const {
    return parent_ids_.data() + entity.first_parent;
  }

  // After something returned false: fills `error` and returns the status.
  polc_status Report(polc_error* error) const;

 private:
  // An extension value while it is computed.
  struct Extension {
    entities::Value value;
    uint8_t address[16];    // of an IPv6 address
    std::string_view text;  // that an address was read from
  };
  enum class Escape : uint8_t { kNone, kExpr, kEntity, kExtension };

  // Each records the problem. `Step` also records by which element or member it was reached.
  bool Problem(polc_status status, std::string message, Target target = Target::kValue);
  bool Wrong(std::string message) { return Problem(POLC_ERROR_JSON, std::move(message)); }
  bool WrongKind(const Element& seen, std::string_view wanted);
  bool Step(uint32_t index);
  bool Step(uint32_t index, std::string_view key);
  bool Made(polc_status status, const polc_error& error);

  bool IsWellFormed();
  static Escape EscapeOf(const Object& object, Element* contents);
  bool Check(const Element& element, size_t depth);
  bool CheckKeys(const Object& object);
  bool OnlyIntegers(const Element& element);
  bool Value(const Element& element, polc_value* out);
  bool Record(const Object& object, polc_value* out);
  bool Set(const Array& array, polc_value* out);
  bool UidParts(const Object& object, Uid* out);
  bool EntityReference(const Element& element, Uid* out);
  bool Call(const Object& call, Extension* out);
  bool Argument(const Element& element, bundle::Kind kind, Extension* out);
  bool ExtensionValue(const Object& call, polc_value* out);
  bool Entity(const Element& element);
  bool Parents(const Element& element, EntityParts* out);
  bool Fields(const Element& element, polc_value* out);
  bool CompareRepeated(const Array& array);
  void AppendCanonical(const Element& element, std::string* out);
  void AppendCanonicalFields(const Object& object, std::string* out);
  std::string Canonical(const EntityParts& entity, const Element& element);

  polc_values* values_;
  polc_error made_{sizeof(polc_error), POLC_OK, 0, {}};  // of the polc_value_* function called last
  std::string_view text_;
  simdjson::dom::parser parser_;
  std::vector<EntityParts> entities_;
  std::vector<polc_text> parent_types_, parent_ids_;
  // Stacks of the containers being read: their elements, and for records their names.
  std::vector<polc_value> elements_;
  std::vector<polc_text> names_;
  std::vector<std::string_view> keys_;
  std::deque<std::string> ids_;  // those that text spells with escapes

  polc_status status_ = POLC_OK;
  std::string message_;
  uint64_t at_ = 0;
  bool placed_ = false;  // at_ is known; else it is found by the path
  Target target_ = Target::kValue;
  struct PathStep {
    uint32_t index;
    bool member;
    std::string_view key;
  };
  std::vector<PathStep> path_;  // innermost first
};

}  // namespace polc::api_json
