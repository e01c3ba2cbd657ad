#include "compiler/simulate/door.h"

#include <array>
#include <utility>

#include "compiler/bridge/decision.h"

namespace polc::simulate {

using entities::EntityId;
using entities::MakeNumber;
using entities::Value;

Door::Door(std::shared_ptr<const Judge> judge, size_t side, const QuickReader& reader,
           std::vector<data::Decision>& decisions)
    : judge_(std::move(judge)),
      engine_(judge_->engine()),
      side_(side),
      reader_(reader),
      decisions_(decisions),
      scratch_(engine_),
      strangers_(kStrangers),
      simple_(2 * (engine_.bundle()->rules().size() + 1), kNone32) {}

EntityId Door::IdOf(const KnownUid& uid, vm::RequestBuilder& builder) {
  if (uid.ids[side_] != entities::kNoId) return uid.ids[side_];
  const data::EntityUid& name = reader_.UidOf(uid);
  Stranger& place = strangers_[uid.serial % kStrangers];
  if (place.serial != uid.serial) {
    place = {uid.serial, engine_.FindEntity(name.type, name.id).value_or(entities::kNoId)};
  }
  return place.id != entities::kNoId ? place.id : builder.Entity(name.type, name.id);
}

Value Door::ValueOf(const QuickValue& value, vm::RequestBuilder& builder) {
  switch (value.kind) {
    case data::Kind::kString:
      return builder.values().String(value.text);
    case data::Kind::kEntity:
      return entities::MakeEntity(IdOf(*value.entity, builder));
    case data::Kind::kIp: {
      if (value.ip.v6) return builder.values().IpV6(value.ip.bytes, value.ip.prefix);
      uint32_t address = 0;
      for (size_t i = 0; i < 4; ++i) address = address << 8 | value.ip.bytes[i];
      return entities::MakeIpV4(address, value.ip.prefix);
    }
    default:
      return MakeNumber(static_cast<entities::Kind>(value.kind), value.number);
  }
}

vm::RequestBuilder& Door::Fill(const QuickRequest& request) {
  const uint32_t action = request.action->action;
  if (action >= builders_.size()) builders_.resize(action + 1);
  std::unique_ptr<vm::RequestBuilder>& of_action = builders_[action];
  if (!of_action) of_action = std::make_unique<vm::RequestBuilder>(engine_);
  vm::RequestBuilder& builder = *of_action;
  builder.Reset();
  builder.SetPrincipal(IdOf(*request.principal, builder));
  builder.SetAction(IdOf(*request.action, builder));
  builder.SetResource(IdOf(*request.resource, builder));
  while (strings_.size() < reader_.names().size()) {
    strings_.push_back(
        bundle::FindString(engine_.bundle().bundle(), reader_.names()[strings_.size()]).value_or(kNone32));
  }
  // Ascending, as the builder keeps them: then each is where it was last time. What no rule names, none
  // reads: actions of which one reads the whole context are not quick.
  std::array<std::pair<uint32_t, const QuickValue*>, QuickRequest::kMostValues> named;
  size_t count = 0;
  for (size_t i = 0; i < request.count; ++i) {
    const uint32_t string = strings_[request.values[i].name];
    if (string == kNone32) continue;
    size_t at = count++;
    for (; at > 0 && named[at - 1].first > string; --at) named[at] = named[at - 1];
    named[at] = {string, &request.values[i]};
  }
  for (size_t i = 0; i < count; ++i) builder.SetAttribute(named[i].first, ValueOf(*named[i].second, builder));
  return builder;
}

uint32_t Door::MakeDecision(vm::RequestBuilder& builder) {
  EntityId in_cycle;
  const vm::Request& request = *builder.Ready(&in_cycle);
  data::Decision decision =
      bridge::MakeDecision(engine_, request, scratch_, engine_.Decide(request, &scratch_));
  decision.why = data::Why::kNone;  // Cedar does not say
  decisions_.push_back(std::move(decision));
  return static_cast<uint32_t>(decisions_.size() - 1);
}

uint32_t Door::Number(const vm::QuickDecision& decision, vm::RequestBuilder& builder) {
  const bool denies = decision.outcome != vm::Outcome::kAllow;
  if (decision.errors.empty() && decision.reasons.size() <= 1) {
    const size_t rule = decision.reasons.empty() ? simple_.size() / 2 - 1 : decision.reasons[0];
    uint32_t& known = simple_[2 * rule + denies];
    if (known == kNone32) known = MakeDecision(builder);
    return known;
  }
  key_.assign(decision.reasons.begin(), decision.reasons.end());
  key_.push_back(kNone32 - denies);
  for (const vm::RuleError& error : decision.errors) key_.push_back(error.rule);
  const auto known = others_.find(key_);
  if (known != others_.end()) return known->second;
  std::vector<uint32_t> key = key_;
  const uint32_t number = MakeDecision(builder);
  others_.emplace(std::move(key), number);
  return number;
}

uint32_t Door::Decide(const QuickRequest& request) {
  vm::RequestBuilder& builder = Fill(request);
  vm::QuickDecision quick;
  const vm::Memo::Slot* const slot = builder.FindSlot();
  if (slot == nullptr || !builder.DecideQuickly(*slot, &quick)) {
    if (slot != nullptr && builder.is_simple()) {
      builder.DecideBy(*slot, &scratch_, &quick);
    } else {
      EntityId in_cycle;
      const vm::Request& ready = *builder.Ready(&in_cycle);  // it brings no entities, so there is no cycle
      const vm::Decision decision = engine_.Decide(ready, &scratch_);
      quick = {decision.outcome, decision.reasons, decision.errors};
    }
  }
  return Number(quick, builder);
}

}  // namespace polc::simulate
