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
    if (text == name.data() || std::memcmp(text, name.data(), name.size()) == 0) return &cells[2 * i + 1];
  }
  return nullptr;
}

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
