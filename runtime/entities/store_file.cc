#include "runtime/entities/store_file.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "runtime/bundle/sha256.h"
#include "runtime/bundle/text.h"

namespace polc::entities {
namespace {

// The parts of a block, as the header lays them out.
struct Parts {
  const SnapshotHeader* header;
  const EntityRow* rows;
  const TextRow* types;
  const uint32_t* slots;
  const uint32_t* lists;
  const uint8_t* values;
};

StoreError Measure(std::span<const uint8_t> block, Parts* parts) {
  const auto* header = reinterpret_cast<const SnapshotHeader*>(block.data());
  const uint64_t size = block.size();
  // Each count is checked against what is left before it is multiplied: no sum can overflow.
  uint64_t at = sizeof(SnapshotHeader);
  auto part = [&](uint64_t count, uint64_t row, auto** out) {
    if (at > size || count > (size - at) / row) return false;
    *out = reinterpret_cast<std::remove_reference_t<decltype(**out)>*>(block.data() + at);
    at = bundle::AlignUp(at + count * row);
    return at <= size;
  };
  parts->header = header;
  if (!part(header->entity_count, sizeof(EntityRow), &parts->rows) ||
      !part(header->type_count, sizeof(TextRow), &parts->types) ||
      !part(header->slot_count, sizeof(uint32_t), &parts->slots) ||
      !part(header->list_count, sizeof(uint32_t), &parts->lists) ||
      !part(header->value_bytes, 1, &parts->values) || at != size || header->block_bytes != size ||
      header->value_bytes % 8 != 0) {
    return StoreError::kSize;
  }
  if (!std::has_single_bit(header->slot_count) || header->slot_count <= header->entity_count ||
      header->reserved != 0) {
    return StoreError::kHeader;
  }
  return StoreError::kOk;
}

// Checks values; each container's cells once, however many values share them.
class ValueChecker {
 public:
  explicit ValueChecker(const Parts& parts) : parts_(parts) {
    memory_.base[static_cast<size_t>(Region::kStore)] = parts.values;
  }

  bool Text(uint64_t offset, uint64_t bytes) const {
    const uint64_t all = parts_.header->value_bytes;
    return offset <= all && bytes <= all - offset &&
           bundle::IsUtf8({reinterpret_cast<const char*>(parts_.values) + offset, bytes});
  }

  // A record or anything below it.
  bool Check(const Value& root) {
    std::vector<const Value*> todo = {&root};
    while (!todo.empty()) {
      const Value& value = *todo.back();
      todo.pop_back();
      if (!CheckOne(value)) return false;
      if (!value.is_container() || value.count == 0 || !checked_.insert(value.bits).second) continue;
      const std::span<const Value> cells = memory_.Cells(value);
      for (const Value& cell : cells) {
        // Depth falls strictly from a container to what it holds: nothing is below itself.
        if (cell.depth >= value.depth) return false;
        todo.push_back(&cell);
      }
    }
    return true;
  }

  // Sets and records are in order. After Check has accepted them all: comparing reads what lies below.
  bool Sorted(const Value& value) const {
    Work unlimited;
    const std::span<const Value> cells = memory_.Cells(value);
    const size_t step = value.kind == Kind::kRecord ? 2 : 1;
    for (size_t i = step; i < cells.size(); i += step) {
      if (Compare(memory_, cells[i - step], cells[i], &unlimited) >= 0) return false;
    }
    return true;
  }
  bool AllSorted(const Value& root) {
    std::vector<const Value*> todo = {&root};
    while (!todo.empty()) {
      const Value& value = *todo.back();
      todo.pop_back();
      if (!value.is_container() || value.count == 0 || !sorted_.insert(value.bits).second) continue;
      if (!Sorted(value)) return false;
      for (const Value& cell : memory_.Cells(value)) todo.push_back(&cell);
    }
    return true;
  }

 private:
  bool CheckOne(const Value& value) const {
    const bool in_place = value.region == Region::kNone;
    if (!in_place && value.region != Region::kStore) return false;
    if (!value.is_container() && value.depth != 0) return false;
    switch (value.kind) {
      case Kind::kBool:
        return in_place && value.count == 0 && value.bits <= 1;
      case Kind::kLong:
      case Kind::kDecimal:
      case Kind::kDatetime:
      case Kind::kDuration:
        return in_place && value.count == 0;
      case Kind::kEntity:
        return in_place && value.count == 0 && value.bits < parts_.header->entity_count;
      case Kind::kString:
        return !in_place && Text(value.bits, value.count);
      case Kind::kIp:
        if (in_place) return value.count <= 32 && value.bits <= UINT32_MAX;
        return (value.count & bundle::kIpV6) != 0 && (value.count & ~bundle::kIpV6) <= 128 &&
               InRange(value.bits, 16, 8);
      case Kind::kSet:
      case Kind::kRecord: {
        if (value.depth == 0 || value.depth > bundle::kMaxValueDepth) return false;
        if (value.count == 0) return true;
        if (in_place) return false;
        const uint64_t cells = uint64_t{value.count} * (value.kind == Kind::kRecord ? 2 : 1);
        if (!InRange(value.bits, cells * sizeof(Value), alignof(Value))) return false;
        if (value.kind == Kind::kSet) return true;
        const std::span<const Value> names = memory_.Cells(value);
        for (size_t i = 0; i < names.size(); i += 2) {
          if (names[i].kind != Kind::kString) return false;
        }
        return true;
      }
    }
    return false;
  }
  bool InRange(uint64_t offset, uint64_t bytes, uint64_t alignment) const {
    const uint64_t all = parts_.header->value_bytes;
    return offset % alignment == 0 && offset <= all && bytes <= all - offset;
  }

  const Parts& parts_;
  Memory memory_;
  std::unordered_set<uint64_t> checked_;
  std::unordered_set<uint64_t> sorted_;
};

StoreStatus CheckBlock(const Parts& parts) {
  const SnapshotHeader& header = *parts.header;
  ValueChecker values(parts);
  for (uint32_t i = 0; i < header.type_count; ++i) {
    const TextRow& type = parts.types[i];
    if (!values.Text(type.offset, type.bytes) || type.reserved != 0) return {StoreError::kRow, i};
  }
  uint32_t present = 0;
  for (uint32_t i = 0; i < header.entity_count; ++i) {
    const EntityRow& row = parts.rows[i];
    if (row.type >= header.type_count || !values.Text(row.id_offset, row.id_bytes) || row.present > 1 ||
        row.reserved != 0) {
      return {StoreError::kRow, i};
    }
    present += row.present;
    for (const auto& [first, count] :
         {std::pair{row.first_parent, row.parent_count}, std::pair{row.first_ancestor, row.ancestor_count}}) {
      if (first > header.list_count || count > header.list_count - first) return {StoreError::kList, i};
      const uint32_t* ids = parts.lists + first;
      for (uint32_t k = 0; k < count; ++k) {
        if (ids[k] >= header.entity_count || (k > 0 && ids[k - 1] >= ids[k])) return {StoreError::kList, i};
      }
    }
    for (const Value* value : {&row.attributes, &row.tags}) {
      if (value->kind != Kind::kRecord || !values.Check(*value)) return {StoreError::kValue, i};
    }
  }
  if (present != header.present_count) return {StoreError::kHeader, 0};
  for (uint32_t i = 0; i < header.entity_count; ++i) {
    if (!values.AllSorted(parts.rows[i].attributes) || !values.AllSorted(parts.rows[i].tags)) {
      return {StoreError::kValue, i};
    }
  }
  bool empty_slot = false;
  for (uint32_t i = 0; i < header.slot_count; ++i) {
    if (parts.slots[i] > header.entity_count) return {StoreError::kTable, 0};
    empty_slot |= parts.slots[i] == 0;
  }
  return {empty_slot ? StoreError::kOk : StoreError::kTable, 0};
}

}  // namespace

std::string_view StoreErrorMessage(StoreError error) {
  switch (error) {
    case StoreError::kOk:
      return "the store is in order";
    case StoreError::kNotAStore:
      return "the file does not begin as a compiled store does";
    case StoreError::kUnknownVersion:
      return "the store's format version is not one this runtime reads";
    case StoreError::kMisaligned:
      return "the bytes do not lie at a multiple of 8 in memory";
    case StoreError::kSize:
      return "the parts of the store do not add up to its size";
    case StoreError::kDigest:
      return "the store's SHA-256 is not the one it carries";
    case StoreError::kHeader:
      return "a header field of the store is outside its range";
    case StoreError::kRow:
      return "an entity or type of the store is malformed";
    case StoreError::kList:
      return "parents or ancestors in the store do not ascend, or name no entity";
    case StoreError::kTable:
      return "the store's hash table does not find its entities";
    case StoreError::kValue:
      return "a value of the store is malformed";
  }
  return "unknown error";
}

StoreStatus OpenStore(std::span<const uint8_t> file, std::shared_ptr<const void> owner,
                      std::shared_ptr<const Snapshot>* out) {
  if (reinterpret_cast<uintptr_t>(file.data()) % 8 != 0) return {StoreError::kMisaligned, 0};
  if (file.size() < sizeof(SnapshotHeader) + sizeof(bundle::Digest) ||
      std::memcmp(file.data(), kSnapshotMagic, sizeof kSnapshotMagic) != 0) {
    return {StoreError::kNotAStore, 0};
  }
  const std::span<const uint8_t> block = file.first(file.size() - sizeof(bundle::Digest));
  Parts parts{};
  if (reinterpret_cast<const SnapshotHeader*>(block.data())->format_version != kSnapshotVersion) {
    return {StoreError::kUnknownVersion, 0};
  }
  if (block.size() % 8 != 0) return {StoreError::kSize, 0};
  const bundle::Digest digest = bundle::Sha256Of(block);
  if (std::memcmp(digest.data(), block.data() + block.size(), digest.size()) != 0)
    return {StoreError::kDigest, 0};
  if (const StoreError error = Measure(block, &parts); error != StoreError::kOk) return {error, 0};
  if (const StoreStatus status = CheckBlock(parts); !status.ok()) return status;
  auto snapshot = std::shared_ptr<const Snapshot>(new Snapshot(block.data(), std::move(owner)));
  for (EntityId id = 0; id < snapshot->entity_count(); ++id) {
    if (snapshot->Find(snapshot->Type(id), snapshot->Id(id)) != id) return {StoreError::kTable, id};
  }
  *out = std::move(snapshot);
  return {};
}

std::vector<uint8_t> WriteStore(const Snapshot& snapshot) {
  const std::span<const uint8_t> block = snapshot.block();
  const bundle::Digest digest = bundle::Sha256Of(block);
  std::vector<uint8_t> file(block.begin(), block.end());
  file.insert(file.end(), digest.begin(), digest.end());
  return file;
}

}  // namespace polc::entities
