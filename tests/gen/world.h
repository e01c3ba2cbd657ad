// Random worlds: a schema, entities that conform to it, and requests about them.
//
// The generators share no code with polc: they have their own types, their own printers for the Cedar and
// the JSON syntax of schemas, and write entities and contexts as JSON directly. What they make is valid
// unless a function says otherwise; mutate.h makes negatives of it.
// Everything is drawn from an Rng, so a seed names a world. Usable by any property test.
// Tested by gen_test.cc; the differential test checks every world against the reference engine.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/gen/rng.h"

namespace polc::gen {

using Json = nlohmann::json;

enum class TypeKind : uint8_t {
  kBool,
  kLong,
  kString,
  kEntity,
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  kSet,
  kRecord
};

struct Type;
using TypePtr = std::shared_ptr<const Type>;

struct Attr {
  std::string name;
  TypePtr type;
  bool required = true;
};

struct Type {
  TypeKind kind = TypeKind::kBool;
  std::string entity;       // kEntity: qualified type name
  TypePtr element;          // kSet
  std::vector<Attr> attrs;  // kRecord
  std::string alias;        // qualified name of the common type it is written as; empty: written out
};

bool Same(const Type& a, const Type& b);

struct Uid {
  std::string type;
  std::string id;
  friend bool operator==(const Uid&, const Uid&) = default;
  friend auto operator<=>(const Uid&, const Uid&) = default;
};
// As policies write it, the id escaped in the plainest way: `A::B::"id"`.
std::string ToText(const Uid& uid);
Json UidJson(const Uid& uid);
// `base` in the namespace `ns`, which may be empty.
std::string Qualify(const std::string& ns, const std::string& base);
// A Cedar string literal with the plainest escapes.
std::string Quote(const std::string& text);

struct EntityType {
  std::string ns;
  std::string name;                  // qualified
  std::vector<std::string> parents;  // qualified; direct
  std::vector<Attr> attrs;
  TypePtr tags;                       // null: none
  std::vector<std::string> enum_ids;  // not empty: an enumerated type
};

struct Action {
  std::string ns;
  Uid uid;
  std::vector<Uid> parents;
  bool applies = true;
  std::vector<std::string> principals;
  std::vector<std::string> resources;
  std::vector<Attr> context;
  std::string context_alias;  // a common type it is written as, or empty
};

struct CommonType {
  std::string ns;
  std::string name;  // qualified
  TypePtr type;
};

// One request environment: what a policy is checked for.
struct Env {
  size_t action;
  std::string principal;
  std::string resource;
};

struct Schema {
  std::vector<std::string> namespaces;
  std::vector<EntityType> entity_types;
  std::vector<Action> actions;
  std::vector<CommonType> common_types;
  std::vector<Env> envs;

  const EntityType& entity_type(const std::string& name) const;
  // Whether an entity of type `child` may be in one of type `ancestor` (or is of that type).
  bool MayBeIn(const std::string& child, const std::string& ancestor) const;
  // Whether `child` is `ancestor` or a member of it, directly or not.
  bool ActionIn(const Uid& child, const Uid& ancestor) const;
};

struct Request {
  Uid principal;
  Uid action;
  Uid resource;
  Json context = Json::object();
};

struct World {
  Schema schema;
  std::vector<Uid> uids;       // of the entities in the store
  std::vector<Uid> absent;     // known ids that are not in the store
  std::vector<Json> entities;  // one object each
  std::vector<std::string> tag_keys;
  std::vector<std::string> strings;  // the texts that occur, to be drawn again by policies
};

// Everything about one random schema and its entities.
World MakeWorld(Rng& rng);

// The schema as text, with random layout among the equivalent ways to write it.
std::string PrintSchema(const Schema& schema, Rng& rng);
Json SchemaToJson(const Schema& schema);

// A JSON value of the type. Extension values and entity references are escaped explicitly, or in one of the
// implicit forms that need the schema.
Json MakeValue(const World& world, const Type& type, Rng& rng, bool implicit);
// An entity of the type: in the store, known but absent, or (rarely) never heard of.
Uid MakeUid(const World& world, const std::string& type, Rng& rng);
// A valid request of the environment.
Request MakeRequest(const World& world, const Env& env, Rng& rng);
Json MakeContext(const World& world, const Action& action, Rng& rng, bool implicit);

// Text a constructor accepts, from a small pool of telling values or at random.
std::string MakeExtensionText(TypeKind kind, Rng& rng);
// Text its constructor refuses (mostly).
std::string MakeBadExtensionText(TypeKind kind, Rng& rng);
const char* ConstructorName(TypeKind kind);
int64_t MakeLong(Rng& rng);
std::string MakeString(const World& world, Rng& rng);
std::string MakeTagKey(const World& world, Rng& rng);  // one that is in use, mostly

}  // namespace polc::gen
