// Entities and requests: what one decision is about.
//
// An EntityStore holds entities by uid with the transitive closure of their parents. It is the
// compiler's and the oracle's store, built once and then read; runtime/entities has its own, made for
// change and speed.
// Tested by entities_test.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/data/value.h"
#include "compiler/source/source_map.h"

namespace polc::data {

struct UidHash {
  size_t operator()(const EntityUid& uid) const {
    return std::hash<std::string>()(uid.type) * 1000003u ^ std::hash<std::string>()(uid.id);
  }
};

struct Entity {
  EntityUid uid;
  std::map<std::string, Value> attrs;
  std::map<std::string, Value> tags;
  std::vector<EntityUid> parents;  // as given: direct parents (or more; the closure is computed)
  source::Span span;               // where it was read from, for messages; may be invalid
};

// What went wrong when a store could not be built.
struct StoreError {
  enum class Kind { kDuplicate, kCycle } kind;
  EntityUid uid;            // the entity at fault
  source::Span span;        // its place
  source::Span other_span;  // kDuplicate: the first one's place
};

class EntityStore {
 public:
  // Adds an entity; an identical repeat is fine, a differing one is an error.
  std::optional<StoreError> Add(Entity entity);
  // Adds or replaces (request entities replace the store's of the same uid).
  void Put(Entity entity);

  // Computes the ancestors of every entity; call once after the last Add or Put. A parent that is
  // not in the store is an ancestor all the same, without ancestors of its own. Any cycle is an error.
  // O(V + E + size of the closure); no recursion.
  std::optional<StoreError> Close();

  const Entity* Find(const EntityUid& uid) const;
  // Whether `ancestor` is `uid` or above it (Cedar's `in`); absent entities are in themselves only.
  bool In(const EntityUid& uid, const EntityUid& ancestor) const;
  size_t size() const { return entities_.size(); }

  // In order of insertion.
  const std::vector<EntityUid>& order() const { return order_; }

 private:
  struct Node {
    Entity entity;
    std::set<EntityUid> ancestors;  // transitive, without itself
  };
  std::unordered_map<EntityUid, Node, UidHash> entities_;
  std::vector<EntityUid> order_;
};

struct Request {
  EntityUid principal;
  EntityUid action;
  EntityUid resource;
  Value context = Value::MakeRecord({});
  std::vector<Entity> entities;  // come with the request and replace the store's of the same uid
  source::Span span;
};

}  // namespace polc::data
