#include "compiler/model/resolve.h"
#include "compiler/syntax/cedar_schema_parser.h"
#include "compiler/syntax/schema_json.h"

namespace polc::model {
namespace {

bool IsJson(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace

std::optional<syntax::SchemaFragment> LoadSchemaFragment(const source::SourceMap& map, source::FileId file,
                                                         source::DiagnosticSink& sink) {
  return IsJson(map.text(file)) ? syntax::ParseJsonSchema(map, file, sink)
                                : syntax::ParseCedarSchema(map, file, sink);
}

std::optional<Schema> LoadSchema(const source::SourceMap& map, const std::vector<source::FileId>& files,
                                 source::DiagnosticSink& sink) {
  std::vector<syntax::SchemaFragment> fragments;
  for (source::FileId file : files) {
    if (auto fragment = LoadSchemaFragment(map, file, sink)) fragments.push_back(std::move(*fragment));
  }
  // With a file missing, every name it declares would be reported as unknown.
  if (fragments.size() < files.size()) return std::nullopt;
  return Resolve(fragments, sink);
}

}  // namespace polc::model
