// Entities and requests: what one decision is about.
//
// An EntityStore holds entities by uid with their parents. It is the compiler's and the oracle's store,
// built once and then read; runtime/entities has its own, made for change and speed.
//
// Parents are numbers into the list of uids. The transitive closure is not laid out, because a hostile chain
// of a million parents would need 5*10^11 entries; In() walks up instead, which real hierarchies answer in
// a few steps. A closed store is immutable and safe to share between threads.
// Tested by entities_test.cc.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/host.h"
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
  EntityUid uid;      // the entity at fault; kCycle: the first added of those on cycles through each other
  source::Span span;  // its place
  source::Span other_span;       // kDuplicate: the first one's place
  std::vector<EntityUid> cycle;  // kCycle: all of them, in the order they were added
};

class EntityStore {
 public:
  EntityStore() = default;
  // A store of the entities of `base` and those added here, which replace the base's of the same uid: what a
  // request sees that brings its own. Costs nothing for the entities of `base`, which must be closed and
  // outlive this one. Find and In look through; size and order are of the entities added here only.
  explicit EntityStore(const EntityStore* base) : base_(base) {}

  // Adds an entity; an identical repeat is fine, a differing one is an error.
  std::optional<StoreError> Add(Entity entity);
  // Adds or replaces (request entities replace the store's of the same uid).
  void Put(Entity entity);

  // Links parents; call once after the last Add or Put and before In. A parent that is not in the store
  // is an ancestor all the same, without ancestors of its own. Cycles are errors: one for each group of
  // entities that are each other's ancestors. The first of them; CloseAll gives all.
  // O(V + E), over a base O(what the entities added here reach); no recursion.
  std::optional<StoreError> Close();
  std::vector<StoreError> CloseAll();

  const Entity* Find(const EntityUid& uid) const;
  // Whether `ancestor` is `uid` or above it (Cedar's `in`); absent entities are in themselves only.
  // O(ancestors of `uid`).
  bool In(const EntityUid& uid, const EntityUid& ancestor) const;
  // All ancestors of `uid`, without itself, sorted.
  std::vector<EntityUid> Ancestors(const EntityUid& uid) const;
  size_t size() const { return entities_.size(); }

  // In order of insertion.
  const std::vector<EntityUid>& order() const { return order_; }

 private:
  // Uids are numbered: entities in order of insertion, then (from Close on) parents that are not here.
  using Number = uint32_t;
  const EntityUid& UidOf(Number n) const {
    return n < order_.size() ? order_[n] : absent_[n - order_.size()];
  }
  std::optional<Number> NumberOf(const EntityUid& uid) const;
  Number Intern(const EntityUid& uid, bool absent);
  void Rebuild(size_t size);
  void Reopen();
  // Entities that are their own ancestors, grouped, over the edges of this store or of the union with base_.
  std::vector<StoreError> FindCycles() const;
  std::vector<StoreError> FindCyclesOverBase() const;
  // Calls `visit` with each proper ancestor of `uid` once, until it returns true; then so does this.
  template <typename Visit>
  bool WalkUp(const EntityUid& uid, Visit visit) const;

  const EntityStore* base_ = nullptr;
  std::deque<Entity> entities_;
  std::vector<EntityUid> order_;
  std::vector<EntityUid> absent_;
  std::vector<Number> table_;  // open addressing by UidHash: 1 + number, 0 = free; no uid is stored in it
  std::vector<uint32_t> first_parent_;  // of entity n: parents_[first_parent_[n] .. first_parent_[n + 1])
  std::vector<Number> parents_;
};

// What an agent asks. With a Pol program `context` is the agent's part only and `entities` are the host's.
struct Request {
  EntityUid principal;
  EntityUid action;
  EntityUid resource;
  Value context = Value::MakeRecord({});
  std::vector<Entity> entities;      // come with the request and replace the store's of the same uid
  std::shared_ptr<const Host> host;  // null: the host says nothing
  source::Span span;
};

}  // namespace polc::data
