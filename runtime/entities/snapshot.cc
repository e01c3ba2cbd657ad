#include "runtime/entities/snapshot.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace polc::entities {
namespace {

void SortUniqueIds(std::vector<EntityId>* ids) {
  std::sort(ids->begin(), ids->end());
  ids->erase(std::unique(ids->begin(), ids->end()), ids->end());
}

}  // namespace

Snapshot::Snapshot(const uint8_t* block, std::shared_ptr<const void> owner)
    : owner_(std::move(owner)), block_(block), header_(reinterpret_cast<const SnapshotHeader*>(block)) {
  uint64_t at = sizeof(SnapshotHeader);
  auto next = [&]<typename Row>(const Row** rows, uint64_t count) {
    *rows = reinterpret_cast<const Row*>(block + at);
    at = bundle::AlignUp(at + count * sizeof(Row));
  };
  next(&rows_, header_->entity_count);
  next(&types_, header_->type_count);
  next(&slots_, header_->slot_count);
  next(&lists_, header_->list_count);
  values_ = reinterpret_cast<const char*>(block + at);
  overlay_.entity_count = header_->entity_count;
  overlay_.type_count = header_->type_count;
  overlay_.present_count = header_->present_count;
  IndexTypes();
}

void Snapshot::IndexTypes() {
  overlay_.by_name =
      std::make_shared<TypeIndex>(type_count(), [this](TypeId type) { return TypeName(type); });
}

std::optional<EntityId> Snapshot::Find(TypeId type, std::string_view id) const {
  const uint64_t hash = HashUid(type, id);
  const uint32_t mask = header_->slot_count - 1;
  for (uint64_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const EntityId found = slots_[slot] - 1;
    const EntityRow& row = rows_[found];
    if (row.type == type && bundle::SameText(Text(row.id_offset, row.id_bytes), id)) return found;
  }
  if (const std::vector<EntityId>* added = overlay_.names.Find(static_cast<uint32_t>(hash))) {
    for (EntityId found : *added) {
      if (Type(found) == type && Id(found) == id) return found;
    }
  }
  return std::nullopt;
}

std::optional<EntityId> Snapshot::Find(std::string_view type, std::string_view id) const {
  const std::optional<TypeId> number = FindType(type);
  return number ? Find(*number, id) : std::nullopt;
}

std::optional<TypeId> Snapshot::FindType(std::string_view name) const {
  const TypeId type = overlay_.by_name->Find(name, [this](TypeId t) { return TypeName(t); });
  return type == kNoId ? std::nullopt : std::optional(type);
}

bool Snapshot::Below(EntityId id, EntityId ancestor) const {
  const auto ancestors = Ancestors(id);
  return std::binary_search(ancestors.begin(), ancestors.end(), ancestor);
}

TypeId SnapshotBuilder::InternType(std::string_view name) {
  if (auto it = type_numbers_.find(name); it != type_numbers_.end()) return it->second;
  const TypeId type = static_cast<TypeId>(types_.size());
  types_.push_back(values_.String(name));
  type_numbers_.emplace(name, type);
  return type;
}

size_t SnapshotBuilder::Slot(TypeId type, std::string_view id) const {
  Memory memory;
  memory.base[static_cast<size_t>(Region::kStore)] = values_.base();
  const size_t mask = slots_.size() - 1;
  size_t slot = HashUid(type, id) & mask;
  while (slots_[slot] != 0) {
    const Pending& there = entities_[slots_[slot] - 1];
    if (there.type == type && memory.Text(there.id) == id) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void SnapshotBuilder::GrowSlots() {
  Memory memory;
  memory.base[static_cast<size_t>(Region::kStore)] = values_.base();
  slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, 0);
  for (size_t i = 0; i < entities_.size(); ++i) {
    slots_[Slot(entities_[i].type, memory.Text(entities_[i].id))] = static_cast<uint32_t>(i + 1);
  }
}

EntityId SnapshotBuilder::Intern(std::string_view type_name, std::string_view id) {
  // At most half full: look-ups probe little.
  if (slots_.size() < 2 * (entities_.size() + 1)) GrowSlots();
  const TypeId type = InternType(type_name);
  const size_t slot = Slot(type, id);
  if (slots_[slot] == 0) {
    Pending entity;
    entity.type = type;
    entity.id = values_.String(id);
    entities_.push_back(std::move(entity));
    slots_[slot] = static_cast<uint32_t>(entities_.size());
  }
  return slots_[slot] - 1;
}

void SnapshotBuilder::Add(EntityId id, const Value& attributes, const Value& tags,
                          std::vector<EntityId> parents) {
  Pending& entity = entities_[id];
  entity.attributes = attributes;
  entity.tags = tags;
  entity.parents = std::move(parents);
  SortUniqueIds(&entity.parents);
  entity.present = true;
}

bool SnapshotBuilder::Close(EntityId* in_cycle) {
  // Parents before children: an entity is done when all its parents are.
  const size_t n = entities_.size();
  std::vector<uint32_t> waiting(n);
  std::vector<uint32_t> first_child(n + 1, 0);
  for (const Pending& e : entities_) {
    for (EntityId parent : e.parents) ++first_child[parent + 1];
  }
  for (size_t i = 0; i < n; ++i) first_child[i + 1] += first_child[i];
  std::vector<EntityId> children(first_child[n]);
  std::vector<uint32_t> fill(first_child.begin(), first_child.end() - 1);
  std::vector<EntityId> ready;
  for (size_t i = 0; i < n; ++i) {
    waiting[i] = static_cast<uint32_t>(entities_[i].parents.size());
    if (waiting[i] == 0) ready.push_back(static_cast<EntityId>(i));
    for (EntityId parent : entities_[i].parents) children[fill[parent]++] = static_cast<EntityId>(i);
  }
  size_t done = 0;
  uint64_t ancestors = 0;
  while (!ready.empty()) {
    const EntityId id = ready.back();
    ready.pop_back();
    ++done;
    Pending& e = entities_[id];
    for (EntityId parent : e.parents) {
      e.ancestors.push_back(parent);
      const auto& above = entities_[parent].ancestors;
      e.ancestors.insert(e.ancestors.end(), above.begin(), above.end());
    }
    SortUniqueIds(&e.ancestors);
    ancestors += e.ancestors.size();
    if (ancestors > kMaxAncestors) {
      *in_cycle = kNoId;
      return false;
    }
    for (uint32_t i = first_child[id]; i < first_child[id + 1]; ++i) {
      if (--waiting[children[i]] == 0) ready.push_back(children[i]);
    }
  }
  if (done == n) return true;
  // Whoever still waits is in a cycle or below one; going up among those that wait ends in a cycle.
  EntityId at = 0;
  while (waiting[at] == 0) ++at;
  for (size_t step = 0; step < n; ++step) {
    for (EntityId parent : entities_[at].parents) {
      if (waiting[parent] != 0) {
        at = parent;
        break;
      }
    }
  }
  *in_cycle = at;
  return false;
}

std::shared_ptr<const Snapshot> SnapshotBuilder::Finish(EntityId* in_cycle) {
  if (!Close(in_cycle)) return nullptr;
  if (slots_.empty()) GrowSlots();

  uint64_t list_count = 0;
  for (const Pending& e : entities_) list_count += e.parents.size() + e.ancestors.size();
  SnapshotHeader header{};
  std::memcpy(header.magic, kSnapshotMagic, sizeof(kSnapshotMagic));
  header.format_version = kSnapshotVersion;
  header.entity_count = static_cast<uint32_t>(entities_.size());
  header.type_count = static_cast<uint32_t>(types_.size());
  header.slot_count = static_cast<uint32_t>(slots_.size());
  for (const Pending& e : entities_) header.present_count += e.present;
  header.list_count = list_count;
  header.value_bytes = values_.words().size() * 8;

  const uint64_t rows_at = sizeof(SnapshotHeader);
  const uint64_t types_at = bundle::AlignUp(rows_at + entities_.size() * sizeof(EntityRow));
  const uint64_t slots_at = bundle::AlignUp(types_at + types_.size() * sizeof(TextRow));
  const uint64_t lists_at = bundle::AlignUp(slots_at + slots_.size() * sizeof(uint32_t));
  const uint64_t values_at = bundle::AlignUp(lists_at + list_count * sizeof(uint32_t));
  header.block_bytes = values_at + header.value_bytes;

  auto block = std::make_shared<std::vector<uint64_t>>(header.block_bytes / 8, 0);
  auto* bytes = reinterpret_cast<uint8_t*>(block->data());
  auto put = [&](uint64_t at, const void* from, size_t count) {
    if (count > 0) std::memcpy(bytes + at, from, count);
  };
  put(0, &header, sizeof(header));
  uint64_t list = 0;
  for (size_t i = 0; i < entities_.size(); ++i) {
    const Pending& e = entities_[i];
    EntityRow row{};
    row.attributes = e.attributes;
    row.tags = e.tags;
    row.id_offset = e.id.bits;
    row.id_bytes = e.id.count;
    row.type = e.type;
    row.present = e.present;
    for (const auto& [ids, first, count] :
         {std::tuple(&e.parents, &row.first_parent, &row.parent_count),
          std::tuple(&e.ancestors, &row.first_ancestor, &row.ancestor_count)}) {
      *first = list;
      *count = static_cast<uint32_t>(ids->size());
      put(lists_at + list * sizeof(EntityId), ids->data(), ids->size() * sizeof(EntityId));
      list += *count;
    }
    put(rows_at + i * sizeof(EntityRow), &row, sizeof(row));
  }
  for (size_t i = 0; i < types_.size(); ++i) {
    const TextRow row{types_[i].bits, types_[i].count, 0};
    put(types_at + i * sizeof(TextRow), &row, sizeof(row));
  }
  put(slots_at, slots_.data(), slots_.size() * sizeof(uint32_t));
  put(values_at, values_.words().data(), header.value_bytes);
  return std::shared_ptr<const Snapshot>(new Snapshot(bytes, std::move(block)));
}

}  // namespace polc::entities
