#include "compiler/scaffold/json_schema.h"

#include <algorithm>
#include <optional>

#include "fmt/format.h"

namespace polc::scaffold {
namespace {

using json::Kind;
using json::Value;

// How many references may lead on to one another.
constexpr int kMaxReferences = 16;

// The `type`, `null` left out; "" for none or several.
std::string TypeOf(const Value& schema, bool& nullable) {
  const std::optional<Value> type = Get(schema, "type");
  if (!type) return "";
  if (type->is(Kind::kString)) return std::string(type->string());
  std::string only;
  for (size_t i = 0; type->is(Kind::kArray) && i < type->size(); ++i) {
    const std::string one = type->at(i).is(Kind::kString) ? std::string(type->at(i).string()) : "";
    if (one == "null") {
      nullable = true;
    } else if (!only.empty()) {
      return "";
    } else {
      only = one;
    }
  }
  return only;
}

// `anyOf` of one thing and null.
Value ButNull(const Value& schema, bool& nullable) {
  for (std::string_view key : {"anyOf", "oneOf"}) {
    const std::optional<Value> options = Get(schema, key);
    if (!options || !options->is(Kind::kArray)) continue;
    std::optional<Value> only;
    size_t others = 0;
    for (size_t i = 0; i < options->size(); ++i) {
      if (TextOf(options->at(i), "type") == "null") {
        nullable = true;
      } else {
        only = options->at(i);
        ++others;
      }
    }
    if (others == 1) return *only;
  }
  return schema;
}

std::string Choices(const Value& schema) {
  const std::optional<Value> values = Get(schema, "enum");
  if (!values || !values->is(Kind::kArray)) return "";
  std::string out;
  for (size_t i = 0; i < values->size(); ++i) {
    if (!values->at(i).is(Kind::kString)) return "";
    out += (i > 0 ? ", " : "one of ") + std::string(values->at(i).string());
  }
  return OneLine(out, 90);
}

Field AsText(std::string_view name, std::string_view what) {
  return {std::string(name), "Text", false, fmt::format("{}: its JSON, as text", what)};
}

}  // namespace

std::optional<Value> Get(const Value& object, std::string_view key) {
  return object.is(Kind::kObject) ? object.Find(key) : std::nullopt;
}

std::string TextOf(const Value& object, std::string_view key) {
  const std::optional<Value> value = Get(object, key);
  return value && value->is(Kind::kString) ? std::string(value->string()) : "";
}

Value SchemaReader::Follow(Value value) const {
  for (int i = 0; i < kMaxReferences; ++i) {
    const std::string reference = TextOf(value, "$ref");
    if (!reference.starts_with("#/")) return value;
    Value at = root_;
    for (size_t begin = 2; begin <= reference.size();) {
      const size_t end = std::min(reference.find('/', begin), reference.size());
      std::string key;
      for (size_t k = begin; k < end; ++k) {
        const bool escape = reference[k] == '~' && k + 1 < end;
        key += !escape ? reference[k] : reference[k + 1] == '1' ? '/' : '~';
        k += escape;
      }
      const std::optional<Value> next = Get(at, key);
      if (!next) return value;
      at = *next;
      begin = end + 1;
    }
    value = at;
  }
  return value;
}

Field SchemaReader::Read(Value schema, std::string_view tool, std::string_view name, size_t depth) {
  bool nullable = false;
  schema = Follow(schema);
  schema = Follow(ButNull(schema, nullable));
  const std::string type = TypeOf(schema, nullable);
  Field field{std::string(name), "Text", false, ""};
  if (type == "string") {
    const std::string format = TextOf(schema, "format");
    if (format == "date" || format == "date-time") field.type = "Time";
    field.note = Choices(schema);
  } else if (type == "integer") {
    field.type = "Number";
  } else if (type == "number" || type == "float") {
    field.type = "Decimal";
  } else if (type == "boolean") {
    field.type = "Bool";
  } else if (type == "array") {
    const std::optional<Value> items = Get(schema, "items");
    Field element = items && items->is(Kind::kObject) && depth < kMaxNesting
                        ? Read(*items, tool, name, depth + 1)
                        : AsText(name, "anything");
    if (element.type.starts_with("Set of ")) element = AsText(name, "lists");
    size_t most = kDefaultElements;
    const std::optional<Value> bound = Get(schema, "maxItems");
    if (bound && bound->is(Kind::kInteger) && bound->integer() >= 1) {
      most = std::min<size_t>(static_cast<size_t>(bound->integer()), kMaxElements);
    }
    field.type = fmt::format("Set of {}, at most {}", element.type, most);
    field.note = element.note;
  } else if (type == "object" && Get(schema, "properties") && depth < kMaxNesting) {
    // The record is named before those inside it, and declared once they are read.
    const std::string record = names_.Make(tool, name);
    std::vector<Field> fields = Properties(schema, record, depth + 1);
    if (fields.empty()) {
      field = AsText(name, "an object");
    } else {
      field.type = record;
      records_.push_back({record, std::move(fields)});
    }
  } else if (type == "object") {
    field = AsText(name, "an object");
  } else {
    field = AsText(name, "anything");
  }
  field.optional = nullable;
  return field;
}

std::vector<Field> SchemaReader::Properties(Value schema, std::string_view tool, size_t depth) {
  schema = Follow(schema);
  std::vector<Field> fields;
  const std::optional<Value> properties = Get(schema, "properties");
  if (!properties || !properties->is(Kind::kObject)) return fields;
  const std::optional<Value> required = Get(schema, "required");
  auto is_required = [&](std::string_view name) {
    for (size_t i = 0; required && required->is(Kind::kArray) && i < required->size(); ++i) {
      if (required->at(i).is(Kind::kString) && required->at(i).string() == name) return true;
    }
    return false;
  };
  for (size_t i = 0; i < properties->size(); ++i) {
    const json::Member member = properties->member(i);
    Field field = Read(member.value, tool, member.key, depth);
    field.optional = field.optional || !is_required(member.key);
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace polc::scaffold
