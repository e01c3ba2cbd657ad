#include "compiler/oracle/digest.h"

#include <algorithm>
#include <set>

#include "compiler/data/extension.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/SHA256.h"

namespace polc::oracle {

using data::EntityUid;
using data::Kind;
using data::Value;

namespace {

std::string Extension(std::string_view fn, const std::string& arg) {
  return CanonicalObject(
      {{"__extn", CanonicalObject({{"arg", CanonicalText(arg)}, {"fn", CanonicalText(fn)}})}});
}

std::string Uid(const EntityUid& uid) {
  return CanonicalObject({{"id", CanonicalText(uid.id)}, {"type", CanonicalText(uid.type)}});
}

std::string SortedArray(std::vector<std::string> elements) {
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  return CanonicalArray(elements);
}

std::string Flag(bool value) { return value ? "true" : "false"; }
std::string Number(int64_t value) { return CanonicalText(std::to_string(value)); }

// Where a path of attributes leads from an entity, or nothing.
std::optional<Value> Follow(const data::EntityStore& store, Value at, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (at.is(Kind::kEntity)) {
      const data::Entity* entity = store.Find(at.as_entity());
      if (!entity || !entity->attrs.contains(name)) return std::nullopt;
      at = Value(entity->attrs.at(name));
    } else {
      const Value* field = at.is(Kind::kRecord) ? at.Find(name) : nullptr;
      if (!field) return std::nullopt;
      at = Value(*field);
    }
  }
  return at;
}

// What the action's digest paths from one end lead to: every path, with a value where there is one.
std::string Attributes(const core::Action* action, bool of_resource, const data::EntityStore& store,
                       const EntityUid& from) {
  std::vector<std::string> out;
  for (size_t i = 0; action && i < action->digest.size(); ++i) {
    const core::AttributePath& path = action->digest[i];
    if (path.of_resource != of_resource) continue;
    std::vector<std::string> names;
    for (const std::string& name : path.names) names.push_back(CanonicalText(name));
    std::map<std::string, std::string> entry = {{"path", CanonicalArray(names)}};
    if (const auto value = Follow(store, Value(from), path.names)) entry["value"] = CanonicalJson(*value);
    out.push_back(CanonicalObject(entry));
  }
  return CanonicalArray(out);
}

std::string Quorum(const data::QuorumTerm& quorum) {
  std::vector<std::string> parts;
  for (const data::QuorumPart& part : quorum.parts) {
    std::vector<std::string> pools;
    for (const EntityUid& pool : part.pools) pools.push_back(Uid(pool));
    parts.push_back(CanonicalObject(
        {{"count", Number(part.count)}, {"error", Flag(part.error)}, {"pools", SortedArray(pools)}}));
  }
  std::sort(parts.begin(), parts.end());
  return CanonicalObject({{"including_owner", Flag(quorum.including_owner)},
                          {"parts", CanonicalArray(parts)},
                          {"survives_policy_change", Flag(quorum.survives_policy_change)},
                          {"within", Number(quorum.within_ms)}});
}

std::string Need(const data::NeedTerm& need) {
  if (!need.evidence.empty()) return CanonicalObject({{"evidence", CanonicalText(need.evidence)}});
  std::vector<std::string> alternatives;
  for (const data::QuorumTerm& quorum : need.approval) alternatives.push_back(Quorum(quorum));
  return CanonicalObject({{"approval", SortedArray(alternatives)}});
}

}  // namespace

std::string CanonicalText(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view kShort = "\b\t\n\f\r\"\\";
    constexpr std::string_view kLetters = "btnfr\"\\";
    if (const size_t i = kShort.find(c); i != std::string_view::npos) {
      out += '\\';
      out += kLetters[i];
    } else if (byte < 0x20) {
      out += "\\u00" + llvm::toHex(llvm::StringRef(&c, 1), /*LowerCase=*/true);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string CanonicalObject(const std::map<std::string, std::string>& members) {
  // By UTF-16 code units, which is not the order of UTF-8 bytes past the basic plane.
  std::vector<std::pair<llvm::SmallVector<llvm::UTF16, 16>, std::string>> sorted;
  for (const auto& [name, json] : members) {
    llvm::SmallVector<llvm::UTF16, 16> units;
    llvm::convertUTF8ToUTF16String(name, units);
    sorted.emplace_back(units, CanonicalText(name) + ":" + json);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::lexicographical_compare(a.first.begin(), a.first.end(), b.first.begin(), b.first.end());
  });
  std::string out = "{";
  for (const auto& [units, member] : sorted) out += (out.size() > 1 ? "," : "") + member;
  return out + "}";
}

std::string CanonicalArray(const std::vector<std::string>& elements) {
  std::string out = "[";
  for (const std::string& element : elements) out += (out.size() > 1 ? "," : "") + element;
  return out + "]";
}

std::string CanonicalJson(const Value& value) {
  switch (value.kind()) {
    case Kind::kBool:
      return Flag(value.as_bool());
    case Kind::kLong:
      return Number(value.as_long());
    case Kind::kString:
      return CanonicalText(value.as_string());
    case Kind::kEntity:
      return CanonicalObject({{"__entity", Uid(value.as_entity())}});
    case Kind::kDecimal:
      return Extension("decimal", data::CanonicalText(value));
    case Kind::kIp:
      return Extension("ip", data::CanonicalText(value));
    case Kind::kDuration:
      return Extension("duration", data::CanonicalText(value));
    case Kind::kDatetime:
      return Extension("datetime", data::CanonicalText(value));
    case Kind::kSet: {
      std::vector<std::string> elements;
      for (const Value& element : value.as_set()) elements.push_back(CanonicalJson(element));
      return SortedArray(elements);
    }
    case Kind::kRecord: {
      std::map<std::string, std::string> members;
      for (const auto& [name, field] : value.as_record()) members[name] = CanonicalJson(field);
      return CanonicalObject(members);
    }
  }
  return "null";
}

std::string DigestOf(std::string_view text) {
  const auto digest =
      llvm::SHA256::hash(llvm::ArrayRef<uint8_t>(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  return "sha256:" + llvm::toHex(digest, /*LowerCase=*/true);
}

std::map<std::string, std::string> ActionParts(const core::Program& program, const data::EntityStore& store,
                                               const data::Request& request) {
  const core::Action* action = program.model.FindAction(request.action);
  std::map<std::string, std::string> context;
  std::string tool = "null";
  if (request.context.is(Kind::kRecord)) {
    for (const auto& [name, value] : request.context.as_record()) {
      const core::Attribute* attribute = action ? core::FindAttribute(action->context, name) : nullptr;
      const bool host_tool = name == "tool" && attribute && attribute->from_host;
      if (host_tool) tool = CanonicalJson(value);
      if (!host_tool && !(attribute && attribute->varies)) context[name] = CanonicalJson(value);
    }
  }
  std::vector<std::string> chain;
  for (size_t i = 0; request.host && i < request.host->acts_for.size(); ++i) {
    const data::Hop& hop = request.host->acts_for[i];
    std::map<std::string, std::string> entry = {
        {"attributes", Attributes(action, false, store, hop.principal)}, {"principal", Uid(hop.principal)}};
    if (hop.scope) {
      std::vector<std::string> classes;
      for (const std::string& name : *hop.scope) classes.push_back(CanonicalText(name));
      entry["scope"] = SortedArray(classes);
    }
    chain.push_back(CanonicalObject(entry));
  }
  return {{"action", Uid(request.action)},
          {"acts_for", CanonicalArray(chain)},
          {"context", CanonicalObject(context)},
          {"principal", Uid(request.principal)},
          {"principal_attributes", Attributes(action, false, store, request.principal)},
          {"resource", Uid(request.resource)},
          {"resource_attributes", Attributes(action, true, store, request.resource)},
          {"tool", tool}};
}

std::string TermsJson(const std::vector<data::NeedTerm>& needs, const std::vector<LimitValue>& limits) {
  std::vector<std::string> need_texts, limit_texts;
  for (const data::NeedTerm& need : needs) need_texts.push_back(Need(need));
  for (const LimitValue& limit : limits) {
    limit_texts.push_back(
        limit.value
            ? CanonicalObject({{"kind", CanonicalText(limit.kind)}, {"value", CanonicalJson(*limit.value)}})
            : CanonicalObject({{"error", "true"}, {"kind", CanonicalText(limit.kind)}}));
  }
  return CanonicalObject({{"limits", SortedArray(limit_texts)}, {"needs", SortedArray(need_texts)}});
}

}  // namespace polc::oracle
