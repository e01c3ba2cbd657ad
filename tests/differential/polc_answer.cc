#include "tests/differential/polc_answer.h"

#include <algorithm>
#include <optional>

#include "compiler/format/cedar_format.h"
#include "compiler/model/entities_json.h"
#include "compiler/model/request_json.h"
#include "compiler/model/resolve.h"
#include "compiler/model/uid_text.h"
#include "compiler/sema/check.h"
#include "compiler/sema/lower.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/cedar_parser.h"
#include "compiler/syntax/cedar_schema_parser.h"
#include "compiler/syntax/policy_json.h"
#include "compiler/syntax/schema_json.h"

namespace polc::differential {
namespace {

using source::DiagnosticSink;
using source::FileId;
using source::SourceMap;

// What is evaluated is counted in one of this many answers: the walk costs more than the decision.
constexpr uint64_t kCountEvery = 2;

const std::string& Text(const Json& j) { return j.get_ref<const std::string&>(); }

Json List(const Json& c, const char* key) { return c.value(key, Json::array()); }

std::optional<model::Schema> ReadSchema(const std::string& text, bool json) {
  SourceMap map;
  DiagnosticSink sink;
  FileId file = map.Add("schema", text);
  auto fragment = json ? syntax::ParseJsonSchema(map, file, sink) : syntax::ParseCedarSchema(map, file, sink);
  if (!fragment) return std::nullopt;
  return model::Resolve({*fragment}, sink);
}

Json Convert(const std::string& text) {
  SourceMap map;
  DiagnosticSink sink;
  auto fragment = syntax::ParseCedarSchema(map, map.Add("schema", text), sink);
  return fragment ? Json::parse(syntax::SchemaToJson(*fragment)) : Json(nullptr);
}

bool ParsesAsPolicies(const std::string& text) {
  SourceMap map;
  DiagnosticSink sink;
  syntax::ParseCedar(map, map.Add("policies", text), sink);
  return !sink.has_errors();
}

model::EntitiesResult ReadEntities(const std::string& text, const model::Schema* schema) {
  SourceMap map;
  DiagnosticSink sink;
  return model::ReadEntities(map, map.Add("entities", text), schema, sink);
}

std::optional<syntax::EntityRef> Ref(const Json& link, const char* key) {
  if (!link.contains(key)) return std::nullopt;
  auto uid = model::ParseUid(Text(link[key]));
  if (!std::holds_alternative<data::EntityUid>(uid)) return std::nullopt;
  syntax::EntityRef ref;
  ref.type.text = std::get<data::EntityUid>(uid).type;
  ref.id = std::get<data::EntityUid>(uid).id;
  return ref;
}

// The ids of invalid rules and templates, sorted.
Json Invalid(const core::Program& program, const model::Schema& schema, sema::CheckMode mode,
             std::optional<uint32_t> level = std::nullopt) {
  DiagnosticSink sink;
  sema::CheckOptions options;
  options.mode = mode;
  options.level = level;
  sema::CheckResult result = sema::Check(program, schema, options, sink);
  std::vector<std::string> ids;
  for (const auto* verdicts : {&result.rules, &result.templates}) {
    for (const sema::RuleVerdict& v : *verdicts) {
      if (!v.valid) ids.push_back(v.id);
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

template <typename Accept>
Json Verdicts(const Json& c, const char* key, Accept&& accept) {
  Json out = Json::array();
  for (const Json& text : List(c, key)) out.push_back(static_cast<bool>(accept(Text(text))));
  return out;
}

Json ToJson(const tests::Decision& d) { return {{"d", d.allow}, {"r", d.reasons}, {"e", d.errors}}; }

struct ReadRequest {
  std::optional<data::Request> request;
  bool valid = false;
};

ReadRequest Read(const Json& r, const model::Schema* schema) {
  const std::string text = "{\"principal\":" + r["p"].dump() + ",\"action\":" + r["a"].dump() +
                           ",\"resource\":" + r["r"].dump() + ",\"context\":" + Text(r["c"]) + "}";
  SourceMap map;
  DiagnosticSink sink;
  FileId file = map.Add("request", text);
  const source::Span whole{file, 0, static_cast<uint32_t>(text.size())};
  if (schema) {
    auto result = model::ReadRequest(map, whole, 0, schema, model::RequestValidation::kOn, sink);
    if (result.request && result.valid) return {std::move(result.request), true};
  }
  auto result = model::ReadRequest(map, whole, 0, nullptr, model::RequestValidation::kOff, sink);
  return {std::move(result.request), false};
}

}  // namespace

struct PolcSide::World {
  std::string key;
  std::optional<model::Schema> schema;
  std::string entities_key;
  bool entities_valid = false;
  data::EntityStore store;
  std::vector<ReadRequest> requests;  // of this case

  const model::Schema* schema_or_null() const { return schema ? &*schema : nullptr; }
};

PolcSide::PolcSide() : world_(std::make_unique<World>()) {}
PolcSide::~PolcSide() = default;

Json PolcSide::Decisions(const core::Program& program, const Surface* surface) {
  Json out = Json::array();
  std::vector<std::unique_ptr<tests::Loaded>> loaded;
  for (const auto& e : engines_) loaded.push_back(e->Load(program));
  for (const ReadRequest& r : world_->requests) {
    if (!r.request) {
      out.push_back(nullptr);
      continue;
    }
    const tests::Decision first = loaded[0]->Decide(*r.request);
    Json shown = ToJson(first);
    for (size_t i = 1; i < loaded.size(); ++i) {
      const tests::Decision other = loaded[i]->Decide(*r.request);
      if (other != first)
        shown = {{engines_[0]->name(), ToJson(first)}, {engines_[i]->name(), ToJson(other)}};
    }
    out.push_back(shown);
    if (surface) CountEvaluated(program, *surface, world_->store, *r.request, evaluated_);
  }
  return out;
}

Json PolcSide::Import(const std::string& policy_set_json) {
  SourceMap map;
  DiagnosticSink sink;
  auto set = syntax::ParsePolicySetJson(map, map.Add("policies.json", policy_set_json), sink);
  if (!set) return {{"ok", false}};
  sema::Lowerer lowerer(sema::IdSource::kPosition, sink);
  for (const syntax::NamedPolicy& p : set->policies) {
    lowerer.AddNamed(p.policy, p.id, p.under_templates);
  }
  for (const syntax::TemplateLink& l : set->links) lowerer.AddLink(l);
  const core::Program program = lowerer.Take();
  if (sink.has_errors()) return {{"ok", false}};
  return {{"ok", true}, {"decisions", Decisions(program, nullptr)}};
}

Json PolcSide::Answer(const Json& c) {
  Json out = Json::object();
  World& w = *world_;
  const std::string cedar = c.value("schema", ""), json = c.value("schema_json", "");
  if (std::string key = cedar + '\0' + json; key != w.key) {
    w.key = key;
    w.entities_key.clear();
    w.schema.reset();
    if (!cedar.empty() || !json.empty()) w.schema = ReadSchema(cedar.empty() ? json : cedar, cedar.empty());
  }
  out["schema"] = w.schema.has_value();
  if (c.value("convert", false)) out["converted"] = Convert(cedar);

  const std::string entities = c.value("entities", "[]");
  if (entities != w.entities_key || w.entities_key.empty()) {
    w.entities_key = entities;
    model::EntitiesResult result = ReadEntities(entities, w.schema_or_null());
    w.entities_valid = result.valid;
    w.store = result.valid ? std::move(result.store) : data::EntityStore();
    for (const auto& e : engines_) e->SetStore(w.store);
  }
  out["entities"] = w.entities_valid;

  out["policy_texts"] = Verdicts(c, "policy_texts", ParsesAsPolicies);
  out["schema_texts"] =
      Verdicts(c, "schema_texts", [](const std::string& t) { return ReadSchema(t, false).has_value(); });
  out["schema_json_texts"] =
      Verdicts(c, "schema_json_texts", [](const std::string& t) { return ReadSchema(t, true).has_value(); });
  out["entity_texts"] = Verdicts(c, "entity_texts", [&](const std::string& t) {
    auto result = ReadEntities("[" + t + "]", w.schema_or_null());
    return result.verdicts.size() == 1 && result.verdicts[0].valid;
  });
  out["entities_texts"] = Verdicts(
      c, "entities_texts", [&](const std::string& t) { return ReadEntities(t, w.schema_or_null()).valid; });

  w.requests.clear();
  out["requests"] = Json::array();
  for (const Json& r : List(c, "requests")) {
    w.requests.push_back(Read(r, w.schema_or_null()));
    out["requests"].push_back(w.requests.back().request ? Json(w.requests.back().valid) : Json(nullptr));
  }

  if (c.contains("policies")) {
    SourceMap map;
    DiagnosticSink sink;
    FileId file = map.Add("policies", Text(c["policies"]));
    std::vector<syntax::ParsedPolicy> parsed = syntax::ParseCedar(map, file, sink);
    sema::Lowerer lowerer(sema::IdSource::kPosition, sink);
    for (const syntax::ParsedPolicy& p : parsed) lowerer.Add(p.policy);
    out["parsed"] = !sink.has_errors();
    if (!sink.has_errors()) {
      Surface surface;
      for (const syntax::ParsedPolicy& p : parsed) surface.Add(p.policy);
      Json linked = Json::array();
      std::vector<syntax::TemplateLink> links;
      for (const Json& l : List(c, "links")) {
        syntax::TemplateLink link;
        link.template_id = Text(l["template_id"]);
        link.new_id = Text(l["new_id"]);
        link.principal = Ref(l, "principal");
        link.resource = Ref(l, "resource");
        lowerer.AddLink(link);
        links.push_back(link);
      }
      const core::Program program = lowerer.Take();
      for (const Json& l : List(c, "links")) {
        linked.push_back(std::any_of(program.rules.begin(), program.rules.end(),
                                     [&](const core::Rule& r) { return r.id == Text(l["new_id"]); }));
      }
      out["linked"] = linked;
      if (w.schema) {
        if (c.value("strict", false)) out["strict"] = Invalid(program, *w.schema, sema::CheckMode::kStrict);
        if (c.value("permissive", false)) {
          out["permissive"] = Invalid(program, *w.schema, sema::CheckMode::kPermissive);
        }
        out["levels"] = Json::array();
        for (const Json& n : List(c, "levels")) {
          out["levels"].push_back(Invalid(program, *w.schema, sema::CheckMode::kStrict, n.get<uint32_t>()));
        }
      }
      out["decisions"] = Decisions(program, answers_++ % kCountEvery == 0 ? &surface : nullptr);
      if (c.value("json", false)) {
        syntax::PolicySet set;
        for (size_t i = 0; i < parsed.size(); ++i)
          set.policies.push_back({gen::PolicyId(i), parsed[i].policy});
        set.links = links;
        out["json"] = Json::parse(syntax::PolicySetToJson(set));
      }
      if (c.value("format", false)) {
        DiagnosticSink ignored;
        auto formatted = format::FormatCedar(map, file, ignored);
        out["formatted"] = formatted ? Json(*formatted) : Json(nullptr);
      }
    }
  }
  out["policy_jsons"] = Json::array();
  for (const Json& text : List(c, "policy_jsons")) out["policy_jsons"].push_back(Import(Text(text)));
  return out;
}

}  // namespace polc::differential
