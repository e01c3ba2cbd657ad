#include "compiler/host/typed_json.h"

#include <algorithm>

#include "compiler/core/key.h"
#include "compiler/data/extension.h"
#include "compiler/model/uid_text.h"
#include "compiler/model/value_json.h"
#include "compiler/source/quote.h"

namespace polc::host {

using core::Attribute;
using core::Type;
using data::Kind;
using data::Value;
using source::Code;

namespace {

std::string Shown(std::string_view text) { return "`" + source::Excerpt(text) + "`"; }

std::optional<Value> CallOn(Kind kind, std::string_view text) {
  auto result = data::CallExt(data::ConstructorOf(kind), {Value(std::string(text))});
  if (auto* value = std::get_if<Value>(&result)) return std::move(*value);
  return std::nullopt;
}

// `1.5` as the text that `decimal` reads. JSON writes fewer and other texts: `1` and `1e3` are not among
// them.
std::optional<Value> DecimalOf(std::string_view text) { return CallOn(Kind::kDecimal, text); }

// `2%` and `2.5%`: a hundredth of the number, exactly.
std::optional<Value> PercentOf(std::string_view text) {
  if (!text.ends_with('%')) return DecimalOf(text);
  text.remove_suffix(1);
  // At most two digits behind the point are left of a number with four once it is divided by a hundred.
  const size_t point = text.find('.');
  const size_t digits = point == text.npos ? 0 : text.size() - point - 1;
  if (digits > 2) return std::nullopt;
  std::optional<Value> number = DecimalOf(point == text.npos ? std::string(text) + ".0" : std::string(text));
  if (!number) return std::nullopt;
  return Value(data::Decimal{number->as_decimal().units / 100});
}

bool IsEscape(json::Value v) {
  return v.is(json::Kind::kObject) && v.size() == 1 &&
         (v.member(0).key == "__entity" || v.member(0).key == "__extn");
}

std::string Names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "`" : ", `") + name + "`";
  return out;
}

}  // namespace

std::string TypeText(const Type& type) {
  if (!type.levels.empty()) return type.levels;
  if (type.percent) return "Percent";
  switch (type.kind) {
    case Kind::kBool:
      return "Bool";
    case Kind::kLong:
      return "Number";
    case Kind::kString:
      return "Text";
    case Kind::kEntity:
      return type.entity.empty() ? "entity of a declared type" : type.entity;
    case Kind::kDecimal:
      return "Decimal";
    case Kind::kIp:
      return "Address";
    case Kind::kDatetime:
      return "Time";
    case Kind::kDuration:
      return "Duration";
    case Kind::kSet:
      return "Set of " + TypeText(*type.element) +
             (type.at_most ? ", at most " + std::to_string(type.at_most) : "");
    case Kind::kRecord:
      return "record";
  }
  return "";
}

std::optional<Value> TypedReader::Mismatch(json::Value v, const Type& type, const std::string& what,
                                           std::string seen) {
  if (validation_ == RequestValidation::kOff) return ReadUntyped(v, what);
  if (seen.empty()) {
    seen = v.is(json::Kind::kString) || v.is(json::Kind::kOtherNumber) ? Shown(v.string())
           : v.is(json::Kind::kInteger)                                ? Shown(std::to_string(v.integer()))
                                        : std::string(json::Describe(v.kind()));
  }
  auto& report =
      sink_.Report(mismatch_, v.span(), what + " is " + seen + "; it is declared `" + TypeText(type) + "`");
  if (type.percent) report.help = "write it as `\"2%\"` or `0.02`, from 0% to 100%";
  if (!type.levels.empty()) {
    if (const core::Levels* levels = core::FindNamed(program_.levels, type.levels)) {
      report.help = "the levels are " + Names(levels->names);
      if (v.is(json::Kind::kString)) {
        if (auto near = source::DidYouMean(v.string(), levels->names))
          report.help = "did you mean `" + *near + "`?";
      }
    }
  }
  return std::nullopt;
}

std::optional<Value> TypedReader::ReadUntyped(json::Value v, const std::string& what) {
  model::ValueReader reader(nullptr, model::ValueReader::Place::kContext, sink_);
  return reader.Read(v, what);
}

// A number that JSON has and Cedar has not, or a text, where a decimal is declared.
std::optional<Value> TypedReader::ReadNumber(json::Value v, const Type& type) {
  std::optional<Value> value;
  if (v.is(json::Kind::kString)) value = type.percent ? PercentOf(v.string()) : DecimalOf(v.string());
  if (v.is(json::Kind::kOtherNumber)) value = DecimalOf(v.string());
  if (v.is(json::Kind::kInteger) && !type.percent) value = DecimalOf(std::to_string(v.integer()) + ".0");
  return value;
}

std::optional<Value> TypedReader::Read(json::Value v, const Type& type, const std::string& what) {
  std::optional<Value> value;
  if (IsEscape(v)) {
    value = ReadUntyped(v, what);
    if (!value) return std::nullopt;
  } else {
    switch (type.kind) {
      case Kind::kBool:
        if (v.is(json::Kind::kBool)) value = Value(v.boolean());
        break;
      case Kind::kLong:
        if (v.is(json::Kind::kInteger)) value = Value(v.integer());
        break;
      case Kind::kString:
        if (v.is(json::Kind::kString)) value = Value(std::string(v.string()));
        break;
      case Kind::kDecimal:
        value = ReadNumber(v, type);
        break;
      case Kind::kIp:
      case Kind::kDatetime:
      case Kind::kDuration:
        if (v.is(json::Kind::kString)) value = CallOn(type.kind, v.string());
        break;
      case Kind::kEntity:
        if (v.is(json::Kind::kObject)) {
          std::optional<data::EntityUid> uid = ReadUid(v, what);
          if (!uid) return std::nullopt;
          value = Value(std::move(*uid));
        }
        break;
      case Kind::kSet: {
        if (!v.is(json::Kind::kArray)) break;
        std::vector<Value> elements;
        bool ok = true;
        for (size_t i = 0; i < v.size(); ++i) {
          std::optional<Value> element = Read(v.at(i), *type.element, "an element of " + what);
          ok &= element.has_value();
          if (element) elements.push_back(std::move(*element));
        }
        if (!ok) return std::nullopt;
        value = Value::MakeSet(std::move(elements));
        break;
      }
      case Kind::kRecord:
        if (v.is(json::Kind::kObject)) return ReadMembers(v, type.fields, Side::kBoth, what);
        break;
    }
  }
  if (!value || !value->is(type.kind)) return Mismatch(v, type, what);
  if (type.kind == Kind::kEntity && !core::IsKeyOf(program_.model, type, value->as_entity().type))
    return Mismatch(v, type, what, "an entity of type `" + value->as_entity().type + "`");
  const core::Levels* levels = type.levels.empty() ? nullptr : core::FindNamed(program_.levels, type.levels);
  if (levels && !levels->RankOf(value->as_string())) return Mismatch(v, type, what);
  if (type.percent && (value->as_decimal().units < 0 || value->as_decimal().units > 10000))
    return Mismatch(v, type, what);
  if (type.at_most > 0 && value->is(Kind::kSet) && value->as_set().size() > type.at_most)
    return Mismatch(v, type, what, "a set of " + std::to_string(value->as_set().size()));
  return value;
}

std::optional<Value> TypedReader::ReadMembers(json::Value object, const std::vector<Attribute>& declared,
                                              Side side, const std::string& what) {
  if (!object.is(json::Kind::kObject)) {
    sink_.Report(mismatch_, object.span(),
                 what + " is " + std::string(json::Describe(object.kind())) + ", not an object");
    return std::nullopt;
  }
  const bool check = validation_ == RequestValidation::kOn;
  data::Record fields;
  bool ok = true;
  for (size_t i = 0; i < object.size(); ++i) {
    const json::Member member = object.member(i);
    const Attribute* attribute = core::FindAttribute(declared, member.key);
    if (!attribute && check) {
      ok = false;
      auto& report = sink_.Report(mismatch_, member.key_span,
                                  what + " has " + Shown(member.key) + ", which is not declared");
      std::vector<std::string> names;
      for (const Attribute& a : declared) names.push_back(a.name);
      if (auto near = source::DidYouMean(member.key, names)) report.help = "did you mean `" + *near + "`?";
      continue;
    }
    // What comes by the wrong door is refused even where nothing else is checked.
    if (attribute && side != Side::kBoth && attribute->from_host != (side == Side::kHost)) {
      ok = false;
      sink_
          .Report(mismatch_, member.key_span,
                  what + " has " + Shown(member.key) + ", which is " +
                      (attribute->from_host ? "the host's word" : "the agent's word"))
          .help = attribute->from_host ? "it belongs in `host.context`" : "it belongs in `context`";
      continue;
    }
    // Null is a missing attribute.
    if (member.value.is(json::Kind::kNull) && attribute && (!attribute->required || !check)) continue;
    const std::string name = "`" + source::Excerpt(member.key) + "`";
    std::optional<Value> value =
        attribute ? Read(member.value, *attribute->type, name) : ReadUntyped(member.value, name);
    ok &= value.has_value();
    if (value) fields.emplace_back(member.key, std::move(*value));
  }
  for (const Attribute& attribute : declared) {
    if (!check || !attribute.required || side == Side::kHost || (side == Side::kAgent && attribute.from_host))
      continue;
    if (object.Find(attribute.name)) continue;
    ok = false;
    sink_.Report(
        mismatch_, object.span(),
        what + " lacks `" + attribute.name + "`, which is declared `" + TypeText(*attribute.type) + "`");
  }
  if (!ok) return std::nullopt;
  // Repeated keys were reported with the document; the first counts.
  std::ranges::stable_sort(fields, {}, &std::pair<std::string, Value>::first);
  const auto rest = std::ranges::unique(fields, {}, &std::pair<std::string, Value>::first);
  fields.erase(rest.begin(), rest.end());
  return Value::MakeRecord(std::move(fields));
}

std::optional<data::EntityUid> TypedReader::ReadUid(json::Value v, const std::string& what) {
  if (v.is(json::Kind::kString)) {
    auto parsed = model::ParseUid(v.string());
    if (auto* uid = std::get_if<data::EntityUid>(&parsed)) return std::move(*uid);
    sink_.Report(Code::kInvalidUid, v.span(), what + " is no entity: " + std::get<std::string>(parsed));
    return std::nullopt;
  }
  model::ValueReader reader(nullptr, model::ValueReader::Place::kContext, sink_);
  return reader.ReadUid(v, what);
}

std::optional<data::Datetime> TypedReader::ReadTime(json::Value v, const std::string& what) {
  std::optional<Value> value;
  if (v.is(json::Kind::kString)) value = CallOn(Kind::kDatetime, v.string());
  if (IsEscape(v)) value = ReadUntyped(v, what);
  if (value && value->is(Kind::kDatetime)) return value->as_datetime();
  sink_.Report(Code::kJsonShape, v.span(), what + " is no time").help =
      "write it as `\"2026-11-21T03:14:00Z\"`";
  return std::nullopt;
}

std::optional<std::string> TypedReader::ReadText(json::Value v, const std::string& what) {
  if (v.is(json::Kind::kString)) return std::string(v.string());
  sink_.Report(Code::kJsonShape, v.span(),
               what + " is " + std::string(json::Describe(v.kind())) + ", not a text");
  return std::nullopt;
}

bool TypedReader::CheckObject(json::Value v, std::initializer_list<std::string_view> keys,
                              const std::string& what) {
  if (!v.is(json::Kind::kObject)) {
    sink_.Report(Code::kJsonShape, v.span(),
                 what + " is " + std::string(json::Describe(v.kind())) + ", not an object");
    return false;
  }
  bool ok = true;
  for (size_t i = 0; i < v.size(); ++i) {
    const json::Member member = v.member(i);
    if (std::ranges::count(keys, member.key) > 0) continue;
    ok = false;
    auto& report = sink_.Report(Code::kJsonShape, member.key_span,
                                what + " has a key " + Shown(member.key) + ", which means nothing there");
    const std::vector<std::string> known(keys.begin(), keys.end());
    if (auto near = source::DidYouMean(member.key, known))
      report.help = "did you mean `" + *near + "`?";
    else
      report.help = "its keys are " + Names(known);
  }
  return ok;
}

}  // namespace polc::host
