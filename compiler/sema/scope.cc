#include "compiler/sema/scope.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "compiler/data/value.h"

namespace polc::sema {

using core::ActionTest;
using core::ScopeTest;
using source::Code;

namespace {

// The actions in any of `groups`, ascending; nothing if one of them is not declared.
std::vector<ActionId> ActionsIn(const SchemaIndex& schema, const std::vector<data::EntityUid>& groups) {
  std::vector<ActionId> result;
  for (const data::EntityUid& uid : groups) {
    std::optional<ActionId> group = schema.FindAction(uid);
    if (!group) return {};
    const std::vector<ActionId>& members = schema.action(*group).members;
    result.insert(result.end(), members.begin(), members.end());
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::vector<ActionId> AllActions(const SchemaIndex& schema) {
  std::vector<ActionId> all(schema.actions().size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// Whether the scope test admits entities of type `entity`, going by types alone.
bool Admits(const SchemaIndex& schema, const ScopeTest& test, EntityTypeId entity) {
  const std::string& name = schema.entity(entity).name;
  switch (test.op) {
    case ScopeTest::Op::kAny:
      return true;
    case ScopeTest::Op::kEq:
      return test.slot || test.entity.type == name;
    case ScopeTest::Op::kIs:
      return test.type == name;
    case ScopeTest::Op::kIn:
    case ScopeTest::Op::kIsIn: {
      if (test.op == ScopeTest::Op::kIsIn && test.type != name) return false;
      if (test.slot) return true;
      std::optional<EntityTypeId> outer = schema.FindEntityType(test.entity.type);
      return outer && schema.MayBeIn(entity, *outer);
    }
  }
  return false;
}

// Whether writing `in` for `==` would make the test admit a type of one of the actions.
bool InWouldFix(const SchemaIndex& schema, const ScopeTest& test, const std::vector<ActionId>& actions,
                std::vector<EntityTypeId> ActionInfo::* types) {
  if (test.op != ScopeTest::Op::kEq || test.slot) return false;
  std::optional<EntityTypeId> outer = schema.FindEntityType(test.entity.type);
  if (!outer || !schema.entity(*outer).declared) return false;
  bool contains = false;
  for (ActionId id : actions) {
    for (EntityTypeId type : schema.action(id).*types) {
      if (type == *outer) return false;
      contains |= schema.MayBeIn(type, *outer);
    }
  }
  return contains;
}

void CheckEntityTypeName(const SchemaIndex& schema, const std::string& name, source::Span span,
                         Findings& findings) {
  if (IsActionTypeName(name)) return;
  std::optional<EntityTypeId> id = schema.FindEntityType(name);
  if (id && schema.entity(*id).declared) return;
  std::vector<std::string> known;
  for (const EntityInfo& info : schema.entities()) {
    if (info.declared) known.push_back(info.name);
  }
  std::optional<std::string> near = source::DidYouMean(name, known);
  if (!near) {
    // The right type in another namespace is the commonest slip.
    auto last = [](const std::string& n) { return n.substr(n.rfind(':') + 1); };
    auto it =
        std::find_if(known.begin(), known.end(), [&](const std::string& n) { return last(n) == last(name); });
    if (it != known.end()) near = *it;
  }
  findings.Add(Code::kUnrecognizedEntityType, span, "the schema has no entity type `" + name + "`",
               near ? "did you mean `" + *near + "`?" : "");
}

void CheckUid(const SchemaIndex& schema, const data::EntityUid& uid, source::Span span, Findings& findings) {
  if (IsActionTypeName(uid.type)) {
    if (schema.FindAction(uid)) return;
    std::vector<std::string> known;
    std::string help;
    for (const ActionInfo& info : schema.actions()) {
      const data::EntityUid& other = info.action->uid;
      if (other.id.find("Action::" + uid.id) != std::string::npos ||
          other.id.find("Action::\"" + uid.id + "\"") != std::string::npos) {
        help = "did you mean `" + data::ToString(other) + "`, with the type inside the id?";
      }
      known.push_back(data::ToString(other));
    }
    if (help.empty()) {
      if (std::optional<std::string> near = source::DidYouMean(data::ToString(uid), known)) {
        help = "did you mean `" + *near + "`?";
      }
    }
    findings.Add(Code::kUnrecognizedActionId, span, "the schema has no action `" + data::ToString(uid) + "`",
                 std::move(help));
    return;
  }
  CheckEntityTypeName(schema, uid.type, span, findings);
  std::optional<EntityTypeId> id = schema.FindEntityType(uid.type);
  if (!id || !schema.entity(*id).enum_ids) return;
  const std::vector<std::string>& ids = *schema.entity(*id).enum_ids;
  if (std::find(ids.begin(), ids.end(), uid.id) != ids.end()) return;
  std::optional<std::string> near = source::DidYouMean(uid.id, ids);
  constexpr size_t kShownIds = 8;
  std::string help;
  if (near) {
    help = "did you mean `" + data::ToString(data::EntityUid{uid.type, *near}) + "`?";
  } else {
    for (size_t i = 0; i < ids.size() && i < kShownIds; ++i)
      help += (i ? ", " : "") + data::QuoteCedar(ids[i]);
    help = "its ids are " + help + (ids.size() > kShownIds ? ", …" : "");
  }
  findings.Add(Code::kInvalidEnumEntity, span,
               "the enumerated type `" + uid.type + "` has no entity " + data::QuoteCedar(uid.id),
               std::move(help));
}

void CheckScopeNames(const SchemaIndex& schema, const ScopeTest& test, Findings& findings) {
  if (test.op == ScopeTest::Op::kIs || test.op == ScopeTest::Op::kIsIn) {
    CheckEntityTypeName(schema, test.type, test.span, findings);
  }
  bool has_entity =
      test.op == ScopeTest::Op::kEq || test.op == ScopeTest::Op::kIn || test.op == ScopeTest::Op::kIsIn;
  if (has_entity && !test.slot) CheckUid(schema, test.entity, test.span, findings);
}

}  // namespace

ScopeAnswer CheckScope(const SchemaIndex& schema, const ScopeTest& test, EntityTypeId entity) {
  ScopeAnswer answer;
  if (test.op == ScopeTest::Op::kAny) return answer;
  if (test.op == ScopeTest::Op::kIs || test.op == ScopeTest::Op::kIsIn) {
    answer.type = test.type == schema.entity(entity).name ? kTrue : kFalse;
    if (test.op == ScopeTest::Op::kIs || answer.type == kFalse) return answer;
  }
  answer.looks_up = test.op != ScopeTest::Op::kEq;
  answer.type = kBool;
  if (test.slot) return answer;
  TypeId other = schema.LiteralType(test.entity);
  if (other == kNoType) {
    answer.ok = false;
    return answer;
  }
  std::optional<EntityTypeId> outer = schema.FindEntityType(test.entity.type);
  bool possible = test.op == ScopeTest::Op::kEq ? *outer == entity : schema.MayBeIn(entity, *outer);
  if (!possible) answer.type = kFalse;
  return answer;
}

ActionScope::ActionScope(const SchemaIndex& schema, const ActionTest& test, CheckMode mode) {
  switch (test.op) {
    case ActionTest::Op::kAny:
      candidates_ = AllActions(schema);
      return;
    case ActionTest::Op::kEq: {
      std::optional<ActionId> action = schema.FindAction(test.actions[0]);
      ok_ = schema.LiteralType(test.actions[0]) != kNoType;
      if (action) candidates_.push_back(*action);
      return;
    }
    case ActionTest::Op::kIn:
      break;
  }
  looks_up_ = true;
  for (const data::EntityUid& uid : test.actions) {
    if (schema.LiteralType(uid) == kNoType) ok_ = false;
  }
  if (mode == CheckMode::kStrict && test.actions.empty()) problem_ = Problem::kEmpty;
  if (mode == CheckMode::kStrict && ok_) {
    for (const data::EntityUid& uid : test.actions) {
      EntityTypeId type = *schema.FindEntityType(uid.type);
      if (std::find(mixed_types_.begin(), mixed_types_.end(), type) == mixed_types_.end()) {
        mixed_types_.push_back(type);
      }
    }
    if (mixed_types_.size() > 1) problem_ = Problem::kMixedTypes;
  }
  if (problem_ != Problem::kNone) ok_ = false;
  constant_ = ok_;
  candidates_ = ok_ ? ActionsIn(schema, test.actions) : AllActions(schema);
}

ScopeAnswer ActionScope::Check(ActionId action) const {
  ScopeAnswer answer;
  answer.ok = ok_;
  answer.looks_up = looks_up_;
  if (!constant_) {
    answer.type = kBool;
  } else {
    answer.type = std::binary_search(candidates_.begin(), candidates_.end(), action) ? kTrue : kFalse;
  }
  return answer;
}

void CheckNames(const SchemaIndex& schema, const core::Rule& rule, Findings& findings) {
  CheckScopeNames(schema, rule.principal, findings);
  for (const data::EntityUid& uid : rule.action.actions) CheckUid(schema, uid, rule.action.span, findings);
  CheckScopeNames(schema, rule.resource, findings);
  for (const core::Expr& e : rule.exprs) {
    if (e.op == core::Op::kLiteral && rule.value(e).is(data::Kind::kEntity)) {
      CheckUid(schema, rule.value(e).as_entity(), e.span, findings);
    } else if (e.op == core::Op::kIs) {
      CheckEntityTypeName(schema, rule.name(e), e.span, findings);
    }
  }
}

void CheckLinkedNames(const SchemaIndex& schema, const core::Rule& rule, const core::Rule* origin,
                      Findings& findings) {
  // Without its template at hand, every entity of the scope may have come from the link.
  if (!origin || origin->principal.slot)
    CheckEntityTypeName(schema, rule.principal.entity.type, rule.principal.span, findings);
  if (!origin || origin->resource.slot)
    CheckEntityTypeName(schema, rule.resource.entity.type, rule.resource.span, findings);
}

void CheckApplication(const SchemaIndex& schema, const core::Rule& rule, source::Severity severity,
                      Findings& findings) {
  std::vector<ActionId> actions;
  switch (rule.action.op) {
    case ActionTest::Op::kAny:
      actions = AllActions(schema);
      break;
    case ActionTest::Op::kEq:
      if (std::optional<ActionId> id = schema.FindAction(rule.action.actions[0])) actions.push_back(*id);
      break;
    case ActionTest::Op::kIn:
      actions = ActionsIn(schema, rule.action.actions);
      break;
  }
  for (ActionId id : actions) {
    const ActionInfo& info = schema.action(id);
    auto admitted = [&](const std::vector<EntityTypeId>& types, const ScopeTest& test) {
      return std::any_of(types.begin(), types.end(), [&](EntityTypeId t) { return Admits(schema, test, t); });
    };
    if (admitted(info.principals, rule.principal) && admitted(info.resources, rule.resource)) return;
  }
  bool principal = InWouldFix(schema, rule.principal, actions, &ActionInfo::principals);
  bool resource = InWouldFix(schema, rule.resource, actions, &ActionInfo::resources);
  std::string help;
  if (principal || resource) {
    help =
        std::string("write `in` for `==` in the ") + (principal && resource ? "principal and resource clauses"
                                                      : principal           ? "principal clause"
                                                                            : "resource clause");
  } else {
    help = "compare the scope with `appliesTo` of the action in the schema";
  }
  findings.Add(Code::kInvalidActionApplication, rule.span,
               "no action applies to a principal and a resource that this scope allows", std::move(help),
               severity);
}

}  // namespace polc::sema
