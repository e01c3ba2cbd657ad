// Reads simdjson documents into values, uids and entities of a request or an edit, through polc.h.
//
// A Reader stops at the first problem and remembers how it got there; Report() then says what and where.
// Nothing is set in the request or edit here, but values are made in it as they are read. docs/requests.md
// has the shapes. Recursion is bounded by kMaxDepth. Tested by json_test.cc, host_json_test.cc and, against
// compiler/model, by tests/engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include "runtime/bundle/reader.h"
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

// The host's part, as polc.h takes it. The structs point into each other and into the text.
struct HostParts {
  std::vector<std::pair<polc_text, polc_value>> values;  // polc_request_set_host
  std::vector<polc_state> state;
  std::deque<polc_value> keys;  // of `state`
  std::vector<polc_approval> approvals;
  std::vector<polc_refusal> refusals;
  struct Evidence {
    polc_text kind;
    polc_value value;
    uint8_t action_digest[32];
  };
  std::vector<Evidence> evidence;
  struct Hop {
    Uid principal;
    bool has_scope;
    std::vector<polc_text> scope;
  };
  std::vector<Hop> acts_for;
  std::vector<polc_text> enforces;
  bool has_enforces = false;
};

class Reader {
 public:
  using Element = simdjson::dom::element;
  using Object = simdjson::dom::object;
  using Array = simdjson::dom::array;

  // Values are made in `values`. `text` must stay as it is until the reader is gone.
  Reader(polc_values* values, std::string_view text) : values_(values), text_(text) {}

  // Values from here on are read by the types that a bundle declares, where it declares one (typed.cc).
  void UseModel(const bundle::Bundle& model) { model_ = &model; }

  // Parses the text and checks that no key is repeated.
  bool Parse(Element* root);
  // Refuses members that are none of `keys`.
  bool OnlyKeys(const Object& object, std::initializer_list<std::string_view> keys);
  // The members of a request, which must all be read from the same root; the action before the context, so
  // that its attributes are known.
  bool RequestUid(const Object& root, std::string_view key, Uid* out);
  void SetAction(const Uid& action) {
    const bundle::ActionRow* row = model_ == nullptr ? nullptr : FindAction(action);
    if (row != nullptr) declared_ = row->context;
  }
  bool Context(const Object& root, polc_value* out);  // empty if there is none
  bool RequestEntities(const Object& root);           // none if there are none
  bool Entities(const Element& array);
  // What the gateway vouches for, by the model. `parts` is empty if there is none.
  bool Host(const Object& root, HostParts* parts);
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
  // A set of what `read` makes of the elements.
  template <typename Read>
  bool Gather(const Array& array, polc_value* out, Read read) {
    const size_t first = elements_.size();
    uint32_t index = 0;
    for (const Element element : array) {
      polc_value value;
      if (!read(element, &value)) return Step(index);
      elements_.push_back(value);
      ++index;
    }
    const bool ok = Made(polc_value_set(values_, elements_.data() + first, index, out, &made_), made_);
    elements_.resize(first);
    return ok;
  }
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

  // By the model; a value that is not of its type is read as it stands, and no request that has it fits.
  bool TypedValue(const Element& element, uint32_t type, polc_value* out);
  bool TypedFields(const Object& object, bundle::Range declared, polc_value* out);
  bool TypedAs(const Element& element, bundle::Kind kind, bool percent, polc_value* out);
  bool TypedKey(const Element& element, uint32_t type, polc_value* out);
  const bundle::ActionRow* FindAction(const Uid& uid) const;
  const bundle::InputRow* FindInput(std::string_view name, std::string_view by) const;
  const bundle::EntityTypeRow* FindEntityType(std::string_view type) const;

  // The host's part. Each takes the value of the member of its name.
  using HostMember = bool (Reader::*)(const Element& element, HostParts* parts);
  bool HostNow(const Element& element, HostParts* parts);
  bool HostContext(const Element& element, HostParts* parts);
  bool HostEntities(const Element& element, HostParts* parts);
  bool HostEnforces(const Element& element, HostParts* parts);
  bool HostState(const Element& element, HostParts* parts);
  bool HostApproval(const Element& element, HostParts* parts);
  bool HostRefusal(const Element& element, HostParts* parts);
  bool HostEvidence(const Element& element, HostParts* parts);
  bool HostHop(const Element& element, HostParts* parts);
  bool Each(const Element& list, HostMember item, HostParts* parts);
  // A member that has to be there, or may be absent; `out` is left as it is then.
  bool MemberUid(const Object& object, std::string_view key, Uid* out);
  bool MemberText(const Object& object, std::string_view key, bool required, polc_text* out);
  bool MemberTime(const Object& object, std::string_view key, int64_t* out);
  bool MemberDigest(const Object& object, std::string_view key, uint8_t out[32]);
  bool UidOrText(const Element& element, Uid* out);
  bool Time(const Element& element, int64_t* out);
  bool Texts(const Element& element, std::vector<polc_text>* out);
  void AppendCanonicalFields(const Object& object, std::string* out);
  std::string Canonical(const EntityParts& entity, const Element& element);

  polc_values* values_;
  const bundle::Bundle* model_ = nullptr;
  bundle::Range declared_{};                             // of the context: that of the request's action
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
