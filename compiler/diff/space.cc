#include "compiler/diff/space.h"

#include <algorithm>
#include <tuple>

#include "compiler/data/extension.h"
#include "compiler/data/numbers.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::diff {

using core::ExprId;
using core::Op;
using core::Rule;
using data::EntityUid;
using data::Kind;
using data::Value;

namespace {

// How deep attributes of attributes are made up.
constexpr int kMostDepth = 8;
// Sets are tried with every subset of so many elements; of more, with each alone and all.
constexpr size_t kMostElements = 4;

std::vector<core::Attribute> FieldsFrom(const model::Attributes& attributes);

core::TypePtr TypeFrom(const model::Type& type) {
  auto out = std::make_shared<core::Type>();
  out->kind = static_cast<Kind>(type.kind);
  out->entity = type.entity;
  if (type.element) out->element = TypeFrom(*type.element);
  out->fields = FieldsFrom(type.attributes);
  return out;
}

// Recursion is as deep as the schema's types.
std::vector<core::Attribute> FieldsFrom(const model::Attributes& attributes) {
  std::vector<core::Attribute> out;
  for (const auto& [name, attribute] : attributes) {
    core::Attribute a;
    a.name = name;
    a.type = TypeFrom(*attribute.type);
    a.required = attribute.required;
    out.push_back(std::move(a));
  }
  return out;
}

// What an expression without variables comes to.
std::optional<Value> ConstantOf(const Rule& rule, ExprId id) {
  const core::Expr& e = rule.exprs[id];
  std::vector<Value> operands;
  if (e.op == Op::kCall || e.op == Op::kSet) {
    for (const ExprId operand : rule.operands(e)) {
      std::optional<Value> value = ConstantOf(rule, operand);
      if (!value) return std::nullopt;
      operands.push_back(std::move(*value));
    }
  }
  if (e.op == Op::kLiteral) return rule.value(e);
  if (e.op == Op::kSet) return Value::MakeSet(std::move(operands));
  if (e.op == Op::kCall) {
    std::variant<Value, std::string> result = data::CallExt(e.fn(), operands);
    if (Value* value = std::get_if<Value>(&result)) return std::move(*value);
  }
  return std::nullopt;
}

// The address of a range that its first `bits` leave, all further bits `ones` or none.
Value AddressIn(data::IpAddr range, bool ones) {
  const size_t bits = range.v6 ? 128 : 32;
  for (size_t i = range.prefix; i < bits; ++i) {
    const auto mask = static_cast<uint8_t>(0x80 >> (i % 8));
    range.bytes[i / 8] = ones ? static_cast<uint8_t>(range.bytes[i / 8] | mask)
                              : static_cast<uint8_t>(range.bytes[i / 8] & ~mask);
  }
  range.prefix = static_cast<uint8_t>(bits);
  return Value(range);
}

Value Ip(const char* text) {
  return std::get<Value>(data::CallExt(data::ConstructorOf(Kind::kIp), {Value(std::string(text))}));
}

void AddOnce(std::vector<Value>& to, Value value) {
  if (std::ranges::find(to, value) == to.end()) to.push_back(std::move(value));
}

}  // namespace

core::Model ModelOf(const core::Program& program, const model::Schema* schema) {
  if (program.pol || !schema) return program.model;
  core::Model out;
  for (const auto& [name, type] : schema->entity_types) {
    core::EntityType t;
    t.name = name;
    t.parents.assign(type.ancestors.begin(), type.ancestors.end());
    t.attributes = FieldsFrom(type.attributes);
    if (type.tags) t.tags = TypeFrom(*type.tags);
    t.enum_ids = type.enum_ids;
    out.entity_types.push_back(std::move(t));
  }
  for (const auto& [uid, action] : schema->actions) {
    core::Action a;
    a.uid = uid;
    a.groups.assign(action.ancestors.begin(), action.ancestors.end());
    a.principals.assign(action.principal_types.begin(), action.principal_types.end());
    a.resources.assign(action.resource_types.begin(), action.resource_types.end());
    a.context = FieldsFrom(action.context);
    out.actions.push_back(std::move(a));
  }
  return out;
}

bool Applies(const Rule& rule, const Environment& environment) {
  const auto fits = [](const core::ScopeTest& test, const std::string& type) {
    switch (test.op) {
      case core::ScopeTest::Op::kEq:
        return test.entity.type == type;
      case core::ScopeTest::Op::kIs:
      case core::ScopeTest::Op::kIsIn:
        return test.type == type;
      default:
        return true;
    }
  };
  const core::Action& action = *environment.action;
  const bool acts = rule.action.op == core::ActionTest::Op::kAny ||
                    std::ranges::any_of(rule.action.actions, [&](const EntityUid& uid) {
                      return uid == action.uid || (rule.action.op == core::ActionTest::Op::kIn &&
                                                   std::ranges::count(action.groups, uid) > 0);
                    });
  return acts && fits(rule.principal, environment.principal) && fits(rule.resource, environment.resource);
}

std::string Variable::Name() const {
  std::string out(core::VarName(root));
  for (const std::string& name : path) out += "." + name;
  if (kind == Kind::kMember) return fmt::format("{} in {}", out, data::ToString(group));
  if (kind == Kind::kTag) return fmt::format("{}.getTag(\"{}\")", out, tag);
  return out;
}

Space::Space(const core::Model& model, const Environment& environment,
             const std::vector<const core::Program*>& programs)
    : model_(model), environment_(environment), programs_(programs) {
  tests_[{core::Var::kPrincipal, {}}];
  tests_[{core::Var::kResource, {}}];
  for (const core::Program* program : programs) {
    for (const Rule& rule : program->rules) {
      if (Applies(rule, environment)) Collect(rule);
    }
    // What facts and ladders read, whatever reads them.
    for (const core::Fact& fact : program->facts) {
      Collect(fact.body);
      for (const auto* steps : {&fact.rows, &fact.caps}) {
        for (const core::Fact::Step& step : *steps) {
          if (Applies(step.rule, environment)) Collect(step.rule);
          if (step.from_data) Note("ladders that are read from entities");
        }
      }
    }
  }
  MakeVariables();
}

void Space::CollectScope(const core::ScopeTest& test, core::Var var) {
  Tests& tests = tests_[{var, {}}];
  if (test.op == core::ScopeTest::Op::kEq) AddOnce(tests.constants, Value(test.entity));
  if (test.op == core::ScopeTest::Op::kIn || test.op == core::ScopeTest::Op::kIsIn)
    tests.groups.insert(test.entity);
}

void Space::Collect(const Rule& rule) {
  CollectScope(rule.principal, core::Var::kPrincipal);
  CollectScope(rule.resource, core::Var::kResource);
  const auto subject_of = [&](ExprId id) -> std::optional<Subject> {
    Subject out;
    for (;; id = rule.operands(id)[0]) {
      const core::Expr& e = rule.exprs[id];
      if (e.op == Op::kVar) {
        out.root = e.var();
        if (out.root == core::Var::kAction || out.root == core::Var::kElement) return std::nullopt;
        std::ranges::reverse(out.path);
        return out;
      }
      if (e.op != Op::kGetAttr && e.op != Op::kAttrOr) return std::nullopt;
      out.path.push_back(rule.name(e));
    }
  };
  // A test that relates two subjects: each may be what the other is.
  const auto relate = [&](ExprId a, ExprId b, std::string_view how) {
    const auto x = subject_of(a), y = subject_of(b);
    if (x) Ask(*x);
    if (y) Ask(*y);
    Note(fmt::format("tests that relate two values by `{}`", how));
    if (!x || !y) return;
    const core::Attribute* attribute;
    const core::Type* type_x = TypeOf(*x, &attribute);
    const core::Type* type_y = TypeOf(*y, &attribute);
    if (!type_x || !type_y) return;
    const auto entity = [](const core::Type& t) {
      return t.kind == Kind::kSet && t.element ? t.element->entity : t.entity;
    };
    const std::string& shared = entity(*type_y);
    if (shared.empty()) return;
    const Value value(EntityUid{shared, "shared"});
    if (how == "in") {
      tests_[*x].groups.insert(value.as_entity());
    } else if (entity(*type_x) == shared) {
      AddOnce(type_x->kind == Kind::kSet ? tests_[*x].elements : tests_[*x].constants, value);
    }
    AddOnce(type_y->kind == Kind::kSet ? tests_[*y].elements : tests_[*y].constants, value);
  };
  for (ExprId id = 0; id < rule.exprs.size(); ++id) {
    const core::Expr& e = rule.exprs[id];
    const auto operands = rule.operands(e);
    const auto constant = [&](size_t i) { return ConstantOf(rule, operands[i]); };
    const auto compare = [&](std::string_view how) {
      for (size_t i = 0; i < 2; ++i) {
        const auto subject = subject_of(operands[i]);
        const auto value = constant(1 - i);
        if (subject && value) return AddOnce(tests_[*subject].constants, *value);
        const core::Expr& side = rule.exprs[operands[i]];
        if (side.op != Op::kGetTag || !value) continue;
        const auto tagged = subject_of(rule.operands(side)[0]);
        const auto key = ConstantOf(rule, rule.operands(side)[1]);
        if (tagged && key && key->is(Kind::kString)) {
          return AddOnce(tests_[*tagged].tags[key->as_string()], *value);
        }
      }
      // Which action it is, is the environment's.
      for (size_t i = 0; i < 2; ++i) {
        const core::Expr& side = rule.exprs[operands[i]];
        if (side.op == Op::kVar && side.var() == core::Var::kAction && constant(1 - i)) return;
      }
      const core::Expr& x = rule.exprs[operands[0]];
      if (x.op == Op::kRank || rule.exprs[operands[1]].op == Op::kRank || (constant(0) && constant(1)))
        return;
      relate(operands[0], operands[1], how);
    };
    switch (e.op) {
      case Op::kEq:
        compare("==");
        break;
      case Op::kLess:
      case Op::kLessEq:
        compare("<=");
        break;
      case Op::kGetAttr:
      case Op::kAttrOr:
        if (const auto subject = subject_of(id)) Ask(*subject);
        break;
      case Op::kHas:
        if (auto subject = subject_of(operands[0])) {
          subject->path.push_back(rule.name(e));
          Ask(*subject);
        }
        break;
      case Op::kIn: {
        const auto subject = subject_of(operands[0]);
        const auto value = constant(1);
        if (rule.exprs[operands[0]].op == Op::kVar && rule.exprs[operands[0]].var() == core::Var::kAction)
          break;
        if (!subject || !value) {
          relate(operands[0], operands[1], "in");
        } else if (value->is(Kind::kEntity)) {
          tests_[*subject].groups.insert(value->as_entity());
        } else if (value->is(Kind::kSet)) {
          for (const Value& group : value->as_set()) {
            if (group.is(Kind::kEntity)) tests_[*subject].groups.insert(group.as_entity());
          }
        }
        break;
      }
      case Op::kHasTag:
      case Op::kGetTag: {
        const auto subject = subject_of(operands[0]);
        const auto key = constant(1);
        if (subject && key && key->is(Kind::kString)) {
          tests_[*subject].tags[key->as_string()];
        } else {
          Note("tags by a name that is computed");
        }
        break;
      }
      case Op::kLike:
        if (const auto subject = subject_of(operands[0])) {
          std::string text;
          for (const core::PatternPart& part : rule.pattern(e)) text += part.literal;
          std::vector<std::string>& texts = tests_[*subject].texts;
          if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
          if (texts.size() > 1) Note("several patterns of one text");
        } else {
          Note("patterns of computed texts");
        }
        break;
      case Op::kContains: {
        const auto set = subject_of(operands[0]), element = subject_of(operands[1]);
        const auto in = constant(0), value = constant(1);
        if (set && value) {
          AddOnce(tests_[*set].elements, *value);
        } else if (element && in && in->is(Kind::kSet)) {
          for (const Value& v : in->as_set()) AddOnce(tests_[*element].constants, v);
        } else if (!(in && value)) {
          relate(operands[1], operands[0], "contains");
        }
        break;
      }
      case Op::kContainsAll:
      case Op::kContainsAny: {
        bool found = false;
        for (size_t i = 0; i < 2; ++i) {
          const auto set = subject_of(operands[i]);
          const auto values = constant(1 - i);
          if (!set || !values || !values->is(Kind::kSet)) continue;
          for (const Value& v : values->as_set()) AddOnce(tests_[*set].elements, v);
          found = true;
        }
        if (!found) Note("tests that relate two sets");
        break;
      }
      case Op::kCall: {
        if (ConstantOf(rule, id)) break;
        const auto subject = operands.empty() ? std::nullopt : subject_of(operands[0]);
        const auto value = operands.size() == 2 ? constant(1) : std::nullopt;
        if (subject && value && IsNumber(*value)) {
          AddOnce(tests_[*subject].constants, *value);
        } else if (subject && value && value->is(Kind::kIp)) {
          tests_[*subject].ranges.push_back(value->as_ip());
          if (tests_[*subject].ranges.size() > 1) Note("several ranges of one address");
        } else if (operands.size() == 2 && constant(0) && subject_of(operands[1])) {
          AddOnce(tests_[*subject_of(operands[1])].constants, *constant(0));
        } else {
          if (subject) Ask(*subject);
          Note(fmt::format("`{}` of what is not compared with a constant", data::Info(e.fn()).name));
        }
        break;
      }
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
      case Op::kNeg:
        if (!ConstantOf(rule, id)) Note("arithmetic");
        break;
      case Op::kSize:
      case Op::kUnion:
      case Op::kIntersect:
      case Op::kLower:
      case Op::kEvery:
      case Op::kSome:
      case Op::kNumber:
        Note(fmt::format("`{}`", core::OpName(e.op)));
        break;
      case Op::kInput:
        Note("state and time, which are as they begin");
        break;
      default:
        break;
    }
  }
  if (!rule.needs.empty() || !rule.pol().lifted_by.empty()) Note("approvals, of which there are none");
}

const std::vector<core::Attribute>* Space::FieldsOf(const Subject& subject) const {
  if (subject.path.empty()) {
    if (subject.root == core::Var::kContext) return &environment_.action->context;
    const core::EntityType* type = model_.FindType(
        subject.root == core::Var::kPrincipal ? environment_.principal : environment_.resource);
    return type ? &type->attributes : nullptr;
  }
  const core::Attribute* attribute;
  const core::Type* type = TypeOf(subject, &attribute);
  if (!type) return nullptr;
  if (type->kind == Kind::kRecord) return &type->fields;
  if (type->kind != Kind::kEntity) return nullptr;
  const core::EntityType* entity = model_.FindType(type->entity);
  return entity ? &entity->attributes : nullptr;
}

// Recursion is as deep as paths.
const core::Type* Space::TypeOf(const Subject& subject, const core::Attribute** attribute) const {
  if (subject.path.empty()) {
    static const core::Type kNoType;
    thread_local core::Type entity;
    if (subject.root == core::Var::kContext) return nullptr;
    entity = kNoType;
    entity.kind = Kind::kEntity;
    entity.entity = subject.root == core::Var::kPrincipal ? environment_.principal : environment_.resource;
    return &entity;
  }
  Subject owner = subject;
  owner.path.pop_back();
  const std::vector<core::Attribute>* fields = FieldsOf(owner);
  *attribute = fields ? core::FindAttribute(*fields, subject.path.back()) : nullptr;
  return *attribute ? (*attribute)->type.get() : nullptr;
}

EntityUid Space::Fresh(const std::string& type, const std::string& name) const {
  const core::EntityType* known = model_.FindType(type);
  if (known && known->enum_ids && !known->enum_ids->empty()) return {type, known->enum_ids->front()};
  return {type, name};
}

data::Record Space::DefaultFields(const std::vector<core::Attribute>& fields, bool host, int depth) const {
  data::Record out;
  for (const core::Attribute& a : fields) {
    if (a.required && a.from_host == host) out.emplace_back(a.name, Default(*a.type, depth + 1));
  }
  return out;
}

Value Space::Default(const core::Type& type, int depth) const {
  switch (type.kind) {
    case Kind::kBool:
      return Value(false);
    case Kind::kString:
      for (const core::Program* program : programs_) {
        if (const core::Levels* levels = core::FindNamed(program->levels, type.levels)) {
          return Value(levels->names.front());
        }
      }
      return Value(std::string("a"));
    case Kind::kEntity:
      return Value(Fresh(type.entity, "other"));
    case Kind::kIp:
      return Ip("192.0.2.1");
    case Kind::kSet:
      return Value::MakeSet({});
    case Kind::kRecord:
      return Value::MakeRecord(depth > kMostDepth ? data::Record()
                                                  : DefaultFields(type.fields, false, depth));
    default:
      return WithNumber(type.kind, 0);
  }
}

std::vector<std::optional<Value>> Space::ValuesOf(const core::Type& type, const Tests& tests,
                                                  const std::string& name) {
  std::vector<Value> out;
  switch (type.kind) {
    case Kind::kBool:
      out = {Value(false), Value(true)};
      break;
    case Kind::kLong:
    case Kind::kDecimal:
    case Kind::kDatetime:
    case Kind::kDuration: {
      std::set<int64_t> numbers;
      for (const Value& v : tests.constants) {
        if (v.kind() == type.kind) numbers.insert(NumberOf(v));
      }
      if (numbers.empty()) numbers.insert(0);
      std::set<int64_t> all = numbers;
      for (const int64_t n : numbers) {
        if (n > INT64_MIN) all.insert(n - 1);
        if (n < INT64_MAX) all.insert(n + 1);
      }
      for (const int64_t n : all) {
        if (type.percent && (n < 0 || n > 10'000)) continue;
        out.push_back(WithNumber(type.kind, n));
      }
      break;
    }
    case Kind::kString: {
      for (const core::Program* program : programs_) {
        const core::Levels* levels = core::FindNamed(program->levels, type.levels);
        if (!levels || !out.empty()) continue;
        for (const std::string& level : levels->names) out.emplace_back(level);
      }
      if (!out.empty()) break;
      for (const Value& v : tests.constants) {
        if (v.is(Kind::kString)) AddOnce(out, v);
      }
      for (const std::string& text : tests.texts) AddOnce(out, Value(text));
      std::string other = "other";
      while (std::ranges::find(out, Value(other)) != out.end()) other += "'";
      out.emplace_back(other);
      break;
    }
    case Kind::kEntity: {
      const core::EntityType* known = model_.FindType(type.entity);
      if (known && known->enum_ids) {
        for (const std::string& id : *known->enum_ids) out.emplace_back(EntityUid{type.entity, id});
        break;
      }
      for (const Value& v : tests.constants) {
        if (v.is(Kind::kEntity) && v.as_entity().type == type.entity) AddOnce(out, v);
      }
      EntityUid other{type.entity, name};
      while (std::ranges::find(out, Value(other)) != out.end()) other.id += "'";
      out.emplace_back(std::move(other));
      break;
    }
    case Kind::kIp: {
      for (const Value& v : tests.constants) {
        if (v.is(Kind::kIp)) AddOnce(out, v);
      }
      for (const data::IpAddr& range : tests.ranges) {
        AddOnce(out, AddressIn(range, false));
        AddOnce(out, AddressIn(range, true));
      }
      AddOnce(out, Ip("192.0.2.1"));
      AddOnce(out, Ip("2001:db8::1"));
      AddOnce(out, Ip("127.0.0.1"));
      AddOnce(out, Ip("224.0.0.1"));
      break;
    }
    case Kind::kSet: {
      const std::vector<Value>& e = tests.elements;
      if (e.size() > kMostElements) {
        Note(fmt::format("more than {} elements of one set", kMostElements));
        out.push_back(Value::MakeSet({}));
        for (const Value& v : e) out.push_back(Value::MakeSet({v}));
        out.push_back(Value::MakeSet(e));
        break;
      }
      for (size_t bits = 0; bits < (size_t{1} << e.size()); ++bits) {
        std::vector<Value> subset;
        for (size_t i = 0; i < e.size(); ++i) {
          if ((bits >> i & 1) != 0) subset.push_back(e[i]);
        }
        if (type.at_most == 0 || subset.size() <= type.at_most)
          out.push_back(Value::MakeSet(std::move(subset)));
      }
      for (const Value& v : tests.constants) AddOnce(out, v);
      break;
    }
    case Kind::kRecord:
      out.push_back(Default(type));
      break;
  }
  return {out.begin(), out.end()};
}

void Space::MakeVariables() {
  for (const auto& [subject, tests] : tests_) {
    const core::Attribute* attribute = nullptr;
    const core::Type* found = TypeOf(subject, &attribute);
    if (!found) {
      if (!subject.path.empty())
        Note(fmt::format("`{}`, which is not declared", fmt::join(subject.path, ".")));
      continue;
    }
    const core::Type type = *found;
    Variable v;
    v.root = subject.root;
    v.path = subject.path;
    v.kind = subject.path.empty() ? Variable::Kind::kUid : Variable::Kind::kValue;
    v.from_host = subject.root == core::Var::kContext && subject.path.size() == 1 && attribute->from_host;
    std::string fresh(core::VarName(subject.root));
    for (const std::string& name : subject.path) fresh += "." + name;
    v.values = ValuesOf(type, tests, fresh);
    if (attribute && !attribute->required) v.values.emplace_back(std::nullopt);
    // A record is what is in it.
    const bool is_record = type.kind == Kind::kRecord;
    if (v.values.size() > 1 || v.kind == Variable::Kind::kUid || (is_record && !attribute->required)) {
      variables_.push_back(v);
    }
    if (type.kind != Kind::kEntity) continue;
    const core::EntityType* known = model_.FindType(type.entity);
    for (const EntityUid& group : tests.groups) {
      // What is asked about itself is a matter of who it is.
      if (group.type == type.entity) {
        auto uid = std::ranges::find_if(variables_, [&](const Variable& o) {
          return o.root == v.root && o.path == v.path && o.kind == v.kind;
        });
        const std::optional<Value> same = Value(group);
        if (uid != variables_.end() && std::ranges::find(uid->values, same) == uid->values.end()) {
          uid->values.insert(uid->values.begin(), same);
        }
      }
      if (!known || std::ranges::count(known->parents, group.type) == 0) continue;
      Variable member = v;
      member.kind = Variable::Kind::kMember;
      member.group = group;
      member.values = {Value(false), Value(true)};
      variables_.push_back(std::move(member));
    }
    for (const auto& [tag, constants] : tests.tags) {
      if (!known || !known->tags) continue;
      Variable tagged = v;
      tagged.kind = Variable::Kind::kTag;
      tagged.tag = tag;
      Tests of_tag;
      of_tag.constants = of_tag.elements = constants;
      tagged.values = ValuesOf(*known->tags, of_tag, fresh + "." + tag);
      tagged.values.emplace_back(std::nullopt);
      variables_.push_back(std::move(tagged));
    }
  }
}

uint64_t Space::Size(uint64_t most) const {
  uint64_t size = 1;
  for (const Variable& v : variables_) {
    if (size > most / v.values.size()) return most;
    size *= v.values.size();
  }
  return size;
}

namespace {

// A record with the field at the path set, or taken out; records on the way are made.
void SetField(data::Record& fields, std::span<const std::string> path, const std::optional<Value>& value) {
  auto field = std::ranges::find(fields, path.front(), [](const auto& f) { return f.first; });
  if (path.size() == 1) {
    if (!value) {
      if (field != fields.end()) fields.erase(field);
    } else if (field == fields.end()) {
      fields.emplace_back(path.front(), *value);
    } else {
      field->second = *value;
    }
    return;
  }
  if (field == fields.end() || !field->second.is(Kind::kRecord)) return;  // it is missing, with all in it
  data::Record inner = field->second.as_record();
  SetField(inner, path.subspan(1), value);
  field->second = Value::MakeRecord(std::move(inner));
}

}  // namespace

data::Request Space::Make(const Point& point) const {
  data::Request out;
  out.action = environment_.action->uid;
  auto host = std::make_shared<data::Host>();
  host->now = data::Datetime{1'767'225'600'000};  // 2026-01-01
  for (const core::Program* program : programs_) {
    for (const core::LimitKind& kind : program->limit_kinds) {
      if (std::ranges::count(host->enforces, kind.name) == 0) host->enforces.push_back(kind.name);
    }
  }
  data::Record context = DefaultFields(environment_.action->context, false);
  data::Record host_context = DefaultFields(environment_.action->context, true);
  // The entities of the request, by how they are reached; those reached by shorter paths first.
  struct Reached {
    EntityUid uid;
    data::Record attributes;
    std::map<std::string, Value> tags;
    std::vector<EntityUid> parents;
  };
  std::map<Subject, Reached> reached;
  const auto reach = [&](const Subject& subject, const EntityUid& uid) {
    const core::EntityType* type = model_.FindType(uid.type);
    reached[subject] = {uid, type ? DefaultFields(type->attributes, false) : data::Record(), {}, {}};
  };
  // The entity that a path leads through last, and what is left of the path. Null: there is none.
  const auto owner = [&](const Subject& subject, size_t length, size_t* used) -> Reached* {
    for (size_t n = length + 1; n-- > 0;) {
      const auto at = reached.find(
          {subject.root, {subject.path.begin(), subject.path.begin() + static_cast<std::ptrdiff_t>(n)}});
      if (at == reached.end()) continue;
      *used = n;
      return &at->second;
    }
    return nullptr;
  };
  std::vector<size_t> order(variables_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](size_t a, size_t b) {
    return std::tuple(variables_[a].path.size(), variables_[a].kind) <
           std::tuple(variables_[b].path.size(), variables_[b].kind);
  });
  for (const size_t i : order) {
    const Variable& v = variables_[i];
    const std::optional<Value>& value = v.values[point[i]];
    const Subject subject{v.root, v.path};
    size_t used = 0;
    switch (v.kind) {
      case Variable::Kind::kUid:
        reach(subject, value->as_entity());
        break;
      case Variable::Kind::kMember:
        if (Reached* entity = owner(subject, v.path.size(), &used);
            entity && used == v.path.size() && value->as_bool()) {
          entity->parents.push_back(v.group);
        }
        break;
      case Variable::Kind::kTag:
        if (Reached* entity = owner(subject, v.path.size(), &used);
            entity && used == v.path.size() && value) {
          entity->tags.insert_or_assign(v.tag, *value);
        }
        break;
      case Variable::Kind::kValue: {
        Reached* const entity = owner(subject, v.path.size() - 1, &used);
        const std::span<const std::string> rest = std::span(v.path).subspan(used);
        if (entity) {
          SetField(entity->attributes, rest, value);
        } else if (v.root == core::Var::kContext) {
          SetField(v.from_host ? host_context : context, rest, value);
        } else {
          break;
        }
        if (value && value->is(Kind::kEntity)) reach(subject, value->as_entity());
        break;
      }
    }
  }
  std::set<EntityUid> there;
  for (auto& [subject, entity] : reached) {
    if (subject.path.empty())
      (subject.root == core::Var::kPrincipal ? out.principal : out.resource) = entity.uid;
    if (!there.insert(entity.uid).second) continue;
    data::Entity e;
    e.uid = entity.uid;
    for (auto& [name, value] : entity.attributes) e.attrs.emplace(name, value);
    e.tags = entity.tags;
    for (const EntityUid& parent : entity.parents) {
      if (parent != e.uid) e.parents.push_back(parent);
    }
    out.entities.push_back(std::move(e));
  }
  const auto sorted = [](data::Record fields) {
    std::ranges::sort(fields, {}, [](const auto& f) { return f.first; });
    return Value::MakeRecord(std::move(fields));
  };
  out.context = sorted(std::move(context));
  host->context = sorted(std::move(host_context));
  if (programs_.front()->pol) out.host = std::move(host);
  return out;
}

}  // namespace polc::diff
