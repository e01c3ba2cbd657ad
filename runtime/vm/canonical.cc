#include "runtime/vm/canonical.h"

#include <algorithm>
#include <cstring>

#include "runtime/vm/message.h"

namespace polc::vm {

bool CanonicalKeyLess(std::string_view a, std::string_view b) {
  const size_t shared = std::min(a.size(), b.size());
  size_t at = 0;
  while (at < shared && a[at] == b[at]) ++at;
  if (at == shared) return a.size() < b.size();
  // In UTF-8 the bytes' order is that of code points, and only surrogates (U+10000 and above, which begin
  // with F0 to F4) against U+E000 to U+FFFF (EE, EF) are ordered otherwise in UTF-16. Where the first
  // difference is in a continuation byte, both characters begin alike.
  const auto x = static_cast<unsigned char>(a[at]), y = static_cast<unsigned char>(b[at]);
  constexpr unsigned char kFirstAboveSurrogates = 0xEE, kFirstSupplementary = 0xF0;
  if (x >= kFirstAboveSurrogates && y >= kFirstAboveSurrogates &&
      (x >= kFirstSupplementary) != (y >= kFirstSupplementary)) {
    return x >= kFirstSupplementary;
  }
  return x < y;
}

void AppendCanonicalText(std::string_view text, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\r':
        *out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          *out += "\\u00";
          *out += kHex[static_cast<unsigned char>(c) >> 4];
          *out += kHex[c & 15];
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

void AppendCanonicalEntity(std::string_view type, std::string_view id, std::string* out) {
  *out += "{\"id\":";
  AppendCanonicalText(id, out);
  *out += ",\"type\":";
  AppendCanonicalText(type, out);
  out->push_back('}');
}

void AppendCanonicalEntity(const World& world, const Memory& memory, EntityId id, std::string* out) {
  AppendCanonicalEntity(world.TypeNameOf(id, memory), world.IdOf(id, memory), out);
}

void AppendCanonicalArray(const std::vector<std::string>& items, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out->push_back(',');
    *out += items[i];
  }
  out->push_back(']');
}

void AppendCanonicalSet(std::vector<std::string> items, std::string* out) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  AppendCanonicalArray(items, out);
}

void CanonicalObject::AddText(std::string_view key, std::string_view text) {
  std::string json;
  AppendCanonicalText(text, &json);
  Add(key, std::move(json));
}

void CanonicalObject::Append(std::string* out) {
  std::sort(members_.begin(), members_.end(),
            [](const auto& a, const auto& b) { return CanonicalKeyLess(a.first, b.first); });
  out->push_back('{');
  for (size_t i = 0; i < members_.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendCanonicalText(members_[i].first, out);
    out->push_back(':');
    *out += members_[i].second;
  }
  out->push_back('}');
  members_.clear();
}

namespace {

void AppendExtension(std::string_view function, std::string_view argument, std::string* out) {
  *out += "{\"__extn\":{\"arg\":";
  AppendCanonicalText(argument, out);
  *out += ",\"fn\":\"";
  *out += function;
  *out += "\"}}";
}

}  // namespace

void AppendCanonicalValue(const World& world, const Memory& memory, const Value& value, std::string* out) {
  switch (value.kind) {
    case Kind::kBool:
      *out += value.boolean() ? "true" : "false";
      return;
    case Kind::kLong:
      *out += '"' + std::to_string(value.number()) + '"';
      return;
    case Kind::kString:
      AppendCanonicalText(memory.Text(value), out);
      return;
    case Kind::kEntity:
      *out += "{\"__entity\":";
      AppendCanonicalEntity(world, memory, value.entity(), out);
      out->push_back('}');
      return;
    case Kind::kDecimal: {
      std::string text;
      AppendDecimal(value.number(), &text);
      return AppendExtension("decimal", text, out);
    }
    case Kind::kIp: {
      std::string text;
      AppendIp(memory, value, &text);
      return AppendExtension("ip", text, out);
    }
    case Kind::kDatetime:
      return AppendExtension("datetime", std::to_string(value.number()) + "ms", out);
    case Kind::kDuration:
      return AppendExtension("duration", std::to_string(value.number()) + "ms", out);
    case Kind::kSet: {
      std::vector<std::string> items;
      for (const Value& element : memory.Cells(value)) {
        AppendCanonicalValue(world, memory, element, &items.emplace_back());
      }
      return AppendCanonicalSet(std::move(items), out);
    }
    case Kind::kRecord: {
      CanonicalObject object;
      const auto cells = memory.Cells(value);
      for (size_t i = 0; i < cells.size(); i += 2) {
        std::string json;
        AppendCanonicalValue(world, memory, cells[i + 1], &json);
        object.Add(memory.Text(cells[i]), std::move(json));
      }
      return object.Append(out);
    }
  }
}

}  // namespace polc::vm
