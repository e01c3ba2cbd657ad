#include "compiler/host/decision_json.h"

#include "compiler/host/json_members.h"
#include "fmt/format.h"

namespace polc::host {

using data::Value;
using llvm::json::OStream;

namespace {

llvm::StringRef Ref(std::string_view text) { return {text.data(), text.size()}; }

// A record with a key that JSON reads as an escape has no JSON form, and is null here.
void WriteValue(const Value& value, OStream& json) {
  const auto text = model::ToJson(value);
  if (const auto* plain = std::get_if<std::string>(&text)) {
    json.rawValue(*plain);
  } else {
    json.value(nullptr);
  }
}

// Keys that are entities are written as uids are.
void KeyMember(const std::optional<Value>& key, OStream& json) {
  if (!key) return;
  if (key->is(data::Kind::kEntity)) return UidMember("key", key->as_entity(), json);
  ValueMember("key", *key, json);
}

}  // namespace

void ValueMember(llvm::StringRef key, const Value& value, OStream& json) {
  json.attributeBegin(key);
  WriteValue(value, json);
  json.attributeEnd();
}

void UidMember(llvm::StringRef key, const data::EntityUid& uid, OStream& json) {
  json.attributeBegin(key);
  json.rawValue(model::ToJson(uid));
  json.attributeEnd();
}

void TextsMember(llvm::StringRef key, const std::vector<std::string>& texts, OStream& json) {
  ArrayMember(key, texts, json, [&](const std::string& text) { json.value(llvm::json::fixUTF8(text)); });
}

void TimeMember(llvm::StringRef key, data::Datetime time, OStream& json) {
  if (std::optional<std::string> text = TimeText(time)) return json.attribute(key, *text);
  ValueMember(key, Value(time), json);
}

void WriteStateItem(const data::StateItem& item, OStream& json) {
  json.object([&] {
    json.attribute("input", item.input);
    if (!item.by.empty()) json.attribute("by", item.by);
    KeyMember(item.key, json);
    ValueMember("value", item.value, json);
    if (item.as_of) TimeMember("as_of", *item.as_of, json);
  });
}

namespace {

void WriteQuorum(const data::QuorumTerm& quorum, OStream& json) {
  json.object([&] {
    json.attributeArray("parts", [&] {
      for (const data::QuorumPart& part : quorum.parts) {
        json.object([&] {
          json.attribute("count", int64_t{part.count});
          json.attributeArray("of", [&] {
            for (const data::EntityUid& pool : part.pools) json.rawValue(model::ToJson(pool));
          });
          if (part.error) json.attribute("error", true);
        });
      }
    });
    json.attribute("within", std::to_string(quorum.within_ms) + "ms");
    if (quorum.including_owner) json.attribute("including_owner", true);
    if (quorum.survives_policy_change) json.attribute("survives_policy_change", true);
  });
}

void WriteApproval(const data::Decision& d, OStream& json) {
  if (d.needs.empty() && d.counted.empty() && d.not_counted.empty() && d.liftable.empty()) return;
  auto quorum = [&](const data::QuorumTerm& q) { WriteQuorum(q, json); };
  json.attributeObject("approval", [&] {
    ArrayMember("needs", d.needs, json, [&](const data::UnmetNeed& need) {
      json.object([&] {
        json.attribute("rule", need.rule);
        if (need.need.evidence.empty()) {
          ArrayMember("approval", need.need.approval, json, quorum);
        } else {
          json.attribute("evidence", need.need.evidence);
        }
      });
    });
    ArrayMember("counted", d.counted, json, [&](const data::CountedApproval& a) {
      json.object([&] {
        json.attribute("id", a.id);
        UidMember("approver", a.approver, json);
      });
    });
    ArrayMember("not_counted", d.not_counted, json, [&](const data::UncountedApproval& a) {
      json.object([&] {
        json.attribute("id", a.id);
        UidMember("approver", a.approver, json);
        json.attribute("why", Ref(NotCountedName(a.why)));
      });
    });
    ArrayMember("liftable", d.liftable, json, [&](const data::Liftable& l) {
      json.object([&] {
        json.attribute("rule", l.rule);
        ArrayMember("quorum", l.approval, json, quorum);
        json.attribute("lifted", l.lifted);
      });
    });
  });
}

void WriteState(const data::Decision& d, OStream& json) {
  ArrayMember("state_read", d.state_read, json,
              [&](const data::StateItem& item) { WriteStateItem(item, json); });
  ArrayMember("state_updates", d.state_updates, json, [&](const data::StateUpdate& update) {
    json.object([&] {
      json.attribute("input", update.input);
      if (!update.by.empty()) json.attribute("by", update.by);
      KeyMember(update.key, json);
      if (update.kind == data::StateUpdate::Kind::kSet) json.attribute("set", true);
      if (update.kind == data::StateUpdate::Kind::kDenial) json.attribute("denial", true);
      if (update.amount) ValueMember("add", *update.amount, json);
      if (update.read) ValueMember("read", *update.read, json);
    });
  });
}

}  // namespace

std::optional<std::string> TimeText(data::Datetime time) {
  constexpr int64_t kDay = 24 * 60 * 60 * 1000;
  int64_t days = time.ms / kDay, ms = time.ms % kDay;
  if (ms < 0) {
    ms += kDay;
    --days;
  }
  if (days < -719528 || days > 2932896) return std::nullopt;
  // Days since 0000-03-01, in eras of 400 years of 146097 days.
  const int64_t z = days + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t month_from_march = (5 * doy + 2) / 153;
  const int64_t day = doy - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = yoe + era * 400 + (month <= 2);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month, day, ms / 3600000,
                                 ms / 60000 % 60, ms / 1000 % 60);
  if (ms % 1000 != 0) text += fmt::format(".{:03}", ms % 1000);
  return text + "Z";
}

void WriteDecision(const data::Decision& d, OStream& json) {
  json.attribute("outcome", Ref(OutcomeName(d.outcome)));
  json.attribute("decision", d.allowed() ? "allow" : "deny");
  if (d.why != data::Why::kNone) json.attribute("why", Ref(WhyName(d.why)));
  json.attributeArray("reasons", [&] {
    for (const std::string& rule : d.reasons) json.value(llvm::json::fixUTF8(rule));
  });
  TextsMember("because", d.because, json);
  ArrayMember("controls", d.controls, json, [&](const auto& c) { json.value(c.first + " " + c.second); });
  if (!d.facts.empty()) {
    json.attributeObject("facts", [&] {
      for (const auto& [name, value] : d.facts) ValueMember(name, value, json);
    });
  }
  if (!d.limits.empty()) {
    json.attributeObject("limits", [&] {
      for (const auto& [kind, limit] : d.limits) {
        json.attributeObject(kind, [&, &term = limit] {
          ValueMember("value", term.value, json);
          TextsMember("by", term.by, json);
        });
      }
    });
  }
  WriteApproval(d, json);
  ArrayMember("suggestions", d.suggestions, json, [&](const data::SuggestionTerm& s) {
    json.object([&] {
      UidMember("action", s.action, json);
      UidMember("resource", s.resource, json);
      ValueMember("context", s.context, json);
      TextsMember("by", s.by, json);
    });
  });
  TextsMember("shadow", d.shadow, json);
  if (d.would_be) json.attribute("would_be", Ref(OutcomeName(*d.would_be)));
  json.attributeArray("errors", [&] {
    for (const data::RuleError& e : d.errors) {
      json.object([&] {
        json.attribute("rule", llvm::json::fixUTF8(e.rule));
        json.attribute("message", llvm::json::fixUTF8(e.message));
      });
    }
  });
  WriteState(d, json);
  if (!d.action_digest.empty()) json.attribute("action_digest", d.action_digest);
  if (!d.terms_digest.empty()) json.attribute("terms_digest", d.terms_digest);
  if (!d.snapshot.empty()) json.attribute("snapshot", d.snapshot);
}

}  // namespace polc::host
