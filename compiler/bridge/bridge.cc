#include "compiler/bridge/bridge.h"

#include <algorithm>
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

namespace {

// `sha256:` and 64 hex digits; all zero, which is nothing's digest, for any other text.
bundle::Digest DigestOf(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  bundle::Digest digest{};
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 64) return digest;
  text.remove_prefix(kPrefix.size());
  for (size_t i = 0; i < 64; ++i) {
    const char c = text[i];
    const int n = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (n < 0) return {};
    digest[i / 2] = static_cast<uint8_t>(digest[i / 2] << 4 | n);
  }
  return digest;
}

template <typename Row>
std::optional<uint32_t> FindRow(const bundle::Bundle& b, std::span<const Row> rows, std::string_view name) {
  for (uint32_t i = 0; i < rows.size(); ++i) {
    if (b.String(rows[i].name) == name) return i;
  }
  return std::nullopt;
}

// What the host says. With state or evidence that the bundle does not declare it is no request of its model.
bool PutHost(const vm::Engine& engine, const data::Host& host, Converter& converter,
             const Converter::Intern& intern, vm::RequestBuilder& builder) {
  const bundle::Bundle& b = engine.bundle().bundle();
  vm::HostInputs& out = builder.host();
  auto text = [&](const std::string& s) { return builder.values().String(s); };
  if (host.now) out.now_ms = host.now->ms;
  const std::optional<Value> context = converter.Convert(host.context);
  if (!context) return false;
  out.context = *context;
  for (const data::StateItem& item : host.state) {
    vm::StateValue state;
    bool found = false;
    for (uint32_t i = 0; i < b.inputs().size() && !found; ++i) {
      const bundle::InputRow& row = b.inputs()[i];
      found = b.String(row.name) == item.input && b.String(row.by) == item.by &&
              static_cast<bundle::InputKind>(row.kind) != bundle::InputKind::kNow;
      state.input = i;
    }
    const std::optional<Value> key = item.key ? converter.Convert(*item.key) : Value{};
    const std::optional<Value> value = converter.Convert(item.value);
    if (!key || !value) return false;
    if (!found) {
      builder.Reject({vm::MisfitKind::kState, text(item.input), *value});
      continue;
    }
    state.has_key = item.key.has_value();
    state.key = *key;
    state.value = *value;
    if (item.as_of) state.as_of_ms = item.as_of->ms;
    out.state.push_back(state);
  }
  for (const data::ApprovalItem& item : host.approvals) {
    vm::Approval approval;
    approval.approver = intern(item.approver);
    approval.action = DigestOf(item.action_digest);
    approval.terms = DigestOf(item.terms_digest);
    approval.snapshot = DigestOf(item.snapshot);
    approval.issued_ms = item.issued.ms;
    approval.consumed = item.consumed;
    approval.id = text(item.id);
    approval.signing_key = text(item.signing_key);
    approval.canonical = text(item.action);
    out.approvals.push_back(approval);
  }
  for (const data::RefusalItem& item : host.refusals) {
    out.refusals.push_back(
        {intern(item.approver), DigestOf(item.action_digest), item.issued.ms, text(item.id)});
  }
  for (const data::EvidenceItem& item : host.evidence) {
    const std::optional<uint32_t> kind = FindRow(b, b.evidence_kinds(), item.kind);
    const std::optional<Value> value = converter.Convert(item.value);
    if (!value) return false;
    if (!kind) {
      builder.Reject({vm::MisfitKind::kEvidence, text(item.kind), *value});
      continue;
    }
    out.evidence.push_back({*kind, DigestOf(item.action_digest), *value});
  }
  for (const data::Hop& hop : host.acts_for) {
    vm::ActedFor acted{intern(hop.principal), hop.scope.has_value(), {}};
    if (hop.scope) {
      for (const std::string& name : *hop.scope) acted.scope.push_back(text(name));
    }
    out.acts_for.push_back(std::move(acted));
  }
  // A kind that the bundle does not have limits nothing.
  for (const std::string& name : host.enforces) {
    if (const std::optional<uint32_t> kind = FindRow(b, b.limit_kinds(), name)) out.enforces.push_back(*kind);
  }
  std::sort(out.enforces.begin(), out.enforces.end());
  return true;
}

}  // namespace

std::optional<vm::Request> MakeRequest(const vm::Engine& engine, const data::Request& request,
                                       const RequestOptions& options) {
  vm::RequestBuilder builder(engine);
  const Converter::Intern intern = [&](const data::EntityUid& uid) {
    return builder.Entity(uid.type, uid.id);
  };
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
  if (request.host && !PutHost(engine, *request.host, converter, intern, builder)) return std::nullopt;
  builder.SetValidation(options.validate_request);
  EntityId in_cycle;
  return builder.Finish(&in_cycle);
}

}  // namespace polc::bridge
