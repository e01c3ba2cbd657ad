#include "compiler/model/request_json.h"

#include <string>

#include "compiler/json/json.h"
#include "compiler/model/entities_json.h"
#include "compiler/model/uid_text.h"
#include "compiler/model/value_json.h"
#include "compiler/source/quote.h"

namespace polc::model {

using data::EntityUid;
using source::Code;
using source::DiagnosticSink;
using source::SourceMap;
using source::Span;

namespace {

class Reader {
 public:
  Reader(const Schema* schema, RequestValidation validation, DiagnosticSink& sink)
      : schema_(schema),
        validation_(validation),
        sink_(sink),
        values_(schema, ValueReader::Place::kContext, sink) {}

  void Read(const json::Document& document, RequestResult& result);

 private:
  // A uid with its place.
  struct Reference {
    EntityUid uid;
    Span span;
  };
  std::optional<Reference> ReadReference(json::Value request, std::string_view key);
  bool ReadContext(json::Value request, const Action* action, data::Request& out);
  bool ReadRequestEntities(json::Value request, const json::Document& document, data::Request& out);
  bool Validate(const Reference& principal, const Reference& action, const Reference& resource);

  const Schema* schema_;
  RequestValidation validation_;
  DiagnosticSink& sink_;
  ValueReader values_;
};

std::optional<Reader::Reference> Reader::ReadReference(json::Value request, std::string_view key) {
  std::string name = "`" + std::string(key) + "`";
  std::optional<json::Value> v = request.Find(key);
  if (!v) {
    sink_.Report(Code::kJsonShape, request.span(), "a request lacks " + name);
    return std::nullopt;
  }
  if (v->is(json::Kind::kString)) {
    auto parsed = ParseUid(v->string());
    if (const std::string* why = std::get_if<std::string>(&parsed)) {
      sink_.Report(Code::kInvalidUid, v->span(), name + " is no entity: " + *why);
      return std::nullopt;
    }
    return Reference{std::get<EntityUid>(std::move(parsed)), v->span()};
  }
  std::optional<EntityUid> uid = values_.ReadUid(*v, name);
  if (!uid) return std::nullopt;
  return Reference{std::move(*uid), v->span()};
}

bool Reader::ReadContext(json::Value request, const Action* action, data::Request& out) {
  std::optional<json::Value> v = request.Find("context");
  if (!v) {
    // Absent means empty: wrong if the action needs something in it.
    bool ok = true;
    if (action && validation_ == RequestValidation::kOn) {
      for (const auto& [name, attribute] : action->context) {
        if (!attribute.required) continue;
        ok = false;
        sink_.Report(Code::kInvalidContext, request.span(),
                     "a request without `context` lacks `" + name + "`, which the schema requires for `" +
                         source::Excerpt(data::ToString(action->uid)) + "`");
      }
    }
    return ok;
  }
  if (action && v->is(json::Kind::kObject)) {
    std::optional<data::Record> fields = values_.ReadMembers(
        *v, action->context, "the context of `" + source::Excerpt(data::ToString(action->uid)) + "`");
    if (!fields) return false;
    out.context = data::Value::MakeRecord(std::move(*fields));
    return true;
  }
  std::optional<data::Value> context = values_.Read(*v, "`context`");
  if (!context) return false;
  if (!context->is(data::Kind::kRecord) || !v->is(json::Kind::kObject)) {
    sink_.Report(Code::kInvalidContext, v->span(),
                 "`context` is " + std::string(json::Describe(v->kind())) + " that is no record");
    return false;
  }
  out.context = std::move(*context);
  return true;
}

bool Reader::ReadRequestEntities(json::Value request, const json::Document& document, data::Request& out) {
  std::optional<json::Value> v = request.Find("entities");
  if (!v) return true;
  EntitiesResult entities = ReadEntities(*v, document, schema_, SchemaActions::kLeaveOut, sink_);
  for (const EntityUid& uid : entities.store.order()) out.entities.push_back(*entities.store.Find(uid));
  return entities.valid;
}

bool Reader::Validate(const Reference& principal, const Reference& action, const Reference& resource) {
  bool ok = true;
  auto check_type = [&](const Reference& r, const char* role, Code undeclared) {
    if (schema_->FindEntityType(r.uid.type)) {
      ok &= values_.CheckUid(r.uid, r.span);
      return;
    }
    ok = false;
    auto& report =
        sink_.Report(undeclared, r.span,
                     "the schema does not declare the " + std::string(role) + "'s type `" + r.uid.type + "`");
    std::vector<std::string> names;
    for (const auto& [name, type] : schema_->entity_types) names.push_back(name);
    if (auto near = source::DidYouMean(r.uid.type, names)) report.help = "did you mean `" + *near + "`?";
  };
  check_type(principal, "principal", Code::kUndeclaredPrincipalType);
  check_type(resource, "resource", Code::kUndeclaredResourceType);
  const Action* declared = schema_->FindAction(action.uid);
  if (!declared) {
    auto& report = sink_.Report(
        Code::kUndeclaredAction, action.span,
        "the schema does not declare the action `" + source::Excerpt(data::ToString(action.uid)) + "`");
    std::vector<std::string> names;
    for (const auto& [uid, other] : schema_->actions) names.push_back(data::ToString(uid));
    if (auto near = source::DidYouMean(data::ToString(action.uid), names))
      report.help = "did you mean `" + *near + "`?";
    return false;
  }
  auto check_applies = [&](const Reference& r, const char* role, const std::set<std::string>& allowed,
                           Code code) {
    if (allowed.contains(r.uid.type) || !schema_->FindEntityType(r.uid.type)) return;
    ok = false;
    auto& report = sink_.Report(code, r.span,
                                std::string(role) + " type `" + r.uid.type + "` is not one that `" +
                                    source::Excerpt(data::ToString(action.uid)) + "` applies to");
    if (allowed.empty()) {
      report.help = "the action applies to no " + std::string(role) + " type";
      return;
    }
    report.help = "it applies to";
    for (const std::string& type : allowed)
      report.help += (type == *allowed.begin() ? " `" : ", `") + type + "`";
  };
  check_applies(principal, "principal", declared->principal_types, Code::kInvalidPrincipalType);
  check_applies(resource, "resource", declared->resource_types, Code::kInvalidResourceType);
  return ok;
}

void Reader::Read(const json::Document& document, RequestResult& result) {
  json::Value root = document.root();
  if (!root.is(json::Kind::kObject)) {
    sink_.Report(Code::kJsonShape, root.span(),
                 "a request is " + std::string(json::Describe(root.kind())) +
                     "; it has to be an object with `principal`, `action` and `resource`");
    return;
  }
  data::Request request;
  request.span = root.span();
  bool readable = document.duplicates().empty();
  std::optional<Reference> principal = ReadReference(root, "principal");
  std::optional<Reference> action = ReadReference(root, "action");
  std::optional<Reference> resource = ReadReference(root, "resource");
  readable &= principal && action && resource;
  const Action* declared = schema_ && action ? schema_->FindAction(action->uid) : nullptr;
  bool context_given = root.Find("context").has_value();
  bool context_ok = ReadContext(root, declared, request);
  if (context_given) readable &= context_ok;
  readable &= ReadRequestEntities(root, document, request);
  bool allowed = context_ok;
  if (schema_ && validation_ == RequestValidation::kOn && principal && action && resource) {
    allowed &= Validate(*principal, *action, *resource);
  }
  result.valid = readable && allowed;
  if (!readable) return;
  request.principal = std::move(principal->uid);
  request.action = std::move(action->uid);
  request.resource = std::move(resource->uid);
  result.request = std::move(request);
}

}  // namespace

RequestResult ReadRequest(const SourceMap& map, Span text, size_t index, const Schema* schema,
                          RequestValidation validation, DiagnosticSink& sink) {
  size_t before = sink.diagnostics().size();
  RequestResult result;
  result.span = text;
  if (std::optional<json::Document> document =
          json::Document::Parse(map, text, sink, json::Duplicates::kKeep)) {
    Reader(schema, validation, sink).Read(*document, result);
  }
  for (size_t i = before; i < sink.diagnostics().size(); ++i) sink.mutable_diagnostics()[i].request = index;
  return result;
}

std::vector<Span> RequestLines(const SourceMap& map, source::FileId file) {
  std::vector<Span> lines;
  const std::string_view text = map.text(file);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (text.substr(begin, end - begin).find_first_not_of(" \t\r") != std::string_view::npos) {
      lines.push_back({file, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
    }
    begin = end + 1;
  }
  return lines;
}

}  // namespace polc::model
