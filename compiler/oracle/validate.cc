#include "compiler/oracle/validate.h"

#include <algorithm>
#include <set>
#include <utility>

#include "compiler/core/key.h"
#include "compiler/oracle/words.h"

namespace polc::oracle {

using core::Attribute;
using core::Type;
using data::EntityUid;
using data::Kind;
using data::Value;
using Problem = std::optional<std::string>;

namespace {

bool IsEnumerated(const core::Program& program, const EntityUid& uid, bool& listed) {
  const core::EntityType* type = program.model.FindType(uid.type);
  listed = type && type->enum_ids && std::ranges::count(*type->enum_ids, uid.id) > 0;
  return type && type->enum_ids;
}

// The members of a record of declared fields, or of one side's part of a context. `from_host` chooses the
// side; fields of records are on neither.
Problem WhyNotMembers(const core::Program& program, const std::vector<Attribute>& declared,
                      const Value& record, const std::string& what, bool from_host) {
  if (!record.is(Kind::kRecord)) return what + " is no record";
  for (const auto& [name, value] : record.as_record()) {
    const Attribute* attribute = core::FindAttribute(declared, name);
    const std::string which = "attribute " + Quoted(name) + " of " + what;
    if (!attribute) return which + " is not declared";
    if (attribute->from_host != from_host)
      return which + (from_host ? " is the agent's, and comes from the host"
                                : " is the host's, and comes from the agent");
    if (Problem problem = WhyNot(program, *attribute->type, value, which)) return problem;
  }
  for (const Attribute& attribute : declared) {
    if (attribute.required && !attribute.from_host && !from_host && !record.Find(attribute.name))
      return "attribute " + Quoted(attribute.name) + " of " + what + " is missing";
  }
  return std::nullopt;
}

Problem WhyInvalidEnd(const core::Program& program, const EntityUid& uid, std::string_view role,
                      const std::vector<std::string>& types, const core::Action& action) {
  if (std::ranges::count(types, uid.type) == 0)
    return std::string(role) + " type " + Quoted(uid.type) + " is not one that " +
           Quoted(data::ToString(action.uid)) + " applies to";
  bool listed = false;
  if (IsEnumerated(program, uid, listed) && !listed)
    return std::string(role) + " " + Quoted(data::ToString(uid)) + " is none of its type's";
  return std::nullopt;
}

Problem WhyInvalidState(const core::Program& program, const data::Host& host) {
  std::set<std::tuple<std::string, std::string, std::optional<Value>>> seen;
  for (const data::StateItem& item : host.state) {
    const auto input = std::ranges::find_if(program.inputs, [&](const core::Input& i) {
      return i.kind != core::Input::Kind::kNow && i.name == item.input && i.by == item.by;
    });
    const std::string what =
        "state " + Quoted(item.input) + (item.by.empty() ? "" : " by " + Quoted(item.by));
    if (input == program.inputs.end()) return what + " is not declared";
    if (item.key.has_value() != !item.by.empty()) return what + " has half a key";
    if (item.key) {
      if (Problem problem = WhyNot(program, *input->key_type, *item.key, "the key of " + what))
        return problem;
    }
    if (!item.value.is(input->value))
      return what + " is " + std::string(data::KindName(item.value.kind())) + ", not " +
             std::string(data::KindName(input->value));
    if (!seen.emplace(item.input, item.by, item.key).second) return what + " stands twice for one key";
  }
  return std::nullopt;
}

Value Complete(const Type& type, const Value& value);

// A record of these declarations with what is missing filled in, at every level.
data::Record CompleteMembers(const std::vector<Attribute>& declared, const data::Record& members) {
  data::Record out;
  for (const auto& [name, value] : members) {
    const Attribute* attribute = core::FindAttribute(declared, name);
    out.emplace_back(name, attribute ? Complete(*attribute->type, value) : value);
  }
  for (const Attribute& attribute : declared) {
    const bool there = std::ranges::any_of(members, [&](const auto& m) { return m.first == attribute.name; });
    if (!there && attribute.if_missing)
      out.emplace_back(attribute.name, Complete(*attribute.type, *attribute.if_missing));
  }
  return out;
}

Value Complete(const Type& type, const Value& value) {
  if (type.kind == Kind::kRecord && value.is(Kind::kRecord))
    return Value::MakeRecord(CompleteMembers(type.fields, value.as_record()));
  if (type.kind == Kind::kSet && value.is(Kind::kSet)) {
    std::vector<Value> elements;
    for (const Value& element : value.as_set()) elements.push_back(Complete(*type.element, element));
    return Value::MakeSet(std::move(elements));
  }
  return value;
}

}  // namespace

Problem WhyNot(const core::Program& program, const Type& type, const Value& value, const std::string& what) {
  if (value.kind() != type.kind)
    return what + " is " + std::string(data::KindName(value.kind())) + ", not " +
           std::string(data::KindName(type.kind));
  switch (type.kind) {
    case Kind::kString: {
      if (type.levels.empty()) return std::nullopt;
      const core::Levels* levels = core::FindNamed(program.levels, type.levels);
      if (levels && levels->RankOf(value.as_string())) return std::nullopt;
      return what + " is " + data::ToString(value) + ", which is no level of " + Quoted(type.levels);
    }
    case Kind::kDecimal:
      if (!type.percent || (value.as_decimal().units >= 0 && value.as_decimal().units <= 10000))
        return std::nullopt;
      return what + " is not between 0% and 100%";
    case Kind::kEntity: {
      if (!core::IsKeyOf(program.model, type, value.as_entity().type))
        return what + " is of type " + Quoted(value.as_entity().type) + ", " +
               (type.entity.empty() ? "which is not declared" : "not " + Quoted(type.entity));
      bool listed = false;
      if (IsEnumerated(program, value.as_entity(), listed) && !listed)
        return what + " is " + Quoted(data::ToString(value.as_entity())) + ", which is none of its type's";
      return std::nullopt;
    }
    case Kind::kSet:
      if (type.at_most > 0 && value.as_set().size() > type.at_most)
        return what + " has " + std::to_string(value.as_set().size()) + " elements, and at most " +
               std::to_string(type.at_most) + " are declared";
      for (const Value& element : value.as_set()) {
        if (Problem problem = WhyNot(program, *type.element, element, "an element of " + what))
          return problem;
      }
      return std::nullopt;
    case Kind::kRecord:
      return WhyNotMembers(program, type.fields, value, what, false);
    default:
      return std::nullopt;
  }
}

std::optional<std::string> WhyInvalid(const core::Program& program, const data::Request& request) {
  const core::Action* action = program.model.FindAction(request.action);
  if (!action) return "the action " + Quoted(data::ToString(request.action)) + " is not declared";
  if (Problem p = WhyInvalidEnd(program, request.principal, "principal", action->principals, *action))
    return p;
  if (Problem p = WhyInvalidEnd(program, request.resource, "resource", action->resources, *action)) return p;
  if (Problem p = WhyNotMembers(program, action->context, request.context, "the context", false)) return p;
  if (!request.host) return std::nullopt;
  const data::Host& host = *request.host;
  if (Problem p = WhyNotMembers(program, action->context, host.context, "the host's context", true)) return p;
  if (Problem p = WhyInvalidState(program, host)) return p;
  for (const data::EvidenceItem& item : host.evidence) {
    const core::EvidenceKind* kind = core::FindNamed(program.evidence_kinds, item.kind);
    if (!kind) return "evidence " + Quoted(item.kind) + " is not declared";
    if (Problem p = WhyNot(program, *kind->type, item.value, "evidence " + Quoted(item.kind))) return p;
  }
  if (host.acts_for.size() > data::kMaxHops)
    return "the principal acts for " + std::to_string(host.acts_for.size()) + " in a row, and " +
           std::to_string(data::kMaxHops) + " are the most";
  return std::nullopt;
}

Value CompleteContext(const core::Program& program, const data::Request& request) {
  const core::Action* action = program.model.FindAction(request.action);
  if (!action || !request.context.is(Kind::kRecord)) return request.context;
  data::Record given;
  auto take = [&](const Value& part, bool from_host) {
    if (!part.is(Kind::kRecord)) return;
    for (const auto& [name, value] : part.as_record()) {
      const Attribute* attribute = core::FindAttribute(action->context, name);
      if ((attribute && attribute->from_host) == from_host) given.emplace_back(name, value);
    }
  };
  take(request.context, false);
  if (request.host) take(request.host->context, true);
  return Value::MakeRecord(CompleteMembers(action->context, given));
}

bool IsKnown(const core::Program& program, const data::EntityStore& store, const EntityUid& uid) {
  bool listed = false;
  return store.Find(uid) || (IsEnumerated(program, uid, listed) && listed);
}

}  // namespace polc::oracle
