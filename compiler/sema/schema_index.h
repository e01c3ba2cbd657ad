// A schema prepared for checking many rules: names become numbers, declared types become TypeIds, and the
// questions the checker asks (who may be in whom, which request environments are there) are answered once.
//
// Refers to the model::Schema it was made from, which must outlive it. Immutable; safe to share.
// Tested by schema_index_test.cc.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/data/entities.h"
#include "compiler/model/schema.h"
#include "compiler/sema/types.h"

namespace polc::sema {

using ActionId = uint32_t;  // index in SchemaIndex::actions()

// Whether entities of the type are actions: its last component is `Action`, declared or not.
bool IsActionTypeName(const std::string& name);

struct EntityInfo {
  std::string name;
  bool declared = false;  // as an entity type; types of actions are not
  bool is_action = false;
  TypeId type = kNoType;
  Fields attributes;
  TypeId tags = kNoType;
  const std::vector<std::string>* enum_ids = nullptr;
  std::vector<EntityTypeId>
      members;  // types whose entities may be `in` one of this type, itself included; sorted
};

struct ActionInfo {
  const model::Action* action = nullptr;
  EntityTypeId type = 0;
  TypeId context = kNoType;
  std::vector<EntityTypeId> principals;  // sorted
  std::vector<EntityTypeId> resources;   // sorted
  std::vector<ActionId> members;         // actions that are `in` this one, itself included; sorted
};

class SchemaIndex {
 public:
  explicit SchemaIndex(const model::Schema& schema);
  SchemaIndex(const SchemaIndex&) = delete;
  SchemaIndex& operator=(const SchemaIndex&) = delete;

  const TypeTable& types() const { return types_; }
  const std::vector<EntityInfo>& entities() const { return entities_; }
  const std::vector<ActionInfo>& actions() const { return actions_; }
  const EntityInfo& entity(EntityTypeId id) const { return entities_[id]; }
  const ActionInfo& action(ActionId id) const { return actions_[id]; }

  // Any entity type the schema names, those of actions included.
  std::optional<EntityTypeId> FindEntityType(const std::string& name) const;
  std::optional<ActionId> FindAction(const data::EntityUid& uid) const;

  // The type of the literal `uid`: kNoType if its type, or the action itself, is not declared.
  TypeId LiteralType(const data::EntityUid& uid) const;

  // Whether an entity of type `inner` may be in one of type `outer`.
  bool MayBeIn(EntityTypeId inner, EntityTypeId outer) const;

 private:
  EntityTypeId Id(const std::string& name) const { return entity_ids_.at(name); }
  TypeId Convert(const model::Type& type);
  Fields Convert(const model::Attributes& attributes);

  TypeTable types_;
  std::vector<EntityInfo> entities_;
  std::vector<ActionInfo> actions_;
  std::unordered_map<std::string, EntityTypeId> entity_ids_;
  std::unordered_map<data::EntityUid, ActionId, data::UidHash> action_ids_;
};

// As the schema syntax writes it. Unions are `A or B`; both constant bools are `Bool`. Large records are cut.
std::string TypeText(const TypeTable& types, const SchemaIndex& schema, TypeId type);

}  // namespace polc::sema
