#include "runtime/vm/digest.h"

#include <algorithm>

#include "runtime/vm/canonical.h"
#include "runtime/vm/model.h"

namespace polc::vm {

namespace {

constexpr std::string_view kPartNames[kActionPartCount] = {
    "action", "acts_for", "context", "principal", "principal_attributes", "resource", "resource_attributes",
    "tool"};

class ActionWriter {
 public:
  ActionWriter(const Engine& engine, const Request& request, const Value& context, const Memory& memory)
      : bundle_(engine.bundle().bundle()),
        world_(engine, request),
        memory_(memory),
        request_(request),
        context_(context),
        row_(request.action_row() == bundle::kNone ? nullptr : &bundle_.actions()[request.action_row()]) {}

  std::string Write() {
    CanonicalObject action;
    action.Add("action", Uid(request_.action()));
    action.Add("acts_for", ActsFor());
    action.Add("principal", Uid(request_.principal()));
    action.Add("principal_attributes", Attributes(request_.principal(), /*of_resource=*/false));
    action.Add("resource", Uid(request_.resource()));
    action.Add("resource_attributes", Attributes(request_.resource(), /*of_resource=*/true));
    AddContext(&action);
    std::string out;
    action.Append(&out);
    return out;
  }

 private:
  std::string Uid(EntityId id) const {
    std::string out;
    AppendCanonicalEntity(world_, memory_, id, &out);
    return out;
  }
  std::string ValueJson(const Value& value) const {
    std::string out;
    AppendCanonicalValue(world_, memory_, value, &out);
    return out;
  }
  static std::string Text(std::string_view text) {
    std::string out;
    AppendCanonicalText(text, &out);
    return out;
  }

  const bundle::AttributeRow* Declared(std::string_view name) const {
    if (row_ == nullptr) return nullptr;
    for (const bundle::AttributeRow& row :
         bundle_.attributes().subspan(row_->context.first, row_->context.count)) {
      if (bundle_.String(row.name) == name) return &row;
    }
    return nullptr;
  }

  // Both `context` and `tool`, the one attribute of it that is named by itself.
  void AddContext(CanonicalObject* action) const {
    CanonicalObject context;
    std::string tool = "null";
    const auto cells = memory_.Cells(context_);
    for (size_t i = 0; i < cells.size(); i += 2) {
      const std::string_view name = memory_.Text(cells[i]);
      const bundle::AttributeRow* row = Declared(name);
      if (name == "tool" && row != nullptr && row->from_host != 0) {
        tool = ValueJson(cells[i + 1]);
      } else if (row == nullptr || row->varies == 0) {
        context.Add(name, ValueJson(cells[i + 1]));
      }
    }
    std::string json;
    context.Append(&json);
    action->Add("context", std::move(json));
    action->Add("tool", std::move(tool));
  }

  std::string ActsFor() const {
    std::vector<std::string> hops;
    for (const ActedFor& hop : request_.host().acts_for) {
      CanonicalObject object;
      object.Add("attributes", Attributes(hop.principal, /*of_resource=*/false));
      object.Add("principal", Uid(hop.principal));
      if (hop.has_scope) {
        std::vector<std::string> classes;
        for (const Value& name : hop.scope) classes.push_back(Text(memory_.Text(name)));
        std::string scope;
        AppendCanonicalSet(std::move(classes), &scope);
        object.Add("scope", std::move(scope));
      }
      object.Append(&hops.emplace_back());
    }
    std::string out;
    AppendCanonicalArray(hops, &out);
    return out;
  }

  // Where the action's paths lead from an entity; a path that leads nowhere is there without a value.
  std::string Attributes(EntityId from, bool of_resource) const {
    std::vector<std::string> found;
    if (row_ != nullptr) {
      for (const bundle::PathRow& path : bundle_.paths().subspan(row_->paths.first, row_->paths.count)) {
        if ((path.of_resource != 0) == of_resource) found.push_back(PathJson(from, path));
      }
    }
    std::string out;
    AppendCanonicalArray(found, &out);
    return out;
  }

  std::string PathJson(EntityId from, const bundle::PathRow& path) const {
    std::vector<std::string> names;
    const Value start = entities::MakeEntity(from);
    const Value* at = &start;
    for (const uint32_t string : bundle_.path_names().subspan(path.names.first, path.names.count)) {
      const std::string_view name = bundle_.String(string);
      names.push_back(Text(name));
      if (at != nullptr) at = Member(*at, name);
    }
    std::string json;
    AppendCanonicalArray(names, &json);
    CanonicalObject object;
    object.Add("path", std::move(json));
    if (at != nullptr) object.Add("value", ValueJson(*at));
    std::string out;
    object.Append(&out);
    return out;
  }

  const Value* Member(const Value& of, std::string_view name) const {
    const Value* record = of.kind == Kind::kEntity ? world_.Attributes(of.entity()) : &of;
    return record == nullptr || record->kind != Kind::kRecord ? nullptr : FindField(memory_, *record, name);
  }

  const bundle::Bundle& bundle_;
  const World world_;
  const Memory memory_;
  const Request& request_;
  const Value context_;
  const bundle::ActionRow* row_;
};

// Where the value that begins at `at` ends: at the next `,` or `}` outside of it. Nothing if there is none.
std::optional<size_t> EndOfValue(std::string_view json, size_t at) {
  size_t depth = 0;
  bool quoted = false;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        quoted = false;
      }
      continue;
    }
    switch (c) {
      case '"':
        quoted = true;
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case ',':
        if (depth == 0) return at;
        break;
      case '}':
      case ']':
        if (depth == 0) return c == '}' ? std::optional(at) : std::nullopt;
        --depth;
        break;
      default:
        break;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string ActionJson(const Engine& engine, const Request& request, const Value& context,
                       const Memory& memory) {
  return ActionWriter(engine, request, context, memory).Write();
}

std::optional<ActionParts> SplitAction(std::string_view json) {
  ActionParts parts;
  size_t at = 1;
  for (size_t i = 0; i < kActionPartCount; ++i) {
    const std::string name = '"' + std::string(kPartNames[i]) + "\":";
    if (at > json.size() || json.substr(at, name.size()) != name) return std::nullopt;
    at += name.size();
    const std::optional<size_t> end = EndOfValue(json, at);
    if (!end) return std::nullopt;
    parts[i] = json.substr(at, *end - at);
    at = *end + 1;
  }
  return parts;
}

void TermsJson::AddEvidence(std::string_view kind) {
  CanonicalObject need;
  need.AddText("evidence", kind);
  need.Append(&needs_.emplace_back());
}

void TermsJson::AddApproval(std::span<const ResolvedQuorum> alternatives) {
  std::vector<std::string> quorums;
  for (const ResolvedQuorum& quorum : alternatives) quorums.push_back(QuorumJson(quorum));
  std::string json;
  AppendCanonicalSet(std::move(quorums), &json);
  CanonicalObject need;
  need.Add("approval", std::move(json));
  need.Append(&needs_.emplace_back());
}

std::string TermsJson::QuorumJson(const ResolvedQuorum& quorum) const {
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  std::vector<std::string> parts;
  for (const ResolvedPart& part : quorum.parts) {
    std::vector<std::string> pools;
    for (const EntityId pool : part.pools)
      AppendCanonicalEntity(world_, memory_, pool, &pools.emplace_back());
    std::string json;
    AppendCanonicalSet(std::move(pools), &json);
    CanonicalObject object;
    object.AddText("count", std::to_string(part.count));
    object.Add("error", flag(part.error));
    object.Add("pools", std::move(json));
    object.Append(&parts.emplace_back());
  }
  // Not as a set: `1 of A and 1 of A` is two people.
  std::sort(parts.begin(), parts.end());
  std::string json;
  AppendCanonicalArray(parts, &json);
  CanonicalObject object;
  object.Add("including_owner", flag(quorum.including_owner));
  object.Add("parts", std::move(json));
  object.Add("survives_policy_change", flag(quorum.survives_policy_change));
  object.AddText("within", std::to_string(quorum.within_ms));
  std::string out;
  object.Append(&out);
  return out;
}

void TermsJson::AddLimit(std::string_view kind, const Value* value, const Memory& memory) {
  CanonicalObject limit;
  limit.AddText("kind", kind);
  if (value == nullptr) {
    limit.Add("error", "true");
  } else {
    std::string json;
    AppendCanonicalValue(world_, memory, *value, &json);
    limit.Add("value", std::move(json));
  }
  limit.Append(&limits_.emplace_back());
}

std::string TermsJson::Finish() {
  std::string needs, limits;
  AppendCanonicalSet(std::move(needs_), &needs);
  AppendCanonicalSet(std::move(limits_), &limits);
  CanonicalObject terms;
  terms.Add("limits", std::move(limits));
  terms.Add("needs", std::move(needs));
  std::string out;
  terms.Append(&out);
  return out;
}

Digest DigestOf(std::string_view text) {
  return bundle::Sha256Of({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace polc::vm
