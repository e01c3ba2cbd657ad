// Builds values in memory of their own: a store's, an engine's or a request's region.
//
// Grows as needed; values keep their offsets, so they stay good when the memory moves. Not for the hot
// path. Offsets begin at `origin`, for memory that will be written behind something else.
// Tested by value_test.cc.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/entities/value.h"

namespace polc::entities {

class ValueBuilder {
 public:
  explicit ValueBuilder(Region region, uint64_t origin = 0) : region_(region), origin_(origin) {}

  Value String(std::string_view text) {
    const uint64_t offset = Append(text.data(), text.size());
    return {Kind::kString, region_, 0, static_cast<uint32_t>(text.size()), offset};
  }
  // 16 bytes in network order.
  Value IpV6(const uint8_t* address, uint32_t prefix) {
    return {Kind::kIp, region_, 0, prefix | bundle::kIpV6, Append(address, 16)};
  }
  // Sorts and drops repeats. Nothing if it would be nested too deep.
  std::optional<Value> SetOf(std::span<const Value> elements) {
    const uint32_t depth = DepthAbove(elements);
    if (depth > bundle::kMaxValueDepth) return std::nullopt;
    const size_t at = words_.size();
    const uint64_t offset = Append(elements.data(), elements.size_bytes());
    Work unlimited;
    const size_t kept = SortUnique(KnownMemory(), CellsAt(at, elements.size()), &unlimited);
    words_.resize(at + kept * kCellWords);
    return Value{Kind::kSet, region_, static_cast<uint16_t>(depth), static_cast<uint32_t>(kept), offset};
  }
  std::optional<Value> Set(const std::vector<Value>& elements) { return SetOf(elements); }
  // Names must be distinct. Nothing if it would be nested too deep.
  std::optional<Value> RecordOf(std::span<const std::pair<std::string_view, Value>> fields) {
    uint32_t depth = 1;
    for (const auto& [name, value] : fields) depth = std::max(depth, value.depth + 1u);
    if (depth > bundle::kMaxValueDepth) return std::nullopt;
    // The names, then the cells, which are the last so that they can be sorted where they lie.
    size_t name_at = words_.size();
    for (const auto& [name, value] : fields) Append(name.data(), name.size());
    const size_t at = words_.size();
    words_.resize(at + fields.size() * 2 * kCellWords);
    const std::span<Value> cells = CellsAt(at, fields.size() * 2);
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto length = static_cast<uint32_t>(fields[i].first.size());
      cells[2 * i] = {Kind::kString, region_, 0, length, origin_ + name_at * 8};
      cells[2 * i + 1] = fields[i].second;
      name_at += (length + 7) / 8;
    }
    if (fields.size() > 1) SortFields(KnownMemory(), cells);
    return Value{Kind::kRecord, region_, static_cast<uint16_t>(depth), static_cast<uint32_t>(fields.size()),
                 origin_ + at * 8};
  }
  std::optional<Value> Record(const std::vector<std::pair<std::string_view, Value>>& fields) {
    return RecordOf(fields);
  }

  // The value, with everything of Region::kScratch in it copied here; other regions stay where they are. Sets and
  // records keep their order. Recursion is bounded by bundle::kMaxValueDepth.
  Value Copy(const Memory& from, const Value& value) {
    if (value.region != Region::kScratch) return value;
    if (value.kind == Kind::kString) return String(from.Text(value));
    Value copy = value;
    copy.region = region_;
    if (value.is_container()) {
      const std::span<const Value> cells = from.Cells(value);
      std::vector<Value> copies;
      copies.reserve(cells.size());
      for (const Value& cell : cells) copies.push_back(Copy(from, cell));
      copy.bits = Append(copies.data(), copies.size() * sizeof(Value));
    } else {
      copy.bits = Append(from.Address(value), 16);
    }
    return copy;
  }

  // Other regions that values given to Set may lie in.
  void Know(Region region, const void* base) { others_.base[static_cast<size_t>(region)] = base; }

  // The address its region's base must have: valid until the next value is built.
  const void* base() const {
    return reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(words_.data()) -
                                         static_cast<uintptr_t>(origin_));
  }
  Region region() const { return region_; }
  const std::vector<uint64_t>& words() const { return words_; }
  void Clear() { words_.clear(); }
  // Gives up what was built since `size` was words().size().
  void CutBack(size_t size) { words_.resize(size); }

 private:
  Memory KnownMemory() const {
    Memory memory = others_;
    memory.base[static_cast<size_t>(region_)] = base();
    return memory;
  }

  static constexpr size_t kCellWords = sizeof(Value) / sizeof(uint64_t);
  std::span<Value> CellsAt(size_t word, size_t count) {
    return {reinterpret_cast<Value*>(words_.data() + word), count};
  }

  uint64_t Append(const void* bytes, size_t count) {
    const size_t at = words_.size();
    words_.resize(at + (count + 7) / 8, 0);
    if (count > 0) std::memcpy(words_.data() + at, bytes, count);
    return origin_ + at * 8;
  }

  Region region_;
  uint64_t origin_;
  Memory others_;
  std::vector<uint64_t> words_;
};

}  // namespace polc::entities
