#include "compiler/coverage/find.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>

#include "compiler/core/key.h"
#include "compiler/data/extension.h"

namespace polc::coverage {

using data::Entity;
using data::EntityUid;
using data::Host;
using data::Kind;
using data::Request;
using data::Value;

namespace {

// Values of one type that are tried, and requests that are kept from one round to the next.
constexpr size_t kMaxValues = 24;
constexpr size_t kBeam = 8;
constexpr size_t kMaxRounds = 6;
constexpr size_t kMaxPlain = 64;
constexpr int kMaxNesting = 4;
// 2000-01-01, the time of a test that gives none.
constexpr int64_t kDefaultNow = 946684800000;

void AddWithNeighbours(const Value& value, std::set<Value>& out) {
  out.insert(value);
  auto around = [&](int64_t n, int64_t step, auto make) {
    int64_t moved = 0;
    if (!__builtin_add_overflow(n, step, &moved)) out.insert(make(moved));
    if (!__builtin_sub_overflow(n, step, &moved)) out.insert(make(moved));
  };
  if (value.is(Kind::kLong)) around(value.as_long(), 1, [](int64_t n) { return Value(n); });
  if (value.is(Kind::kDecimal)) {
    around(value.as_decimal().units, 1, [](int64_t n) { return Value(data::Decimal{n}); });
  }
  if (value.is(Kind::kDuration)) {
    around(value.as_duration().ms, 1000, [](int64_t n) { return Value(data::Duration{n}); });
  }
  if (value.is(Kind::kDatetime)) {
    around(value.as_datetime().ms, 1000, [](int64_t n) { return Value(data::Datetime{n}); });
  }
}

void AddConstants(const core::Rule& rule, std::set<Value>& constants, std::set<EntityUid>& entities) {
  auto entity = [&](const core::ScopeTest& test) {
    if (!test.entity.type.empty()) entities.insert(test.entity);
  };
  entity(rule.principal);
  entity(rule.resource);
  for (const core::Expr& e : rule.exprs) {
    if (e.op == core::Op::kLiteral) {
      const Value& value = rule.value(e);
      if (value.is(Kind::kEntity)) entities.insert(value.as_entity());
      if (value.is(Kind::kSet)) {
        for (const Value& element : value.as_set()) AddWithNeighbours(element, constants);
      }
      AddWithNeighbours(value, constants);
    }
    if (e.op == core::Op::kCall && e.operand_count == 1) {
      const core::Expr& text = rule.exprs[rule.operands(e)[0]];
      if (text.op != core::Op::kLiteral || !rule.value(text).is(Kind::kString)) continue;
      const auto made = data::CallExt(e.fn(), {rule.value(text)});
      if (const auto* value = std::get_if<Value>(&made)) AddWithNeighbours(*value, constants);
    }
    if (e.op == core::Op::kLike) {
      std::string text;
      for (const core::PatternPart& part : rule.pattern(e)) text += part.literal;
      constants.insert(Value(std::move(text)));
    }
  }
}

Request WithHost(const Request& request, const std::function<void(Host&)>& change) {
  Request out = request;
  auto host = std::make_shared<Host>(request.host ? *request.host : Host());
  change(*host);
  out.host = std::move(host);
  return out;
}

Entity* FindIn(Request& request, const EntityUid& uid) {
  const auto found = std::ranges::find(request.entities, uid, &Entity::uid);
  return found == request.entities.end() ? nullptr : &*found;
}

// A record with one field set or, without a value, taken away.
Value WithField(const Value& record, const std::string& name, std::optional<Value> value) {
  data::Record fields;
  for (const auto& [key, field] : record.as_record()) {
    if (key != name) fields.emplace_back(key, field);
  }
  if (value) fields.emplace_back(name, *std::move(value));
  return Value::MakeRecord(std::move(fields));
}

}  // namespace

Finder::Finder(const core::Program& program, const data::EntityStore& base, std::vector<Request> seeds)
    : program_(program), base_(base), seeds_(std::move(seeds)) {
  std::set<Value> constants;
  std::set<EntityUid> entities;
  for (const core::Rule& rule : program.rules) AddConstants(rule, constants, entities);
  for (const core::Fact& fact : program.facts) {
    AddConstants(fact.body, constants, entities);
    for (const core::Fact::Step& row : fact.rows) AddConstants(row.rule, constants, entities);
    for (const core::Fact::Step& cap : fact.caps) AddConstants(cap.rule, constants, entities);
  }
  constants_.assign(constants.begin(), constants.end());
  entities_.assign(entities.begin(), entities.end());
  size_t plain = 0;
  for (const core::Action& action : program.model.actions) {
    for (const std::string& principal : action.principals) {
      for (const std::string& resource : action.resources) {
        if (plain++ >= kMaxPlain) return;
        if (std::optional<Request> request = Plain(action, principal, resource, nullptr))
          seeds_.push_back(*std::move(request));
      }
    }
  }
}

std::optional<Value> Finder::Sample(const core::Type& type, int depth) const {
  switch (type.kind) {
    case Kind::kBool:
      return Value(false);
    case Kind::kLong:
      return Value(int64_t{0});
    case Kind::kString: {
      const core::Levels* levels = core::FindNamed(program_.levels, type.levels);
      return Value(levels ? levels->names.front() : std::string("a"));
    }
    case Kind::kEntity:
      return Value(EntityUid{type.entity, "someone"});
    case Kind::kDecimal:
      return Value(data::Decimal{0});
    case Kind::kDatetime:
      return Value(data::Datetime{kDefaultNow});
    case Kind::kDuration:
      return Value(data::Duration{60'000});
    case Kind::kIp: {
      const auto made = data::CallExt(data::ExtFn::kIp, {Value(std::string("10.0.0.1"))});
      const auto* value = std::get_if<Value>(&made);
      return value ? std::optional(*value) : std::nullopt;
    }
    case Kind::kSet:
      return Value::MakeSet({});
    case Kind::kRecord: {
      if (depth >= kMaxNesting) return std::nullopt;
      data::Record fields;
      for (const core::Attribute& field : type.fields) {
        if (!field.required) continue;
        std::optional<Value> value = Sample(*field.type, depth + 1);
        if (!value) return std::nullopt;
        fields.emplace_back(field.name, *std::move(value));
      }
      return Value::MakeRecord(std::move(fields));
    }
  }
  return std::nullopt;
}

std::optional<Entity> Finder::SampleEntity(const std::string& type, const std::string& id) const {
  const core::EntityType* declared = program_.model.FindType(type);
  if (!declared) return std::nullopt;
  Entity entity;
  entity.uid = {type, declared->enum_ids && !declared->enum_ids->empty() ? declared->enum_ids->front() : id};
  for (const core::Attribute& attribute : declared->attributes) {
    if (!attribute.required) continue;
    std::optional<Value> value = Sample(*attribute.type);
    if (!value) return std::nullopt;
    entity.attrs.emplace(attribute.name, *std::move(value));
  }
  return entity;
}

// Attributes of the context that the action has to have, where the request lacks them, and none it does not.
void Finder::Fill(const core::Action& action, Request& request) const {
  data::Record agent, from_host;
  for (const core::Attribute& attribute : action.context) {
    const Value* there = request.context.Find(attribute.name);
    if (!there && request.host) there = request.host->context.Find(attribute.name);
    std::optional<Value> value = there ? std::optional(*there) : std::nullopt;
    if (!value && attribute.required && !attribute.from_host) value = Sample(*attribute.type);
    if (value) (attribute.from_host ? from_host : agent).emplace_back(attribute.name, *std::move(value));
  }
  request.context = Value::MakeRecord(std::move(agent));
  request = WithHost(request, [&](Host& host) { host.context = Value::MakeRecord(std::move(from_host)); });
}

std::optional<Request> Finder::Plain(const core::Action& action, const std::string& principal,
                                     const std::string& resource, const Request* like) const {
  Request request;
  if (like) {
    request = *like;
  } else {
    request = WithHost(request, [&](Host& host) {
      host.now = data::Datetime{kDefaultNow};
      for (const core::LimitKind& kind : program_.limit_kinds) host.enforces.push_back(kind.name);
    });
  }
  request.action = action.uid;
  auto take = [&](const std::string& type, EntityUid& uid, const char* id) {
    if (uid.type == type) return true;
    for (const Entity& entity : request.entities) {
      if (entity.uid.type != type) continue;
      uid = entity.uid;
      return true;
    }
    std::optional<Entity> sample = SampleEntity(type, id);
    if (!sample) return false;
    uid = sample->uid;
    request.entities.push_back(*std::move(sample));
    return true;
  };
  if (!take(principal, request.principal, "asking") || !take(resource, request.resource, "asked"))
    return std::nullopt;
  Fill(action, request);
  // State that nothing has moved.
  request = WithHost(request, [&](Host& host) {
    for (const core::Input& input : program_.inputs) {
      if (input.kind == core::Input::Kind::kNow) continue;
      data::StateItem item;
      item.input = input.name;
      item.by = input.by;
      item.as_of = host.now;
      item.value = input.value == Kind::kBool      ? Value(false)
                   : input.value == Kind::kDecimal ? Value(data::Decimal{0})
                                                   : Value(int64_t{0});
      std::vector<std::optional<Value>> keys = {std::nullopt};
      if (!input.by.empty()) {
        keys.clear();
        if (input.key_type->kind != Kind::kEntity) continue;
        std::set<EntityUid> known(entities_.begin(), entities_.end());
        for (const Entity& entity : request.entities) {
          known.insert(entity.uid);
          known.insert(entity.parents.begin(), entity.parents.end());
        }
        for (const EntityUid& uid : known) {
          if (core::IsKeyOf(program_.model, *input.key_type, uid.type)) keys.emplace_back(Value(uid));
        }
      }
      for (const std::optional<Value>& key : keys) {
        item.key = key;
        const bool there = std::ranges::any_of(host.state, [&](const data::StateItem& other) {
          return other.input == item.input && other.by == item.by && other.key == item.key;
        });
        if (!there) host.state.push_back(item);
      }
    }
  });
  return request;
}

std::vector<Value> Finder::Values(const core::Type& type, const Request& request) const {
  std::vector<Value> out;
  auto add = [&](Value value) {
    if (out.size() < kMaxValues && std::ranges::count(out, value) == 0) out.push_back(std::move(value));
  };
  if (type.kind == Kind::kBool) {
    add(Value(true));
    add(Value(false));
    return out;
  }
  if (type.kind == Kind::kString && !type.levels.empty()) {
    if (const core::Levels* levels = core::FindNamed(program_.levels, type.levels)) {
      for (const std::string& level : levels->names) add(Value(level));
    }
    return out;
  }
  if (type.kind == Kind::kEntity) {
    for (const EntityUid& uid : entities_) {
      if (uid.type == type.entity) add(Value(uid));
    }
    for (const Entity& entity : request.entities) {
      if (entity.uid.type == type.entity) add(Value(entity.uid));
    }
    return out;
  }
  if (type.kind == Kind::kSet) {
    add(Value::MakeSet({}));
    if (type.element && type.element->kind != Kind::kSet) {
      for (Value& element : Values(*type.element, request)) add(Value::MakeSet({std::move(element)}));
    }
    return out;
  }
  if (type.kind == Kind::kRecord) {
    const std::optional<Value> sample = Sample(type);
    if (!sample) return out;
    add(*sample);
    for (const core::Attribute& field : type.fields) {
      if (field.type->kind == Kind::kRecord) continue;
      for (Value& value : Values(*field.type, request)) add(WithField(*sample, field.name, std::move(value)));
    }
    return out;
  }
  for (const Value& value : constants_) {
    if (!value.is(type.kind)) continue;
    const bool fits = !type.percent || (value.as_decimal().units >= 0 && value.as_decimal().units <= 10000);
    if (fits) add(value);
  }
  if (std::optional<Value> sample = Sample(type)) add(*std::move(sample));
  return out;
}

std::vector<Request> Finder::Neighbours(const Request& request) const {
  std::vector<Request> out;
  const core::Action* action = program_.model.FindAction(request.action);
  if (!action) return out;
  // The context.
  for (const core::Attribute& attribute : action->context) {
    if (attribute.name == "tool") continue;
    std::vector<std::optional<Value>> values;
    for (Value& value : Values(*attribute.type, request)) values.emplace_back(std::move(value));
    if (!attribute.required) values.emplace_back(std::nullopt);
    for (std::optional<Value>& value : values) {
      Request changed = request;
      if (attribute.from_host) {
        changed = WithHost(request, [&](Host& host) {
          host.context = WithField(host.context, attribute.name, std::move(value));
        });
      } else {
        changed.context = WithField(request.context, attribute.name, std::move(value));
      }
      out.push_back(std::move(changed));
    }
  }
  // State and time.
  if (request.host) {
    for (size_t i = 0; i < request.host->state.size(); ++i) {
      core::Type type;
      type.kind = request.host->state[i].value.kind();
      for (const Value& value : Values(type, request)) {
        out.push_back(WithHost(request, [&](Host& host) { host.state[i].value = value; }));
      }
    }
    core::Type time;
    time.kind = Kind::kDatetime;
    for (const Value& value : Values(time, request)) {
      out.push_back(WithHost(request, [&](Host& host) {
        host.now = value.as_datetime();
        for (data::StateItem& item : host.state) item.as_of = host.now;
      }));
    }
  }
  // Principal and resource: attributes, groups, who they are.
  for (EntityUid Request::* end : {&Request::principal, &Request::resource}) {
    const EntityUid uid = request.*end;
    const core::EntityType* type = program_.model.FindType(uid.type);
    Request base = request;
    const Entity* entity = FindIn(base, uid);
    if (!type || !entity) continue;
    auto change = [&](const std::function<void(Entity&)>& edit) {
      Request changed = request;
      edit(*FindIn(changed, uid));
      out.push_back(std::move(changed));
    };
    for (const core::Attribute& attribute : type->attributes) {
      for (const Value& value : Values(*attribute.type, request))
        change([&](Entity& e) { e.attrs.insert_or_assign(attribute.name, value); });
      if (!attribute.required) change([&](Entity& e) { e.attrs.erase(attribute.name); });
    }
    for (const EntityUid& group : entities_) {
      if (std::ranges::count(type->parents, group.type) == 0) continue;
      if (std::ranges::count(entity->parents, group) == 0) {
        change([&](Entity& e) { e.parents.push_back(group); });
        change([&](Entity& e) { e.parents = {group}; });
      }
    }
    if (!entity->parents.empty()) change([](Entity& e) { e.parents.clear(); });
    for (const EntityUid& named : entities_) {
      if (named.type != uid.type || named == uid || FindIn(base, named)) continue;
      Request changed = request;
      FindIn(changed, uid)->uid = named;
      changed.*end = named;
      out.push_back(std::move(changed));
    }
    // Nobody that the policies name.
    if (std::ranges::count(entities_, uid) > 0 && !type->enum_ids) {
      Request changed = request;
      const EntityUid other{uid.type, "other"};
      if (!FindIn(changed, other)) {
        FindIn(changed, uid)->uid = other;
        changed.*end = other;
        out.push_back(std::move(changed));
      }
    }
  }
  // Another action.
  for (const core::Action& other : program_.model.actions) {
    if (other.uid == request.action) continue;
    auto pick = [](const std::vector<std::string>& types, const std::string& now) {
      return std::ranges::count(types, now) > 0 || types.empty() ? now : types.front();
    };
    if (std::optional<Request> changed = Plain(other, pick(other.principals, request.principal.type),
                                               pick(other.resources, request.resource.type), &request))
      out.push_back(*std::move(changed));
  }
  for (const std::string& type : action->principals) {
    if (type == request.principal.type) continue;
    if (std::optional<Request> changed = Plain(*action, type, request.resource.type, &request))
      out.push_back(*std::move(changed));
  }
  for (const std::string& type : action->resources) {
    if (type == request.resource.type) continue;
    if (std::optional<Request> changed = Plain(*action, request.principal.type, type, &request))
      out.push_back(*std::move(changed));
  }
  return out;
}

std::optional<Request> Finder::Find(const Collector& collector, const Collector::Goal& goal) const {
  struct Kept {
    int score;
    Request request;
  };
  std::vector<Kept> beam;
  size_t tried = 0;
  auto keep = [&](std::vector<Kept>& to, const Request& request) {
    ++tried;
    const std::optional<int> score = collector.Score(goal, request, base_);
    if (score) to.push_back({*score, request});
    return score == Collector::kReached;
  };
  auto cut = [](std::vector<Kept>& from) {
    std::ranges::stable_sort(from, std::ranges::greater(), &Kept::score);
    if (from.size() > kBeam) from.resize(kBeam);
  };
  for (const Request& seed : seeds_) {
    if (keep(beam, seed)) return seed;
  }
  cut(beam);
  for (size_t round = 0; round < kMaxRounds && tried < kMaxTried; ++round) {
    std::vector<Kept> next;
    for (const Kept& kept : beam) {
      for (const Request& request : Neighbours(kept.request)) {
        if (tried >= kMaxTried) break;
        if (keep(next, request)) return request;
      }
    }
    next.insert(next.end(), beam.begin(), beam.end());
    cut(next);
    beam = std::move(next);
  }
  return std::nullopt;
}

std::optional<Finder::Completed> Finder::Complete(const Request& request,
                                                  const data::Decision& decision) const {
  Completed out{request, {}};
  std::vector<data::NeedTerm> needs;
  for (const data::UnmetNeed& need : decision.needs) needs.push_back(need.need);
  for (const data::Liftable& lift : decision.liftable) {
    if (!lift.lifted) needs.push_back({.approval = lift.approval});
  }
  size_t number = 0;
  for (const data::NeedTerm& need : needs) {
    if (!need.evidence.empty()) {
      const core::EvidenceKind* kind = core::FindNamed(program_.evidence_kinds, need.evidence);
      std::optional<Value> value = kind && kind->type ? Sample(*kind->type) : std::nullopt;
      if (!value) return std::nullopt;
      out.request = WithHost(out.request, [&](Host& host) {
        if (std::ranges::count(host.evidence, need.evidence, &data::EvidenceItem::kind) == 0)
          host.evidence.push_back({.kind = need.evidence, .value = *value});
      });
      continue;
    }
    if (need.approval.empty()) continue;
    for (const data::QuorumPart& part : need.approval.front().parts) {
      if (part.pools.empty()) return std::nullopt;
      const EntityUid& pool = part.pools.front();
      for (uint32_t i = 0; i < part.count; ++i) {
        std::optional<Entity> person;
        for (const core::EntityType& type : program_.model.entity_types) {
          if (type.nature != core::EntityType::Nature::kPerson) continue;
          const bool itself = type.name == pool.type;
          if (!itself && std::ranges::count(type.parents, pool.type) == 0) continue;
          ++number;
          person = SampleEntity(type.name, itself ? pool.id : "approver " + std::to_string(number));
          if (person && !itself) person->parents = {pool};
          break;
        }
        if (!person) return std::nullopt;
        out.approvers.push_back(person->uid);
        if (!FindIn(out.request, person->uid)) out.request.entities.push_back(*std::move(person));
      }
    }
  }
  if (needs.empty()) return std::nullopt;
  return out;
}

}  // namespace polc::coverage
