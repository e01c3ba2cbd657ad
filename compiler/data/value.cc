#include "compiler/data/value.h"

#include <algorithm>
#include <cassert>

#include "compiler/data/extension.h"
#include "compiler/source/quote.h"

namespace polc::data {

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return "bool";
    case Kind::kLong:
      return "long";
    case Kind::kString:
      return "string";
    case Kind::kEntity:
      return "entity";
    case Kind::kDecimal:
      return "decimal";
    case Kind::kIp:
      return "ipaddr";
    case Kind::kDatetime:
      return "datetime";
    case Kind::kDuration:
      return "duration";
    case Kind::kSet:
      return "set";
    case Kind::kRecord:
      return "record";
  }
  return "value";
}

Value::Value(EntityUid v) : rep_(std::make_shared<const EntityUid>(std::move(v))) {}

Value Value::MakeSet(std::vector<Value> elements) {
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  elements.shrink_to_fit();
  Value v;
  v.rep_ = std::make_shared<const Set>(std::move(elements));
  return v;
}

Value Value::MakeRecord(Record fields) {
  std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  assert(std::adjacent_find(fields.begin(), fields.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }) == fields.end());
  Value v;
  v.rep_ = std::make_shared<const Record>(std::move(fields));
  return v;
}

const Value* Value::Find(std::string_view key) const {
  const Record& fields = as_record();
  auto found = std::lower_bound(fields.begin(), fields.end(), key,
                                [](const auto& field, std::string_view k) { return field.first < k; });
  return found != fields.end() && found->first == key ? &found->second : nullptr;
}

bool Value::Contains(const Value& v) const {
  const Set& elements = as_set();
  return std::binary_search(elements.begin(), elements.end(), v);
}

std::strong_ordering operator<=>(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return a.kind() <=> b.kind();
  switch (a.kind()) {
    case Kind::kBool:
      return a.as_bool() <=> b.as_bool();
    case Kind::kLong:
      return a.as_long() <=> b.as_long();
    case Kind::kString:
      return a.as_string() <=> b.as_string();
    case Kind::kEntity:
      return a.as_entity() <=> b.as_entity();
    case Kind::kDecimal:
      return a.as_decimal() <=> b.as_decimal();
    case Kind::kIp:
      return a.as_ip() <=> b.as_ip();
    case Kind::kDatetime:
      return a.as_datetime() <=> b.as_datetime();
    case Kind::kDuration:
      return a.as_duration() <=> b.as_duration();
    case Kind::kSet: {
      const Set& x = a.as_set();
      const Set& y = b.as_set();
      if (&x == &y) return std::strong_ordering::equal;
      return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
    }
    case Kind::kRecord: {
      const Record& x = a.as_record();
      const Record& y = b.as_record();
      if (&x == &y) return std::strong_ordering::equal;
      return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end(),
                                                    [](const auto& p, const auto& q) {
                                                      if (auto order = p.first <=> q.first; order != 0)
                                                        return order;
                                                      return p.second <=> q.second;
                                                    });
    }
  }
  return std::strong_ordering::equal;
}

std::string QuoteCedar(std::string_view text) { return source::Quote(text); }

std::string ToString(const EntityUid& uid) { return uid.type + "::" + QuoteCedar(uid.id); }

namespace {

void Append(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::kBool:
      out += value.as_bool() ? "true" : "false";
      return;
    case Kind::kLong:
      out += std::to_string(value.as_long());
      return;
    case Kind::kString:
      out += QuoteCedar(value.as_string());
      return;
    case Kind::kEntity:
      out += ToString(value.as_entity());
      return;
    case Kind::kDecimal:
    case Kind::kIp:
    case Kind::kDuration:
      out += value.is(Kind::kDecimal) ? "decimal(\"" : value.is(Kind::kIp) ? "ip(\"" : "duration(\"";
      out += CanonicalText(value);
      out += "\")";
      return;
    case Kind::kDatetime:
      out += "datetime(\"1970-01-01\").offset(duration(\"" + CanonicalText(value) + "\"))";
      return;
    case Kind::kSet: {
      out += '[';
      bool first = true;
      for (const Value& element : value.as_set()) {
        if (!first) out += ", ";
        first = false;
        Append(element, out);
      }
      out += ']';
      return;
    }
    case Kind::kRecord: {
      out += '{';
      bool first = true;
      for (const auto& [key, field] : value.as_record()) {
        if (!first) out += ", ";
        first = false;
        out += QuoteCedar(key);
        out += ": ";
        Append(field, out);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

std::string ToString(const Value& value) {
  std::string out;
  Append(value, out);
  return out;
}

}  // namespace polc::data
