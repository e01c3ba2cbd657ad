#include "compiler/bridge/bridge.h"

#include <functional>

namespace polc::bridge {

using entities::EntityId;
using entities::Kind;
using entities::MakeNumber;
using entities::Value;
using entities::ValueBuilder;

namespace {

static_assert(static_cast<int>(data::Kind::kRecord) == static_cast<int>(Kind::kRecord) &&
              static_cast<int>(data::Kind::kIp) == static_cast<int>(Kind::kIp));

// Builds values in one region, with entities numbered by `intern`.
class Converter {
 public:
  using Intern = std::function<EntityId(const data::EntityUid&)>;
  Converter(ValueBuilder& builder, Intern intern) : builder_(builder), intern_(std::move(intern)) {}

  // Recursion is as deep as the value; a value too deep for the runtime ends it.
  std::optional<Value> Convert(const data::Value& v, uint32_t depth = 0) {
    if (depth > bundle::kMaxValueDepth) return std::nullopt;
    const Kind kind = static_cast<Kind>(v.kind());
    switch (v.kind()) {
      case data::Kind::kBool:
        return MakeNumber(kind, v.as_bool());
      case data::Kind::kLong:
        return MakeNumber(kind, v.as_long());
      case data::Kind::kString:
        return builder_.String(v.as_string());
      case data::Kind::kEntity:
        return entities::MakeEntity(intern_(v.as_entity()));
      case data::Kind::kDecimal:
        return MakeNumber(kind, v.as_decimal().units);
      case data::Kind::kDatetime:
        return MakeNumber(kind, v.as_datetime().ms);
      case data::Kind::kDuration:
        return MakeNumber(kind, v.as_duration().ms);
      case data::Kind::kIp: {
        const data::IpAddr& ip = v.as_ip();
        if (ip.v6) return builder_.IpV6(ip.bytes.data(), ip.prefix);
        uint32_t address = 0;
        for (int i = 0; i < 4; ++i) address = address << 8 | ip.bytes[static_cast<size_t>(i)];
        return entities::MakeIpV4(address, ip.prefix);
      }
      case data::Kind::kSet: {
        std::vector<Value> elements;
        for (const data::Value& e : v.as_set()) {
          const std::optional<Value> element = Convert(e, depth + 1);
          if (!element) return std::nullopt;
          elements.push_back(*element);
        }
        return builder_.Set(std::move(elements));
      }
      case data::Kind::kRecord:
        return Fields(v.as_record(), depth + 1);
    }
    return std::nullopt;
  }

  // Any range of name and value.
  template <typename Range>
  std::optional<Value> Fields(const Range& range, uint32_t depth = 0) {
    std::vector<std::pair<std::string_view, Value>> fields;
    for (const auto& [name, v] : range) {
      const std::optional<Value> value = Convert(v, depth);
      if (!value) return std::nullopt;
      fields.emplace_back(name, *value);
    }
    return builder_.Record(fields);
  }

  std::vector<EntityId> Parents(const data::Entity& entity) {
    std::vector<EntityId> out;
    for (const data::EntityUid& parent : entity.parents) out.push_back(intern_(parent));
    return out;
  }

 private:
  ValueBuilder& builder_;
  Intern intern_;
};

}  // namespace

std::shared_ptr<const entities::Snapshot> MakeSnapshot(const data::EntityStore& store) {
  entities::SnapshotBuilder builder;
  Converter converter(builder.values(),
                      [&](const data::EntityUid& uid) { return builder.Intern(uid.type, uid.id); });
  for (const data::EntityUid& uid : store.order()) {
    const data::Entity& entity = *store.Find(uid);
    const std::optional<Value> attributes = converter.Fields(entity.attrs);
    const std::optional<Value> tags = converter.Fields(entity.tags);
    if (!attributes || !tags) return nullptr;
    const EntityId id = builder.Intern(uid.type, uid.id);
    builder.Add(id, *attributes, *tags, converter.Parents(entity));
  }
  EntityId in_cycle;
  return builder.Finish(&in_cycle);
}

std::optional<vm::Request> MakeRequest(const vm::Engine& engine, const data::Request& request) {
  vm::RequestBuilder builder(engine);
  auto intern = [&](const data::EntityUid& uid) { return builder.Entity(uid.type, uid.id); };
  Converter converter(builder.values(), intern);
  builder.SetPrincipal(intern(request.principal));
  builder.SetAction(intern(request.action));
  builder.SetResource(intern(request.resource));
  const std::optional<Value> context = converter.Convert(request.context);
  if (!context) return std::nullopt;
  builder.SetContext(*context);
  for (const data::Entity& entity : request.entities) {
    const std::optional<Value> attributes = converter.Fields(entity.attrs);
    const std::optional<Value> tags = converter.Fields(entity.tags);
    if (!attributes || !tags) return std::nullopt;
    builder.AddEntity(intern(entity.uid), *attributes, *tags, converter.Parents(entity));
  }
  EntityId in_cycle;
  return builder.Finish(&in_cycle);
}

}  // namespace polc::bridge
