// The entity store: snapshots that swap under their readers.
//
// Readers take the current snapshot and keep it for as long as they like; it never changes. Writers
// prepare an Edit and commit it: the next snapshot shares everything the edit did not touch with the one
// before, so one upsert or removal costs its own size and that of what lies below it in the hierarchy,
// not that of the world. Entity numbers are never reused and mean the same in every snapshot of a store.
//
// Current() may be called from any thread at any time. Commits are made one at a time, by a lock only
// writers take. Tested by store_test.cc.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/entities/published.h"
#include "runtime/entities/snapshot.h"

namespace polc::entities {

class Edit;

class Store {
 public:
  // An empty store, or one that begins with `snapshot`.
  Store();
  explicit Store(std::shared_ptr<const Snapshot> snapshot);

  std::shared_ptr<const Snapshot> Current() const { return current_.Get(); }

 private:
  friend class Edit;
  // All of these under the lock.
  EntityId Intern(std::string_view type, std::string_view id);
  void IndexChildren();
  void MoveChild(EntityId child, std::span<const EntityId> from, std::span<const EntityId> to);
  // Computes the ancestors of `moved` and of all below them. One of a cycle, if there is one.
  std::optional<EntityId> CloseBelow(const std::vector<EntityId>& moved, Snapshot* next) const;
  static EntityState StateOf(const Snapshot& snapshot, EntityId id);

  std::mutex writing_;
  Snapshot head_;  // the current snapshot, and the numbers given since
  bool indexed_ = false;
  std::vector<std::vector<EntityId>> children_;  // by number; made at the first commit
  Published<Snapshot> current_;
};

// Changes that take effect together or not at all. For one thread; several edits of a store may be under
// way at once and are committed one after the other, the later winning where they overlap.
class Edit {
 public:
  explicit Edit(Store& store) : store_(store), values_(Region::kStore) {}

  // For attribute and tag values, which must come from here.
  ValueBuilder& values() { return values_; }
  // The number of an entity, new or known, for values and parents of this edit.
  EntityId Entity(std::string_view type, std::string_view id);

  // Adds the entity or replaces it whole. `attributes` and `tags` are records.
  void Upsert(EntityId id, const Value& attributes, const Value& tags, std::vector<EntityId> parents);
  // What has it as parent keeps it as a bare name. Nothing happens if it is absent.
  void Remove(EntityId id);

  // Publishes the changes and empties the edit. If parents would close a cycle the store stays as it was,
  // the edit is emptied, and one entity of the cycle comes back (its type and id).
  struct Cycle {
    std::string type, id;
  };
  std::optional<Cycle> Commit();

 private:
  struct Change {
    EntityId id;
    bool present;
    Value attributes, tags;
    std::vector<EntityId> parents;
  };
  Store& store_;
  ValueBuilder values_;
  std::vector<Change> changes_;
};

}  // namespace polc::entities
