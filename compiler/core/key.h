// Which entities can be the key of state.
//
// What is kept for each principal, where agents and services both act, has keys of several types. A program
// and a bundle say then only that the key is an entity: of any type that the model declares. A value under
// one that never is the key is read by nothing; the key that a request reads is its own.
// As fast as Model::FindType. Tested by compiler/sema/pol_facts_test.cc and
// tests/cases/eval/state_key_of_several_types.pol.
#pragma once

#include "compiler/core/model.h"

namespace polc::core {

// Whether an entity of `entity_type` may be the key of an Input with `key_type`, which is an entity's.
inline bool IsKeyOf(const Model& model, const Type& key_type, std::string_view entity_type) {
  return key_type.entity.empty() ? model.FindType(entity_type) != nullptr : key_type.entity == entity_type;
}

}  // namespace polc::core
