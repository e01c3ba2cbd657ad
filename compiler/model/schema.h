// The resolved schema: what entity types, actions, attributes and tags exist, every name settled.
//
// Built by Resolve() (resolve.h) from any number of schema fragments (syntax/schema_ast.h), which may be
// written in Cedar or JSON syntax. Immutable afterwards and safe to share between threads.
// Lookup is by normalized name. Iteration order is by name, so everything printed from it is stable.
// Tested by resolve_test.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/data/value.h"
#include "compiler/source/source_map.h"

namespace polc::model {

struct Type;
using TypePtr = std::shared_ptr<const Type>;

struct Attribute {
  TypePtr type;
  bool required = true;
};
using Attributes = std::map<std::string, Attribute>;

// A declared type. Extension types and kinds follow data::Kind.
struct Type {
  enum class Kind : uint8_t {
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
  Kind kind = Kind::kBool;
  std::string entity;     // kEntity: its type name
  TypePtr element;        // kSet
  Attributes attributes;  // kRecord
};

// As the Cedar schema syntax writes it: `Set<Long>`, `{"a": String, "b"?: User}`.
std::string ToString(const Type& type);
bool operator==(const Type& a, const Type& b);
bool operator==(const Attribute& a, const Attribute& b);

struct EntityType {
  std::string name;
  Attributes attributes;
  TypePtr tags;                       // null: no tags
  std::set<std::string> parents;      // entity types its entities may be directly in
  std::set<std::string> ancestors;    // closure of parents; contains itself only if `in` cycles back
  std::set<std::string> descendants;  // entity types that may be in this one; the inverse of ancestors
  std::optional<std::vector<std::string>> enum_ids;  // enumerated entities: the only ids there are
  source::Span span;
};

struct Action {
  data::EntityUid uid;
  std::set<std::string> principal_types;
  std::set<std::string> resource_types;
  Attributes context;                   // of the context record
  std::set<data::EntityUid> parents;    // direct groups
  std::set<data::EntityUid> ancestors;  // closure, without itself
  source::Span span;
};

struct Schema {
  std::map<std::string, EntityType> entity_types;
  std::map<data::EntityUid, Action> actions;
  std::set<std::string> action_types;  // types of the action uids ("Action", "NS::Action")

  const EntityType* FindEntityType(const std::string& name) const;
  const Action* FindAction(const data::EntityUid& uid) const;
  bool IsActionType(const std::string& name) const { return action_types.contains(name); }
};

// Equal in everything but the places things were declared at.
bool operator==(const EntityType& a, const EntityType& b);
bool operator==(const Action& a, const Action& b);
bool operator==(const Schema& a, const Schema& b);

}  // namespace polc::model
