#include "compiler/explain/changed_request.h"

#include <algorithm>
#include <memory>

#include "compiler/bridge/bridge.h"
#include "compiler/bridge/decision.h"
#include "runtime/vm/review.h"

namespace polc::explain {

using data::EntityUid;
using data::Value;

namespace {

void SetField(Value* record, const std::string& name, const std::optional<Value>& value) {
  data::Record fields = record->as_record();
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  if (value) fields.emplace_back(name, *value);
  *record = Value::MakeRecord(std::move(fields));
}

}  // namespace

std::optional<data::Request> Changer::Apply(const ChangeSet& set) {
  data::Request out = request_;
  data::Host host = request_.host ? *request_.host : data::Host();
  bool needs_digests = false;
  if (const auto action = set.find({.kind = Key::Kind::kAction}); action != set.end()) {
    out.action = action->second.value->as_entity();
    LeaveOut(&out.context, out.action);
    LeaveOut(&host.context, out.action);
  }
  for (const auto& [key, change] : set) {
    switch (key.kind) {
      case Key::Kind::kContext:
        SetField(&out.context, key.name, change.value);
        break;
      case Key::Kind::kHostContext:
        SetField(&host.context, key.name, change.value);
        break;
      case Key::Kind::kAction:
        break;
      case Key::Kind::kResource:
        out.resource = change.value->as_entity();
        break;
      case Key::Kind::kNow:
        host.now = change.value->as_datetime();
        break;
      case Key::Kind::kState: {
        std::erase_if(host.state, [&](const data::StateItem& item) {
          return item.input == key.name && item.by == key.by && item.key == key.of;
        });
        host.state.push_back(
            {.input = key.name, .by = key.by, .key = key.of, .value = *change.value, .as_of = host.now});
        break;
      }
      case Key::Kind::kEnforce:
        std::erase(host.enforces, key.name);
        if (change.value->as_bool()) host.enforces.push_back(key.name);
        break;
      case Key::Kind::kRefusal:
        std::erase_if(host.refusals, [&](const data::RefusalItem& item) { return item.id == key.name; });
        break;
      case Key::Kind::kEvidence:
      case Key::Kind::kApproval:
        if (key.kind == Key::Kind::kEvidence && !change.value)
          std::erase_if(host.evidence, [&](const data::EvidenceItem& item) { return item.kind == key.name; });
        if (key.kind == Key::Kind::kApproval && !change.value)
          std::erase_if(host.approvals, [&](const data::ApprovalItem& item) { return item.id == key.name; });
        needs_digests |= change.value.has_value();
        break;
      case Key::Kind::kAttribute:
      case Key::Kind::kTag:
      case Key::Kind::kParent:
      case Key::Kind::kEntity: {
        data::Entity& entity = EntityIn(&out, key.entity);
        if (key.kind == Key::Kind::kParent) {
          const EntityUid& parent = key.of->as_entity();
          std::erase(entity.parents, parent);
          if (change.value->as_bool()) entity.parents.push_back(parent);
        } else if (key.kind != Key::Kind::kEntity) {
          auto& of = key.kind == Key::Kind::kTag ? entity.tags : entity.attrs;
          of.erase(key.name);
          if (change.value) of.emplace(key.name, *change.value);
        }
        break;
      }
    }
  }
  // State that was set anew was read now, whatever now is.
  for (const auto& [key, change] : set) {
    if (key.kind != Key::Kind::kState) continue;
    for (data::StateItem& item : host.state)
      if (item.input == key.name && item.by == key.by && item.key == key.of) item.as_of = host.now;
  }
  if (request_.host || b_.is_pol()) out.host = std::make_shared<const data::Host>(host);
  if (!needs_digests) return out;
  // What people say has to name the action and the terms as they are then.
  const auto taken = bridge::MakeRequest(engine_, out, {.validate_request = validates_});
  if (!taken || !taken->misfit().fits() || !taken->unknown_entity().fits()) return out;
  vm::Review review(engine_, *taken);
  const vm::Subject& subject = review.subject();
  const std::string action = bridge::DigestName(subject.action_digest),
                    terms = bridge::DigestName(subject.terms_digest),
                    snapshot = bridge::DigestName(subject.snapshot);
  for (const auto& [key, change] : set) {
    if (!change.value) continue;
    if (key.kind == Key::Kind::kEvidence) {
      host.evidence.push_back({.kind = key.name, .value = *change.value, .action_digest = action});
    } else if (key.kind == Key::Kind::kApproval) {
      if (change.invented) {
        data::Entity& person = EntityIn(&out, key.entity);
        person.parents.push_back(key.of->as_entity());
      }
      host.approvals.push_back({.id = "'" + key.entity.id,
                                .approver = key.entity,
                                .issued = host.now ? *host.now : data::Datetime{},
                                .action_digest = action,
                                .terms_digest = terms,
                                .snapshot = snapshot});
    }
  }
  out.host = std::make_shared<const data::Host>(std::move(host));
  return out;
}

void Changer::LeaveOut(Value* context, const EntityUid& action) const {
  if (!b_.is_pol()) return;
  for (const bundle::ActionRow& row : b_.actions()) {
    const bundle::EntityRow& name = b_.entities()[row.action];
    if (b_.String(b_.types()[name.type]) != action.type || b_.String(name.id) != action.id) continue;
    data::Record kept;
    for (const auto& field : context->as_record()) {
      const bool declared = std::ranges::any_of(
          Slice(b_.attributes(), row.context),
          [&](const auto& attribute) { return b_.String(attribute.name) == field.first; });
      if (declared) kept.push_back(field);
    }
    *context = Value::MakeRecord(std::move(kept));
  }
}

data::Entity& Changer::EntityIn(data::Request* request, const EntityUid& uid) {
  for (data::Entity& entity : request->entities)
    if (entity.uid == uid) return entity;
  auto known = stored_.find(uid);
  if (known == stored_.end()) known = stored_.emplace(uid, Stored(uid)).first;
  request->entities.push_back(known->second);
  return request->entities.back();
}

data::Entity Changer::Stored(const EntityUid& uid) {
  data::Entity out{.uid = uid, .attrs = {}, .tags = {}, .parents = {}, .span = {}};
  const auto id = engine_.FindEntity(uid.type, uid.id);
  if (!id) return out;
  const auto taken = bridge::MakeRequest(
      engine_,
      data::Request{
          .principal = uid, .action = uid, .resource = uid, .entities = {}, .host = nullptr, .span = {}});
  vm::Scratch scratch(engine_);
  const Tracer tracer(engine_, *taken, &scratch);
  if (auto entity = tracer.ReadEntity(*id)) out = std::move(*entity);
  return out;
}

}  // namespace polc::explain
