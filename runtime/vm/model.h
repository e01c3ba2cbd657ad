// What a bundle declares, asked of values and entities at run time: the rows of actions and entity types, and
// whether a value is of a declared type.
//
// Rows are found by name. Linear in the declarations or in the value: not for what a decision asks of every
// request more than a few times. Tested by pol_test.cc.
#pragma once

#include <string_view>

#include "runtime/vm/request.h"

namespace polc::vm {

// The row of the type of an entity, or null.
const bundle::EntityTypeRow* FindEntityType(const Engine& engine, const World& world, EntityId id);

// Whether an enumerated type lists an id.
bool IsListed(const bundle::Bundle& bundle, const bundle::EntityTypeRow& type, std::string_view id);

// Whether an entity is one there can be: of an enumerated type only those that it lists.
bool IsPossible(const Engine& engine, const World& world, const Memory& memory, EntityId id);

// Whether a value is of a row of ValueTypes: its kind, the type of an entity, a level's name, the bounds of a
// Percent and of a set; the members of a record are all declared, and all that are required are there.
// Recursion is bounded by bundle::kMaxTypeDepth.
bool IsOfType(const Engine& engine, const World& world, const Memory& memory, const Value& value,
              uint32_t type);

}  // namespace polc::vm
