#include "compiler/core/model.h"

#include <algorithm>

namespace polc::core {

const Attribute* FindAttribute(const std::vector<Attribute>& attributes, std::string_view name) {
  const auto found = std::ranges::lower_bound(attributes, name, {}, &Attribute::name);
  return found != attributes.end() && found->name == name ? &*found : nullptr;
}

const EntityType* Model::FindType(std::string_view name) const {
  const auto found = std::ranges::lower_bound(entity_types, name, {}, &EntityType::name);
  return found != entity_types.end() && found->name == name ? &*found : nullptr;
}

const Action* Model::FindAction(const data::EntityUid& uid) const {
  const auto found = std::ranges::lower_bound(actions, uid, {}, &Action::uid);
  return found != actions.end() && found->uid == uid ? &*found : nullptr;
}

Reversibility Model::ReversibilityOf(const Action& action) const {
  const auto found = std::ranges::find(classes, action.action_class, &ActionClass::name);
  return found == classes.end() ? Reversibility::kIrreversible : found->reversibility;
}

void PutActions(const Model& model, data::EntityStore& store) {
  for (const Action& action : model.actions)
    store.Put({.uid = action.uid, .attrs = {}, .tags = {}, .parents = action.groups, .span = {}});
}

std::optional<size_t> Levels::RankOf(std::string_view level) const {
  const auto found = std::ranges::find(names, level);
  if (found == names.end()) return std::nullopt;
  return static_cast<size_t>(found - names.begin());
}

std::string_view NatureName(EntityType::Nature nature) {
  constexpr std::string_view kNames[] = {"plain", "person", "agent", "service"};
  return kNames[static_cast<size_t>(nature)];
}

std::string_view ReversibilityName(Reversibility r) {
  constexpr std::string_view kNames[] = {"read_only", "reversible", "irreversible"};
  return kNames[static_cast<size_t>(r)];
}

std::string_view MergeName(Merge merge) {
  constexpr std::string_view kNames[] = {"lowest", "highest", "common", "all", "any"};
  return kNames[static_cast<size_t>(merge)];
}

}  // namespace polc::core
