// Values by the types that a bundle declares.

#include <charconv>
#include <cmath>

#include "runtime/json/members.h"
#include "runtime/json/read.h"
#include "runtime/vm/builtins.h"

namespace polc::api_json {

using bundle::Kind;

namespace {

using Element = Reader::Element;

// "2%", "2.25%": at most two digits behind the point, which are four of the fraction.
std::optional<int64_t> ParsePercent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  int64_t units = 0;
  size_t digits = 0, decimals = 0;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point && digits > 0) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || digits > 6 || decimals == 2) return std::nullopt;
    units = units * 10 + (c - '0');
    ++digits;
    decimals += point;
  }
  if (digits == 0 || (point && decimals == 0)) return std::nullopt;
  for (; decimals < 2; ++decimals) units *= 10;
  return units;
}

// A number as a decimal, if it has at most four digits behind the point. Beyond 2^53 ten-thousandths a double
// cannot tell them apart.
std::optional<int64_t> DecimalOf(double number) {
  if (!(std::fabs(number) < 9007199254740992.0 / 10000)) return std::nullopt;
  char text[400];
  const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::fixed);
  std::string decimal(text, end.ptr);
  if (decimal.find('.') == std::string::npos) decimal += ".0";
  return vm::ParseDecimal(decimal);
}

}  // namespace

const bundle::ActionRow* Reader::FindAction(const Uid& uid) const {
  for (const bundle::ActionRow& row : model_->actions()) {
    const bundle::EntityRow& entity = model_->entities()[row.action];
    if (model_->String(entity.id) == View(uid.id) &&
        model_->String(model_->types()[entity.type]) == View(uid.type)) {
      return &row;
    }
  }
  return nullptr;
}

const bundle::EntityTypeRow* Reader::FindEntityType(std::string_view type) const {
  for (const bundle::EntityTypeRow& row : model_->entity_types()) {
    if (model_->String(model_->types()[row.type]) == type) return &row;
  }
  return nullptr;
}

bool Reader::TypedAs(const Element& element, Kind kind, bool percent, polc_value* out) {
  std::string_view text;
  const bool is_text = element.get(text) == simdjson::SUCCESS;
  switch (kind) {
    case Kind::kDecimal: {
      std::optional<int64_t> units;
      if (is_text) {
        if (percent) units = ParsePercent(text);
        if (!units) units = vm::ParseDecimal(text);
      } else if (element.is_double()) {
        units = DecimalOf(element.get_double().value_unsafe());
      } else if (!percent && element.is_int64()) {
        const int64_t number = element.get_int64().value_unsafe();
        int64_t scaled = 0;
        if (!__builtin_mul_overflow(number, int64_t{10000}, &scaled)) units = scaled;
      }
      if (!units) break;
      *out = polc_value_decimal(*units);
      return true;
    }
    case Kind::kDatetime:
      if (const auto ms = is_text ? vm::ParseDatetime(text) : std::nullopt) {
        *out = polc_value_datetime(*ms);
        return true;
      }
      break;
    case Kind::kDuration:
      if (const auto ms = is_text ? vm::ParseDuration(text) : std::nullopt) {
        *out = polc_value_duration(*ms);
        return true;
      }
      break;
    case Kind::kIp:
      if (is_text && vm::ParseIp(text)) {
        return Made(polc_value_parse(values_, "ip", Text(text), out, &made_), made_);
      }
      break;
    case Kind::kEntity: {
      Object object;
      Uid uid;
      if (element.get(object) == simdjson::SUCCESS && HasTypeAndId(element, &object)) {
        if (!UidParts(object, &uid)) return false;
        return Made(polc_value_entity(values_, uid.type, uid.id, out, &made_), made_);
      }
      break;
    }
    default:
      break;
  }
  return Value(element, out);
}

bool Reader::TypedValue(const Element& element, uint32_t type, polc_value* out) {
  const bundle::ValueTypeRow& row = model_->value_types()[type];
  const Kind kind = static_cast<Kind>(row.kind);
  Array array;
  Object object;
  if (kind == Kind::kSet && element.get(array) == simdjson::SUCCESS) {
    return Gather(array, out, [&](const Element& e, polc_value* v) { return TypedValue(e, row.of, v); });
  }
  if (kind == Kind::kRecord && element.get(object) == simdjson::SUCCESS) {
    Element contents;
    if (EscapeOf(object, &contents) == Escape::kNone) return TypedFields(object, row.fields, out);
  }
  return TypedAs(element, kind, row.percent != 0, out);
}

// The members of a record, or of one side of a context. `null` is a member that is missing.
bool Reader::TypedFields(const Object& object, bundle::Range declared, polc_value* out) {
  const auto attributes = model_->attributes().subspan(declared.first, declared.count);
  const size_t first = elements_.size(), first_name = names_.size();
  uint32_t index = 0;
  for (const auto field : object) {
    if (!field.value.is_null()) {
      const auto row = std::find_if(attributes.begin(), attributes.end(), [&](const bundle::AttributeRow& a) {
        return model_->String(a.name) == field.key;
      });
      polc_value value;
      if (row == attributes.end() ? !Value(field.value, &value)
                                  : !TypedValue(field.value, row->type, &value)) {
        return Step(index, field.key);
      }
      elements_.push_back(value);
      names_.push_back(Text(field.key));
    }
    ++index;
  }
  const bool ok = Made(polc_value_record(values_, names_.data() + first_name, elements_.data() + first,
                                         elements_.size() - first, out, &made_),
                       made_);
  elements_.resize(first);
  names_.resize(first_name);
  return ok;
}

}  // namespace polc::api_json
