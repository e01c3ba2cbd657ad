#include "compiler/host/entities_json.h"

#include <algorithm>
#include <set>

#include "compiler/source/quote.h"

namespace polc::host {

using data::Entity;
using data::EntityUid;
using source::Code;

namespace {

// Whether an entity of the type may be in one of the other, directly or not: a file may name any ancestor.
bool MayBeIn(const core::Model& model, const core::EntityType& type, const std::string& other) {
  std::set<std::string> seen(type.parents.begin(), type.parents.end());
  std::vector<std::string> open(type.parents);
  while (!open.empty()) {
    const std::string parent = std::move(open.back());
    open.pop_back();
    if (parent == other) return true;
    const core::EntityType* of = model.FindType(parent);
    if (!of) continue;
    for (const std::string& next : of->parents) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return false;
}

class Reader {
 public:
  Reader(const core::Program& program, source::DiagnosticSink& sink)
      : program_(program),
        sink_(sink),
        typed_(program, Code::kEntityValueMismatch, RequestValidation::kOn, sink) {}

  std::optional<Entity> ReadEntity(json::Value v, model::EntityVerdict& verdict) {
    bool ok = typed_.CheckObject(v, {"uid", "attrs", "parents", "tags"}, "an entity");
    const auto uid = v.is(json::Kind::kObject) ? v.Find("uid") : std::nullopt;
    if (!uid) {
      if (ok) sink_.Report(Code::kJsonShape, v.span(), "an entity lacks `uid`");
      return std::nullopt;
    }
    std::optional<EntityUid> read = typed_.ReadUid(*uid, "`uid`");
    if (!read) return std::nullopt;
    Entity entity{.uid = std::move(*read), .attrs = {}, .tags = {}, .parents = {}, .span = v.span()};
    verdict.uid = data::ToString(entity.uid);
    const core::EntityType* type = program_.model.FindType(entity.uid.type);
    if (!type) {
      Undeclared(*uid, entity.uid);
      return std::nullopt;
    }
    if (type->enum_ids && std::ranges::count(*type->enum_ids, entity.uid.id) == 0) {
      sink_.Report(Code::kInvalidEnumEntity, uid->span(),
                   "`" + source::Excerpt(verdict.uid) + "` is none of its type's");
      ok = false;
    }
    ok &= ReadAttributes(v, *type, entity) & ReadTags(v, *type, entity) & ReadParents(v, *type, entity);
    if (!ok) return std::nullopt;
    return entity;
  }

 private:
  void Undeclared(json::Value at, const EntityUid& uid) {
    if (program_.model.FindAction(uid)) {
      sink_.Report(Code::kActionMismatch, at.span(),
                   "actions are what the policies declare, and cannot be supplied");
      return;
    }
    auto& report = sink_.Report(Code::kUndeclaredEntityType, at.span(),
                                "the policies do not declare the type `" + uid.type + "`");
    std::vector<std::string> names;
    for (const core::EntityType& t : program_.model.entity_types) names.push_back(t.name);
    if (auto near = source::DidYouMean(uid.type, names)) report.help = "did you mean `" + *near + "`?";
  }

  bool ReadAttributes(json::Value v, const core::EntityType& type, Entity& entity) {
    const auto attrs = v.Find("attrs");
    if (!attrs) {
      const auto lacks = std::ranges::find(type.attributes, true, &core::Attribute::required);
      if (lacks == type.attributes.end()) return true;
      sink_.Report(Code::kEntityValueMismatch, v.span(),
                   "`" + source::Excerpt(data::ToString(entity.uid)) + "` lacks `" + lacks->name + "`");
      return false;
    }
    const auto read = typed_.ReadMembers(*attrs, type.attributes, Side::kBoth,
                                         "`" + source::Excerpt(data::ToString(entity.uid)) + "`");
    if (!read) return false;
    for (const auto& [name, value] : read->as_record()) entity.attrs.emplace(name, value);
    return true;
  }

  bool ReadTags(json::Value v, const core::EntityType& type, Entity& entity) {
    const auto tags = v.Find("tags");
    if (!tags) return true;
    if (!tags->is(json::Kind::kObject) || (tags->size() > 0 && !type.tags)) {
      sink_.Report(Code::kEntityValueMismatch, tags->span(),
                   "`tags` of `" + source::Excerpt(data::ToString(entity.uid)) + "`" +
                       (type.tags ? " is no object" : ", whose type has none"));
      return false;
    }
    bool ok = true;
    for (size_t i = 0; i < tags->size(); ++i) {
      const json::Member tag = tags->member(i);
      auto value = typed_.Read(tag.value, *type.tags, "tag `" + source::Excerpt(tag.key) + "`");
      ok &= value.has_value();
      if (value) entity.tags.emplace(tag.key, std::move(*value));
    }
    return ok;
  }

  bool ReadParents(json::Value v, const core::EntityType& type, Entity& entity) {
    const auto parents = v.Find("parents");
    if (!parents) return true;
    if (!parents->is(json::Kind::kArray)) {
      sink_.Report(Code::kJsonShape, parents->span(),
                   "`parents` is " + std::string(json::Describe(parents->kind())) + ", not an array");
      return false;
    }
    bool ok = true;
    for (size_t i = 0; i < parents->size(); ++i) {
      std::optional<EntityUid> parent = typed_.ReadUid(parents->at(i), "a parent");
      ok &= parent.has_value();
      if (!parent) continue;
      if (!MayBeIn(program_.model, type, parent->type)) {
        sink_.Report(Code::kInvalidParent, parents->at(i).span(),
                     "`" + type.name + "` is in no `" + parent->type + "`");
        ok = false;
      }
      entity.parents.push_back(std::move(*parent));
    }
    return ok;
  }

  const core::Program& program_;
  source::DiagnosticSink& sink_;
  TypedReader typed_;
};

// Adds the entities of an array; the store is not closed.
void ReadInto(json::Value array, const json::Document& document, const core::Program& program,
              source::DiagnosticSink& sink, model::EntitiesResult& result) {
  result.valid = document.duplicates().empty();
  if (!array.is(json::Kind::kArray)) {
    sink.Report(Code::kJsonShape, array.span(),
                "entities are " + std::string(json::Describe(array.kind())) + ", not an array");
    result.valid = false;
    return;
  }
  Reader reader(program, sink);
  for (size_t i = 0; i < array.size(); ++i) {
    model::EntityVerdict& verdict = result.verdicts.emplace_back();
    verdict.span = array.at(i).span();
    const size_t before = sink.diagnostics().size();
    std::optional<Entity> entity = reader.ReadEntity(array.at(i), verdict);
    if (entity) {
      if (const auto error = result.store.Add(std::move(*entity))) {
        sink.Report(Code::kDuplicateEntity, error->span,
                    "`" + source::Excerpt(data::ToString(error->uid)) + "` stands twice, and differs");
        entity.reset();
      }
    }
    verdict.valid = entity.has_value();
    result.valid &= verdict.valid;
    for (size_t d = before; d < sink.diagnostics().size(); ++d)
      sink.mutable_diagnostics()[d].entity = verdict.uid;
  }
}

void Close(source::DiagnosticSink& sink, model::EntitiesResult& result) {
  for (const data::StoreError& error : result.store.CloseAll()) {
    result.valid = false;
    sink.Report(Code::kEntityCycle, error.span,
                "`" + source::Excerpt(data::ToString(error.uid)) + "` is its own ancestor");
  }
}

}  // namespace

model::EntitiesResult ReadEntities(const source::SourceMap& map, source::FileId file,
                                   const core::Program& program, source::DiagnosticSink& sink) {
  model::EntitiesResult result;
  if (const auto document = json::Document::Parse(map, file, sink, json::Duplicates::kKeep))
    ReadInto(document->root(), *document, program, sink, result);
  core::PutActions(program.model, result.store);
  Close(sink, result);
  return result;
}

model::EntitiesResult ReadEntities(json::Value array, const json::Document& document,
                                   const core::Program& program, source::DiagnosticSink& sink) {
  model::EntitiesResult result;
  ReadInto(array, document, program, sink, result);
  Close(sink, result);
  return result;
}

}  // namespace polc::host
