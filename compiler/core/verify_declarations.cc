#include <algorithm>
#include <functional>
#include <unordered_set>

#include "compiler/core/verify.h"

namespace polc::core {

namespace {

using Problem = std::optional<std::string>;

template <typename T, typename Name>
Problem CheckSorted(const std::vector<T>& list, std::string_view what, Name name) {
  for (size_t i = 1; i < list.size(); ++i) {
    if (!(std::invoke(name, list[i - 1]) < std::invoke(name, list[i])))
      return "the " + std::string(what) + " are unsorted or twice";
  }
  return std::nullopt;
}

Problem CheckAttributes(const Program& program, const std::vector<Attribute>& attributes);

// Types are as deep as declarations nest, which the parser bounds.
Problem CheckType(const Program& program, const TypePtr& type) {
  if (!type) return "a type is not there";
  const bool set = type->kind == data::Kind::kSet;
  if ((type->kind == data::Kind::kEntity) != !type->entity.empty()) return "a type is half an entity's";
  if (set != (type->element != nullptr) || (!set && type->at_most != 0)) return "a type is half a set's";
  if (type->percent && type->kind != data::Kind::kDecimal) return "a percent is no decimal";
  if (!type->levels.empty() &&
      (type->kind != data::Kind::kString || !FindNamed(program.levels, type->levels)))
    return "a type has levels `" + type->levels + "` that do not exist";
  if (type->kind != data::Kind::kRecord && !type->fields.empty()) return "a type has fields and is no record";
  if (set) return CheckType(program, type->element);
  return CheckAttributes(program, type->fields);
}

Problem CheckAttributes(const Program& program, const std::vector<Attribute>& attributes) {
  if (Problem problem = CheckSorted(attributes, "attributes", &Attribute::name)) return problem;
  for (const Attribute& a : attributes) {
    const std::string start = "attribute `" + a.name + "`: ";
    if (Problem problem = CheckType(program, a.type)) return start + *problem;
    if (a.if_missing && a.required) return start + "is required and has a value if missing";
    if (a.if_missing && a.if_missing->kind() != a.type->kind) return start + "is of another kind if missing";
  }
  return std::nullopt;
}

Problem CheckModel(const Program& program) {
  const Model& model = program.model;
  if (Problem problem = CheckSorted(model.entity_types, "entity types", &EntityType::name)) return problem;
  if (Problem problem = CheckSorted(model.classes, "classes", &ActionClass::name)) return problem;
  if (Problem problem = CheckSorted(model.actions, "actions", &Action::uid)) return problem;
  for (const EntityType& type : model.entity_types) {
    const std::string start = "entity type `" + type.name + "`: ";
    if (Problem problem = CheckAttributes(program, type.attributes)) return start + *problem;
    if (Problem problem = CheckSorted(type.parents, "parents", std::identity())) return start + *problem;
    if (type.owner.empty()) continue;
    const EntityType* owner = model.FindType(type.owner);
    if (type.nature != EntityType::Nature::kAgent || !owner || owner->nature != EntityType::Nature::kPerson)
      return start + "is no agent owned by a person";
  }
  for (const Action& action : model.actions) {
    const std::string start = "action `" + data::ToString(action.uid) + "`: ";
    if (Problem problem = CheckAttributes(program, action.context)) return start + *problem;
    if (Problem problem = CheckSorted(action.groups, "groups", std::identity())) return start + *problem;
    if (Problem problem = CheckSorted(action.principals, "principals", std::identity()))
      return start + *problem;
    if (Problem problem = CheckSorted(action.resources, "resources", std::identity()))
      return start + *problem;
    if (Problem problem = CheckSorted(action.digest, "digest paths", std::identity()))
      return start + *problem;
    if (!action.action_class.empty() && !FindNamed(model.classes, action.action_class))
      return start + "its class does not exist";
  }
  return std::nullopt;
}

Problem CheckLimitKind(const Program& program, const LimitKind& kind) {
  using data::Kind;
  if (Problem problem = CheckType(program, kind.type)) return problem;
  const Kind k = kind.type->kind;
  const bool ordered =
      k == Kind::kLong || k == Kind::kDecimal || k == Kind::kDuration || k == Kind::kDatetime;
  const bool lowest_or_highest = kind.merge == Merge::kLowest || kind.merge == Merge::kHighest;
  const bool members = kind.merge == Merge::kCommonMembers || kind.merge == Merge::kAllMembers;
  if (lowest_or_highest ? ordered : members ? k == Kind::kSet : k == Kind::kBool) return std::nullopt;
  return "limit kind `" + kind.name + "`: its values do not merge as `" + std::string(MergeName(kind.merge)) +
         "`";
}

Problem CheckHours(const Program& program) {
  for (const Zone& zone : program.zones) {
    const std::string start = "zone `" + zone.name + "`: ";
    if (zone.rows.empty() || zone.rows.front().from_ms != INT64_MIN)
      return start + "does not begin with time";
    if (Problem problem = CheckSorted(zone.rows, "rows", &Zone::Row::from_ms)) return start + *problem;
  }
  for (const Hours& hours : program.hours) {
    const std::string start = "hours `" + hours.name + "`: ";
    if (!FindNamed(program.zones, hours.zone)) return start + "has no zone";
    if (hours.days == 0 || hours.days > 127) return start + "has no such days";
    if (hours.from_minute >= 1440 || hours.to_minute > 1440) return start + "has no such time of day";
  }
  return std::nullopt;
}

// What the expressions of a rule name. `facts_before`: how many facts it may read.
Problem CheckNames(const Program& program, const Rule& rule, size_t facts_before) {
  for (const Expr& e : rule.exprs) {
    if (IsPol(e.op) && !program.pol) return "has " + std::string(OpName(e.op)) + ", which is Pol";
    if (e.op == Op::kRank && !FindNamed(program.levels, rule.name(e)))
      return "names levels `" + rule.name(e) + "` that do not exist";
    if (e.op == Op::kInHours && !FindNamed(program.hours, rule.name(e)))
      return "names hours `" + rule.name(e) + "` that do not exist";
    if (e.op == Op::kFactRef) {
      const Fact* fact = FindNamed(program.facts, rule.name(e));
      if (!fact || static_cast<size_t>(fact - program.facts.data()) >= facts_before)
        return "reads the fact `" + rule.name(e) + "`, which is not before it";
    }
    if (e.op == Op::kInput) {
      const Input* input = FindInput(program.inputs, rule.name(e));
      if (!input) return "reads the input `" + rule.name(e) + "`, which does not exist";
      if (input->by.empty() != (e.operand_count == 0))
        return "reads the input `" + rule.name(e) + "` " +
               (input->by.empty() ? "with a key" : "without a key");
    }
  }
  for (const Limit& limit : rule.limits) {
    if (!program.pol) continue;
    if (!FindNamed(program.limit_kinds, limit.kind))
      return "limits `" + limit.kind + "`, which does not exist";
  }
  for (const Need& need : rule.needs) {
    if (!program.pol || need.kind != Need::Kind::kEvidence) continue;
    if (!FindNamed(program.evidence_kinds, need.evidence))
      return "needs evidence `" + need.evidence + "`, which does not exist";
  }
  return std::nullopt;
}

Problem CheckRule(const Program& program, const Rule& rule) {
  if (Problem problem = CheckNames(program, rule, program.facts.size())) return problem;
  if (!program.pol) {
    if (rule.pol_part || rule.strict) return "is Pol in a program that is not";
    return std::nullopt;
  }
  if ((rule.effect == Effect::kLimit) == rule.limits.empty())
    return "limits have to stand in a limit, and do not";
  if ((rule.effect == Effect::kRequire) == rule.needs.empty())
    return "needs have to stand in a require, and do not";
  if ((rule.effect == Effect::kSuggest) != rule.pol().suggestion.has_value())
    return "a suggestion has to stand in a suggest, and does not";
  return std::nullopt;
}

Problem CheckFact(const Program& program, const Fact& fact, size_t index) {
  using Form = Fact::Form;
  const bool choice = fact.form == Form::kHighest || fact.form == Form::kFirst;
  std::vector<ExprId> roots;
  for (const Fact::Clause& clause : fact.clauses) {
    roots.push_back(clause.value);
    roots.push_back(clause.when);
  }
  if (choice) roots.push_back(fact.otherwise);
  if (fact.body.conditions.size() != (fact.form == Form::kExpression ? 1u : 0u)) return "has no expression";
  if (!choice && (!fact.clauses.empty() || fact.otherwise != kNoExpr)) return "has clauses it has no use for";
  if (fact.form != Form::kAutonomy && (!fact.rows.empty() || !fact.caps.empty()))
    return "has rows it has no use for";
  if (fact.levels.empty() ? fact.form == Form::kAutonomy : !FindNamed(program.levels, fact.levels))
    return "has no levels";
  if (Problem problem = Verify(fact.body, roots)) return problem;
  if (Problem problem = CheckNames(program, fact.body, index)) return problem;
  for (const auto* steps : {&fact.rows, &fact.caps}) {
    for (const Fact::Step& step : *steps) {
      const std::string start = "step `" + step.rule.id + "`: ";
      if (step.from_data && steps != &fact.rows) return start + "is a cap from data";
      if (step.rule.mode == Mode::kShadow && steps == &fact.rows) return start + "is a row in shadow";
      if (Problem problem = Verify(step.rule, std::span(&step.level, 1))) return start + *problem;
      if (Problem problem = CheckNames(program, step.rule, index)) return start + *problem;
    }
  }
  return std::nullopt;
}

// The key of what is kept for each of several types of entities.
bool IsAnyEntity(const Type& type) {
  return type.kind == data::Kind::kEntity && type.entity.empty() && !type.element && type.fields.empty() &&
         type.levels.empty() && !type.percent && type.at_most == 0;
}

Problem CheckInput(const Program& program, const Input& input) {
  using K = Input::Kind;
  const bool updated = input.kind != K::kNow && input.kind != K::kSwitch;
  const bool windowed = updated && input.kind != K::kLabel;
  const data::Kind value = input.kind == K::kNow                                     ? data::Kind::kDatetime
                           : input.kind == K::kCounter || input.kind == K::kAttempts ? data::Kind::kLong
                           : input.kind == K::kTotal && input.value != data::Kind::kLong
                               ? data::Kind::kDecimal
                           : input.kind == K::kTotal ? data::Kind::kLong
                                                     : data::Kind::kBool;
  if (input.value != value) return "has values of another kind";
  if ((input.kind == K::kNow) != (input.id == "now")) return "is not what `now` is";
  if (input.by.empty() != (input.key_type == nullptr)) return "has half a key";
  if (input.key_type && !IsAnyEntity(*input.key_type)) {
    if (Problem problem = CheckType(program, input.key_type)) return "its key: " + *problem;
  }
  if ((input.key != kNoExpr) != (updated && !input.by.empty())) return "does not know which key to write";
  if ((input.amount != kNoExpr) != (input.kind == K::kTotal)) return "does not know what to add";
  if (windowed != (input.over_ms > 0)) return "has no window";
  if ((input.kind == K::kBreaker) != (input.opens_at > 0)) return "does not know when to open";
  std::vector<ExprId> roots;
  if (input.key != kNoExpr) roots.push_back(input.key);
  if (input.amount != kNoExpr) roots.push_back(input.amount);
  if (Problem problem = Verify(input.update, roots)) return problem;
  return CheckNames(program, input.update, program.facts.size());
}

}  // namespace

std::optional<std::string> VerifyDeclarations(const Program& program) {
  if (Problem problem = CheckModel(program)) return problem;
  if (Problem problem = CheckSorted(program.levels, "levels", &Levels::name)) return problem;
  if (Problem problem = CheckSorted(program.limit_kinds, "limit kinds", &LimitKind::name)) return problem;
  if (Problem problem = CheckSorted(program.evidence_kinds, "evidence kinds", &EvidenceKind::name))
    return problem;
  if (Problem problem = CheckSorted(program.inputs, "inputs", &Input::id)) return problem;
  if (Problem problem = CheckSorted(program.zones, "zones", &Zone::name)) return problem;
  if (Problem problem = CheckSorted(program.hours, "hours", &Hours::name)) return problem;
  if (Problem problem = CheckSorted(program.settings, "settings", &Setting::name)) return problem;
  for (const Levels& levels : program.levels) {
    const std::unordered_set<std::string_view> distinct(levels.names.begin(), levels.names.end());
    if (levels.names.size() < 2 || distinct.size() != levels.names.size())
      return "levels `" + levels.name + "`: have not two names or more, all distinct";
  }
  for (const LimitKind& kind : program.limit_kinds) {
    if (Problem problem = CheckLimitKind(program, kind)) return problem;
  }
  for (const EvidenceKind& kind : program.evidence_kinds) {
    if (Problem problem = CheckType(program, kind.type)) return "evidence `" + kind.name + "`: " + *problem;
  }
  if (Problem problem = CheckHours(program)) return problem;
  std::unordered_set<std::string_view> names;
  for (size_t i = 0; i < program.facts.size(); ++i) {
    const Fact& fact = program.facts[i];
    const std::string start = "fact `" + fact.name + "`: ";
    if (!names.insert(fact.name).second) return start + "stands twice";
    if (Problem problem = CheckFact(program, fact, i)) return start + *problem;
  }
  for (const Input& input : program.inputs) {
    if (Problem problem = CheckInput(program, input)) return "input `" + input.id + "`: " + *problem;
  }
  for (const Rule& rule : program.rules) {
    if (Problem problem = CheckRule(program, rule)) return "rule `" + rule.id + "`: " + *problem;
  }
  return std::nullopt;
}

}  // namespace polc::core
