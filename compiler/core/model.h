// What a Pol program declares besides rules: the model a request has to fit, ordered levels, kinds of limits
// and of evidence, hours, settings.
//
// The model is the schema as the decision needs it, and travels with the program: whether a request fits is
// the first step of deciding it (docs/language.md, step 0). It is made by sema of Cedar schemas and Pol
// declarations alike. Names are normalized (`A::B`); lists are sorted by name, so that the order of files
// never shows. Everything here is plain data without expressions. INVARIANT: see Verify() in verify.h.
// Tested by core_test.cc; what it means to fit by compiler/oracle.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/data/entities.h"
#include "compiler/data/value.h"
#include "compiler/source/source_map.h"

namespace polc::core {

struct Type;
using TypePtr = std::shared_ptr<const Type>;

// Of a record, an entity or a context.
struct Attribute {
  std::string name{};
  TypePtr type{};
  // Whether it has to be there. An agent's attribute that is missing makes the request invalid; one from the
  // host that is missing errs where it is read.
  bool required = true;
  // Of a context, at its top level: the gateway's word, never the agent's.
  bool from_host = false;
  // Of a context, at its top level: not part of what an approval names.
  bool varies = false;
  // `V if missing`: what an absent attribute is. `required` is false then. A context is completed with it, at
  // every level of records, before anything reads it. Entities are not completed: sema reads their attributes
  // with AttrOr, and `has` as Or(Has, true).
  std::optional<data::Value> if_missing{};
};

// The type of an attribute. A level is the text of its name, a Percent a decimal: 2% is 0.0200.
struct Type {
  data::Kind kind = data::Kind::kBool;
  std::string entity{};             // kEntity: the type of the entity; empty: of any (key.h)
  std::string levels{};             // kString: the name of one of these Levels; empty: any text
  bool percent = false;             // kDecimal: 0.0000 to 1.0000
  uint32_t at_most = 0;             // kSet: how many elements; 0: any number
  TypePtr element{};                // kSet
  std::vector<Attribute> fields{};  // kRecord; sorted by name
};

struct EntityType {
  // kPlain: groups, resources and whatever a Cedar schema declares. Only a person approves; only an agent has
  // autonomy and an owner.
  enum class Nature : uint8_t { kPlain, kPerson, kAgent, kService };
  std::string name{};
  Nature nature = Nature::kPlain;
  std::string owner{};                 // kAgent: the person type its attribute `owner` has; empty: not owned
  std::vector<std::string> parents{};  // types its entities may be directly in; sorted
  std::vector<Attribute> attributes{};
  TypePtr tags{};                                      // null: none
  std::optional<std::vector<std::string>> enum_ids{};  // the only ids there are; sorted
};

enum class Reversibility : uint8_t { kReadOnly, kReversible, kIrreversible };
struct ActionClass {
  std::string name{};
  Reversibility reversibility = Reversibility::kIrreversible;
};

// A path of attributes from the principal or the resource: `principal.owner.team`.
struct AttributePath {
  bool of_resource = false;
  std::vector<std::string> names{};  // at least one
  friend auto operator<=>(const AttributePath&, const AttributePath&) = default;
};

struct Action {
  data::EntityUid uid{};
  std::string action_class{};             // of Model::classes; empty: none, which is irreversible
  std::vector<data::EntityUid> groups{};  // all it is in, itself left out; sorted
  std::vector<std::string> principals{};  // types; sorted
  std::vector<std::string> resources{};   // types; sorted
  std::vector<Attribute> context{};       // `tool` included where the action has it
  std::vector<AttributePath> digest{};    // what approvals of this action name besides (digest.h); sorted
};

struct Model {
  std::vector<EntityType> entity_types{};
  std::vector<ActionClass> classes{};
  std::vector<Action> actions{};  // sorted by uid

  const EntityType* FindType(std::string_view name) const;
  const Action* FindAction(const data::EntityUid& uid) const;
  // Of the class an action is in.
  Reversibility ReversibilityOf(const Action& action) const;
};

// Adds the model's actions with their groups, which is what rules mean by them. Before Close().
void PutActions(const Model& model, data::EntityStore& store);

// The attribute of a list sorted by name, or null.
const Attribute* FindAttribute(const std::vector<Attribute>& attributes, std::string_view name);

// `levels Risk is low < medium < high < critical, higher is stricter`.
struct Levels {
  std::string name{};
  std::vector<std::string> names{};  // from the lowest; distinct, at least two
  bool higher_is_stricter = false;

  std::optional<size_t> RankOf(std::string_view level) const;
};

// How limits of one kind that hold together become one. Associative, commutative, idempotent.
enum class Merge : uint8_t {
  kLowest,         // of longs, decimals, durations, datetimes
  kHighest,        // of the same
  kCommonMembers,  // of sets: what is in all of them; nothing in common is unenforceable
  kAllMembers,     // of sets: what is in any of them
  kAnyTrue         // of bools
};
struct LimitKind {
  std::string name{};
  TypePtr type{};
  Merge merge = Merge::kLowest;
};

struct EvidenceKind {
  std::string name{};
  bool undo = false;  // it shows how to take the action back
  TypePtr type{};     // `: Text`, or a record for `has …`
};

// A time zone as a table: local time is UTC plus the offset of the last row not after it. The rows cover all
// time up to `ends_ms`; past that it is not known. Sorted; the first begins at the least int64.
struct Zone {
  struct Row {
    int64_t from_ms = 0;    // UTC
    int32_t offset_ms = 0;  // east of Greenwich
  };
  std::string name{};     // "Europe/Berlin"
  std::string version{};  // of the database the table was made of: "2026a"
  std::vector<Row> rows{};
  int64_t ends_ms = 0;  // UTC; the first instant that is not covered
};

// `hours business is Mon to Fri from 09:00 to 17:00 in "Europe/Berlin"`: on these days, local time, from
// inclusive to exclusive. With `to` not after `from` it runs past midnight and belongs to the day it began.
struct Hours {
  std::string name{};
  std::string zone{};  // of Program::zones
  uint8_t days = 0;    // bit 0 Monday … bit 6 Sunday
  uint16_t from_minute = 0;
  uint16_t to_minute = 0;  // up to 1440
};

// A setting and what it was set to, as text for reports; rules have the value itself.
struct Setting {
  std::string name{};  // "std.identity.max_ttl"
  std::string value{};
};

std::string_view NatureName(EntityType::Nature nature);  // "plain", "person", "agent", "service"
std::string_view ReversibilityName(Reversibility r);     // "read_only", "reversible", "irreversible"
std::string_view MergeName(Merge merge);                 // "lowest", "highest", "common", "all", "any"

}  // namespace polc::core
