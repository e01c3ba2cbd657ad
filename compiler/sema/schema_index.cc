#include "compiler/sema/schema_index.h"

#include <algorithm>
#include <set>
#include <utility>

namespace polc::sema {

namespace {

// How many fields of a record a message shows.
constexpr size_t kShownFields = 6;
// How deep a message shows a type.
constexpr int kShownDepth = 3;

void CollectNames(const model::Type& type, std::set<std::string>& names) {
  switch (type.kind) {
    case model::Type::Kind::kEntity:
      names.insert(type.entity);
      break;
    case model::Type::Kind::kSet:
      CollectNames(*type.element, names);
      break;
    case model::Type::Kind::kRecord:
      for (const auto& [name, attribute] : type.attributes) CollectNames(*attribute.type, names);
      break;
    default:
      break;
  }
}

std::string Text(const TypeTable& types, const SchemaIndex& schema, TypeId type, int depth) {
  const TypeNode& node = types.node(type);
  switch (node.kind) {
    case TypeKind::kNever:
      return "nothing";
    case TypeKind::kTrue:
    case TypeKind::kFalse:
    case TypeKind::kBool:
      return "Bool";
    case TypeKind::kLong:
      return "Long";
    case TypeKind::kString:
      return "String";
    case TypeKind::kDecimal:
      return "decimal";
    case TypeKind::kIp:
      return "ipaddr";
    case TypeKind::kDatetime:
      return "datetime";
    case TypeKind::kDuration:
      return "duration";
    case TypeKind::kAnyEntity:
      return "entity";
    case TypeKind::kEntity: {
      std::string text;
      for (EntityTypeId id : node.entities) text += (text.empty() ? "" : " or ") + schema.entity(id).name;
      return text;
    }
    case TypeKind::kSet:
      return "Set<" + Text(types, schema, node.element, depth + 1) + ">";
    case TypeKind::kRecord: {
      if (depth >= kShownDepth) return "{…}";
      std::string text = "{";
      for (size_t i = 0; i < node.fields.size(); ++i) {
        if (i > 0) text += ", ";
        if (i == kShownFields) {
          text += "…";
          return text + "}";
        }
        const Field& f = node.fields[i];
        text += f.name + (f.required ? ": " : "?: ") + Text(types, schema, f.type, depth + 1);
      }
      if (node.open) text += node.fields.empty() ? "…" : ", …";
      return text + "}";
    }
  }
  return "";
}

}  // namespace

bool IsActionTypeName(const std::string& name) {
  constexpr std::string_view kAction = "Action";
  if (!name.ends_with(kAction)) return false;
  return name.size() == kAction.size() || name[name.size() - kAction.size() - 1] == ':';
}

SchemaIndex::SchemaIndex(const model::Schema& schema) {
  // Every name gets its number first: types refer to one another.
  std::set<std::string> names = schema.action_types;
  for (const auto& [name, type] : schema.entity_types) {
    names.insert(name);
    names.insert(type.descendants.begin(), type.descendants.end());
    for (const auto& [attr, attribute] : type.attributes) CollectNames(*attribute.type, names);
    if (type.tags) CollectNames(*type.tags, names);
  }
  for (const auto& [uid, action] : schema.actions) {
    names.insert(uid.type);
    names.insert(action.principal_types.begin(), action.principal_types.end());
    names.insert(action.resource_types.begin(), action.resource_types.end());
    for (const auto& [attr, attribute] : action.context) CollectNames(*attribute.type, names);
  }
  for (const std::string& name : names) {
    EntityTypeId id = static_cast<EntityTypeId>(entities_.size());
    entity_ids_.emplace(name, id);
    EntityInfo info;
    info.name = name;
    info.is_action = IsActionTypeName(name);
    info.type = types_.Entity(id);
    entities_.push_back(std::move(info));
  }

  std::vector<std::set<EntityTypeId>> members(entities_.size());
  for (EntityTypeId id = 0; id < entities_.size(); ++id) members[id].insert(id);
  for (const auto& [name, type] : schema.entity_types) {
    EntityTypeId id = Id(name);
    EntityInfo& info = entities_[id];
    info.declared = true;
    info.attributes = Convert(type.attributes);
    if (type.tags) info.tags = Convert(*type.tags);
    if (type.enum_ids) info.enum_ids = &*type.enum_ids;
    for (const std::string& inner : type.descendants) members[id].insert(Id(inner));
  }

  for (const auto& [uid, action] : schema.actions) {
    action_ids_.emplace(uid, static_cast<ActionId>(actions_.size()));
    ActionInfo info;
    info.action = &action;
    info.type = Id(uid.type);
    info.context = types_.Record(Convert(action.context), false);
    for (const std::string& name : action.principal_types) info.principals.push_back(Id(name));
    for (const std::string& name : action.resource_types) info.resources.push_back(Id(name));
    actions_.push_back(std::move(info));
  }
  for (ActionId id = 0; id < actions_.size(); ++id) {
    actions_[id].members.push_back(id);
    for (const data::EntityUid& outer : actions_[id].action->ancestors) {
      auto it = action_ids_.find(outer);
      if (it == action_ids_.end()) continue;
      actions_[it->second].members.push_back(id);
      members[actions_[it->second].type].insert(actions_[id].type);
    }
  }
  for (ActionInfo& action : actions_) {
    std::sort(action.members.begin(), action.members.end());
    action.members.erase(std::unique(action.members.begin(), action.members.end()), action.members.end());
  }
  for (EntityTypeId id = 0; id < entities_.size(); ++id) {
    entities_[id].members.assign(members[id].begin(), members[id].end());
  }
}

TypeId SchemaIndex::Convert(const model::Type& type) {
  switch (type.kind) {
    case model::Type::Kind::kBool:
      return kBool;
    case model::Type::Kind::kLong:
      return kLong;
    case model::Type::Kind::kString:
      return kString;
    case model::Type::Kind::kDecimal:
      return kDecimal;
    case model::Type::Kind::kIp:
      return kIp;
    case model::Type::Kind::kDatetime:
      return kDatetime;
    case model::Type::Kind::kDuration:
      return kDuration;
    case model::Type::Kind::kEntity:
      return types_.Entity(Id(type.entity));
    case model::Type::Kind::kSet:
      return types_.Set(Convert(*type.element));
    case model::Type::Kind::kRecord:
      return types_.Record(Convert(type.attributes), false);
  }
  return kNoType;
}

Fields SchemaIndex::Convert(const model::Attributes& attributes) {
  Fields fields;
  fields.reserve(attributes.size());
  for (const auto& [name, attribute] : attributes) {
    fields.push_back({name, Convert(*attribute.type), attribute.required});
  }
  return fields;
}

std::optional<EntityTypeId> SchemaIndex::FindEntityType(const std::string& name) const {
  auto it = entity_ids_.find(name);
  if (it == entity_ids_.end()) return std::nullopt;
  return it->second;
}

std::optional<ActionId> SchemaIndex::FindAction(const data::EntityUid& uid) const {
  auto it = action_ids_.find(uid);
  if (it == action_ids_.end()) return std::nullopt;
  return it->second;
}

TypeId SchemaIndex::LiteralType(const data::EntityUid& uid) const {
  std::optional<EntityTypeId> id = FindEntityType(uid.type);
  if (!id) return kNoType;
  const EntityInfo& info = entities_[*id];
  bool known = info.is_action ? FindAction(uid).has_value() : info.declared;
  return known ? info.type : kNoType;
}

bool SchemaIndex::MayBeIn(EntityTypeId inner, EntityTypeId outer) const {
  const std::vector<EntityTypeId>& members = entities_[outer].members;
  return std::binary_search(members.begin(), members.end(), inner);
}

std::string TypeText(const TypeTable& types, const SchemaIndex& schema, TypeId type) {
  return Text(types, schema, type, 0);
}

}  // namespace polc::sema
