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
#include "compiler/simulate/scan.h"
#include "runtime/entities/snapshot.h"
#include "runtime/vm/builtins.h"

namespace polc::simulate {

inline constexpr uint32_t kNone32 = UINT32_MAX;

// What an action's context may hold.
struct Shape {
  struct Attribute {
    std::string key;     // `"name":`
    uint32_t name = 0;   // of QuickReader::names
    bool typed = false;  // else it may be anything
    bool quick = true;   // no set, no record
    bool required = false;
    model::Type::Kind kind = model::Type::Kind::kBool;
    uint32_t entity_type = kNone32;  // of QuickReader's types
  };
  std::vector<Attribute> attributes;  // at most 64
  uint64_t required = 0;              // as bits
  std::vector<uint32_t> principal_types, resource_types;
};

// An entity, by the text it stands as.
struct KnownUid {
  uint64_t hash = 0;
  std::string text;
  data::EntityUid uid;
  uint32_t type = kNone32;    // number of its type
  bool conforms = false;      // with the schema, where it stands as anything but the action
  uint32_t action = kNone32;  // number of it as an action, once it was asked for as one
  uint64_t generation = 0;    // of what stands in this place
  std::array<entities::EntityId, 2> ids{entities::kNoId, entities::kNoId};  // in each snapshot
};

struct QuickValue {
  uint32_t name = 0;  // of QuickReader::names
  data::Kind kind = data::Kind::kBool;
  int64_t number = 0;
  std::string_view text{};
  vm::IpAddress ip{};
  const KnownUid* entity = nullptr;
};

struct QuickRequest {
  static constexpr size_t kMostValues = 24;
  const KnownUid* principal = nullptr;
  const KnownUid* action = nullptr;
  const KnownUid* resource = nullptr;
  std::array<QuickValue, kMostValues> values;
  size_t count = 0;
};

class QuickReader {
 public:
  static constexpr size_t kMostNames = 64;
  static constexpr size_t kMostActions = 1024;

  // `schema` may be null. `reads`: of each program that decides. Snapshots may be null. All must outlive
  // this.
  QuickReader(const model::Schema* schema, std::vector<const core::Program*> programs,
              std::array<const entities::Snapshot*, 2> snapshots);

  // Whether a quick request stands at the cursor, which is then behind it. What is in `*out` points into the
  // text and here, until the next call.
  bool Read(Cursor* cursor, QuickRequest* out);

  const std::vector<std::string>& names() const { return names_; }
  const std::string& TypeName(uint32_t type) const { return types_[type]; }
  const data::EntityUid& ActionOf(uint32_t action) const { return actions_[action].uid; }

 private:
  enum class Got : uint8_t { kYes, kNo, kLearnt };  // kLearnt: something was remembered; to be read again
  struct Action {
    data::EntityUid uid;
    bool quick = false;
    Shape shape;
  };
  static constexpr size_t kWays = 4;
  static constexpr size_t kSets = size_t{1} << 13;

  Got ReadOnce(Cursor* cursor, QuickRequest* out);
  Got Uid(Cursor* cursor, const KnownUid** out);
  bool Learn(std::string_view text, uint64_t hash);
  Got Context(Cursor* cursor, Shape* shape, QuickRequest* out);
  Got Value(Cursor* cursor, const Shape::Attribute& attribute, QuickValue* out);
  bool Extension(Cursor* cursor, QuickValue* out);
  static bool Parse(data::Kind kind, std::string_view text, QuickValue* out);
  uint32_t TypeNumber(const std::string& name);
  uint32_t NameNumber(std::string_view name);  // kNone32 if there are too many
  Action* ActionFor(const KnownUid& uid);
  Action MakeAction(const data::EntityUid& uid);

  const model::Schema* schema_;
  std::vector<log::ReadIndex> reads_;
  std::array<const entities::Snapshot*, 2> snapshots_;
  std::vector<std::string> names_;
  std::vector<std::string> types_;
  std::map<std::string, uint32_t, std::less<>> type_numbers_;
  std::vector<Action> actions_;
  std::map<data::EntityUid, uint32_t> action_numbers_;
  std::vector<KnownUid> uids_;
  uint64_t learnt_ = 0;
};

}  // namespace polc::simulate
