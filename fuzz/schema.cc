// Schemas, in either syntax. What can be read is written in both, and what is written reads back as the same
// schema.
#include <string>
#include <vector>

#include "compiler/model/resolve.h"
#include "compiler/syntax/cedar_schema_parser.h"
#include "compiler/syntax/schema_json.h"
#include "compiler/syntax/schema_printer.h"
#include "compiler/translate/translate.h"
#include "fuzz/check_diagnostics.h"

using namespace polc;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("fuzz", std::string(fuzz::Text(data, size)));
  const std::optional<syntax::SchemaFragment> fragment = model::LoadSchemaFragment(map, file, sink);
  fuzz::CheckDiagnostics(map, sink);
  fuzz::Must(fragment.has_value() != sink.has_errors(), "nothing comes back iff there was an error");
  if (!fragment) return 0;
  const std::optional<model::Schema> schema = model::Resolve({*fragment}, sink);
  fuzz::CheckDiagnostics(map, sink);

  // A text without a declaration is not known for a schema.
  if (translate::Recognize(map, file).kind != translate::Kind::kSchema) return 0;
  // As `polc translate` does, which refuses what is declared twice.
  source::DiagnosticSink of_json, again;
  const std::optional<std::string> json = Translate(map, file, translate::Syntax::kJson, of_json);
  fuzz::CheckDiagnostics(map, of_json);
  fuzz::Must(json.has_value() != of_json.has_errors(), "nothing comes back iff there was an error");
  fuzz::Must(json.has_value() || !schema, "what resolves can be written as JSON");
  if (!json) return 0;
  const std::optional<syntax::SchemaFragment> from_json =
      syntax::ParseJsonSchema(map, map.Add("json", *json), again);
  fuzz::Must(from_json.has_value(), "a schema written as JSON reads back", *json);
  fuzz::Must(SchemaToJson(*from_json) == *json, "written again it is the same JSON", *json);
  if (schema) fuzz::Must(model::Resolve({*from_json}, again) == schema, "JSON keeps the meaning", *json);

  source::DiagnosticSink of_printer;
  const std::optional<std::string> cedar = SchemaToCedar(*fragment, of_printer);
  fuzz::Must(cedar.has_value() != of_printer.has_errors(), "nothing comes back iff there was an error");
  if (!cedar) return 0;
  const std::optional<syntax::SchemaFragment> from_cedar =
      syntax::ParseCedarSchema(map, map.Add("cedar", *cedar), again);
  fuzz::Must(from_cedar.has_value(), "a schema written in Cedar syntax reads back", *cedar);
  if (schema)
    fuzz::Must(model::Resolve({*from_cedar}, again) == schema, "Cedar syntax keeps the meaning", *cedar);
  return 0;
}
