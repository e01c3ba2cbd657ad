// Requests of Cedar logs read from their bytes without making the compiler's values of them.
//
// Quick is: `{"principal":…,"action":…,"resource":…,"context":{…}}` as polc writes it, without white space;
// entities in any spelling that was read once by the model's reader and is remembered; a context, which may
// be missing, of scalars, entities and extension values in ASCII. With a schema the request has to conform.
// Everything else is left to the model's reader (compiler/model), and what is quick is what that reader would
// make of it: whether it conforms, and each value that rules can read.
//
// What is remembered is bounded: memory does not grow with the log. One thread's. Tested by
// tests/simulate/lane_test.cc, against the model's reader.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/value.h"
#include "compiler/log/reads.h"
#include "compiler/model/schema.h"
#include "compiler/simulate/concern.h"
#include "compiler/simulate/known.h"
#include "compiler/simulate/scan.h"
#include "runtime/entities/snapshot.h"
#include "runtime/vm/builtins.h"

namespace polc::simulate {

// What an action's context may hold.
struct Shape {
  struct Attribute {
    std::string key;  // `"name":`
    // `"name":{"__extn":{"fn":"f","arg":"`, where f makes values of the kind it most likely has; or empty.
    std::string opening;
    data::Kind opened = data::Kind::kBool;  // that kind
    uint32_t name = 0;                      // of QuickReader::names
    bool read = true;                       // by some rule that the action concerns
    bool typed = false;                     // else it may be anything
    bool quick = true;                      // no set, no record
    bool required = false;
    model::Type::Kind kind = model::Type::Kind::kBool;
    uint32_t entity_type = kNone32;  // of QuickReader's types
  };
  std::vector<Attribute> attributes;  // at most 64
  uint64_t required = 0;              // as bits
  std::vector<uint32_t> principal_types, resource_types;
};

struct QuickValue {
  uint32_t name = 0;  // of QuickReader::names
  data::Kind kind = data::Kind::kBool;
  int64_t number = 0;
  std::string_view text{};
  vm::IpAddress ip{};
  const KnownUid* entity = nullptr;
};

// To be used again and again: it is not small.
struct QuickRequest {
  static constexpr size_t kMostValues = 24;
  const KnownUid* principal = nullptr;
  const KnownUid* action = nullptr;
  const KnownUid* resource = nullptr;
  std::array<QuickValue, kMostValues> values;  // of the context, those that some rule reads
  size_t count = 0;

  uint32_t action_concerns = 0;  // edits that may concern its action
  // Whether an edit may concern it.
  bool concerned() const { return (principal->as_principal & action_concerns & resource->as_resource) != 0; }
};

class QuickReader {
 public:
  static constexpr size_t kMostNames = 64;
  static constexpr size_t kMostActions = 1024;

  // `schema` may be null, `programs` are all that decide. The first snapshot and `concern` may be null;
  // without it everything concerns everybody. All must outlive this.
  QuickReader(const model::Schema* schema, std::vector<const core::Program*> programs,
              std::array<const entities::Snapshot*, 2> snapshots, const Concern* concern);

  // Where an entity stands.
  struct Place {
    std::string_view text;
    uint64_t hash;
  };
  // The beginning of a request: principal, action, resource.
  struct Begun {
    std::array<Place, 3> places;
  };
  // Whether a quick request may stand at the cursor, which is then behind its resource.
  bool Begin(Cursor* cursor, Begun* out) const;
  // Has the memory that deciding about it will need fetched meanwhile: each step what is found by what the
  // one before has fetched.
  static constexpr size_t kSteps = 3;
  void Fetch(const Begun& begun, size_t step) const;
  // Whether the rest of it, at the cursor, makes it one; then the cursor is behind it. What is in `*out`
  // points into the text and here, until the next call.
  bool Read(const Begun& begun, Cursor* cursor, QuickRequest* out);

  const std::vector<std::string>& names() const { return names_; }
  const std::string& TypeName(uint32_t type) const { return types_[type]; }
  const data::EntityUid& UidOf(const KnownUid& known) const { return uids_.UidOf(known); }
  const data::EntityUid& ActionOf(uint32_t action) const { return actions_[action].uid; }

 private:
  enum class Got : uint8_t { kYes, kNo, kLearnt };  // kLearnt: something was remembered; to be read again
  struct Action {
    data::EntityUid uid;
    bool quick = false;
    Shape shape;
    uint32_t concerns = 0;  // edits that may concern it
  };

  Got ReadOnce(const Begun& begun, Cursor* cursor, QuickRequest* out);
  bool Locate(Cursor* cursor, Place* out) const;
  Got Find(const Place& place, KnownUid** out);
  bool Learn(const Place& place);
  Got Context(Cursor* cursor, Action* action, QuickRequest* out);
  Got Value(Cursor* cursor, Shape::Attribute* attribute, QuickValue* out);
  bool Extension(Cursor* cursor, Shape::Attribute* attribute, QuickValue* out);
  // Whether some rule that an action concerns reads an attribute of the context.
  bool IsRead(const data::EntityUid& action, const std::string& name);
  static bool Parse(data::Kind kind, std::string_view text, QuickValue* out);
  uint32_t TypeNumber(const std::string& name);
  uint32_t NameNumber(std::string_view name);  // kNone32 if there are too many
  Action* ActionFor(KnownUid* known);
  Action MakeAction(const data::EntityUid& uid);

  const model::Schema* schema_;
  std::vector<log::ReadIndex> reads_;
  std::array<const entities::Snapshot*, 2> snapshots_;
  const Concern* concern_;
  std::vector<std::string> names_;
  std::vector<std::string> types_;
  std::map<std::string, uint32_t, std::less<>> type_numbers_;
  std::vector<Action> actions_;
  std::map<data::EntityUid, uint32_t> action_numbers_;
  KnownUids uids_;
};

}  // namespace polc::simulate
