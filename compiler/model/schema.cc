#include "compiler/model/schema.h"

#include "compiler/source/quote.h"

namespace polc::model {
namespace {

// Depth is bounded by the readers' nesting limits (resolve.h), so plain recursion is safe.
void Append(const Type& type, std::string& out);

void Append(const Attributes& attributes, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [name, attribute] : attributes) {
    if (!first) out += ", ";
    first = false;
    out += source::Quote(name);
    out += attribute.required ? ": " : "?: ";
    Append(*attribute.type, out);
  }
  out += '}';
}

void Append(const Type& type, std::string& out) {
  switch (type.kind) {
    case Type::Kind::kBool:
      out += "Bool";
      return;
    case Type::Kind::kLong:
      out += "Long";
      return;
    case Type::Kind::kString:
      out += "String";
      return;
    case Type::Kind::kEntity:
      out += type.entity;
      return;
    case Type::Kind::kDecimal:
      out += "decimal";
      return;
    case Type::Kind::kIp:
      out += "ipaddr";
      return;
    case Type::Kind::kDatetime:
      out += "datetime";
      return;
    case Type::Kind::kDuration:
      out += "duration";
      return;
    case Type::Kind::kSet:
      out += "Set<";
      Append(*type.element, out);
      out += '>';
      return;
    case Type::Kind::kRecord:
      Append(type.attributes, out);
      return;
  }
}

bool SameType(const TypePtr& a, const TypePtr& b) {
  if (a == b) return true;
  return a && b && *a == *b;
}

}  // namespace

std::string ToString(const Type& type) {
  std::string out;
  Append(type, out);
  return out;
}

bool operator==(const Attribute& a, const Attribute& b) {
  return a.required == b.required && SameType(a.type, b.type);
}

bool operator==(const Type& a, const Type& b) {
  return a.kind == b.kind && a.entity == b.entity && SameType(a.element, b.element) &&
         a.attributes == b.attributes;
}

bool operator==(const EntityType& a, const EntityType& b) {
  return a.name == b.name && a.attributes == b.attributes && SameType(a.tags, b.tags) &&
         a.parents == b.parents && a.ancestors == b.ancestors && a.descendants == b.descendants &&
         a.enum_ids == b.enum_ids;
}

bool operator==(const Action& a, const Action& b) {
  return a.uid == b.uid && a.principal_types == b.principal_types && a.resource_types == b.resource_types &&
         a.context == b.context && a.parents == b.parents && a.ancestors == b.ancestors;
}

bool operator==(const Schema& a, const Schema& b) {
  return a.entity_types == b.entity_types && a.actions == b.actions && a.action_types == b.action_types;
}

const EntityType* Schema::FindEntityType(const std::string& name) const {
  auto it = entity_types.find(name);
  return it == entity_types.end() ? nullptr : &it->second;
}

const Action* Schema::FindAction(const data::EntityUid& uid) const {
  auto it = actions.find(uid);
  return it == actions.end() ? nullptr : &it->second;
}

}  // namespace polc::model
