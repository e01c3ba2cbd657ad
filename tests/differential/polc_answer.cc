#include "tests/differential/polc_answer.h"

#include <optional>

#include "compiler/model/resolve.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/cedar_schema_parser.h"
#include "compiler/syntax/schema_json.h"

namespace polc::differential {
namespace {

using source::DiagnosticSink;
using source::SourceMap;

std::optional<model::Schema> ReadSchema(const std::string& text, bool json) {
  SourceMap map;
  DiagnosticSink sink;
  source::FileId file = map.Add("schema", text);
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

template <typename Accept>
Json Verdicts(const Json& c, const char* key, Accept&& accept) {
  Json out = Json::array();
  for (const Json& text : c.value(key, Json::array()))
    out.push_back(static_cast<bool>(accept(text.get_ref<const std::string&>())));
  return out;
}

}  // namespace

struct PolcSide::World {
  std::string key;
  std::optional<model::Schema> schema;
};

PolcSide::PolcSide() : world_(std::make_unique<World>()) {}
PolcSide::~PolcSide() = default;

Json PolcSide::Answer(const Json& c) {
  Json out = Json::object();
  const std::string cedar = c.value("schema", ""), json = c.value("schema_json", "");
  if (std::string key = cedar + '\0' + json; key != world_->key || key.size() == 1) {
    world_->key = key;
    world_->schema.reset();
    if (!cedar.empty() || !json.empty())
      world_->schema = ReadSchema(cedar.empty() ? json : cedar, cedar.empty());
  }
  out["schema"] = world_->schema.has_value();
  if (c.value("convert", false)) out["converted"] = Convert(cedar);
  out["schema_texts"] =
      Verdicts(c, "schema_texts", [](const std::string& t) { return ReadSchema(t, false).has_value(); });
  out["schema_json_texts"] =
      Verdicts(c, "schema_json_texts", [](const std::string& t) { return ReadSchema(t, true).has_value(); });
  return out;
}

}  // namespace polc::differential
