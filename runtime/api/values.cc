// Values, made for a request or an edit.

#include <array>
#include <span>

#include "runtime/api/handles.h"
#include "runtime/vm/builtins.h"

using polc::api::Fail;
using polc::api::Guard;
using polc::api::Valid;
using polc::api::View;
using polc::bundle::Kind;
using polc::entities::Value;

namespace {

// So many elements or fields need no memory of their own.
constexpr size_t kFew = 16;

using Field = std::pair<std::string_view, Value>;

// A name that occurs twice, or null.
const std::string_view* Repeated(std::span<Field> fields) {
  if (fields.size() > kFew) {
    std::sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) { return a.first < b.first; });
    const auto twice = std::adjacent_find(fields.begin(), fields.end(),
                                          [](const Field& a, const Field& b) { return a.first == b.first; });
    return twice == fields.end() ? nullptr : &twice->first;
  }
  for (size_t i = 1; i < fields.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (fields[i].first == fields[k].first) return &fields[i].first;
    }
  }
  return nullptr;
}

polc_status Malformed(polc_error* error, std::string_view kind, polc_text text) {
  return Fail(error, POLC_ERROR_VALUE, "`" + std::string(View(text)) + "` is not a " + std::string(kind));
}

}  // namespace

namespace polc::api {

polc_status ReadEntity(polc_values& in, polc_text type, polc_text id, const polc_value* attributes,
                       const polc_value* tags, const polc_text* parent_types, const polc_text* parent_ids,
                       size_t parent_count, EntityParts* out, polc_error* error) {
  if (!Valid(type) || !Valid(id) ||
      ((parent_types == nullptr || parent_ids == nullptr) && parent_count > 0)) {
    return Fail(error, POLC_ERROR_ARGUMENT);
  }
  out->attributes = attributes == nullptr ? entities::EmptyRecord() : Unwrap(*attributes);
  out->tags = tags == nullptr ? entities::EmptyRecord() : Unwrap(*tags);
  if (out->attributes.kind != Kind::kRecord || out->tags.kind != Kind::kRecord) {
    return Fail(error, POLC_ERROR_ARGUMENT, "attributes and tags are records");
  }
  out->id = in.Entity(View(type), View(id));
  out->parents.clear();
  for (size_t i = 0; i < parent_count; ++i) {
    if (!Valid(parent_types[i]) || !Valid(parent_ids[i])) return Fail(error, POLC_ERROR_ARGUMENT);
    out->parents.push_back(in.Entity(View(parent_types[i]), View(parent_ids[i])));
  }
  return POLC_OK;
}

}  // namespace polc::api

using polc::api::Unwrap;
using polc::api::Wrap;

extern "C" {

polc_value polc_value_bool(int value) { return Wrap(polc::entities::MakeBool(value != 0)); }
polc_value polc_value_long(int64_t value) { return Wrap(polc::entities::MakeLong(value)); }
polc_value polc_value_decimal(int64_t ten_thousandths) {
  return Wrap(polc::entities::MakeNumber(Kind::kDecimal, ten_thousandths));
}
polc_value polc_value_datetime(int64_t ms) { return Wrap(polc::entities::MakeNumber(Kind::kDatetime, ms)); }
polc_value polc_value_duration(int64_t ms) { return Wrap(polc::entities::MakeNumber(Kind::kDuration, ms)); }

polc_status polc_value_string(polc_values* in, polc_text text, polc_value* out, polc_error* error) {
  if (in == nullptr || out == nullptr || !Valid(text)) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    *out = Wrap(in->builder().String(View(text)));
    return POLC_OK;
  });
}

polc_status polc_value_entity(polc_values* in, polc_text type, polc_text id, polc_value* out,
                              polc_error* error) {
  if (in == nullptr || out == nullptr || !Valid(type) || !Valid(id)) return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    *out = Wrap(polc::entities::MakeEntity(in->Entity(View(type), View(id))));
    return POLC_OK;
  });
}

polc_status polc_value_parse(polc_values* in, const char* kind, polc_text text, polc_value* out,
                             polc_error* error) {
  if (in == nullptr || kind == nullptr || out == nullptr || !Valid(text))
    return Fail(error, POLC_ERROR_ARGUMENT);
  return Guard(error, [&] {
    const std::string_view wanted = kind;
    if (wanted == "ip") {
      const std::optional<polc::vm::IpAddress> ip = polc::vm::ParseIp(View(text));
      if (!ip) return Malformed(error, "IP address", text);
      if (ip->v6) {
        *out = Wrap(in->builder().IpV6(ip->bytes, ip->prefix));
      } else {
        const uint32_t address = uint32_t{ip->bytes[0]} << 24 | uint32_t{ip->bytes[1]} << 16 |
                                 uint32_t{ip->bytes[2]} << 8 | ip->bytes[3];
        *out = Wrap(polc::entities::MakeIpV4(address, ip->prefix));
      }
      return POLC_OK;
    }
    struct Parser {
      std::string_view name;
      Kind kind;
      std::optional<int64_t> (*parse)(std::string_view);
    };
    static constexpr Parser kParsers[] = {{"decimal", Kind::kDecimal, polc::vm::ParseDecimal},
                                          {"datetime", Kind::kDatetime, polc::vm::ParseDatetime},
                                          {"duration", Kind::kDuration, polc::vm::ParseDuration}};
    for (const Parser& parser : kParsers) {
      if (parser.name != wanted) continue;
      const std::optional<int64_t> number = parser.parse(View(text));
      if (!number) return Malformed(error, wanted, text);
      *out = Wrap(polc::entities::MakeNumber(parser.kind, *number));
      return POLC_OK;
    }
    return Fail(error, POLC_ERROR_ARGUMENT, "the kind is none of decimal, ip, datetime, duration");
  });
}

polc_status polc_value_set(polc_values* in, const polc_value* elements, size_t count, polc_value* out,
                           polc_error* error) {
  if (in == nullptr || out == nullptr || (elements == nullptr && count > 0)) {
    return Fail(error, POLC_ERROR_ARGUMENT);
  }
  return Guard(error, [&] {
    std::array<Value, kFew> few;
    std::vector<Value> many(count > kFew ? count : 0);
    const std::span<Value> values(count > kFew ? many.data() : few.data(), count);
    for (size_t i = 0; i < count; ++i) values[i] = Unwrap(elements[i]);
    const std::optional<Value> set = in->builder().SetOf(values);
    if (!set) return Fail(error, POLC_ERROR_VALUE, "the set is nested too deep");
    *out = Wrap(*set);
    return POLC_OK;
  });
}

polc_status polc_value_record(polc_values* in, const polc_text* names, const polc_value* values, size_t count,
                              polc_value* out, polc_error* error) {
  if (in == nullptr || out == nullptr || ((names == nullptr || values == nullptr) && count > 0)) {
    return Fail(error, POLC_ERROR_ARGUMENT);
  }
  return Guard(error, [&] {
    std::array<Field, kFew> few;
    std::vector<Field> many(count > kFew ? count : 0);
    const std::span<Field> fields(count > kFew ? many.data() : few.data(), count);
    for (size_t i = 0; i < count; ++i) {
      if (!Valid(names[i])) return Fail(error, POLC_ERROR_ARGUMENT);
      fields[i] = {View(names[i]), Unwrap(values[i])};
    }
    if (const std::string_view* twice = Repeated(fields)) {
      return Fail(error, POLC_ERROR_VALUE, "the record has the name `" + std::string(*twice) + "` twice");
    }
    const std::optional<Value> record = in->builder().RecordOf(fields);
    if (!record) return Fail(error, POLC_ERROR_VALUE, "the record is nested too deep");
    *out = Wrap(*record);
    return POLC_OK;
  });
}

}  // extern "C"
