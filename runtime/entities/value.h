// The runtime's values: 16 plain bytes, no pointers.
//
// A value that does not fit in place says in which region its bytes lie and at which offset; a Memory
// holds the regions' addresses during one decision. So a value is copied with two moves, and a store or
// bundle that was written as values can be mapped and used as it lies, wherever it lies.
//
// Sets are arrays of values, sorted and without repeats; records are arrays of name, value, name, value,
// sorted by name (text.h: by length, then bytes). Both know their depth, which is bounded, so nothing
// that walks values recurses or grows.
//
// Entities are numbers: what a number stands for is settled by the snapshot, engine and request at hand
// (vm/engine.h), and equal numbers are equal entities.
// Tested by value_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "runtime/bundle/format.h"
#include "runtime/bundle/text.h"

namespace polc::entities {

using bundle::Kind;
using EntityId = uint32_t;
using TypeId = uint32_t;
inline constexpr uint32_t kNoId = UINT32_MAX;

// Whose memory a value's bytes lie in.
enum class Region : uint8_t { kNone, kBundle, kEngine, kStore, kRequest, kScratch, kDecision };
inline constexpr size_t kRegionCount = 7;

struct Value {
  Kind kind;
  Region region;   // kNone: the value is in place
  uint16_t depth;  // set, record: 1 + the deepest element's; else 0
  uint32_t count;  // string: bytes; set: elements; record: fields; ip: prefix length, plus bundle::kIpV6
  uint64_t bits;   // in place: the number, bool, entity or IPv4 address; else the offset in the region

  int64_t number() const { return static_cast<int64_t>(bits); }
  bool boolean() const { return bits != 0; }
  EntityId entity() const { return static_cast<EntityId>(bits); }
  bool is_container() const { return kind == Kind::kSet || kind == Kind::kRecord; }
};
static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

constexpr Value MakeNumber(Kind kind, int64_t n) {
  return {kind, Region::kNone, 0, 0, static_cast<uint64_t>(n)};
}
constexpr Value MakeBool(bool b) { return MakeNumber(Kind::kBool, b); }
constexpr Value MakeLong(int64_t n) { return MakeNumber(Kind::kLong, n); }
constexpr Value MakeEntity(EntityId id) { return MakeNumber(Kind::kEntity, id); }
constexpr Value MakeIpV4(uint32_t address, uint32_t prefix) {
  return {Kind::kIp, Region::kNone, 0, prefix, address};
}
constexpr Value EmptySet() { return {Kind::kSet, Region::kNone, 1, 0, 0}; }
constexpr Value EmptyRecord() { return {Kind::kRecord, Region::kNone, 1, 0, 0}; }

// Where the regions begin. Offsets are added as integers, so that memory that does not follow its base
// (an entity changed after its store was mapped) can be named all the same.
struct Memory {
  const void* base[kRegionCount] = {};

  const void* At(Region region, uint64_t offset) const {
    return reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(base[static_cast<size_t>(region)]) +
                                         static_cast<uintptr_t>(offset));
  }
  std::string_view Text(const Value& v) const {
    return {static_cast<const char*>(At(v.region, v.bits)), v.count};
  }
  // A set's elements; a record's names and values, in turn.
  std::span<const Value> Cells(const Value& v) const {
    return {static_cast<const Value*>(At(v.region, v.bits)),
            v.kind == Kind::kRecord ? size_t{v.count} * 2 : size_t{v.count}};
  }
  const uint8_t* Address(const Value& ip_v6) const {
    return static_cast<const uint8_t*>(At(ip_v6.region, ip_v6.bits));
  }
};

// What one instruction may still spend on data, and whether it wanted more.
struct Work {
  uint64_t elements = UINT64_MAX;
  uint64_t bytes = UINT64_MAX;
  bool too_many_elements = false;
  bool too_many_bytes = false;

  bool exceeded() const { return too_many_elements || too_many_bytes; }
  bool Elements(uint64_t n) {
    if (n > elements) return too_many_elements = true, false;
    elements -= n;
    return true;
  }
  bool Bytes(uint64_t n) {
    if (n > bytes) return too_many_bytes = true, false;
    bytes -= n;
    return true;
  }
};

// The order of values: by kind, then by number, text, entity number, address, or size and elements in
// turn. Total, the same in every region. Returns <0, 0, >0; after `work` is exceeded the result means
// nothing. No recursion: the depth of values is bounded.
int Compare(const Memory& memory, const Value& a, const Value& b, Work* work);

// The value of field `name`, or null. O(log n).
const Value* FindField(const Memory& memory, const Value& record, std::string_view name);

// Whether a set contains `v`. O(log n) comparisons, one element charged for each.
bool SetContains(const Memory& memory, const Value& set, const Value& v, Work* work);

// Sorts `cells` in place and drops repeats; returns how many are left. O(n log n) comparisons whatever
// they answer, so running out of work does no harm beyond the order.
size_t SortUnique(const Memory& memory, std::span<Value> cells, Work* work);
// Sorts pairs of name and value by name. Names must be distinct.
void SortFields(const Memory& memory, std::span<Value> cells);

// 1 + the depth of the deepest.
uint32_t DepthAbove(std::span<const Value> cells);

}  // namespace polc::entities
