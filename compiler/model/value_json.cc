#include "compiler/model/value_json.h"

#include <algorithm>

#include "compiler/data/extension.h"
#include "compiler/model/uid_text.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/names.h"

namespace polc::model {

using data::EntityUid;
using source::Code;
using source::Span;

namespace {

std::string Shown(std::string_view text) { return "`" + source::Excerpt(text) + "`"; }

std::optional<json::Value> FindKind(json::Value object, std::string_view key, json::Kind kind) {
  std::optional<json::Value> v = object.Find(key);
  return v && v->is(kind) ? v : std::nullopt;
}

bool HasTypeAndId(json::Value v) {
  return v.is(json::Kind::kObject) && FindKind(v, "type", json::Kind::kString) &&
         FindKind(v, "id", json::Kind::kString);
}

bool HasFnAndArgs(json::Value v) {
  return v.is(json::Kind::kObject) && FindKind(v, "fn", json::Kind::kString) &&
         (v.Find("arg") || FindKind(v, "args", json::Kind::kArray));
}

std::string Article(data::Kind kind) {
  switch (kind) {
    case data::Kind::kBool:
      return "a boolean";
    case data::Kind::kLong:
      return "an integer";
    case data::Kind::kString:
      return "a string";
    case data::Kind::kEntity:
      return "an entity reference";
    case data::Kind::kDecimal:
      return "a decimal";
    case data::Kind::kIp:
      return "an IP address";
    case data::Kind::kDatetime:
      return "a datetime";
    case data::Kind::kDuration:
      return "a duration";
    case data::Kind::kSet:
      return "a set";
    case data::Kind::kRecord:
      return "a record";
  }
  return "a value";
}

data::Kind KindOf(const Type& type) { return static_cast<data::Kind>(type.kind); }
static_assert(static_cast<int>(Type::Kind::kRecord) == static_cast<int>(data::Kind::kRecord));
static_assert(static_cast<int>(Type::Kind::kEntity) == static_cast<int>(data::Kind::kEntity));
static_assert(static_cast<int>(Type::Kind::kDuration) == static_cast<int>(data::Kind::kDuration));

}  // namespace

Code ValueReader::MismatchCode() const {
  return place_ == Place::kEntity ? Code::kEntityValueMismatch : Code::kInvalidContext;
}

std::optional<data::Value> ValueReader::Mismatch(Span span, const std::string& what, const std::string& seen,
                                                 const std::string& wanted) {
  sink_.Report(MismatchCode(), span, what + " is " + seen + "; the schema declares `" + wanted + "`");
  return std::nullopt;
}

std::optional<data::Value> ValueReader::Read(json::Value v, const std::string& what) {
  switch (v.kind()) {
    case json::Kind::kNull:
      sink_.Report(Code::kJsonNull, v.span(), what + " is null; Cedar has no null").help =
          "leave the key out";
      return std::nullopt;
    case json::Kind::kOtherNumber:
      sink_.Report(Code::kJsonNumber, v.span(), what + " is " + Shown(v.string()) + ", no 64-bit integer");
      return std::nullopt;
    case json::Kind::kBool:
      return data::Value(v.boolean());
    case json::Kind::kInteger:
      return data::Value(v.integer());
    case json::Kind::kString:
      return data::Value(std::string(v.string()));
    case json::Kind::kArray: {
      std::vector<data::Value> elements;
      elements.reserve(v.size());
      bool ok = true;
      for (size_t i = 0; i < v.size(); ++i) {
        std::optional<data::Value> element = Read(v.at(i), "an element of " + what);
        ok &= element.has_value();
        if (element) elements.push_back(std::move(*element));
      }
      if (!ok) return std::nullopt;
      return data::Value::MakeSet(std::move(elements));
    }
    case json::Kind::kObject:
      return ReadObject(v, what);
  }
  return std::nullopt;
}

std::optional<data::Value> ValueReader::ReadObject(json::Value v, const std::string& what) {
  if (v.size() == 1) {
    json::Member only = v.member(0);
    if (only.key == "__expr" && only.value.is(json::Kind::kString)) {
      sink_.Report(Code::kRemovedEscape, only.key_span, what + " uses `__expr`, which Cedar no longer has");
      return std::nullopt;
    }
    if (only.key == "__entity" && HasTypeAndId(only.value)) {
      if (!OnlyIntegers(only.value)) return std::nullopt;
      std::optional<EntityUid> uid = UidFromParts(only.value);
      if (!uid) return std::nullopt;
      return data::Value(std::move(*uid));
    }
    if (only.key == "__extn" && HasFnAndArgs(only.value)) {
      if (!OnlyIntegers(only.value)) return std::nullopt;
      return Call(only.value, /*typed=*/false, what);
    }
  }
  data::Record fields;
  fields.reserve(v.size());
  bool ok = true;
  for (size_t i = 0; i < v.size(); ++i) {
    json::Member member = v.member(i);
    std::optional<data::Value> field = Read(member.value, "key " + Shown(member.key));
    ok &= field.has_value();
    if (field) fields.emplace_back(member.key, std::move(*field));
  }
  if (!ok) return std::nullopt;
  // Repeated keys were reported with the document; the first counts, so that the rest can be checked.
  std::stable_sort(fields.begin(), fields.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  fields.erase(std::unique(fields.begin(), fields.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; }),
               fields.end());
  return data::Value::MakeRecord(std::move(fields));
}

// The keys of an escape that mean nothing are ignored, but the reference engine does not read a text with
// other numbers in them.
bool ValueReader::OnlyIntegers(json::Value v) {
  switch (v.kind()) {
    case json::Kind::kOtherNumber:
      sink_.Report(Code::kJsonNumber, v.span(), Shown(v.string()) + " is no 64-bit integer");
      return false;
    case json::Kind::kArray: {
      bool ok = true;
      for (size_t i = 0; i < v.size(); ++i) ok &= OnlyIntegers(v.at(i));
      return ok;
    }
    case json::Kind::kObject: {
      bool ok = true;
      for (size_t i = 0; i < v.size(); ++i) ok &= OnlyIntegers(v.member(i).value);
      return ok;
    }
    default:
      return true;
  }
}

// Needs `object` to have a string `type` and a string `id`.
std::optional<EntityUid> ValueReader::UidFromParts(json::Value object) {
  json::Value type = *object.Find("type");
  if (!syntax::IsNormalizedName(type.string()) || syntax::HasCedarPart(type.string())) {
    sink_.Report(Code::kInvalidUid, type.span(),
                 Shown(type.string()) +
                     " is no entity type: a name like `App::User`, without spaces or reserved words");
    return std::nullopt;
  }
  return EntityUid{std::string(type.string()), std::string(object.Find("id")->string())};
}

std::optional<EntityUid> ValueReader::ReadUid(json::Value v, const std::string& what) {
  if (v.is(json::Kind::kObject)) {
    if (std::optional<json::Value> expr = FindKind(v, "__expr", json::Kind::kString)) {
      sink_.Report(Code::kRemovedEscape, v.span(), what + " uses `__expr`, which Cedar no longer has");
      return std::nullopt;
    }
    if (std::optional<json::Value> escaped = v.Find("__entity"); escaped && HasTypeAndId(*escaped)) {
      return UidFromParts(*escaped);
    }
    if (HasTypeAndId(v)) return UidFromParts(v);
  }
  auto& report =
      sink_.Report(Code::kJsonShape, v.span(),
                   what + " is " + std::string(json::Describe(v.kind())) +
                       (v.is(json::Kind::kObject) ? " without a `type` and an `id` that are strings" : "") +
                       "; an entity is written `{\"type\": \"User\", \"id\": \"alice\"}`");
  if (v.is(json::Kind::kString)) {
    auto parsed = ParseUid(v.string());
    if (const EntityUid* uid = std::get_if<EntityUid>(&parsed)) report.help = "write `" + ToJson(*uid) + "`";
  }
  return std::nullopt;
}

// Calls the extension function that `call` (with HasFnAndArgs) names. With `typed`, arguments may themselves
// be implicit.
std::optional<data::Value> ValueReader::Call(json::Value call, bool typed, const std::string& what) {
  json::Value name = *call.Find("fn");
  std::vector<json::Value> args;
  if (std::optional<json::Value> arg = call.Find("arg")) {
    args.push_back(*arg);
  } else {
    json::Value list = *call.Find("args");
    for (size_t i = 0; i < list.size(); ++i) args.push_back(list.at(i));
  }
  std::optional<data::ExtFn> fn = data::FindExtFn(name.string());
  if (!fn) {
    auto& report = sink_.Report(Code::kInvalidExtensionValue, name.span(),
                                Shown(name.string()) + " is no extension function");
    std::vector<std::string> names;
    for (const data::ExtFnInfo& info : data::AllExtFns()) names.emplace_back(info.name);
    if (auto near = source::DidYouMean(name.string(), names)) report.help = "did you mean `" + *near + "`?";
    return std::nullopt;
  }
  const data::ExtFnInfo& info = data::Info(*fn);
  if (args.size() != info.args.size()) {
    sink_.Report(Code::kInvalidExtensionValue, call.span(),
                 "`" + std::string(info.name) + "` is given " + std::to_string(args.size()) +
                     " arguments; it takes " + std::to_string(info.args.size()));
    return std::nullopt;
  }
  std::vector<data::Value> values;
  for (size_t i = 0; i < args.size(); ++i) {
    std::string argument = "the argument of `" + std::string(info.name) + "`";
    bool implicit = typed && info.args[i] != data::Kind::kString;
    std::optional<data::Value> value =
        implicit ? ReadExtension(args[i], info.args[i], argument) : Read(args[i], argument);
    if (!value) return std::nullopt;
    if (!value->is(info.args[i])) {
      sink_.Report(Code::kInvalidExtensionValue, args[i].span(),
                   argument + " is " + Article(value->kind()) + "; it has to be " + Article(info.args[i]));
      return std::nullopt;
    }
    values.push_back(std::move(*value));
  }
  auto result = data::CallExt(*fn, values);
  if (const std::string* message = std::get_if<std::string>(&result)) {
    sink_.Report(Code::kInvalidExtensionValue, call.span(), what + ": " + *message);
    return std::nullopt;
  }
  return std::get<data::Value>(std::move(result));
}

// Where a value of the extension type `kind` is declared.
std::optional<data::Value> ValueReader::ReadExtension(json::Value v, data::Kind kind,
                                                      const std::string& what) {
  std::optional<data::Value> value;
  std::optional<json::Value> escaped = v.is(json::Kind::kObject) ? v.Find("__extn") : std::nullopt;
  if (v.is(json::Kind::kObject) && FindKind(v, "__expr", json::Kind::kString)) {
    sink_.Report(Code::kRemovedEscape, v.span(), what + " uses `__expr`, which Cedar no longer has");
    return std::nullopt;
  }
  if (escaped && HasFnAndArgs(*escaped)) {
    value = Call(*escaped, /*typed=*/true, what);
  } else if (HasFnAndArgs(v)) {
    value = Call(v, /*typed=*/true, what);
  } else if (v.is(json::Kind::kString)) {
    auto result = data::CallExt(data::ConstructorOf(kind), {data::Value(std::string(v.string()))});
    if (const std::string* message = std::get_if<std::string>(&result)) {
      sink_.Report(Code::kInvalidExtensionValue, v.span(), what + ": " + *message);
      return std::nullopt;
    }
    value = std::get<data::Value>(std::move(result));
  } else {
    std::optional<data::Value> other = Read(v, what);
    if (!other) return std::nullopt;
    return Mismatch(v.span(), what, Article(other->kind()), std::string(data::KindName(kind)));
  }
  if (value && !value->is(kind)) {
    return Mismatch(v.span(), what, Article(value->kind()), std::string(data::KindName(kind)));
  }
  return value;
}

std::optional<data::Value> ValueReader::Read(json::Value v, const Type& type, const std::string& what) {
  switch (type.kind) {
    case Type::Kind::kEntity: {
      std::optional<EntityUid> uid = ReadUid(v, what);
      if (!uid) return std::nullopt;
      if (uid->type != type.entity) {
        return Mismatch(v.span(), what, "an entity of type `" + uid->type + "`", type.entity);
      }
      if (!CheckUid(*uid, v.span())) return std::nullopt;
      return data::Value(std::move(*uid));
    }
    case Type::Kind::kDecimal:
    case Type::Kind::kIp:
    case Type::Kind::kDatetime:
    case Type::Kind::kDuration:
      return ReadExtension(v, KindOf(type), what);
    case Type::Kind::kSet: {
      if (!v.is(json::Kind::kArray)) break;
      std::vector<data::Value> elements;
      elements.reserve(v.size());
      bool ok = true;
      for (size_t i = 0; i < v.size(); ++i) {
        std::optional<data::Value> element = Read(v.at(i), *type.element, "an element of " + what);
        ok &= element.has_value();
        if (element) elements.push_back(std::move(*element));
      }
      if (!ok) return std::nullopt;
      return data::Value::MakeSet(std::move(elements));
    }
    case Type::Kind::kRecord: {
      if (!v.is(json::Kind::kObject)) break;
      std::optional<data::Record> fields = ReadMembers(v, type.attributes, what);
      if (!fields) return std::nullopt;
      return data::Value::MakeRecord(std::move(*fields));
    }
    default:
      break;
  }
  std::optional<data::Value> value = Read(v, what);
  if (!value) return std::nullopt;
  if (!value->is(KindOf(type)) || type.kind == Type::Kind::kRecord || type.kind == Type::Kind::kSet) {
    return Mismatch(v.span(), what, Article(value->kind()), ToString(type));
  }
  return value;
}

std::optional<data::Record> ValueReader::ReadMembers(json::Value object, const Attributes& declared,
                                                     const std::string& what) {
  data::Record fields;
  fields.reserve(object.size());
  bool ok = true;
  for (size_t i = 0; i < object.size(); ++i) {
    json::Member member = object.member(i);
    auto found = declared.find(std::string(member.key));
    if (found == declared.end()) {
      ok = false;
      auto& report = sink_.Report(MismatchCode(), member.key_span,
                                  "the schema does not declare " + Shown(member.key) + " in " + what);
      std::vector<std::string> names;
      for (const auto& [name, attribute] : declared) names.push_back(name);
      if (auto near = source::DidYouMean(member.key, names)) report.help = "did you mean `" + *near + "`?";
      continue;
    }
    std::optional<data::Value> field = Read(member.value, *found->second.type, Shown(member.key));
    ok &= field.has_value();
    if (field) fields.emplace_back(member.key, std::move(*field));
  }
  for (const auto& [name, attribute] : declared) {
    if (attribute.required && !object.Find(name)) {
      ok = false;
      sink_.Report(MismatchCode(), object.span(),
                   what + " lacks " + Shown(name) + ", which the schema requires");
    }
  }
  if (!ok) return std::nullopt;
  std::stable_sort(fields.begin(), fields.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  fields.erase(std::unique(fields.begin(), fields.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; }),
               fields.end());
  return fields;
}

bool ValueReader::CheckUid(const EntityUid& uid, Span span) {
  if (!schema_) return true;
  const EntityType* type = schema_->FindEntityType(uid.type);
  if (type && type->enum_ids &&
      std::find(type->enum_ids->begin(), type->enum_ids->end(), uid.id) == type->enum_ids->end()) {
    auto& report =
        sink_.Report(Code::kInvalidEnumEntity, span,
                     Shown(data::ToString(uid)) + " is not among the ids that `" + uid.type + "` lists");
    if (auto near = source::DidYouMean(uid.id, *type->enum_ids))
      report.help = "did you mean `" + *near + "`?";
    return false;
  }
  if (syntax::Basename(uid.type) == "Action" && !schema_->FindAction(uid)) {
    sink_.Report(Code::kUndeclaredAction, span,
                 "the schema does not declare the action " + Shown(data::ToString(uid)));
    return false;
  }
  return true;
}

namespace {

void AppendUid(const EntityUid& uid, std::string& out) {
  out += "{\"type\":";
  out += json::Quote(uid.type);
  out += ",\"id\":";
  out += json::Quote(uid.id);
  out += '}';
}

// False, with `out` unfinished, where a record has a reserved key, which is put into `reserved`.
bool AppendValue(const data::Value& value, std::string& out, std::string& reserved) {
  switch (value.kind()) {
    case data::Kind::kBool:
      out += value.as_bool() ? "true" : "false";
      return true;
    case data::Kind::kLong:
      out += std::to_string(value.as_long());
      return true;
    case data::Kind::kString:
      out += json::Quote(value.as_string());
      return true;
    case data::Kind::kEntity:
      out += "{\"__entity\":";
      AppendUid(value.as_entity(), out);
      out += '}';
      return true;
    case data::Kind::kDecimal:
    case data::Kind::kIp:
    case data::Kind::kDuration:
      out += "{\"__extn\":{\"fn\":\"";
      out += data::Info(data::ConstructorOf(value.kind())).name;
      out += "\",\"arg\":\"";
      out += data::CanonicalText(value);
      out += "\"}}";
      return true;
    case data::Kind::kDatetime:
      out += R"({"__extn":{"fn":"offset","args":[{"__extn":{"fn":"datetime","arg":"1970-01-01"}},)";
      out += R"({"__extn":{"fn":"duration","arg":")" + data::CanonicalText(value) + R"("}}]}})";
      return true;
    case data::Kind::kSet: {
      out += '[';
      bool first = true;
      for (const data::Value& element : value.as_set()) {
        if (!first) out += ',';
        first = false;
        if (!AppendValue(element, out, reserved)) return false;
      }
      out += ']';
      return true;
    }
    case data::Kind::kRecord: {
      out += '{';
      bool first = true;
      for (const auto& [key, field] : value.as_record()) {
        if (key == "__entity" || key == "__extn" || key == "__expr") {
          reserved = key;
          return false;
        }
        if (!first) out += ',';
        first = false;
        out += json::Quote(key);
        out += ':';
        if (!AppendValue(field, out, reserved)) return false;
      }
      out += '}';
      return true;
    }
  }
  return true;
}

}  // namespace

std::variant<std::string, ReservedKey> ToJson(const data::Value& value) {
  std::string out, reserved;
  if (!AppendValue(value, out, reserved)) return ReservedKey{std::move(reserved)};
  return out;
}

std::string ToJson(const EntityUid& uid) {
  std::string out;
  AppendUid(uid, out);
  return out;
}

}  // namespace polc::model
