// Decisions read back from JSON. Times are here, too, because logs of other engines write them in more ways.
#include <algorithm>
#include <array>
#include <charconv>

#include "compiler/data/extension.h"
#include "compiler/host/decision_json.h"
#include "compiler/model/value_json.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::host {

using data::Value;
using source::Code;

namespace {

constexpr std::array kOutcomes = {data::Outcome::kAllow, data::Outcome::kAllowWithLimits,
                                  data::Outcome::kRequireApproval, data::Outcome::kSuggest,
                                  data::Outcome::kDeny};

class Reader {
 public:
  explicit Reader(source::DiagnosticSink& sink)
      : sink_(sink), values_(nullptr, model::ValueReader::Place::kContext, sink) {}

  std::optional<data::Decision> Read(json::Value object) {
    data::Decision d;
    const std::optional<data::Outcome> outcome = ReadOutcome(object, "outcome");
    if (!outcome) {
      if (!object.Find("outcome")) Report(object, "a decision lacks `outcome`");
      return std::nullopt;
    }
    d.outcome = *outcome;
    d.why = ReadNamed(object, "why", data::Why::kNone, data::Why::kStateConflict, data::WhyName);
    d.reasons = Texts(object, "reasons");
    d.because = Texts(object, "because");
    for (const std::string& control : Texts(object, "controls")) {
      const size_t space = std::min(control.find(' '), control.size());
      d.controls.emplace_back(control.substr(0, space),
                              space < control.size() ? control.substr(space + 1) : "");
    }
    EachMember(object, "facts", [&](const json::Member& m) {
      if (std::optional<Value> value = ReadValue(m.value)) d.facts.emplace(m.key, std::move(*value));
    });
    EachMember(object, "limits", [&](const json::Member& m) {
      std::optional<Value> value = Member(m.value, "value");
      if (value) d.limits[std::string(m.key)] = {std::move(*value), Texts(m.value, "by")};
    });
    if (const auto approval = Find(object, "approval", json::Kind::kObject)) ReadApproval(*approval, d);
    Each(object, "suggestions", [&](json::Value s) {
      std::optional<Value> context = Member(s, "context");
      d.suggestions.push_back({Uid(s, "action"), Uid(s, "resource"),
                               context ? std::move(*context) : Value::MakeRecord({}), Texts(s, "by")});
    });
    d.shadow = Texts(object, "shadow");
    d.would_be = ReadOutcome(object, "would_be");
    Each(object, "errors", [&](json::Value e) { d.errors.push_back({Text(e, "rule"), Text(e, "message")}); });
    ReadState(object, d);
    d.action_digest = Text(object, "action_digest");
    d.terms_digest = Text(object, "terms_digest");
    d.snapshot = Text(object, "snapshot");
    return d;
  }

 private:
  void Report(json::Value at, std::string message) {
    sink_.Report(Code::kLogFormat, at.span(), std::move(message));
  }

  // A member of this kind; one of another is reported.
  std::optional<json::Value> Find(json::Value object, std::string_view key, json::Kind kind) {
    if (!object.is(json::Kind::kObject)) {
      Report(object, fmt::format("{} stands where an object has to", Describe(object.kind())));
      return std::nullopt;
    }
    std::optional<json::Value> found = object.Find(key);
    if (!found || found->is(kind)) return found;
    Report(*found, fmt::format("`{}` is {}, not {}", key, Describe(found->kind()), Describe(kind)));
    return std::nullopt;
  }
  std::string Text(json::Value object, std::string_view key) {
    const auto found = Find(object, key, json::Kind::kString);
    return found ? std::string(found->string()) : std::string();
  }
  bool Flag(json::Value object, std::string_view key) {
    const auto found = Find(object, key, json::Kind::kBool);
    return found && found->boolean();
  }
  template <typename Body>
  void Each(json::Value object, std::string_view key, Body body) {
    const auto found = Find(object, key, json::Kind::kArray);
    for (size_t i = 0; found && i < found->size(); ++i) {
      if (found->at(i).is(json::Kind::kObject)) {
        body(found->at(i));
      } else {
        Report(found->at(i), fmt::format("`{}` holds {}, not objects", key, Describe(found->at(i).kind())));
      }
    }
  }
  template <typename Body>
  void EachMember(json::Value object, std::string_view key, Body body) {
    const auto found = Find(object, key, json::Kind::kObject);
    for (size_t i = 0; found && i < found->size(); ++i) body(found->member(i));
  }
  std::vector<std::string> Texts(json::Value object, std::string_view key) {
    std::vector<std::string> out;
    const auto found = Find(object, key, json::Kind::kArray);
    for (size_t i = 0; found && i < found->size(); ++i) {
      if (found->at(i).is(json::Kind::kString)) {
        out.emplace_back(found->at(i).string());
      } else {
        Report(found->at(i), fmt::format("`{}` holds {}, not strings", key, Describe(found->at(i).kind())));
      }
    }
    return out;
  }
  std::optional<Value> ReadValue(json::Value v) {
    if (v.is(json::Kind::kNull)) return std::nullopt;
    return values_.Read(v, "a value");
  }
  std::optional<Value> Member(json::Value object, std::string_view key) {
    if (!object.is(json::Kind::kObject)) {
      Report(object, fmt::format("{} stands where an object has to", Describe(object.kind())));
      return std::nullopt;
    }
    const auto found = object.Find(key);
    return found ? ReadValue(*found) : std::nullopt;
  }
  data::EntityUid Uid(json::Value object, std::string_view key) {
    const auto found = Find(object, key, json::Kind::kObject);
    std::optional<data::EntityUid> uid;
    if (found) uid = values_.ReadUid(*found, fmt::format("`{}`", key));
    return uid.value_or(data::EntityUid());
  }

  std::optional<data::Outcome> ReadOutcome(json::Value object, std::string_view key) {
    const auto found = Find(object, key, json::Kind::kString);
    if (!found) return std::nullopt;
    for (const data::Outcome outcome : kOutcomes) {
      if (OutcomeName(outcome) == found->string()) return outcome;
    }
    Report(*found, fmt::format("`{}` is no outcome", source::Excerpt(found->string())));
    return std::nullopt;
  }
  // A word of an enumeration that runs from `first` to `last`.
  template <typename Enum>
  Enum ReadNamed(json::Value object, std::string_view key, Enum first, Enum last,
                 std::string_view (*name)(Enum)) {
    const auto found = Find(object, key, json::Kind::kString);
    if (!found) return first;
    for (int i = static_cast<int>(first); i <= static_cast<int>(last); ++i) {
      if (name(static_cast<Enum>(i)) == found->string()) return static_cast<Enum>(i);
    }
    Report(*found, fmt::format("`{}` is not known as `{}`", source::Excerpt(found->string()), key));
    return first;
  }

  data::QuorumTerm Quorum(json::Value v) {
    data::QuorumTerm out;
    Each(v, "parts", [&](json::Value part) {
      data::QuorumPart& p = out.parts.emplace_back();
      if (const auto count = Find(part, "count", json::Kind::kInteger)) {
        p.count = static_cast<uint32_t>(std::clamp<int64_t>(count->integer(), 0, UINT32_MAX));
      }
      Each(part, "of", [&](json::Value pool) {
        if (auto uid = values_.ReadUid(pool, "`of`")) p.pools.push_back(std::move(*uid));
      });
      p.error = Flag(part, "error");
    });
    const std::string within = Text(v, "within");
    std::from_chars(within.data(), within.data() + within.size(), out.within_ms);
    out.including_owner = Flag(v, "including_owner");
    out.survives_policy_change = Flag(v, "survives_policy_change");
    return out;
  }
  std::vector<data::QuorumTerm> Quorums(json::Value object, std::string_view key) {
    std::vector<data::QuorumTerm> out;
    Each(object, key, [&](json::Value v) { out.push_back(Quorum(v)); });
    return out;
  }

  void ReadApproval(json::Value approval, data::Decision& d) {
    Each(approval, "needs", [&](json::Value need) {
      d.needs.push_back({Text(need, "rule"), {Quorums(need, "approval"), Text(need, "evidence")}});
    });
    Each(approval, "counted",
         [&](json::Value item) { d.counted.push_back({Text(item, "id"), Uid(item, "approver")}); });
    Each(approval, "not_counted", [&](json::Value item) {
      d.not_counted.push_back({Text(item, "id"), Uid(item, "approver"),
                               ReadNamed(item, "why", data::NotCounted::kConsumed,
                                         data::NotCounted::kBadSignature, data::NotCountedName)});
    });
    Each(approval, "liftable", [&](json::Value item) {
      d.liftable.push_back({Text(item, "rule"), Quorums(item, "quorum"), Flag(item, "lifted")});
    });
  }

  // Keys that are entities are written as uids are.
  std::optional<Value> Key(json::Value item) {
    const auto key = item.Find("key");
    if (key && key->is(json::Kind::kObject) && key->Find("type") && key->Find("id")) {
      std::optional<data::EntityUid> uid = values_.ReadUid(*key, "`key`");
      return uid ? std::optional(Value(std::move(*uid))) : std::nullopt;
    }
    return Member(item, "key");
  }
  void ReadState(json::Value object, data::Decision& d) {
    Each(object, "state_read", [&](json::Value v) {
      data::StateItem item{.input = Text(v, "input"), .by = Text(v, "by"), .key = Key(v)};
      if (std::optional<Value> value = Member(v, "value")) item.value = std::move(*value);
      const auto as_of = v.Find("as_of");
      if (as_of && as_of->is(json::Kind::kString)) {
        item.as_of = ReadTimeText(as_of->string());
      } else if (std::optional<Value> time = Member(v, "as_of"); time && time->is(data::Kind::kDatetime)) {
        item.as_of = time->as_datetime();
      }
      d.state_read.push_back(std::move(item));
    });
    Each(object, "state_updates", [&](json::Value v) {
      data::StateUpdate update{.input = Text(v, "input"), .by = Text(v, "by"), .key = Key(v)};
      if (Flag(v, "set")) update.kind = data::StateUpdate::Kind::kSet;
      if (Flag(v, "denial")) update.kind = data::StateUpdate::Kind::kDenial;
      update.amount = Member(v, "add");
      update.read = Member(v, "read");
      d.state_updates.push_back(std::move(update));
    });
  }

  source::DiagnosticSink& sink_;
  model::ValueReader values_;
};

}  // namespace

std::optional<data::Decision> ReadDecision(json::Value object, source::DiagnosticSink& sink) {
  return Reader(sink).Read(object);
}

std::optional<data::Datetime> ReadTimeText(std::string_view text) {
  std::string normal(text);
  const size_t point = normal.find('.');
  if (point != normal.npos) {
    size_t end = point + 1;
    while (end < normal.size() && normal[end] >= '0' && normal[end] <= '9') ++end;
    if (end == point + 1) return std::nullopt;
    std::string digits = normal.substr(point + 1, end - point - 1);
    digits.resize(3, '0');
    normal.replace(point, end - point, "." + digits);
  }
  // `+01:00` as `+0100`, which is what datetime() reads.
  if (normal.size() > 6 && normal[normal.size() - 3] == ':' &&
      (normal[normal.size() - 6] == '+' || normal[normal.size() - 6] == '-')) {
    normal.erase(normal.size() - 3, 1);
  }
  std::variant<Value, std::string> read =
      data::CallExt(data::ConstructorOf(data::Kind::kDatetime), {Value(std::move(normal))});
  if (const Value* value = std::get_if<Value>(&read)) return value->as_datetime();
  return std::nullopt;
}

}  // namespace polc::host
