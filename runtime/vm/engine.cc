#include "runtime/vm/engine.h"

#include <algorithm>

#include "runtime/vm/find.h"
#include "runtime/vm/interpreter.h"
#include "runtime/vm/outcome.h"
#include "runtime/vm/request.h"

namespace polc::vm {

using bundle::Cell;

Scratch::Scratch(const Engine& engine)
    : stack_(engine.bundle()->header().max_stack),
      arena_((engine.bundle()->header().scratch_bytes + 7) / 8),
      facts_(engine.bundle()->facts().size()) {
  const size_t rules = engine.bundle()->rules().size();
  holding_.reserve(rules);
  reasons_.reserve(rules);
  shadow_.reserve(rules);
  errors_.reserve(rules);
}

std::shared_ptr<const Engine> Engine::Make(const bundle::VerifiedBundle& bundle,
                                           std::shared_ptr<const Snapshot> snapshot,
                                           std::shared_ptr<const void> owner) {
  return std::shared_ptr<const Engine>(new Engine(bundle, std::move(snapshot), std::move(owner)));
}

Engine::Engine(const bundle::VerifiedBundle& bundle, std::shared_ptr<const Snapshot> snapshot,
               std::shared_ptr<const void> owner)
    : bundle_(bundle), snapshot_(std::move(snapshot)), owner_(std::move(owner)) {
  LinkNames();
  LinkConstants();
}

void Engine::LinkNames() {
  const bundle::Bundle& b = bundle_.bundle();
  const auto types = b.types();
  types_.reserve(types.size());
  for (uint32_t i = 0; i < types.size(); ++i) {
    std::optional<TypeId> type = snapshot_->FindType(b.String(types[i]));
    if (!type) {
      type = snapshot_->type_count() + static_cast<TypeId>(own_types_.size());
      own_types_.push_back(i);
    }
    types_.push_back(*type);
  }
  const auto entities = b.entities();
  entities_.reserve(entities.size());
  for (uint32_t i = 0; i < entities.size(); ++i) {
    const TypeId type = types_[entities[i].type];
    std::optional<EntityId> id;
    if (type < snapshot_->type_count()) id = snapshot_->Find(type, b.String(entities[i].id));
    if (!id) {
      id = entity_count();
      own_entities_.push_back(i);
    }
    entities_.push_back(*id);
  }
}

// Cells come after their owners, so going backwards every container finds its elements done. Sets are
// sorted anew: the order of entities is that of their numbers here, not that of their names.
void Engine::LinkConstants() {
  const bundle::Bundle& b = bundle_.bundle();
  const auto cells = b.cells();
  cells_.resize(cells.size());
  Memory memory;
  memory.base[static_cast<size_t>(Region::kBundle)] = b.file().data();
  memory.base[static_cast<size_t>(Region::kEngine)] = cells_.data();
  for (size_t i = cells.size(); i-- > 0;) {
    const Cell& cell = cells[i];
    Value& v = cells_[i];
    v = {static_cast<Kind>(cell.kind), Region::kNone, 0, cell.count, cell.value};
    auto in_bundle = [&](const void* bytes) {
      v.region = Region::kBundle;
      v.bits = static_cast<uint64_t>(static_cast<const uint8_t*>(bytes) - b.file().data());
    };
    switch (v.kind) {
      case Kind::kString: {
        const std::string_view text = b.String(static_cast<uint32_t>(cell.value));
        v.count = static_cast<uint32_t>(text.size());
        in_bundle(text.data());
        break;
      }
      case Kind::kEntity:
        v.bits = entities_[cell.value];
        break;
      case Kind::kIp:
        if ((cell.count & bundle::kIpV6) != 0) in_bundle(b.addresses()[cell.value].bytes);
        break;
      case Kind::kSet:
      case Kind::kRecord: {
        const size_t count = v.kind == Kind::kRecord ? size_t{cell.count} * 2 : cell.count;
        const std::span<Value> owned(cells_.data() + cell.value, count);
        entities::Work unlimited;
        if (v.kind == Kind::kSet) v.count = static_cast<uint32_t>(SortUnique(memory, owned, &unlimited));
        v.region = Region::kEngine;
        v.bits = cell.value * sizeof(Value);
        v.depth = static_cast<uint16_t>(entities::DepthAbove(owned));
        break;
      }
      default:
        break;
    }
  }
}

std::optional<TypeId> Engine::FindType(std::string_view name) const {
  if (const auto type = snapshot_->FindType(name)) return type;
  const bundle::Bundle& b = bundle_.bundle();
  for (size_t i = 0; i < own_types_.size(); ++i) {
    if (b.String(b.types()[own_types_[i]]) == name) return snapshot_->type_count() + static_cast<TypeId>(i);
  }
  return std::nullopt;
}

std::optional<EntityId> Engine::FindEntity(std::string_view type, std::string_view id) const {
  if (const auto found = snapshot_->Find(type, id)) return found;
  // The bundle's entities are sorted by type, then id, in the order of CompareText.
  const bundle::Bundle& b = bundle_.bundle();
  const auto entities = b.entities();
  const auto it =
      std::lower_bound(entities.begin(), entities.end(), 0, [&](const bundle::EntityRow& row, int) {
        const int by_type = bundle::CompareText(b.String(b.types()[row.type]), type);
        return by_type != 0 ? by_type < 0 : bundle::CompareText(b.String(row.id), id) < 0;
      });
  if (it == entities.end() || b.String(b.types()[it->type]) != type || b.String(it->id) != id)
    return std::nullopt;
  return entities_[static_cast<size_t>(it - entities.begin())];
}

std::string_view Engine::IdOf(EntityId id) const {
  const uint32_t known = snapshot_->entity_count();
  if (id < known) return snapshot_->Id(id);
  return bundle_->String(bundle_->entities()[own_entities_[id - known]].id);
}

std::string_view Engine::TypeName(TypeId type) const {
  const uint32_t known = snapshot_->type_count();
  if (type < known) return snapshot_->TypeName(type);
  return bundle_->String(bundle_->types()[own_types_[type - known]]);
}

Memory Engine::MemoryFor(const Request& request, const Scratch& scratch) const {
  Memory memory;
  memory.base[static_cast<size_t>(Region::kBundle)] = bundle_->file().data();
  memory.base[static_cast<size_t>(Region::kEngine)] = cells_.data();
  memory.base[static_cast<size_t>(Region::kStore)] = snapshot_->base();
  memory.base[static_cast<size_t>(Region::kRequest)] = request.values_.data();
  memory.base[static_cast<size_t>(Region::kScratch)] = scratch.arena_.data();
  return memory;
}

Decision Engine::Decide(const Request& request, Scratch* scratch) const {
  Machine machine(*this, request, scratch);
  return Conclude(&machine, FindStraight(&machine, scratch), scratch);
}

Evaluation Engine::EvaluateRule(uint32_t rule, const Request& request, Scratch* scratch,
                                TraceSink* trace) const {
  Machine machine(*this, request, scratch);
  machine.ComputeFacts();
  return trace == nullptr ? machine.Run(bundle_->rules()[rule].condition)
                          : machine.RunTraced(bundle_->rules()[rule].condition, trace);
}

Evaluation Engine::EvaluateLimit(uint32_t limit, const Request& request, Scratch* scratch,
                                 TraceSink* trace) const {
  Machine machine(*this, request, scratch);
  machine.ComputeFacts();
  return trace == nullptr ? machine.Run(bundle_->limits()[limit].value)
                          : machine.RunTraced(bundle_->limits()[limit].value, trace);
}

}  // namespace polc::vm
