// The usual comparisons in the usual case, without the loop: an attribute that is there, of the kind its
// constant has. Where anything is unusual they say so, and the loop then finds what comes of it. Tested by
// vm_test.cc and, as all that decides, by tests/engine.
#pragma once

#include <cstring>
#include <span>
#include <string_view>

#include "runtime/bundle/reader.h"
#include "runtime/entities/value.h"
#include "runtime/tree/tests.h"

namespace polc::vm {

// Whether two texts of one size are equal; names are short.
inline bool SameBytes(const char* a, const char* b, size_t size) {
  auto differ = [&]<typename Word>(Word) {
    // The first and the last word, which overlap where the text is shorter than two.
    Word a_begin, b_begin, a_end, b_end;
    std::memcpy(&a_begin, a, sizeof(Word)), std::memcpy(&b_begin, b, sizeof(Word));
    std::memcpy(&a_end, a + size - sizeof(Word), sizeof(Word));
    std::memcpy(&b_end, b + size - sizeof(Word), sizeof(Word));
    return ((a_begin ^ b_begin) | (a_end ^ b_end)) != 0;
  };
  if (size > 16) return std::memcmp(a, b, size) == 0;
  if (size >= 8) return !differ(uint64_t{});
  if (size >= 4) return !differ(uint32_t{});
  for (size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

// As entities::FindField. Names that come from the bundle itself are known by where they lie.
inline const entities::Value* FindAttribute(const entities::Memory& memory, const entities::Value& record,
                                            std::string_view name) {
  constexpr uint32_t kFew = 8;
  if (record.count > kFew) return FindField(memory, record, name);
  const entities::Value* cells = memory.Cells(record).data();
  for (uint32_t i = 0; i < record.count; ++i) {
    const entities::Value& field = cells[2 * i];
    if (field.count != name.size()) continue;
    const char* text = memory.Text(field).data();
    if (text == name.data() || SameBytes(text, name.data(), name.size())) return &cells[2 * i + 1];
  }
  return nullptr;
}

// An attribute that is looked up again and again, mostly in records with the same fields.
struct Lookup {
  explicit Lookup(std::string_view of) : name(of) {}

  const std::string_view name;
  uint32_t place = 0;  // where it was found last

  [[gnu::always_inline]] const entities::Value* In(const entities::Memory& memory,
                                                   const entities::Value& record) {
    const entities::Value* cells = memory.Cells(record).data();
    if (place < record.count) {
      const entities::Value& field = cells[2 * place];
      if (field.count == name.size() && SameBytes(memory.Text(field).data(), name.data(), name.size()))
        return &cells[2 * place + 1];
    }
    return Search(memory, record);
  }

 private:
  [[gnu::noinline]] const entities::Value* Search(const entities::Memory& memory,
                                                  const entities::Value& record) {
    const entities::Value* found = FindAttribute(memory, record, name);
    if (found != nullptr) place = static_cast<uint32_t>(found - memory.Cells(record).data()) / 2;
    return found;
  }
};

// Whether `c` is true of `value`. `entities` numbers the bundle's.
inline bool CompareKey(const entities::Memory& memory, const bundle::Bundle& bundle,
                       std::span<const entities::EntityId> entities, const tree::Comparison& c,
                       const entities::Value& value, bool* holds) {
  if (value.kind != c.key.kind) {
    *holds = false;
    return !c.is_order;  // equality: different kinds are unequal; order: that errs
  }
  if (c.is_order) {
    *holds = c.Orders(value.number());
    return true;
  }
  switch (value.kind) {
    case bundle::Kind::kString:
      if (value.count > bundle.header().max_bytes) return false;
      *holds = memory.Text(value) == bundle.String(static_cast<uint32_t>(c.key.number));
      return true;
    case bundle::Kind::kEntity:
      *holds = value.entity() == entities[static_cast<size_t>(c.key.number)];
      return true;
    default:
      *holds = value.number() == c.key.number;
      return true;
  }
}

}  // namespace polc::vm
