// What a bundle names and its constants, in the numbers of one store: what linking an engine comes to beside
// the tree and the classes.
//
// Entities of the store have the snapshot's numbers, from 0. The bundle's own, which the store does not
// mention, are numbered from own_begin on; between the two is room for what the store will mention later, so
// that most edits leave every number as it was and engines over successive snapshots share one Names. No
// entity has a number in that room. A type that the snapshot does not have is numbered after the snapshot's.
//
// Immutable. Making one is linear in the bundle, but for sorting. Tested by vm_test.cc and relink_test.cc.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/bundle/reader.h"
#include "runtime/entities/snapshot.h"

namespace polc::vm {

// What a declared attribute of a context asks of a value that the agent gives for it.
struct AttributeForm {
  uint32_t name;  // string
  bundle::Kind kind;
  bool is_plain;  // a value of the kind is all it takes
  bool is_asked;  // without it the context is not complete
};

struct Names {
  // With `own_begin` at least the snapshot's entity count.
  Names(const bundle::Bundle& bundle, const entities::Snapshot& snapshot, uint32_t own_begin);

  // Where a bundle's own entities begin if a store of so many is to have room to grow.
  static uint32_t RoomyBegin(const bundle::Bundle& bundle, uint32_t entity_count);

  // Whether entities that are new in `snapshot`, one after that of `known` entities, have names of their own:
  // then all that stands here holds for it.
  bool HoldsFor(const bundle::Bundle& bundle, const entities::Snapshot& snapshot, uint32_t known) const;

  const uint32_t known_types;                   // the snapshot's
  const uint32_t own_begin;                     // number of the first own entity
  uint32_t entity_count;                        // above all numbers
  std::vector<entities::TypeId> of_types;       // by the bundle's index
  std::vector<entities::EntityId> of_entities;  // by the bundle's index
  std::vector<uint32_t> own_types;              // the bundle's types the snapshot does not have
  std::vector<uint32_t> own_entities;           // the bundle's entities the snapshot does not mention
  std::vector<entities::Value> cells;           // the bundle's cells as values; Region::kEngine
  std::vector<std::pair<entities::EntityId, uint32_t>> action_rows;  // by number
  std::vector<bool> has_defaults;                                    // by value type
  std::vector<AttributeForm> attribute_forms;                        // by row of Attributes
  // By type number: the bundle's type, and its row of EntityTypes; or bundle::kNone.
  std::vector<uint32_t> bundle_types, entity_type_rows;

 private:
  void LinkNames(const bundle::Bundle& bundle, const entities::Snapshot& snapshot);
  void LinkConstants(const bundle::Bundle& bundle);
  void LinkTypes(const bundle::Bundle& bundle);
};

// The bundle's row of an entity, if it names it. O(log entities).
std::optional<uint32_t> FindEntityRow(const bundle::Bundle& bundle, std::string_view type,
                                      std::string_view id);

}  // namespace polc::vm
