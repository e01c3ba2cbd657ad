#include "compiler/simulate/door.h"

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
      builder_(engine_),
      scratch_(engine_),
      strangers_(kStrangers),
      simple_(2 * (engine_.bundle()->rules().size() + 1), kNone32) {}

EntityId Door::IdOf(const KnownUid& uid) {
  if (uid.ids[side_] != entities::kNoId) return uid.ids[side_];
  Stranger& place = strangers_[uid.hash % kStrangers];
  if (place.uid != &uid || place.generation != uid.generation) {
    place = {&uid, uid.generation, engine_.FindEntity(uid.uid.type, uid.uid.id).value_or(entities::kNoId)};
  }
  return place.id != entities::kNoId ? place.id : builder_.Entity(uid.uid.type, uid.uid.id);
}

Value Door::ValueOf(const QuickValue& value) {
  switch (value.kind) {
    case data::Kind::kString:
      return builder_.values().String(value.text);
    case data::Kind::kEntity:
      return entities::MakeEntity(IdOf(*value.entity));
    case data::Kind::kIp: {
      if (value.ip.v6) return builder_.values().IpV6(value.ip.bytes, value.ip.prefix);
      uint32_t address = 0;
      for (size_t i = 0; i < 4; ++i) address = address << 8 | value.ip.bytes[i];
      return entities::MakeIpV4(address, value.ip.prefix);
    }
    default:
      return MakeNumber(static_cast<entities::Kind>(value.kind), value.number);
  }
}

void Door::Fill(const QuickRequest& request) {
  builder_.Reset();
  builder_.SetPrincipal(IdOf(*request.principal));
  builder_.SetAction(IdOf(*request.action));
  builder_.SetResource(IdOf(*request.resource));
  while (strings_.size() < reader_.names().size()) {
    strings_.push_back(
        bundle::FindString(engine_.bundle().bundle(), reader_.names()[strings_.size()]).value_or(kNone32));
  }
  for (size_t i = 0; i < request.count; ++i) {
    // What no rule names, none reads: actions of which one reads the whole context are not quick.
    const uint32_t string = strings_[request.values[i].name];
    if (string != kNone32) builder_.SetAttribute(string, ValueOf(request.values[i]));
  }
}

uint32_t Door::MakeDecision() {
  EntityId in_cycle;
  const vm::Request& request = *builder_.Ready(&in_cycle);
  data::Decision decision =
      bridge::MakeDecision(engine_, request, scratch_, engine_.Decide(request, &scratch_));
  decision.why = data::Why::kNone;  // Cedar does not say
  decisions_.push_back(std::move(decision));
  return static_cast<uint32_t>(decisions_.size() - 1);
}

uint32_t Door::Number(const vm::QuickDecision& decision) {
  const bool denies = decision.outcome != vm::Outcome::kAllow;
  if (decision.errors.empty() && decision.reasons.size() <= 1) {
    const size_t rule = decision.reasons.empty() ? simple_.size() / 2 - 1 : decision.reasons[0];
    uint32_t& known = simple_[2 * rule + denies];
    if (known == kNone32) known = MakeDecision();
    return known;
  }
  key_.assign(decision.reasons.begin(), decision.reasons.end());
  key_.push_back(kNone32 - denies);
  for (const vm::RuleError& error : decision.errors) key_.push_back(error.rule);
  const auto known = others_.find(key_);
  if (known != others_.end()) return known->second;
  std::vector<uint32_t> key = key_;
  const uint32_t number = MakeDecision();
  others_.emplace(std::move(key), number);
  return number;
}

uint32_t Door::Decide(const QuickRequest& request) {
  Fill(request);
  vm::QuickDecision quick;
  const vm::Memo::Slot* slot;
  if (!builder_.DecideQuickly(&quick, &slot)) {
    EntityId in_cycle;
    const vm::Request& ready = *builder_.Ready(&in_cycle);  // it brings no entities, so there is no cycle
    if (!engine_.DecideSimply(ready, &scratch_, &quick)) {
      const vm::Decision decision = engine_.Decide(ready, &scratch_);
      quick = {decision.outcome, decision.reasons, decision.errors};
    }
  }
  return Number(quick);
}

}  // namespace polc::simulate
