#include "compiler/scaffold/mcp.h"

#include <set>

#include "compiler/scaffold/json_schema.h"
#include "fmt/format.h"

namespace polc::scaffold {
namespace {

using json::Kind;
using json::Value;
using source::Code;

std::optional<bool> Flag(const Value& object, std::string_view key) {
  const std::optional<Value> value = Get(object, key);
  return value && value->is(Kind::kBool) ? std::optional(value->boolean()) : std::nullopt;
}

class Reader {
 public:
  Reader(Value root, source::DiagnosticSink& sink) : sink_(sink), schemas_(root, list_.records) {}

  std::optional<ToolList> Read(Value value) {
    if (value.is(Kind::kObject)) {
      if (const std::optional<Value> result = Get(value, "result")) value = *result;
      if (const std::optional<Value> tools = Get(value, "tools")) value = *tools;
    }
    if (!value.is(Kind::kArray)) {
      Report(value, "a list of tools is an array, or an object with an array `tools`");
      return std::nullopt;
    }
    bool good = true;
    for (size_t i = 0; i < value.size(); ++i) good &= ReadTool(value.at(i));
    if (!good || !Distinct(list_, sink_)) return std::nullopt;
    return std::move(list_);
  }

 private:
  bool Report(const Value& at, std::string message) {
    sink_.Report(Code::kJsonShape, at.span(), std::move(message));
    return false;
  }

  bool ReadTool(const Value& value) {
    const std::optional<Value> name = Get(value, "name");
    if (!name || !name->is(Kind::kString) || name->string().empty()) {
      return Report(value, "a tool is an object with a `name`");
    }
    Tool tool;
    tool.name = name->string();
    tool.span = name->span();
    tool.description = TextOf(value, "description");
    if (const std::optional<Value> hints = Get(value, "annotations")) {
      tool.hints.read_only = Flag(*hints, "readOnlyHint");
      tool.hints.destructive = Flag(*hints, "destructiveHint");
    }
    const std::optional<Value> schema = value.Find("inputSchema"), arguments = value.Find("arguments");
    if (schema && !schema->is(Kind::kObject)) return Report(*schema, "`inputSchema` is an object");
    if (schema) tool.fields = schemas_.Properties(*schema, tool.name);
    if (arguments && !ReadArguments(*arguments, tool)) return false;
    list_.tools.push_back(std::move(tool));
    return true;
  }

  bool ReadArguments(const Value& arguments, Tool& tool) {
    if (!arguments.is(Kind::kArray)) return Report(arguments, "`arguments` is an array");
    for (size_t i = 0; i < arguments.size(); ++i) {
      const Value argument = arguments.at(i);
      const std::string name = TextOf(argument, "name");
      if (name.empty()) return Report(argument, "an argument is an object with a `name`");
      Field field = schemas_.Read(argument, tool.name, name);
      field.optional = field.optional || Flag(argument, "optional").value_or(false);
      tool.fields.push_back(std::move(field));
    }
    return true;
  }

  source::DiagnosticSink& sink_;
  ToolList list_;
  SchemaReader schemas_;
};

}  // namespace

bool Distinct(const ToolList& list, source::DiagnosticSink& sink) {
  bool good = true;
  std::set<std::string_view> tools;
  for (const Tool& tool : list.tools) {
    if (!tools.insert(tool.name).second) {
      sink.Report(Code::kJsonShape, tool.span,
                  fmt::format("two tools are named `{}`", OneLine(tool.name, 80)));
      good = false;
    }
    std::set<std::string_view> fields;
    for (const Field& field : tool.fields) {
      if (!fields.insert(field.name).second || field.name == "tool") {
        sink.Report(Code::kJsonShape, tool.span,
                    field.name == "tool"
                        ? fmt::format("`{}` has an argument `tool`, where the gateway says which tool it is",
                                      OneLine(tool.name, 80))
                        : fmt::format("`{}` has two arguments `{}`", OneLine(tool.name, 80),
                                      OneLine(field.name, 80)));
        good = false;
      }
    }
  }
  return good;
}

std::optional<ToolList> ReadMcp(const json::Document& document, source::DiagnosticSink& sink) {
  return Reader(document.root(), sink).Read(document.root());
}

}  // namespace polc::scaffold
