#include "compiler/model/entities_json.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "compiler/source/planted.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"

namespace polc::model {

using data::Entity;
using data::EntityUid;
using source::Code;
using source::DiagnosticSink;
using source::Span;

namespace {

bool IsAction(const EntityUid& uid) { return syntax::Basename(uid.type) == "Action"; }

class Reader {
 public:
  Reader(const json::Document& document, const Schema* schema, SchemaActions actions, DiagnosticSink& sink)
      : document_(document),
        schema_(schema),
        actions_(actions),
        sink_(sink),
        values_(schema, ValueReader::Place::kEntity, sink) {}

  EntitiesResult Read(json::Value array);

 private:
  std::optional<Entity> ReadEntity(json::Value v, EntityVerdict& verdict);
  bool ReadAttributes(json::Value attrs, const EntityType* type, Entity& entity);
  bool ReadTags(json::Value tags, const EntityType* type, Entity& entity);
  bool ReadParents(json::Value parents, const EntityType* type, Entity& entity);
  std::vector<Span>::const_iterator FirstDuplicate(Span span) const;
  bool HasDuplicateKeys(Span span) const;
  void Exclude(const EntityUid& uid) { excluded_.insert(uid); }
  void CheckCycles(std::vector<data::StoreError> errors);
  void CheckActions(const data::EntityStore& store);
  void Name(size_t first_report, const std::string& uid);

  const json::Document& document_;
  const Schema* schema_;
  SchemaActions actions_;
  DiagnosticSink& sink_;
  ValueReader values_;
  std::unordered_set<EntityUid, data::UidHash> excluded_;
};

// The first repeated key at or behind the start of `span`.
std::vector<Span>::const_iterator Reader::FirstDuplicate(Span span) const {
  const std::vector<Span>& all = document_.duplicates();
  return std::lower_bound(all.begin(), all.end(), span.begin,
                          [](const Span& d, uint32_t begin) { return d.begin < begin; });
}

bool Reader::HasDuplicateKeys(Span span) const {
  auto first = FirstDuplicate(span);
  return first != document_.duplicates().end() && first->begin < span.end;
}

void Reader::Name(size_t first_report, const std::string& uid) {
  std::vector<source::Diagnostic>& reports = sink_.mutable_diagnostics();
  for (size_t i = first_report; i < reports.size(); ++i) reports[i].entity = uid;
}

bool Reader::ReadAttributes(json::Value attrs, const EntityType* type, Entity& entity) {
  if (!attrs.is(json::Kind::kObject)) {
    sink_.Report(Code::kJsonShape, attrs.span(),
                 "`attrs` is " + std::string(json::Describe(attrs.kind())) + "; it has to be an object");
    return false;
  }
  if (type) {
    std::optional<data::Record> fields =
        values_.ReadMembers(attrs, type->attributes, "an entity of type `" + type->name + "`");
    if (!fields) return false;
    for (auto& [key, value] : *fields) entity.attrs.emplace_hint(entity.attrs.end(), key, std::move(value));
    return true;
  }
  bool ok = true;
  for (size_t i = 0; i < attrs.size(); ++i) {
    json::Member member = attrs.member(i);
    std::optional<data::Value> value =
        values_.Read(member.value, "attribute `" + source::Excerpt(member.key) + "`");
    ok &= value.has_value();
    if (value) entity.attrs.emplace(member.key, std::move(*value));
  }
  return ok;
}

bool Reader::ReadTags(json::Value tags, const EntityType* type, Entity& entity) {
  if (!tags.is(json::Kind::kObject)) {
    sink_.Report(Code::kJsonShape, tags.span(),
                 "`tags` is " + std::string(json::Describe(tags.kind())) + "; it has to be an object");
    return false;
  }
  bool ok = true;
  for (size_t i = 0; i < tags.size(); ++i) {
    json::Member member = tags.member(i);
    std::string what = "tag `" + source::Excerpt(member.key) + "`";
    std::optional<data::Value> value;
    if (!type) {
      value = values_.Read(member.value, what);
    } else if (type->tags) {
      value = values_.Read(member.value, *type->tags, what);
    } else {
      sink_.Report(Code::kEntityValueMismatch, member.key_span,
                   what + " is not allowed: the schema declares no tags for `" + type->name + "`");
    }
    ok &= value.has_value();
    if (value) entity.tags.emplace(member.key, std::move(*value));
  }
  return ok;
}

bool Reader::ReadParents(json::Value parents, const EntityType* type, Entity& entity) {
  if (!parents.is(json::Kind::kArray)) {
    sink_.Report(Code::kJsonShape, parents.span(),
                 "`parents` is " + std::string(json::Describe(parents.kind())) + "; it has to be an array");
    return false;
  }
  bool ok = true;
  entity.parents.reserve(parents.size());
  for (size_t i = 0; i < parents.size(); ++i) {
    Span span = parents.at(i).span();
    std::optional<EntityUid> parent = values_.ReadUid(parents.at(i), "a parent");
    if (!parent) {
      ok = false;
      continue;
    }
    if (IsAction(entity.uid) && !IsAction(*parent)) {
      sink_.Report(Code::kInvalidParent, span,
                   "parent `" + source::Excerpt(data::ToString(*parent)) +
                       "` is not an action; only actions can hold an action");
      ok = false;
    } else if (type && !type->ancestors.contains(parent->type)) {
      auto& report =
          sink_.Report(Code::kInvalidParent, span,
                       "parent `" + source::Excerpt(data::ToString(*parent)) + "` is of type `" +
                           parent->type + "`; the schema does not allow `" + type->name + "` in it");
      if (!type->parents.empty()) {
        report.help = "a parent may be of type";
        for (const std::string& allowed : type->parents) {
          report.help += (allowed == *type->parents.begin() ? " `" : ", `") + allowed + "`";
        }
      }
      ok = false;
    } else if (type && !values_.CheckUid(*parent, span)) {
      ok = false;
    }
    entity.parents.push_back(std::move(*parent));
  }
  return ok;
}

std::optional<Entity> Reader::ReadEntity(json::Value v, EntityVerdict& verdict) {
  verdict.span = v.span();
  if (!v.is(json::Kind::kObject)) {
    sink_.Report(Code::kJsonShape, v.span(),
                 "an entity is " + std::string(json::Describe(v.kind())) +
                     "; it has to be an object with `uid`, `attrs` and `parents`");
    return std::nullopt;
  }
  Entity entity;
  entity.span = v.span();
  bool ok = true;
  auto need = [&](std::string_view key) {
    std::optional<json::Value> found = v.Find(key);
    if (!found) {
      ok = false;
      sink_.Report(Code::kJsonShape, v.span(), "an entity lacks `" + std::string(key) + "`");
    }
    return found;
  };
  std::optional<json::Value> uid = need("uid");
  const EntityType* type = nullptr;
  bool known = true;  // whether the entity's attributes can be judged
  if (uid) {
    std::optional<EntityUid> read = values_.ReadUid(*uid, "`uid`");
    if (read) {
      entity.uid = std::move(*read);
      verdict.uid = data::ToString(entity.uid);
    } else {
      ok = known = false;
    }
  }
  if (!uid) known = false;
  if (schema_ && known && !IsAction(entity.uid)) {
    type = schema_->FindEntityType(entity.uid.type);
    if (!type) {
      auto& report = sink_.Report(Code::kUndeclaredEntityType, uid->span(),
                                  "the schema does not declare the entity type `" + entity.uid.type + "`");
      std::vector<std::string> names;
      for (const auto& [name, declared] : schema_->entity_types) names.push_back(name);
      if (auto near = source::DidYouMean(entity.uid.type, names))
        report.help = "did you mean `" + *near + "`?";
      ok = known = false;
    }
  }
  if (schema_ && known && !values_.CheckUid(entity.uid, uid->span())) ok = false;
  if (schema_ && !known) return std::nullopt;  // no types to judge the rest by
  if (std::optional<json::Value> attrs = need("attrs")) ok &= ReadAttributes(*attrs, type, entity);
  if (std::optional<json::Value> parents = need("parents")) ok &= ReadParents(*parents, type, entity);
  if (std::optional<json::Value> tags = v.Find("tags")) ok &= ReadTags(*tags, type, entity);
  if (HasDuplicateKeys(v.span())) ok = false;
  if (!ok) return std::nullopt;
  return entity;
}

void Reader::CheckCycles(std::vector<data::StoreError> errors) {
  for (const data::StoreError& error : errors) {
    std::string message = "`" + source::Excerpt(data::ToString(error.uid)) + "` is its own ancestor";
    if (error.cycle.size() > 1) {
      constexpr size_t kShown = 4;
      message += ", by way of";
      for (size_t i = 1; i < error.cycle.size() && i <= kShown; ++i) {
        message += (i == 1 ? " `" : ", `") + source::Excerpt(data::ToString(error.cycle[i])) + "`";
      }
      if (error.cycle.size() > kShown + 1)
        message += " and " + std::to_string(error.cycle.size() - kShown - 1) + " more";
    }
    sink_.Report(Code::kEntityCycle, error.span, std::move(message)).entity = data::ToString(error.uid);
    for (const EntityUid& uid : error.cycle) Exclude(uid);
  }
}

// Actions in the document must have no attributes and no tags, and the ancestors that the schema gives them.
void Reader::CheckActions(const data::EntityStore& store) {
  if (!schema_) return;
  for (const EntityUid& uid : store.order()) {
    if (!IsAction(uid) || excluded_.contains(uid)) continue;
    const Action* declared = schema_->FindAction(uid);
    const Entity* entity = store.Find(uid);
    if (!declared) continue;  // reported where it was read
    std::vector<EntityUid> ancestors = store.Ancestors(uid);
    std::string difference;
    if (!entity->attrs.empty())
      difference = "attributes";
    else if (!entity->tags.empty())
      difference = "tags";
    else if (!std::equal(ancestors.begin(), ancestors.end(), declared->ancestors.begin(),
                         declared->ancestors.end()))
      difference = "groups";
    if (difference.empty()) continue;
    sink_
        .Report(Code::kActionMismatch, entity->span,
                "`" + source::Excerpt(data::ToString(uid)) + "` has other " + difference +
                    " than the schema declares for the action")
        .entity = data::ToString(uid);
    Exclude(uid);
  }
}

EntitiesResult Reader::Read(json::Value array) {
  EntitiesResult result;
  if (!array.is(json::Kind::kArray)) {
    sink_.Report(Code::kJsonShape, array.span(),
                 "entities are " + std::string(json::Describe(array.kind())) + "; they have to be an array");
    return result;
  }
  size_t first_report = sink_.diagnostics().size();
  // Reports of repeated keys came with the document; they get the uid of their entity.
  std::unordered_map<uint32_t, size_t> duplicate_reports;
  if (!document_.duplicates().empty()) {
    for (size_t i = 0; i < first_report; ++i) {
      const source::Diagnostic& report = sink_.diagnostics()[i];
      if (report.code == Code::kJsonDuplicateKey && report.span.file == array.span().file) {
        duplicate_reports.emplace(report.span.begin, i);
      }
    }
  }
  result.verdicts.resize(array.size());
  for (size_t i = 0; i < array.size(); ++i) {
    size_t before = sink_.diagnostics().size();
    EntityVerdict& verdict = result.verdicts[i];
    std::optional<Entity> entity = ReadEntity(array.at(i), verdict);
    verdict.valid = entity.has_value();
    Name(before, verdict.uid);
    for (auto duplicate = FirstDuplicate(verdict.span);
         duplicate != document_.duplicates().end() && duplicate->begin < verdict.span.end; ++duplicate) {
      auto report = duplicate_reports.find(duplicate->begin);
      if (report != duplicate_reports.end()) sink_.mutable_diagnostics()[report->second].entity = verdict.uid;
    }
    if (!entity) continue;
    if (std::optional<data::StoreError> error = result.store.Add(std::move(*entity))) {
      auto& report = sink_.Report(Code::kDuplicateEntity, error->span,
                                  "`" + source::Excerpt(verdict.uid) + "` stands twice, and the two differ");
      report.labels.push_back({error->other_span, "first here"});
      report.entity = verdict.uid;
      Exclude(error->uid);
    }
  }
  CheckCycles(result.store.CloseAll());
  CheckActions(result.store);
  if (!excluded_.empty()) {
    std::unordered_set<std::string> invalid;
    for (const EntityUid& uid : excluded_) invalid.insert(data::ToString(uid));
    for (EntityVerdict& verdict : result.verdicts) {
      if (invalid.contains(verdict.uid)) verdict.valid = false;
    }
    data::EntityStore good;
    for (const EntityUid& uid : result.store.order()) {
      if (!excluded_.contains(uid)) good.Put(*result.store.Find(uid));
    }
    result.store = std::move(good);
  }
  bool added = !excluded_.empty();
  if (schema_ && actions_ == SchemaActions::kAdd && !source::Planted(8)) {
    for (const auto& [uid, action] : schema_->actions) {
      if (result.store.Find(uid)) continue;
      Entity entity;
      entity.uid = uid;
      entity.parents.assign(action.parents.begin(), action.parents.end());
      entity.span = action.span;
      result.store.Put(std::move(entity));
      added = true;
    }
  }
  // What is left of an acyclic store is acyclic, and so are the schema's actions.
  if (added) result.store.CloseAll();
  result.valid = std::all_of(result.verdicts.begin(), result.verdicts.end(),
                             [](const EntityVerdict& verdict) { return verdict.valid; });
  return result;
}

}  // namespace

EntitiesResult ReadEntities(json::Value array, const json::Document& document, const Schema* schema,
                            SchemaActions actions, DiagnosticSink& sink) {
  return Reader(document, schema, actions, sink).Read(array);
}

EntitiesResult ReadEntities(const source::SourceMap& map, source::FileId file, const Schema* schema,
                            DiagnosticSink& sink) {
  std::optional<json::Document> document = json::Document::Parse(map, file, sink, json::Duplicates::kKeep);
  if (!document) return {};
  return ReadEntities(document->root(), *document, schema, SchemaActions::kAdd, sink);
}

std::variant<std::string, ReservedKey> ToJson(const data::EntityStore& store) {
  std::string out = "[";
  bool first_entity = true;
  for (const EntityUid& uid : store.order()) {
    const Entity& entity = *store.Find(uid);
    out += first_entity ? "\n" : ",\n";
    first_entity = false;
    out += "{\"uid\":" + ToJson(uid);
    for (const auto* fields : {&entity.attrs, &entity.tags}) {
      if (fields == &entity.tags && fields->empty()) continue;
      out += fields == &entity.attrs ? ",\"attrs\":{" : ",\"tags\":{";
      bool first = true;
      for (const auto& [key, value] : *fields) {
        auto text = ToJson(value);
        if (auto* reserved = std::get_if<ReservedKey>(&text)) return std::move(*reserved);
        if (!first) out += ',';
        first = false;
        out += json::Quote(key) + ":" + std::get<std::string>(text);
      }
      out += '}';
    }
    std::vector<EntityUid> parents = entity.parents;
    std::sort(parents.begin(), parents.end());
    parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
    out += ",\"parents\":[";
    for (size_t i = 0; i < parents.size(); ++i) out += (i > 0 ? "," : "") + ToJson(parents[i]);
    out += "]}";
  }
  out += first_entity ? "]\n" : "\n]\n";
  return out;
}

}  // namespace polc::model
