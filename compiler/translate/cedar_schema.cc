#include "compiler/translate/cedar_schema.h"

#include <algorithm>
#include <set>

#include "compiler/syntax/names.h"

namespace polc::translate {

using syntax::SchemaType;

namespace {

syntax::Name NameOf(std::string text) { return {.text = std::move(text), .span = {}}; }
// `A::B` of `A::B::C`.
std::string NamespaceOf(std::string_view name) {
  const size_t at = name.rfind("::");
  return at == name.npos ? "" : std::string(name.substr(0, at));
}

class Writer {
 public:
  explicit Writer(const core::Model& model) : model_(model), groups_(ClassGroups(model)) {}

  syntax::SchemaFragment Write() {
    for (const core::EntityType& type : model_.entity_types) AddType(type);
    std::set<data::EntityUid> declared, named;
    for (const core::Action& action : model_.actions) declared.insert(action.uid);
    for (const auto& [name, group] : groups_) named.insert(group);
    for (const core::Action& action : model_.actions)
      named.insert(action.groups.begin(), action.groups.end());
    for (const data::EntityUid& group : named) {
      if (!declared.contains(group)) In(group.type).actions.push_back(Declaration(group));
    }
    for (const core::Action& action : model_.actions) AddAction(action);
    for (auto& [name, space] : spaces_) out_.namespaces.push_back(std::move(space));
    return std::move(out_);
  }

 private:
  syntax::NamespaceDecl& In(std::string_view name) {
    syntax::NamespaceDecl& space = spaces_[NamespaceOf(name)];
    space.name.text = NamespaceOf(name);
    return space;
  }

  syntax::TypeId Add(SchemaType type) {
    out_.types.push_back(std::move(type));
    return static_cast<syntax::TypeId>(out_.types.size() - 1);
  }

  // Recursion is as deep as types are.
  syntax::TypeId Type(const core::Type& type) {
    SchemaType out;
    switch (type.kind) {
      case data::Kind::kSet:
        out.kind = SchemaType::Kind::kSet;
        out.element = Type(*type.element);
        break;
      case data::Kind::kRecord:
        return Record(type.fields);
      case data::Kind::kEntity:
        out.name = NameOf(type.entity);
        break;
      case data::Kind::kBool:
        out.name = NameOf("Bool");
        break;
      case data::Kind::kLong:
        out.name = NameOf("Long");
        break;
      case data::Kind::kString:
        out.name = NameOf("String");
        break;
      case data::Kind::kDecimal:
        out.name = NameOf("decimal");
        break;
      case data::Kind::kIp:
        out.name = NameOf("ipaddr");
        break;
      case data::Kind::kDatetime:
        out.name = NameOf("datetime");
        break;
      case data::Kind::kDuration:
        out.name = NameOf("duration");
        break;
    }
    return Add(std::move(out));
  }

  syntax::TypeId Record(const std::vector<core::Attribute>& attributes) {
    SchemaType out;
    out.kind = SchemaType::Kind::kRecord;
    for (const core::Attribute& a : attributes) {
      SchemaType::Attr attribute;
      attribute.name = a.name;
      attribute.type = Type(*a.type);
      attribute.required = a.required;
      out.attributes.push_back(std::move(attribute));
    }
    return Add(std::move(out));
  }

  void AddType(const core::EntityType& type) {
    syntax::EntityTypeDecl decl;
    decl.names = {NameOf(std::string(syntax::Basename(type.name)))};
    for (const std::string& parent : type.parents) decl.parents.push_back(NameOf(parent));
    if (type.enum_ids) {
      decl.enum_ids = type.enum_ids;
    } else {
      if (!type.attributes.empty()) decl.shape = Record(type.attributes);
      if (type.tags) decl.tags = Type(*type.tags);
    }
    In(type.name).entity_types.push_back(std::move(decl));
  }

  static syntax::ActionDecl Declaration(const data::EntityUid& uid) {
    syntax::ActionDecl decl;
    decl.names = {{.id = uid.id, .span = {}}};
    return decl;
  }

  void AddAction(const core::Action& action) {
    syntax::ActionDecl decl = Declaration(action.uid);
    std::set<data::EntityUid> parents(action.groups.begin(), action.groups.end());
    const auto group = groups_.find(action.action_class);
    if (group != groups_.end()) parents.insert(group->second);
    for (const data::EntityUid& parent : parents) {
      syntax::ActionRef ref;
      if (parent.type != action.uid.type) ref.type = NameOf(parent.type);
      ref.id = parent.id;
      decl.parents.push_back(std::move(ref));
    }
    if (!action.principals.empty() && !action.resources.empty()) {
      syntax::ActionDecl::AppliesTo applies;
      for (const std::string& type : action.principals) applies.principals.push_back(NameOf(type));
      for (const std::string& type : action.resources) applies.resources.push_back(NameOf(type));
      if (!action.context.empty()) applies.context = Record(action.context);
      decl.applies_to = std::move(applies);
    }
    In(action.uid.type).actions.push_back(std::move(decl));
  }

  const core::Model& model_;
  std::map<std::string, data::EntityUid> groups_;
  std::map<std::string, syntax::NamespaceDecl> spaces_;
  syntax::SchemaFragment out_;
};

}  // namespace

std::map<std::string, data::EntityUid> ClassGroups(const core::Model& model) {
  std::map<std::string, data::EntityUid> out;
  for (const core::ActionClass& c : model.classes) {
    const data::EntityUid group{"Action", c.name};
    bool taken = false;
    for (const core::Action& action : model.actions)
      taken |= action.uid == group || std::ranges::count(action.groups, group) > 0;
    if (!taken) out.emplace(c.name, group);
  }
  return out;
}

syntax::SchemaFragment CedarSchema(const core::Model& model) { return Writer(model).Write(); }

}  // namespace polc::translate
