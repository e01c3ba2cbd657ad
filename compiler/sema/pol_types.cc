#include "compiler/sema/pol_types.h"

#include <algorithm>

#include "fmt/format.h"

namespace polc::sema::pol {

using Kind = Type::Kind;

const Field* FindField(const std::vector<Field>& fields, std::string_view name) {
  auto it = std::ranges::lower_bound(fields, name, {}, &Field::name);
  return it != fields.end() && it->name == name ? &*it : nullptr;
}

Type Simple(Kind kind) {
  Type type;
  type.kind = kind;
  return type;
}

Type LevelOf(std::string levels) {
  Type type = Simple(Kind::kLevel);
  type.levels = std::move(levels);
  return type;
}

Type EntityOf(std::string name) { return EntityOf(std::vector{std::move(name)}); }

Type EntityOf(std::vector<std::string> types) {
  Type type = Simple(Kind::kEntity);
  std::ranges::sort(types);
  types.erase(std::unique(types.begin(), types.end()), types.end());
  type.entities = std::move(types);
  return type;
}

Type SetOf(Type element, uint32_t at_most) {
  Type type = Simple(Kind::kSet);
  type.element = std::make_shared<const Type>(std::move(element));
  type.at_most = at_most;
  return type;
}

std::string PolName(std::string_view type) {
  std::string out;
  for (size_t at = 0; at < type.size(); ++at) {
    const bool colons = type.substr(at, 2) == "::";
    out += colons ? '.' : type[at];
    at += colons;
  }
  return out;
}

std::string CedarName(std::string_view dotted) {
  std::string out;
  for (char c : dotted) {
    if (c == '.') {
      out += "::";
    } else {
      out += c;
    }
  }
  return out;
}

namespace {

bool SameFields(const RecordType& a, const RecordType& b) {
  return std::ranges::equal(a.fields, b.fields, [](const Field& x, const Field& y) {
    return x.name == y.name && x.required == y.required && x.type == y.type;
  });
}

}  // namespace

bool operator==(const Type& a, const Type& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::kLevel:
      return a.levels == b.levels;
    case Kind::kEntity:
      return a.entities == b.entities;
    case Kind::kSet:
      return *a.element == *b.element;
    case Kind::kRecord:
      return a.record == b.record || SameFields(*a.record, *b.record);
    default:
      return true;
  }
}

std::optional<Type> Join(const Type& a, const Type& b) {
  if (a.error() || b.is(Kind::kNever)) return a;
  if (b.error() || a.is(Kind::kNever)) return b;
  if (a.is(Kind::kEntity) && b.is(Kind::kEntity)) {
    if (a.entities.empty() || b.entities.empty()) return Simple(Kind::kEntity);
    std::vector<std::string> types = a.entities;
    types.insert(types.end(), b.entities.begin(), b.entities.end());
    return EntityOf(std::move(types));
  }
  if (a.is(Kind::kSet) && b.is(Kind::kSet)) {
    std::optional<Type> element = Join(*a.element, *b.element);
    if (!element) return std::nullopt;
    const bool bounded = a.at_most > 0 && b.at_most > 0;
    return SetOf(std::move(*element), bounded ? std::max(a.at_most, b.at_most) : 0);
  }
  if (a == b) return a;
  return std::nullopt;
}

bool Fits(const Type& value, const Type& place) {
  if (value.error() || place.error() || value.is(Kind::kNever)) return true;
  if (value.kind != place.kind) return false;
  if (place.is(Kind::kEntity)) {
    return place.entities.empty() ||
           (!value.entities.empty() && std::ranges::includes(place.entities, value.entities));
  }
  if (place.is(Kind::kSet)) {
    return Fits(*value.element, *place.element) &&
           (place.at_most == 0 || (value.at_most > 0 && value.at_most <= place.at_most) ||
            value.element->is(Kind::kNever));
  }
  if (place.is(Kind::kRecord)) {
    if (value == place) return true;
    for (const Field& field : place.record->fields) {
      const Field* given = FindField(value.record->fields, field.name);
      if (!given ? !(!field.required || field.if_missing) : !Fits(given->type, field.type)) return false;
    }
    return std::ranges::all_of(value.record->fields, [&](const Field& field) {
      return FindField(place.record->fields, field.name) != nullptr;
    });
  }
  return value == place;
}

bool Comparable(const Type& a, const Type& b) {
  if (a.error() || b.error()) return true;
  if (a.is(Kind::kNever) || b.is(Kind::kNever)) return true;
  if (a.kind != b.kind) return false;
  if (a.is(Kind::kEntity)) {
    if (a.entities.empty() || b.entities.empty()) return true;
    return std::ranges::any_of(
        a.entities, [&](const std::string& type) { return std::ranges::binary_search(b.entities, type); });
  }
  if (a.is(Kind::kSet)) return Comparable(*a.element, *b.element);
  return a == b;
}

std::string TypeText(const Type& type) {
  switch (type.kind) {
    case Kind::kError:
    case Kind::kNever:
      return "anything";
    case Kind::kBool:
      return "Bool";
    case Kind::kNumber:
      return "Number";
    case Kind::kDecimal:
      return "Decimal";
    case Kind::kPercent:
      return "Percent";
    case Kind::kText:
      return "Text";
    case Kind::kClass:
      return "Class";
    case Kind::kTime:
      return "Time";
    case Kind::kDuration:
      return "Duration";
    case Kind::kAddress:
      return "Address";
    case Kind::kPool:
      return "Pool";
    case Kind::kLevel:
      return type.levels;
    case Kind::kEntity: {
      if (type.entities.empty()) return "an entity";
      std::string text;
      for (size_t i = 0; i < type.entities.size(); ++i) {
        text += (i == 0 ? "" : " or ") + PolName(type.entities[i]);
      }
      return text;
    }
    case Kind::kSet:
      if (type.element->is(Kind::kNever)) return "an empty set";
      return "Set of " + TypeText(*type.element) +
             (type.at_most > 0 ? fmt::format(", at most {}", type.at_most) : "");
    case Kind::kRecord:
      return type.record->name.empty() ? "a record" : type.record->name;
  }
  return "";
}

core::TypePtr ToCore(const Type& type) {
  core::Type out;
  switch (type.kind) {
    case Kind::kError:
    case Kind::kNever:
    case Kind::kPool:
    case Kind::kBool:
      out.kind = data::Kind::kBool;
      break;
    case Kind::kNumber:
      out.kind = data::Kind::kLong;
      break;
    case Kind::kPercent:
      out.percent = true;
      [[fallthrough]];
    case Kind::kDecimal:
      out.kind = data::Kind::kDecimal;
      break;
    case Kind::kLevel:
      out.levels = type.levels;
      [[fallthrough]];
    case Kind::kText:
    case Kind::kClass:
      out.kind = data::Kind::kString;
      break;
    case Kind::kTime:
      out.kind = data::Kind::kDatetime;
      break;
    case Kind::kDuration:
      out.kind = data::Kind::kDuration;
      break;
    case Kind::kAddress:
      out.kind = data::Kind::kIp;
      break;
    case Kind::kEntity:
      out.kind = data::Kind::kEntity;
      if (type.entities.size() == 1) out.entity = type.entities.front();
      break;
    case Kind::kSet:
      out.kind = data::Kind::kSet;
      out.at_most = type.at_most;
      out.element = ToCore(*type.element);
      break;
    case Kind::kRecord:
      out.kind = data::Kind::kRecord;
      for (const Field& field : type.record->fields) out.fields.push_back(ToCore(field));
      break;
  }
  return std::make_shared<const core::Type>(std::move(out));
}

core::Attribute ToCore(const Field& field) {
  core::Attribute out;
  out.name = field.name;
  out.type = ToCore(field.type);
  out.required = field.required && !field.if_missing;
  out.from_host = field.from_host;
  out.varies = field.varies;
  out.if_missing = field.if_missing;
  return out;
}

Type FromSchema(const model::Type& type) {
  using Declared = model::Type::Kind;
  switch (type.kind) {
    case Declared::kBool:
      return Simple(Kind::kBool);
    case Declared::kLong:
      return Simple(Kind::kNumber);
    case Declared::kString:
      return Simple(Kind::kText);
    case Declared::kEntity:
      return EntityOf(type.entity);
    case Declared::kDecimal:
      return Simple(Kind::kDecimal);
    case Declared::kIp:
      return Simple(Kind::kAddress);
    case Declared::kDatetime:
      return Simple(Kind::kTime);
    case Declared::kDuration:
      return Simple(Kind::kDuration);
    case Declared::kSet:
      return SetOf(FromSchema(*type.element), 0);
    case Declared::kRecord: {
      Type out = Simple(Kind::kRecord);
      out.record = std::make_shared<const RecordType>(RecordType{"", FromSchema(type.attributes)});
      return out;
    }
  }
  return {};
}

std::vector<Field> FromSchema(const model::Attributes& attributes) {
  std::vector<Field> fields;
  for (const auto& [name, attribute] : attributes) {
    Field field;
    field.name = name;
    field.type = FromSchema(*attribute.type);
    field.required = attribute.required;
    fields.push_back(std::move(field));
  }
  return fields;
}

model::TypePtr ToSchema(const Type& type) {
  using Declared = model::Type::Kind;
  model::Type out;
  switch (type.kind) {
    case Kind::kError:
    case Kind::kNever:
    case Kind::kPool:
    case Kind::kBool:
      out.kind = Declared::kBool;
      break;
    case Kind::kNumber:
      out.kind = Declared::kLong;
      break;
    case Kind::kDecimal:
    case Kind::kPercent:
      out.kind = Declared::kDecimal;
      break;
    case Kind::kText:
    case Kind::kClass:
    case Kind::kLevel:
      out.kind = Declared::kString;
      break;
    case Kind::kTime:
      out.kind = Declared::kDatetime;
      break;
    case Kind::kDuration:
      out.kind = Declared::kDuration;
      break;
    case Kind::kAddress:
      out.kind = Declared::kIp;
      break;
    case Kind::kEntity:
      out.kind = Declared::kEntity;
      out.entity = type.entities.empty() ? "" : type.entities.front();
      break;
    case Kind::kSet:
      out.kind = Declared::kSet;
      out.element = ToSchema(*type.element);
      break;
    case Kind::kRecord:
      out.kind = Declared::kRecord;
      out.attributes = ToSchema(type.record->fields);
      break;
  }
  return std::make_shared<const model::Type>(std::move(out));
}

model::Attributes ToSchema(const std::vector<Field>& fields) {
  model::Attributes out;
  for (const Field& field : fields) {
    // A default is filled in after a request was read, and not at all in entities: Cedar has to test.
    out[field.name] = {ToSchema(field.type), field.required && !field.if_missing};
  }
  return out;
}

}  // namespace polc::sema::pol
