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
  std::optional<Value> Set(std::vector<Value> elements) {
    const Memory memory = KnownMemory();
    Work unlimited;
    elements.resize(SortUnique(memory, elements, &unlimited));
    return Container(Kind::kSet, elements, elements.size());
  }
  // Names must be distinct. Nothing if it would be nested too deep.
  std::optional<Value> Record(const std::vector<std::pair<std::string_view, Value>>& fields) {
    std::vector<Value> cells;
    cells.reserve(fields.size() * 2);
    for (const auto& [name, value] : fields) {
      cells.push_back(String(name));
      cells.push_back(value);
    }
    SortFields(KnownMemory(), cells);
    return Container(Kind::kRecord, cells, fields.size());
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

 private:
  Memory KnownMemory() const {
    Memory memory = others_;
    memory.base[static_cast<size_t>(region_)] = base();
    return memory;
  }

  std::optional<Value> Container(Kind kind, const std::vector<Value>& cells, size_t count) {
    const uint32_t depth = DepthAbove(cells);
    if (depth > bundle::kMaxValueDepth) return std::nullopt;
    const uint64_t offset = Append(cells.data(), cells.size() * sizeof(Value));
    return Value{kind, region_, static_cast<uint16_t>(depth), static_cast<uint32_t>(count), offset};
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
