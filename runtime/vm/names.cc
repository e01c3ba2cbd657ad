#include "runtime/vm/names.h"

#include <algorithm>

#include "runtime/bundle/text.h"
#include "runtime/bundle/verify.h"

namespace polc::vm {

using bundle::Bundle;
using bundle::Cell;
using bundle::Kind;
using entities::EntityId;
using entities::Memory;
using entities::Region;
using entities::Snapshot;
using entities::TypeId;
using entities::Value;

Names::Names(const Bundle& bundle, const Snapshot& snapshot, uint32_t begin)
    : known_types(snapshot.type_count()), own_begin(begin), entity_count(begin) {
  LinkNames(bundle, snapshot);
  LinkConstants(bundle);
  LinkTypes(bundle);
}

uint32_t Names::RoomyBegin(const Bundle& bundle, uint32_t entity_count) {
  constexpr uint32_t kLeastRoom = 1024;
  const uint64_t begin = uint64_t{entity_count} + std::max(kLeastRoom, entity_count / 4);
  // A request numbers what else it mentions after the bundle's own.
  const bool fits = begin + bundle.entities().size() <= entities::kNoId / 2;
  return fits ? static_cast<uint32_t>(begin) : entity_count;
}

bool Names::HoldsFor(const Bundle& bundle, const Snapshot& snapshot, uint32_t known) const {
  if (snapshot.type_count() != known_types || snapshot.entity_count() > own_begin) return false;
  if (own_entities.empty()) return true;
  for (EntityId id = known; id < snapshot.entity_count(); ++id) {
    if (FindEntityRow(bundle, snapshot.TypeName(snapshot.Type(id)), snapshot.Id(id))) return false;
  }
  return true;
}

void Names::LinkNames(const Bundle& b, const Snapshot& snapshot) {
  const auto type_rows = b.types();
  of_types.reserve(type_rows.size());
  for (uint32_t i = 0; i < type_rows.size(); ++i) {
    std::optional<TypeId> type = snapshot.FindType(b.String(type_rows[i]));
    if (!type) {
      type = known_types + static_cast<TypeId>(own_types.size());
      own_types.push_back(i);
    }
    of_types.push_back(*type);
  }
  bundle_types.assign(known_types + own_types.size(), bundle::kNone);
  entity_type_rows = bundle_types;
  for (uint32_t i = 0; i < of_types.size(); ++i) bundle_types[of_types[i]] = i;
  const auto entity_types = b.entity_types();
  for (uint32_t i = 0; i < entity_types.size(); ++i) entity_type_rows[of_types[entity_types[i].type]] = i;
  const auto rows = b.entities();
  of_entities.reserve(rows.size());
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const TypeId type = of_types[rows[i].type];
    std::optional<EntityId> id;
    if (type < known_types) id = snapshot.Find(type, b.String(rows[i].id));
    if (!id) {
      id = entity_count++;
      own_entities.push_back(i);
    }
    of_entities.push_back(*id);
  }
  const auto actions = b.actions();
  for (uint32_t i = 0; i < actions.size(); ++i) action_rows.emplace_back(of_entities[actions[i].action], i);
  std::sort(action_rows.begin(), action_rows.end());
}

// Cells come after their owners, so going backwards every container finds its elements done. Sets are
// sorted anew: the order of entities is that of their numbers here, not that of their names.
void Names::LinkConstants(const bundle::Bundle& b) {
  const auto rows = b.cells();
  cells.resize(rows.size());
  Memory memory;
  memory.base[static_cast<size_t>(Region::kBundle)] = b.file().data();
  memory.base[static_cast<size_t>(Region::kEngine)] = cells.data();
  for (size_t i = rows.size(); i-- > 0;) {
    const Cell& cell = rows[i];
    Value& v = cells[i];
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
        v.bits = of_entities[cell.value];
        break;
      case Kind::kIp:
        if ((cell.count & bundle::kIpV6) != 0) in_bundle(b.addresses()[cell.value].bytes);
        break;
      case Kind::kSet:
      case Kind::kRecord: {
        const size_t count = v.kind == Kind::kRecord ? size_t{cell.count} * 2 : cell.count;
        const std::span<Value> owned(cells.data() + cell.value, count);
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

void Names::LinkTypes(const Bundle& b) {
  // What a type consists of comes before it.
  for (const bundle::ValueTypeRow& type : b.value_types()) {
    bool has = static_cast<Kind>(type.kind) == Kind::kSet && has_defaults[type.of];
    for (const bundle::AttributeRow& field : Slice(b.attributes(), type.fields))
      has = has || field.if_missing != bundle::kNone || has_defaults[field.type];
    has_defaults.push_back(has);
  }
  for (const bundle::AttributeRow& row : b.attributes()) {
    const bundle::ValueTypeRow& type = b.value_types()[row.type];
    const Kind kind = static_cast<Kind>(type.kind);
    bool is_plain = row.from_host == 0;
    switch (kind) {
      case Kind::kString:
        is_plain = is_plain && type.levels == bundle::kNone;
        break;
      case Kind::kDecimal:
        is_plain = is_plain && type.percent == 0;
        break;
      case Kind::kEntity:
      case Kind::kSet:
      case Kind::kRecord:
        is_plain = false;
        break;
      default:
        break;
    }
    const bool is_asked = row.if_missing != bundle::kNone || (row.required != 0 && row.from_host == 0);
    attribute_forms.push_back({row.name, kind, is_plain, is_asked});
  }
}

std::optional<uint32_t> FindEntityRow(const Bundle& b, std::string_view type, std::string_view id) {
  // Sorted by type, then id, in the order of CompareText.
  const auto rows = b.entities();
  const auto it = std::lower_bound(rows.begin(), rows.end(), 0, [&](const bundle::EntityRow& row, int) {
    const int by_type = bundle::CompareText(b.String(b.types()[row.type]), type);
    return by_type != 0 ? by_type < 0 : bundle::CompareText(b.String(row.id), id) < 0;
  });
  if (it == rows.end() || b.String(b.types()[it->type]) != type || b.String(it->id) != id)
    return std::nullopt;
  return static_cast<uint32_t>(it - rows.begin());
}

}  // namespace polc::vm
