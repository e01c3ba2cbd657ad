#include "compiler/model/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "compiler/syntax/names.h"

namespace polc::model {
namespace {

using data::EntityUid;
using source::Code;
using source::Diagnostic;
using source::Span;
using syntax::Name;
using syntax::NamespaceDecl;
using syntax::SchemaFragment;
using syntax::SchemaType;

struct Builtin {
  std::string_view name;
  Type::Kind kind;
  bool extension;
};

constexpr std::array<Builtin, 7> kBuiltins = {{{"Bool", Type::Kind::kBool, false},
                                               {"Long", Type::Kind::kLong, false},
                                               {"String", Type::Kind::kString, false},
                                               {"datetime", Type::Kind::kDatetime, true},
                                               {"decimal", Type::Kind::kDecimal, true},
                                               {"duration", Type::Kind::kDuration, true},
                                               {"ipaddr", Type::Kind::kIp, true}}};

std::string Qualify(const std::string& ns, std::string_view name) {
  return ns.empty() || syntax::IsQualified(name) ? std::string(name) : fmt::format("{}::{}", ns, name);
}

TypePtr MakeType(Type::Kind kind) {
  auto type = std::make_shared<Type>();
  type->kind = kind;
  return type;
}

// The ancestors of every node, without itself unless a circle leads back to it. O(nodes × edges).
template <typename Key>
std::map<Key, std::set<Key>> Closure(const std::map<Key, std::set<Key>>& parents) {
  std::map<Key, std::set<Key>> closure;
  for (const auto& [node, direct] : parents) {
    std::set<Key>& reached = closure[node];
    std::vector<const Key*> todo;
    for (const Key& parent : direct) todo.push_back(&parent);
    while (!todo.empty()) {
      const Key& next = *todo.back();
      todo.pop_back();
      if (!reached.insert(next).second) continue;
      auto it = parents.find(next);
      if (it == parents.end()) continue;
      for (const Key& parent : it->second) todo.push_back(&parent);
    }
  }
  return closure;
}

class Resolver {
 public:
  explicit Resolver(source::DiagnosticSink& sink) : sink_(sink) {}

  std::optional<Schema> Run(const std::vector<SchemaFragment>& fragments) {
    size_t errors = sink_.error_count();
    for (const SchemaFragment& fragment : fragments) {
      for (const NamespaceDecl& ns : fragment.namespaces) Collect(fragment, ns);
    }
    CheckShadowing();
    WarnAboutShadowing();
    DefineBuiltins();
    for (const auto& [uid, def] : actions_) schema_.action_types.insert(uid.type);
    ResolveCommonTypes();
    for (const auto& [name, def] : entities_) ResolveEntity(name, def);
    for (const auto& [uid, def] : actions_) ResolveAction(uid, def);
    CloseEntityHierarchy();
    CloseActionHierarchy();
    if (sink_.error_count() > errors) return std::nullopt;
    return std::move(schema_);
  }

 private:
  // Where a declaration stands: what its names mean depends on it.
  struct Place {
    const SchemaFragment* fragment;
    const NamespaceDecl* ns;
  };
  struct EntityDef {
    Place place;
    const syntax::EntityTypeDecl* decl;
    Span span;
  };
  struct ActionDef {
    Place place;
    const syntax::ActionDecl* decl;
    Span span;
  };
  struct CommonDef {
    Place place;
    const syntax::CommonTypeDecl* decl;
    Span span;
    std::set<std::string> uses;  // other common types, full names
  };
  struct Resolved {
    TypePtr type;
    size_t depth = 1;
  };
  enum class Wanted { kEither, kEntity, kCommon };

  void Collect(const SchemaFragment& fragment, const NamespaceDecl& ns) {
    Place place{&fragment, &ns};
    for (const auto& decl : ns.entity_types) {
      for (const Name& name : decl.names) {
        Declare(entities_, Qualify(ns.name.text, name.text), EntityDef{place, &decl, name.span},
                "entity type");
      }
    }
    for (const auto& decl : ns.common_types) {
      Declare(commons_, Qualify(ns.name.text, decl.name.text), CommonDef{place, &decl, decl.name.span, {}},
              "common type");
    }
    for (const auto& decl : ns.actions) {
      for (const auto& name : decl.names) {
        EntityUid uid{Qualify(ns.name.text, "Action"), name.id};
        auto [it, fresh] = actions_.emplace(uid, ActionDef{place, &decl, name.span});
        if (!fresh) ReportDuplicate("action", data::ToString(uid), name.span, it->second.span);
      }
    }
  }

  template <typename Def>
  void Declare(std::map<std::string, Def>& defs, std::string name, Def def, std::string_view what) {
    Span span = def.span;
    auto [it, fresh] = defs.emplace(std::move(name), std::move(def));
    if (!fresh) ReportDuplicate(what, it->first, span, it->second.span);
  }

  void ReportDuplicate(std::string_view what, const std::string& name, Span span, Span first) {
    auto& d =
        sink_.Report(Code::kDuplicateDeclaration, span, fmt::format("{} `{}` is declared twice", what, name));
    d.labels.push_back({first, "first declared here"});
  }

  // RFC 70: what the empty namespace declares may not be declared in another one.
  void CheckShadowing() {
    std::map<std::string_view, std::pair<std::string_view, Span>> qualified;  // by last part
    auto note = [&](const std::string& name, Span span) {
      if (syntax::IsQualified(name))
        qualified.emplace(syntax::Basename(name), std::pair(std::string_view(name), span));
    };
    for (const auto& [name, def] : entities_) note(name, def.span);
    for (const auto& [name, def] : commons_) note(name, def.span);
    auto check = [&](const std::string& name, Span span) {
      auto it = qualified.find(name);
      if (syntax::IsQualified(name) || it == qualified.end()) return;
      auto& d =
          sink_.Report(Code::kIllegalShadowing, it->second.second,
                       fmt::format("`{}` would hide `{}` of the empty namespace", it->second.first, name));
      d.labels.push_back({span, "declared here"});
      d.help = "rename one of them, or move the outer one into a namespace";
    };
    for (const auto& [name, def] : entities_) check(name, def.span);
    for (const auto& [name, def] : commons_) {
      if (!entities_.contains(name)) check(name, def.span);
    }

    std::map<std::string_view, std::map<EntityUid, ActionDef>::const_iterator> by_id;
    for (auto it = actions_.cbegin(); it != actions_.cend(); ++it) {
      if (it->first.type != "Action") by_id.emplace(it->first.id, it);
    }
    for (const auto& [uid, def] : actions_) {
      auto it = by_id.find(uid.id);
      if (uid.type != "Action" || it == by_id.end()) continue;
      auto& d = sink_.Report(
          Code::kIllegalShadowing, it->second->second.span,
          fmt::format("action `{}` would hide `{}`", data::ToString(it->second->first), data::ToString(uid)));
      d.labels.push_back({def.span, "declared here"});
    }
  }

  void WarnAboutShadowing() {
    auto builtin = [&](const std::string& name, Span span) {
      std::string_view base = syntax::Basename(name);
      for (const Builtin& b : kBuiltins) {
        if (b.name != base) continue;
        sink_.Report(Code::kShadowsBuiltin, span, fmt::format("`{}` hides Cedar's own type `{}`", name, base))
            .help = fmt::format("where Cedar's type is meant, write `__cedar::{}`", base);
      }
    };
    for (const auto& [name, def] : entities_) {
      if (!def.place.fragment->from_json) builtin(name, def.span);
    }
    for (const auto& [name, def] : commons_) {
      if (def.place.fragment->from_json) continue;
      builtin(name, def.span);
      auto entity = entities_.find(name);
      if (entity == entities_.end()) continue;
      auto& d = sink_.Report(Code::kShadowsEntity, def.span,
                             fmt::format("common type `{}` hides the entity type of the same name", name));
      d.labels.push_back({entity->second.span, "the entity type"});
    }
  }

  void DefineBuiltins() {
    for (const Builtin& b : kBuiltins) {
      std::string name(b.name);
      TypePtr type = MakeType(b.kind);
      builtin_types_["__cedar::" + name] = {type, 1};
      if (!entities_.contains(name) && !commons_.contains(name)) builtin_types_[name] = {type, 1};
    }
  }

  bool IsCommon(const std::string& name) const {
    return commons_.contains(name) || builtin_types_.contains(name);
  }
  bool IsEntity(const std::string& name) const {
    return entities_.contains(name) || schema_.action_types.contains(name);
  }

  // What a written name means, or nothing after reporting that it means nothing of the wanted kind.
  struct Meaning {
    std::string name;
    bool common;
  };
  std::optional<Meaning> Lookup(const Name& name, const Place& place, Wanted wanted, std::string_view role) {
    std::vector<std::string> candidates = {Qualify(place.ns->name.text, name.text)};
    if (candidates[0] != name.text) candidates.push_back(name.text);
    for (const std::string& candidate : candidates) {
      if (wanted != Wanted::kEntity && IsCommon(candidate)) return Meaning{candidate, true};
      if (wanted != Wanted::kCommon && IsEntity(candidate)) return Meaning{candidate, false};
    }
    ReportUnknown(name, place, wanted, role, candidates);
    return std::nullopt;
  }

  void ReportUnknown(const Name& name, const Place& place, Wanted wanted, std::string_view role,
                     const std::vector<std::string>& candidates) {
    for (const std::string& candidate : candidates) {
      if (wanted == Wanted::kEntity && IsCommon(candidate)) {
        sink_.Report(Code::kUnknownType, name.span,
                     fmt::format("`{}` is a common type, but {} must be an entity type", name.text, role));
        return;
      }
      if (wanted == Wanted::kCommon && IsEntity(candidate)) {
        sink_.Report(Code::kUnknownType, name.span,
                     fmt::format("`{}` is an entity type, but {} must be a common type", name.text, role));
        return;
      }
    }
    auto& d =
        sink_.Report(Code::kUnknownType, name.span, fmt::format("type `{}` is not declared", name.text));
    std::vector<std::string> known;
    auto add = [&](const std::string& full) {
      std::string prefix = place.ns->name.text + "::";
      known.push_back(!place.ns->name.text.empty() && full.starts_with(prefix) ? full.substr(prefix.size())
                                                                               : full);
    };
    if (wanted != Wanted::kCommon) {
      for (const auto& [full, def] : entities_) add(full);
    }
    if (wanted != Wanted::kEntity) {
      for (const auto& [full, def] : commons_) add(full);
      for (const auto& [full, type] : builtin_types_) known.push_back(full);
    }
    if (auto guess = source::DidYouMean(name.text, known)) {
      d.help = fmt::format("did you mean `{}`?", *guess);
      return;
    }
    // The right last part in another namespace is the commonest slip.
    for (const std::string& full : known) {
      if (full != name.text && syntax::Basename(full) == syntax::Basename(name.text)) {
        d.help = fmt::format("did you mean `{}`?", full);
        return;
      }
    }
  }

  // --- Types ---

  // Depth of the written type is bounded by the readers (kMaxSchemaNesting, json::kMaxDepth).
  void CollectUses(const Place& place, syntax::TypeId id, std::set<std::string>& uses) {
    const SchemaType& type = place.fragment->types[id];
    switch (type.kind) {
      case SchemaType::Kind::kName:
      case SchemaType::Kind::kCommon: {
        std::string local = Qualify(place.ns->name.text, type.name.text);
        // In the order of Lookup; what is reported there is not reported here.
        if (IsCommon(local)) {
          uses.insert(local);
        } else if (!(type.kind == SchemaType::Kind::kName && IsEntity(local)) && IsCommon(type.name.text)) {
          uses.insert(type.name.text);
        }
        break;
      }
      case SchemaType::Kind::kSet:
        CollectUses(place, type.element, uses);
        break;
      case SchemaType::Kind::kRecord:
        for (const auto& attr : type.attributes) CollectUses(place, attr.type, uses);
        break;
      default:
        break;
    }
  }

  // Resolves the common types that only use resolved ones, until none is left (Kahn's algorithm: no
  // recursion along chains of definitions). What is left then is in a circle or depends on one.
  void ResolveCommonTypes() {
    std::map<std::string, std::vector<std::string>> users;
    std::map<std::string, size_t> missing;
    std::deque<std::string> ready;
    for (auto& [name, def] : commons_) {
      CollectUses(def.place, def.decl->type, def.uses);
      std::erase_if(def.uses, [&](const std::string& used) { return !commons_.contains(used); });
      for (const std::string& used : def.uses) users[used].push_back(name);
      missing[name] = def.uses.size();
      if (def.uses.empty()) ready.push_back(name);
    }
    while (!ready.empty()) {
      std::string name = std::move(ready.front());
      ready.pop_front();
      missing.erase(name);
      const CommonDef& def = commons_.at(name);
      common_types_[name] = BuildType(def.place, def.decl->type, "a type");
      for (const std::string& user : users[name]) {
        if (--missing[user] == 0) ready.push_back(user);
      }
    }
    ReportCycles(missing);
  }

  // `left` holds the types in circles and those that use them. Each circle is reported once.
  void ReportCycles(const std::map<std::string, size_t>& left) {
    std::set<std::string> done;
    for (const auto& [start, count] : left) {
      // Every type left uses another one left, so walking on meets a type again.
      std::vector<std::string> path;
      std::string at = start;
      while (!done.contains(at)) {
        done.insert(at);
        path.push_back(at);
        for (const std::string& used : commons_.at(at).uses) {
          if (left.contains(used)) {
            at = used;
            break;
          }
        }
      }
      auto loop = std::find(path.begin(), path.end(), at);
      if (loop == path.end()) continue;  // leads into a circle reported before
      path.erase(path.begin(), loop);
      path.push_back(at);
      sink_.Report(Code::kCommonTypeCycle, commons_.at(at).span,
                   path.size() == 2 ? fmt::format("common type `{}` contains itself", at)
                                    : fmt::format("common type `{}` contains itself: `{}`", at,
                                                  fmt::join(path, "` -> `")));
    }
  }

  // The type written at `id`. After an error, any type: the schema is not returned then.
  Resolved BuildType(const Place& place, syntax::TypeId id, std::string_view role) {
    const SchemaType& written = place.fragment->types[id];
    Resolved out;
    switch (written.kind) {
      case SchemaType::Kind::kBool:
        return builtin_types_.at("__cedar::Bool");
      case SchemaType::Kind::kLong:
        return builtin_types_.at("__cedar::Long");
      case SchemaType::Kind::kString:
        return builtin_types_.at("__cedar::String");
      case SchemaType::Kind::kExtension:
        return ExtensionType(written.name);
      case SchemaType::Kind::kName:
        return NamedType(written.name, place, Wanted::kEither, role);
      case SchemaType::Kind::kEntity:
        return NamedType(written.name, place, Wanted::kEntity, role);
      case SchemaType::Kind::kCommon:
        return NamedType(written.name, place, Wanted::kCommon, role);
      case SchemaType::Kind::kSet: {
        Resolved element = BuildType(place, written.element, "a type");
        auto type = std::make_shared<Type>();
        type->kind = Type::Kind::kSet;
        type->element = std::move(element.type);
        out = {std::move(type), element.depth + 1};
        break;
      }
      case SchemaType::Kind::kRecord: {
        auto type = std::make_shared<Type>();
        type->kind = Type::Kind::kRecord;
        for (const auto& attr : written.attributes) {
          Resolved value = BuildType(place, attr.type, "a type");
          out.depth = std::max(out.depth, value.depth + 1);
          type->attributes[attr.name] = {std::move(value.type), attr.required};
        }
        out.type = std::move(type);
        break;
      }
    }
    if (out.depth > kMaxTypeDepth) {
      if (!too_deep_) {
        sink_.Report(
            Code::kNestingTooDeep, written.span,
            fmt::format("types are nested deeper than {} here, with common types expanded", kMaxTypeDepth));
      }
      too_deep_ = true;
      return {MakeType(Type::Kind::kBool), 1};
    }
    return out;
  }

  Resolved NamedType(const Name& name, const Place& place, Wanted wanted, std::string_view role) {
    auto meaning = Lookup(name, place, wanted, role);
    if (!meaning) return {MakeType(Type::Kind::kRecord), 1};
    if (!meaning->common) {
      auto type = std::make_shared<Type>();
      type->kind = Type::Kind::kEntity;
      type->entity = meaning->name;
      return {std::move(type), 1};
    }
    if (auto it = builtin_types_.find(meaning->name); it != builtin_types_.end()) return it->second;
    if (auto it = common_types_.find(meaning->name); it != common_types_.end()) return it->second;
    return {MakeType(Type::Kind::kRecord), 1};  // in a circle, reported
  }

  Resolved ExtensionType(const Name& name) {
    std::vector<std::string> known;
    for (const Builtin& b : kBuiltins) {
      if (!b.extension) continue;
      if (b.name == name.text) return builtin_types_.at("__cedar::" + name.text);
      known.emplace_back(b.name);
    }
    auto& d = sink_.Report(Code::kUnknownType, name.span,
                           fmt::format("there is no extension type `{}`", name.text));
    if (auto guess = source::DidYouMean(name.text, known)) d.help = fmt::format("did you mean `{}`?", *guess);
    return {MakeType(Type::Kind::kBool), 1};
  }

  // The attributes of a shape or context, which must be a record in the end.
  Attributes BuildRecord(const Place& place, syntax::TypeId id, std::string_view role,
                         const std::string& of) {
    size_t errors = sink_.error_count();
    TypePtr type = BuildType(place, id, role).type;
    if (type->kind == Type::Kind::kRecord) return type->attributes;
    if (sink_.error_count() == errors) {
      sink_.Report(Code::kNotARecord, place.fragment->types[id].span,
                   fmt::format("{} of `{}` is `{}`, but it must be a record", role, of, ToString(*type)));
    }
    return {};
  }

  // --- Entity types and actions ---

  // An entity type that is declared: not the type of actions.
  std::optional<std::string> DeclaredEntity(const Name& name, const Place& place, std::string_view role) {
    auto meaning = Lookup(name, place, Wanted::kEntity, role);
    if (!meaning) return std::nullopt;
    if (entities_.contains(meaning->name)) return meaning->name;
    sink_.Report(
        Code::kUnknownType, name.span,
        fmt::format("`{}` is the type of actions, but {} must be a declared entity type", name.text, role));
    return std::nullopt;
  }

  void ResolveEntity(const std::string& name, const EntityDef& def) {
    EntityType type;
    type.name = name;
    type.span = def.span;
    type.enum_ids = def.decl->enum_ids;
    for (const Name& parent : def.decl->parents) {
      if (auto full = DeclaredEntity(parent, def.place, "a parent")) type.parents.insert(*full);
    }
    if (def.decl->shape) type.attributes = BuildRecord(def.place, *def.decl->shape, "the shape", name);
    if (def.decl->tags) type.tags = BuildType(def.place, *def.decl->tags, "a type").type;
    schema_.entity_types.emplace(name, std::move(type));
  }

  void ResolveAction(const EntityUid& uid, const ActionDef& def) {
    Action action;
    action.uid = uid;
    action.span = def.span;
    for (const syntax::ActionRef& parent : def.decl->parents) {
      if (auto full = FindParent(parent, def.place)) action.parents.insert(*full);
    }
    if (def.decl->applies_to) {
      const auto& applies_to = *def.decl->applies_to;
      for (const Name& name : applies_to.principals) {
        if (auto full = DeclaredEntity(name, def.place, "a principal")) action.principal_types.insert(*full);
      }
      for (const Name& name : applies_to.resources) {
        if (auto full = DeclaredEntity(name, def.place, "a resource")) action.resource_types.insert(*full);
      }
      if (applies_to.context)
        action.context = BuildRecord(def.place, *applies_to.context, "the context", data::ToString(uid));
    }
    schema_.actions.emplace(uid, std::move(action));
  }

  std::optional<EntityUid> FindParent(const syntax::ActionRef& ref, const Place& place) {
    std::string written = ref.type ? ref.type->text : "Action";
    EntityUid local{Qualify(place.ns->name.text, written), ref.id};
    if (actions_.contains(local)) return local;
    EntityUid outer{written, ref.id};
    if (actions_.contains(outer)) return outer;
    auto& d = sink_.Report(Code::kUnknownParentAction, ref.span,
                           fmt::format("action `{}` is not declared", data::ToString(local)));
    std::vector<std::string> known;
    for (const auto& [uid, def] : actions_) known.push_back(data::ToString(uid));
    if (auto guess = source::DidYouMean(data::ToString(local), known))
      d.help = fmt::format("did you mean `{}`?", *guess);
    return std::nullopt;
  }

  void CloseEntityHierarchy() {
    std::map<std::string, std::set<std::string>> parents;
    for (const auto& [name, type] : schema_.entity_types) parents[name] = type.parents;
    for (auto& [name, ancestors] : Closure(parents)) {
      for (const std::string& ancestor : ancestors)
        schema_.entity_types.at(ancestor).descendants.insert(name);
      schema_.entity_types.at(name).ancestors = std::move(ancestors);
    }
  }

  void CloseActionHierarchy() {
    std::map<EntityUid, std::set<EntityUid>> parents;
    for (const auto& [uid, action] : schema_.actions) parents[uid] = action.parents;
    const std::map<EntityUid, std::set<EntityUid>> closure = Closure(parents);
    std::set<EntityUid> reported;
    for (const auto& [uid, ancestors] : closure) {
      schema_.actions.at(uid).ancestors = ancestors;
      if (!ancestors.contains(uid) || reported.contains(uid)) continue;
      sink_.Report(Code::kActionCycle, actions_.at(uid).span,
                   fmt::format("action `{}` is a member of itself", data::ToString(uid)));
      // One message for all members of one circle.
      for (const EntityUid& other : ancestors) {
        if (closure.at(other).contains(uid)) reported.insert(other);
      }
    }
  }

  source::DiagnosticSink& sink_;
  std::map<std::string, EntityDef> entities_;
  std::map<std::string, CommonDef> commons_;
  std::map<EntityUid, ActionDef> actions_;
  std::map<std::string, Resolved> builtin_types_;  // `__cedar::Long` and, unless hidden, `Long`
  std::map<std::string, Resolved> common_types_;
  bool too_deep_ = false;  // reported once: everything above it is too deep as well
  Schema schema_;
};

}  // namespace

std::optional<Schema> Resolve(const std::vector<SchemaFragment>& fragments, source::DiagnosticSink& sink) {
  return Resolver(sink).Run(fragments);
}

}  // namespace polc::model
