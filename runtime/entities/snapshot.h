// An entity store at one moment: immutable, safe to read from any thread.
//
// A snapshot is a block, one piece of memory that may be a mapped file, and an overlay of what has changed
// since the block was laid out (overlay.h; store.h makes such snapshots). Every entity that is mentioned
// has a number, also one that is only named as a parent or attribute and is not there itself (Present() is
// false). Numbers are dense from 0; a snapshot's types are numbered likewise.
//
// The block is position-independent: numbers and offsets, no pointers. Its layout, all integers
// little-endian, every part at a multiple of 8 bytes, in this order:
//   SnapshotHeader
//   EntityRow  [entity_count]     by number
//   TextRow    [type_count]       type names, by number
//   uint32_t   [slot_count]       hash table of entities: number + 1, or 0; linear probing
//   uint32_t   [list_count]       the parents' and ancestors' lists, each ascending
//   bytes      [value_bytes]      cells and texts; Region::kStore begins here
// Tested by snapshot_test.cc.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/entities/overlay.h"
#include "runtime/entities/value.h"
#include "runtime/entities/value_builder.h"

namespace polc::entities {

struct TextRow {
  uint64_t offset;  // in the value bytes
  uint32_t bytes;
  uint32_t reserved;
};

struct EntityRow {
  Value attributes;  // a record, in Region::kStore
  Value tags;        // a record
  uint64_t id_offset;
  uint32_t id_bytes;
  TypeId type;
  uint64_t first_parent;  // into the lists
  uint64_t first_ancestor;
  uint32_t parent_count;
  uint32_t ancestor_count;  // all of them, itself not included
  uint32_t present;         // 0 or 1
  uint32_t reserved;
};
static_assert(sizeof(EntityRow) == 80);

struct SnapshotHeader {
  uint8_t magic[8];
  uint32_t format_version;
  uint32_t entity_count;
  uint32_t type_count;
  uint32_t slot_count;  // a power of two, more than the entities
  uint32_t present_count;
  uint32_t reserved;
  uint64_t list_count;
  uint64_t value_bytes;
  uint64_t block_bytes;  // all of it
};

inline constexpr uint8_t kSnapshotMagic[8] = {0x89, 'P', 'O', 'L', 'S', '\r', '\n', 0x1A};
inline constexpr uint32_t kSnapshotVersion = 1;

// The most ancestors a store may hold, summed over its entities: 512 MiB of numbers, or a million entities
// with 128 ancestors each. A chain of n entities has n * (n - 1) / 2.
inline constexpr uint64_t kMaxAncestors = uint64_t{1} << 27;

struct StoreStatus;
class Snapshot;
StoreStatus OpenStore(std::span<const uint8_t> file, std::shared_ptr<const void> owner,
                      std::shared_ptr<const Snapshot>* out);

class Snapshot {
 public:
  uint32_t entity_count() const { return overlay_.entity_count; }
  uint32_t type_count() const { return overlay_.type_count; }
  uint32_t present_count() const { return overlay_.present_count; }

  // O(1) expected. Absent entities have numbers only if they were mentioned.
  std::optional<EntityId> Find(std::string_view type, std::string_view id) const;
  std::optional<EntityId> Find(TypeId type, std::string_view id) const;
  // O(1) expected.
  std::optional<TypeId> FindType(std::string_view name) const;

  bool Present(EntityId id) const {
    if (const EntityState* changed = Changed(id)) return changed->present;
    return rows_[id].present != 0;
  }
  TypeId Type(EntityId id) const {
    if (const EntityState* changed = Changed(id)) return changed->type;
    return rows_[id].type;
  }
  std::string_view Id(EntityId id) const {
    if (const EntityState* changed = Changed(id)) return changed->id;
    return Text(rows_[id].id_offset, rows_[id].id_bytes);
  }
  std::string_view TypeName(TypeId type) const {
    const uint32_t in_block = header_->type_count;
    return type < in_block ? Text(types_[type].offset, types_[type].bytes)
                           : (*overlay_.types)[type - in_block];
  }
  const Value& Attributes(EntityId id) const {
    if (const EntityState* changed = Changed(id)) return changed->attributes;
    return rows_[id].attributes;
  }
  // The same, or null if it is absent.
  const Value* AttributesOf(EntityId id) const {
    if (const EntityState* changed = Changed(id)) return changed->present ? &changed->attributes : nullptr;
    return rows_[id].present != 0 ? &rows_[id].attributes : nullptr;
  }
  const Value& Tags(EntityId id) const {
    if (const EntityState* changed = Changed(id)) return changed->tags;
    return rows_[id].tags;
  }
  std::span<const EntityId> Parents(EntityId id) const {
    if (const EntityState* changed = Changed(id)) return changed->parents;
    return {lists_ + rows_[id].first_parent, rows_[id].parent_count};
  }
  // All of them, itself not included, ascending.
  std::span<const EntityId> Ancestors(EntityId id) const {
    if (const EntityState* changed = Changed(id)) return changed->ancestors;
    return {lists_ + rows_[id].first_ancestor, rows_[id].ancestor_count};
  }
  // Whether `ancestor` is above `id`. O(log ancestors).
  bool Below(EntityId id, EntityId ancestor) const;

  // Whether both are of one store, or of stores that began with one snapshot and gave numbers alike.
  bool IsOfStoreOf(const Snapshot& other) const { return block_ == other.block_; }
  // Calls `visit(id)` for each entity whose ancestors are others than in `before`, an earlier snapshot of the
  // same store, for each that came or went since, and for each that was not mentioned there. Costs what was
  // committed between the two.
  template <typename Visit>
  void ForEachMoved(const Snapshot& before, Visit visit) const {
    overlay_.entities.ForEachChange(before.overlay_.entities, [&](EntityId id) {
      if (id >= before.entity_count() || Present(id) != before.Present(id) ||
          !std::ranges::equal(Ancestors(id), before.Ancestors(id)))
        visit(id);
    });
  }

  // The base of Region::kStore.
  const void* base() const { return values_; }

  // The block, which is the whole snapshot if nothing has changed since it was laid out.
  std::span<const uint8_t> block() const { return {block_, header_->block_bytes}; }
  bool is_one_block() const { return overlay_.entities.empty(); }

 private:
  friend class SnapshotBuilder;
  friend class Store;
  friend class Edit;
  friend StoreStatus OpenStore(std::span<const uint8_t> file, std::shared_ptr<const void> owner,
                               std::shared_ptr<const Snapshot>* out);
  // `block` must be sound (a builder laid it out, or OpenStore checked it); `owner` keeps it.
  Snapshot(const uint8_t* block, std::shared_ptr<const void> owner);
  std::string_view Text(uint64_t offset, uint32_t bytes) const { return {values_ + offset, bytes}; }
  // Makes the overlay's index of types that of those there are now.
  void IndexTypes();
  // Every number from the block's entity count on is in the overlay.
  const EntityState* Changed(EntityId id) const {
    return overlay_.entities.empty() ? nullptr : overlay_.entities.Find(id);
  }

  std::shared_ptr<const void> owner_;
  const uint8_t* block_;
  const SnapshotHeader* header_;
  const EntityRow* rows_;
  const TextRow* types_;
  const uint32_t* slots_;
  const uint32_t* lists_;
  const char* values_;
  Overlay overlay_;
};

// Collects entities and lays out a snapshot of them.
class SnapshotBuilder {
 public:
  SnapshotBuilder() : values_(Region::kStore) {}

  TypeId InternType(std::string_view name);
  // The number of an entity, new or known. Naming an entity does not make it present.
  EntityId Intern(std::string_view type, std::string_view id);

  // For attribute and tag values, which must come from here.
  ValueBuilder& values() { return values_; }

  // Makes the entity present. `attributes` and `tags` are records. Adding an entity twice replaces it.
  void Add(EntityId id, const Value& attributes, const Value& tags, std::vector<EntityId> parents);

  // Computes the ancestors and lays out the block; the builder is spent. Null if parents form a cycle,
  // with one of its members in `*in_cycle`, or if there are more than kMaxAncestors, with kNoId there.
  // O(entities + parents + ancestors), no recursion.
  std::shared_ptr<const Snapshot> Finish(EntityId* in_cycle);

 private:
  struct Pending {
    TypeId type;
    Value id;  // its text
    Value attributes = EmptyRecord();
    Value tags = EmptyRecord();
    std::vector<EntityId> parents;
    std::vector<EntityId> ancestors;
    bool present = false;
  };
  bool Close(EntityId* in_cycle);
  void GrowSlots();
  size_t Slot(TypeId type, std::string_view id) const;

  ValueBuilder values_;
  std::map<std::string, TypeId, std::less<>> type_numbers_;
  std::vector<Value> types_;
  std::vector<Pending> entities_;
  std::vector<uint32_t> slots_;
};

}  // namespace polc::entities
