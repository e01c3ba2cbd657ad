#include "compiler/scaffold/sample.h"

#include <map>
#include <set>

#include "compiler/data/value.h"
#include "compiler/json/json.h"
#include "compiler/scaffold/tools.h"
#include "fmt/format.h"

namespace polc::scaffold {
namespace {

using data::Kind;

// A value in both languages.
struct Sample {
  std::string pol, json;
};

// `A::B` is `A.B` in Pol.
std::string PolType(std::string_view type) {
  std::string out;
  for (size_t i = 0; i < type.size(); ++i) {
    const bool separator = type.substr(i, 2) == "::";
    out += separator ? '.' : type[i];
    i += separator;
  }
  return out;
}

std::string PolAction(const data::EntityUid& uid) {
  constexpr std::string_view kAction = "Action";
  const std::string space = PolType(uid.type).substr(0, PolType(uid.type).size() - kAction.size());
  return space.empty() ? PolName(uid.id) : space + data::QuoteCedar(uid.id);
}

std::string JsonUid(const data::EntityUid& uid) {
  return fmt::format(R"({{"type": {}, "id": {}}})", json::Quote(uid.type), json::Quote(uid.id));
}

std::string PolUid(const data::EntityUid& uid) { return PolType(uid.type) + " " + data::QuoteCedar(uid.id); }

class Maker {
 public:
  explicit Maker(const core::Program& program) : program_(program) {}

  Samples Make() {
    for (const core::Action& action : program_.model.actions) {
      if (!action.principals.empty() && !action.resources.empty()) One(action);
    }
    std::string entities;
    for (const auto& [uid, text] : entities_) entities += (entities.empty() ? "" : ",\n") + text;
    out_.entities = "[\n" + entities + "\n]\n";
    return std::move(out_);
  }

 private:
  data::EntityUid Uid(const std::string& type) const {
    const core::EntityType* known = program_.model.FindType(type);
    const bool named = known && known->enum_ids && !known->enum_ids->empty();
    return {type, named ? known->enum_ids->front() : "sample"};
  }

  // Nesting is the model's; entities refer to each other by name, so no cycle is followed.
  Sample Of(const core::Type& type) {
    switch (type.kind) {
      case Kind::kBool:
        return {"false", "false"};
      case Kind::kLong:
        return {"1", "1"};
      case Kind::kString: {
        for (const core::Levels& levels : program_.levels) {
          if (levels.name == type.levels) return {levels.names.front(), json::Quote(levels.names.front())};
        }
        return {"\"sample\"", "\"sample\""};
      }
      case Kind::kEntity: {
        const data::EntityUid uid = Uid(type.entity);
        wanted_.push_back(uid);
        return {PolUid(uid), JsonUid(uid)};
      }
      case Kind::kDecimal:
        return type.percent ? Sample{"1%", "\"1%\""} : Sample{"1.0", "\"1.0\""};
      case Kind::kIp:
        return {"ip \"192.0.2.1\"", "\"192.0.2.1\""};
      case Kind::kDatetime:
        return {"2026-01-01", "\"2026-01-01T00:00:00Z\""};
      case Kind::kDuration:
        return {"1m", "\"1m\""};
      case Kind::kSet:
        return {"[]", "[]"};
      case Kind::kRecord: {
        Sample out{"{", "{"};
        for (const core::Attribute& field : type.fields) {
          if (!field.required) continue;
          const Sample value = Of(*field.type);
          const bool first = out.pol.size() == 1;
          out.pol += fmt::format("{}{}: {}", first ? "" : ", ", PolName(field.name), value.pol);
          out.json += fmt::format("{}{}: {}", first ? "" : ", ", json::Quote(field.name), value.json);
        }
        return {out.pol + "}", out.json + "}"};
      }
    }
    return {};
  }

  // Writes the entity to the file if it is not there yet, and says it to the test.
  void Give(const data::EntityUid& uid, std::string& test) {
    const core::EntityType* type = program_.model.FindType(uid.type);
    if (!type) return;
    std::string with, attrs;
    for (const core::Attribute& attribute : type->attributes) {
      if (!attribute.required) continue;
      const Sample value = Of(*attribute.type);
      with += fmt::format("{} {} {}", with.empty() ? " with" : ",", PolName(attribute.name), value.pol);
      attrs += fmt::format("{}{}: {}", attrs.empty() ? "" : ", ", json::Quote(attribute.name), value.json);
    }
    test += fmt::format("  given {}{}\n", PolUid(uid), with);
    entities_.emplace(uid,
                      fmt::format(R"({{"uid": {}, "attrs": {{{}}}, "parents": []}})", JsonUid(uid), attrs));
  }

  void One(const core::Action& action) {
    ++out_.actions;
    const data::EntityUid principal = Uid(action.principals.front()),
                          resource = Uid(action.resources.front());
    wanted_ = {principal, resource};
    std::string with, context, host;
    for (const core::Attribute& attribute : action.context) {
      if (!attribute.required) continue;
      const Sample value = Of(*attribute.type);
      std::string& part = attribute.from_host ? host : context;
      part += fmt::format("{}{}: {}", part.empty() ? "" : ", ", json::Quote(attribute.name), value.json);
      if (attribute.from_host && attribute.name == "tool") continue;  // every test has it
      with += fmt::format("{} {} {}", with.empty() ? " with" : ",", PolName(attribute.name), value.pol);
    }
    std::string given;
    std::set<data::EntityUid> seen;
    for (size_t i = 0; i < wanted_.size(); ++i) {
      const data::EntityUid uid = wanted_[i];
      if (seen.insert(uid).second) Give(uid, given);
    }
    out_.tests += fmt::format("test {}\n{}  when {} asks to {} on {}{}\n  expect deny because no_grant\n\n",
                              data::QuoteCedar("nothing allows " + action.uid.id), given, PolUid(principal),
                              PolAction(action.uid), PolUid(resource), with);
    out_.requests += fmt::format(
        R"({{"principal": {}, "action": {}, "resource": {}, "context": {{{}}}, "host": {{"now": "2026-01-01T00:00:00Z", "context": {{{}}}}}}})"
        "\n",
        JsonUid(principal), JsonUid(action.uid), JsonUid(resource), context, host);
  }

  const core::Program& program_;
  std::vector<data::EntityUid> wanted_;
  std::map<data::EntityUid, std::string> entities_;
  Samples out_;
};

}  // namespace

Samples MakeSamples(const core::Program& program) { return Maker(program).Make(); }

}  // namespace polc::scaffold
