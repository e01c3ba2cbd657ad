#include "compiler/host/request_writer.h"

#include "compiler/host/decision_json.h"
#include "compiler/host/json_members.h"

namespace polc::host {

using data::Value;
using llvm::json::OStream;

namespace {

void WriteEntities(const std::vector<data::Entity>& entities, OStream& json) {
  ArrayMember("entities", entities, json, [&](const data::Entity& entity) {
    json.object([&] {
      UidMember("uid", entity.uid, json);
      json.attributeObject("attrs", [&] {
        for (const auto& [name, value] : entity.attrs) ValueMember(name, value, json);
      });
      json.attributeArray("parents", [&] {
        for (const data::EntityUid& parent : entity.parents) json.rawValue(model::ToJson(parent));
      });
      if (entity.tags.empty()) return;
      json.attributeObject("tags", [&] {
        for (const auto& [name, value] : entity.tags) ValueMember(name, value, json);
      });
    });
  });
}

// What approvals and refusals have in common.
template <typename Item>
void WriteSaying(const Item& item, OStream& json) {
  json.attribute("id", llvm::json::fixUTF8(item.id));
  UidMember("approver", item.approver, json);
  TimeMember("issued", item.issued, json);
  json.attribute("action_digest", item.action_digest);
  if (!item.signing_key.empty()) json.attribute("key", llvm::json::fixUTF8(item.signing_key));
  if (!item.signature.empty()) json.attribute("signature", llvm::json::fixUTF8(item.signature));
}

void WriteHost(const data::Host& host, const std::vector<data::Entity>& entities, OStream& json) {
  if (host.now) TimeMember("now", *host.now, json);
  if (!host.context.as_record().empty()) ValueMember("context", host.context, json);
  WriteEntities(entities, json);
  ArrayMember("state", host.state, json, [&](const data::StateItem& item) { WriteStateItem(item, json); });
  ArrayMember("approvals", host.approvals, json, [&](const data::ApprovalItem& item) {
    json.object([&] {
      WriteSaying(item, json);
      json.attribute("terms_digest", item.terms_digest);
      json.attribute("snapshot", item.snapshot);
      if (item.consumed) json.attribute("consumed", true);
      if (!item.action.empty()) json.attribute("action", llvm::json::fixUTF8(item.action));
    });
  });
  ArrayMember("refusals", host.refusals, json,
              [&](const data::RefusalItem& item) { json.object([&] { WriteSaying(item, json); }); });
  ArrayMember("evidence", host.evidence, json, [&](const data::EvidenceItem& item) {
    json.object([&] {
      json.attribute("kind", item.kind);
      ValueMember("value", item.value, json);
      json.attribute("action_digest", item.action_digest);
    });
  });
  ArrayMember("acts_for", host.acts_for, json, [&](const data::Hop& hop) {
    json.object([&] {
      UidMember("principal", hop.principal, json);
      if (!hop.scope) return;
      json.attributeArray("scope", [&] {
        for (const std::string& name : *hop.scope) json.value(name);
      });
    });
  });
  TextsMember("enforces", host.enforces, json);
}

}  // namespace

void WriteRequest(const data::Request& request, bool pol, OStream& json) {
  UidMember("principal", request.principal, json);
  UidMember("action", request.action, json);
  UidMember("resource", request.resource, json);
  ValueMember("context", request.context, json);
  if (!pol) return WriteEntities(request.entities, json);
  if (!request.host && request.entities.empty()) return;
  json.attributeObject(
      "host", [&] { WriteHost(request.host ? *request.host : data::Host(), request.entities, json); });
}

}  // namespace polc::host
