#include "compiler/scaffold/openapi.h"

#include <algorithm>
#include <array>

#include "compiler/scaffold/json_schema.h"
#include "compiler/scaffold/mcp.h"
#include "fmt/format.h"

namespace polc::scaffold {
namespace {

using json::Kind;
using json::Value;
using source::Code;

struct Method {
  std::string_view key, name;
};
constexpr std::array<Method, 8> kMethods = {{{"get", "GET"},
                                             {"put", "PUT"},
                                             {"post", "POST"},
                                             {"delete", "DELETE"},
                                             {"options", "OPTIONS"},
                                             {"head", "HEAD"},
                                             {"patch", "PATCH"},
                                             {"trace", "TRACE"}}};

class Reader {
 public:
  Reader(Value root, source::DiagnosticSink& sink)
      : root_(root), sink_(sink), schemas_(root, list_.records) {}

  std::optional<ToolList> Read() {
    const std::optional<Value> paths = Get(root_, "paths");
    if (!paths || !paths->is(Kind::kObject)) {
      sink_.Report(Code::kJsonShape, root_.span(),
                   "an OpenAPI description is an object with an object `paths`");
      return std::nullopt;
    }
    for (size_t i = 0; i < paths->size(); ++i) {
      const json::Member path = paths->member(i);
      const Value item = schemas_.Follow(path.value);
      for (const Method& method : kMethods) {
        const std::optional<Value> operation = Get(item, method.key);
        if (operation && operation->is(Kind::kObject)) Operation(path, item, *operation, method);
      }
    }
    if (!Distinct(list_, sink_)) return std::nullopt;
    return std::move(list_);
  }

 private:
  void Operation(const json::Member& path, const Value& item, const Value& operation, const Method& method) {
    Tool tool;
    tool.span = path.key_span;
    tool.name = TextOf(operation, "operationId");
    if (tool.name.empty()) tool.name = fmt::format("{} {}", method.name, path.key);
    tool.description = TextOf(operation, "summary");
    if (tool.description.empty()) tool.description = TextOf(operation, "description");
    tool.hints.method = method.name;
    Parameters(operation, tool);
    Parameters(item, tool);  // those of the path, unless the operation has its own
    if (const std::optional<Value> body = Get(operation, "requestBody")) Body(schemas_.Follow(*body), tool);
    list_.tools.push_back(std::move(tool));
  }

  static bool Has(const Tool& tool, std::string_view name) {
    return name == "tool" ||
           std::ranges::any_of(tool.fields, [&](const Field& field) { return field.name == name; });
  }
  static void Put(Field field, std::string_view in, Tool& tool) {
    if (Has(tool, field.name)) field.name = fmt::format("{}.{}", in, field.name);
    if (!Has(tool, field.name)) tool.fields.push_back(std::move(field));
  }

  void Parameters(const Value& of, Tool& tool) {
    const std::optional<Value> parameters = Get(of, "parameters");
    const std::vector<Field> before = tool.fields;
    for (size_t i = 0; parameters && parameters->is(Kind::kArray) && i < parameters->size(); ++i) {
      const Value parameter = schemas_.Follow(parameters->at(i));
      const std::string name = TextOf(parameter, "name"), in = TextOf(parameter, "in");
      const std::optional<Value> schema = Get(parameter, "schema");
      if (in == "body" && schema) {
        Properties(*schema, tool);
        continue;
      }
      if (name.empty() || in == "cookie") continue;
      if (std::ranges::any_of(before, [&](const Field& field) { return field.name == name; })) continue;
      Field field = schemas_.Read(schema ? *schema : parameter, tool.name, name);
      const std::optional<Value> required = Get(parameter, "required");
      field.optional = !(required && required->is(Kind::kBool) && required->boolean());
      Put(std::move(field), in, tool);
    }
  }

  void Body(const Value& body, Tool& tool) {
    const std::optional<Value> content = Get(body, "content");
    const std::optional<Value> media = content ? Get(*content, "application/json") : std::nullopt;
    if (const std::optional<Value> schema = media ? Get(*media, "schema") : std::nullopt) {
      Properties(*schema, tool);
    } else {
      tool.fields.push_back({"body", "Text", true, "the body: as text"});
    }
  }

  void Properties(const Value& schema, Tool& tool) {
    std::vector<Field> fields = schemas_.Properties(schema, tool.name);
    if (fields.empty()) fields.push_back(schemas_.Read(schema, tool.name, "body"));
    for (Field& field : fields) Put(std::move(field), "body", tool);
  }

  Value root_;
  source::DiagnosticSink& sink_;
  ToolList list_;
  SchemaReader schemas_;
};

}  // namespace

std::optional<ToolList> ReadOpenApi(const json::Document& document, source::DiagnosticSink& sink) {
  return Reader(document.root(), sink).Read();
}

}  // namespace polc::scaffold
