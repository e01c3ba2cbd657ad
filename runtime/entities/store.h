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

// Why an edit was refused, and of which entity.
struct EditRefusal {
  enum class Why : uint8_t { kCycle, kTooManyAncestors } why;
  std::string type, id;
};

class Store {
 public:
  // An empty store, or one that begins with `snapshot`. No edit makes more than `max_ancestors` (tests give
  // less).
  Store();
  explicit Store(std::shared_ptr<const Snapshot> snapshot, uint64_t max_ancestors = kMaxAncestors);

  std::shared_ptr<const Snapshot> Current() const { return current_.Get(); }

 private:
  friend class Edit;
  // All of these under the lock.
  EntityId Intern(std::string_view type, std::string_view id);
  void IndexChildren();
  void MoveChild(EntityId child, std::span<const EntityId> from, std::span<const EntityId> to);
  // Computes the ancestors of `moved` and of all below them, and how many `next` then has.
  struct Refused {
    EditRefusal::Why why;
    EntityId id;
  };
  std::optional<Refused> CloseBelow(const std::vector<EntityId>& moved, Snapshot* next,
                                    uint64_t* ancestors) const;
  static EntityState StateOf(const Snapshot& snapshot, EntityId id);

  std::mutex writing_;
  Snapshot head_;  // the current snapshot, and the numbers given since
  bool indexed_ = false;
  std::vector<std::vector<EntityId>> children_;  // by number; made at the first commit
  const uint64_t max_ancestors_;
  uint64_t ancestors_ = 0;  // summed over the entities; counted at the first commit
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

  // Publishes the changes and empties the edit. If parents would close a cycle, or there would be more
  // ancestors than a store may hold (kMaxAncestors), the store stays as it was, the edit is emptied, and why
  // comes back, with one entity of the cycle or the first whose ancestors are too many.
  std::optional<EditRefusal> Commit();

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
