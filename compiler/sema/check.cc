#include "compiler/sema/check.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "compiler/sema/confusables.h"
#include "compiler/sema/findings.h"
#include "compiler/sema/level.h"
#include "compiler/sema/schema_index.h"
#include "compiler/sema/scope.h"
#include "compiler/sema/typecheck.h"

namespace polc::sema {

using core::Rule;
using source::Code;
using source::Severity;

namespace {

core::Kind KindOf(const TypeTable& types, TypeId type) {
  switch (types.kind(type)) {
    case TypeKind::kTrue:
    case TypeKind::kFalse:
    case TypeKind::kBool:
      return core::Kind::kBool;
    case TypeKind::kLong:
      return core::Kind::kLong;
    case TypeKind::kString:
      return core::Kind::kString;
    case TypeKind::kDecimal:
      return core::Kind::kDecimal;
    case TypeKind::kIp:
      return core::Kind::kIp;
    case TypeKind::kDatetime:
      return core::Kind::kDatetime;
    case TypeKind::kDuration:
      return core::Kind::kDuration;
    case TypeKind::kAnyEntity:
    case TypeKind::kEntity:
      return core::Kind::kEntity;
    case TypeKind::kSet:
      return core::Kind::kSet;
    case TypeKind::kRecord:
      return core::Kind::kRecord;
    case TypeKind::kNever:
      break;
  }
  return core::Kind::kUnknown;
}

// The parts of an environment that the conditions of a rule can tell apart.
struct EnvironmentKey {
  uint32_t principal = UINT32_MAX, action = UINT32_MAX, resource = UINT32_MAX, context = UINT32_MAX;
  friend bool operator==(const EnvironmentKey&, const EnvironmentKey&) = default;
};
struct EnvironmentKeyHash {
  size_t operator()(const EnvironmentKey& k) const {
    size_t h = k.principal;
    for (uint32_t part : {k.action, k.resource, k.context}) h = (h ^ part) * 0x9E3779B97F4A7C15u + (h >> 29);
    return h;
  }
};

// Checks one rule after the other; one per thread.
class RuleChecker {
 public:
  RuleChecker(const SchemaIndex& schema, const CheckOptions& options, bool annotate)
      : schema_(schema),
        options_(options),
        annotate_(annotate),
        typechecker_(&schema, options.mode),
        findings_(&schema) {}

  // A static rule or template. `kinds` is filled if the rule is valid and annotations are wanted.
  bool CheckRule(const Rule& rule, std::vector<source::Diagnostic>& out, std::vector<core::Kind>& kinds) {
    findings_.Clear();
    checked_ = {};
    CheckNames(schema_, rule, findings_);
    CheckApplication(schema_, rule, ApplicationSeverity(), findings_);
    CheckEnvironments(rule);
    CheckConfusables(rule, findings_);
    bool valid = !findings_.has_errors();
    if (!findings_.empty()) out = findings_.Take(rule.id, checked_);
    if (annotate_ && valid) kinds = std::move(kinds_);
    return valid;
  }

  // A rule linked from `origin` (null if the template is not at hand).
  bool CheckLink(const Rule& rule, const Rule* origin, std::vector<source::Diagnostic>& out) {
    findings_.Clear();
    checked_ = {};
    CheckLinkedNames(schema_, rule, origin, findings_);
    CheckApplication(schema_, rule, ApplicationSeverity(), findings_);
    bool valid = !findings_.has_errors();
    if (!findings_.empty()) out = findings_.Take(rule.id, checked_);
    return valid;
  }

 private:
  Severity ApplicationSeverity() const {
    return options_.cedar == CedarVersion::k412 ? Severity::kError : Severity::kWarning;
  }

  // Types the conditions in every environment in which the scope can hold.
  void CheckEnvironments(const Rule& rule) {
    typechecker_.Begin(&rule, &findings_);
    results_.clear();
    seen_kinds_.clear();
    kinds_.assign(annotate_ ? rule.exprs.size() : 0, core::Kind::kUnknown);
    principal_memo_.assign(schema_.entities().size(), std::nullopt);
    resource_memo_.assign(schema_.entities().size(), std::nullopt);
    const bool count_scope = options_.level == 0u;

    // Whether the level check can tell actions apart: the action's own entity may be followed.
    by_action_literal_ = false;
    if (options_.level) {
      by_action_literal_ = std::any_of(rule.exprs.begin(), rule.exprs.end(), [&](const core::Expr& e) {
        return e.op == core::Op::kLiteral && rule.value(e).is(data::Kind::kEntity) &&
               IsActionTypeName(rule.value(e).as_entity().type);
      });
    }

    const ActionScope action_scope(schema_, rule.action, options_.mode);
    bool possible = false;  // some environment does not make the rule false
    bool action_tested = false;
    bool principal_looked_up = false, action_looked_up = false, resource_looked_up = false;

    auto check_action = [&](ActionId id) {
      const ActionInfo& action = schema_.action(id);
      if (action.resources.empty()) return;
      const ScopeAnswer on_action = action_scope.Check(id);
      for (EntityTypeId principal : action.principals) {
        const ScopeAnswer& on_principal = Memo(principal_memo_, rule.principal, principal);
        if (on_principal.type == kFalse) {
          principal_looked_up |= on_principal.looks_up;
          continue;
        }
        action_tested = true;
        if (on_action.type == kFalse) {
          principal_looked_up |= on_principal.looks_up;
          action_looked_up |= on_action.looks_up;
          continue;
        }
        for (EntityTypeId resource : action.resources) {
          const ScopeAnswer& on_resource = Memo(resource_memo_, rule.resource, resource);
          bool fails = false;
          if (on_resource.type != kFalse) {
            const Typechecker::Outcome outcome = CheckConditions(rule, {id, principal, resource});
            possible |= outcome.type != kFalse;
            fails =
                outcome.type != kFalse && !(on_principal.ok && on_action.ok && on_resource.ok && outcome.ok);
          }
          // Levels are counted where the types are settled.
          if (fails) continue;
          principal_looked_up |= on_principal.looks_up;
          action_looked_up |= on_action.looks_up;
          resource_looked_up |= on_resource.looks_up;
        }
      }
    };
    // Actions the scope rules out matter only to the level of the scope itself.
    if (count_scope) {
      for (ActionId id = 0; id < schema_.actions().size(); ++id) check_action(id);
    } else {
      for (ActionId id : action_scope.candidates()) check_action(id);
    }

    if (action_tested) ReportActionScope(rule, action_scope);
    if (count_scope) {
      if (principal_looked_up) ReportScopeLevel(rule.principal.span, findings_);
      if (action_looked_up) ReportScopeLevel(rule.action.span, findings_);
      if (resource_looked_up) ReportScopeLevel(rule.resource.span, findings_);
    }
    if (!possible) {
      findings_.Add(Code::kImpossiblePolicy, rule.span,
                    "this policy is false for every request the schema allows",
                    "look at its scope and conditions for tests that contradict each other or the schema",
                    Severity::kWarning);
    }
    checked_.count = results_.size();
  }

  const ScopeAnswer& Memo(std::vector<std::optional<ScopeAnswer>>& memo, const core::ScopeTest& test,
                          EntityTypeId entity) {
    std::optional<ScopeAnswer>& slot = memo[entity];
    if (!slot) slot = CheckScope(schema_, test, entity);
    return *slot;
  }

  void ReportActionScope(const Rule& rule, const ActionScope& scope) {
    switch (scope.problem()) {
      case ActionScope::Problem::kNone:
        break;
      case ActionScope::Problem::kEmpty:
        findings_.Add(Code::kEmptySetForbidden, rule.action.span, "the list of actions is empty",
                      "name at least one action, or leave the test out to match all");
        break;
      case ActionScope::Problem::kMixedTypes: {
        std::string names;
        for (EntityTypeId id : scope.mixed_types())
          names += (names.empty() ? "`" : " and `") + schema_.entity(id).name + "`";
        findings_.Add(Code::kIncompatibleTypes, rule.action.span, "the listed actions are of types " + names,
                      "all actions of a list must be of one type; write a policy for each type");
        break;
      }
    }
  }

  // Types the conditions in `environment`, or takes the outcome of one that they cannot tell from it.
  Typechecker::Outcome CheckConditions(const Rule& rule, const Environment& environment) {
    if (rule.conditions.empty()) return {};
    const Uses& uses = typechecker_.uses();
    EnvironmentKey key;
    if (uses.principal) key.principal = environment.principal;
    if (uses.resource) key.resource = environment.resource;
    if (uses.action || by_action_literal_) key.action = environment.action;
    if (uses.context) key.context = schema_.action(environment.action).context;
    auto [it, added] = results_.try_emplace(key);
    if (!added) return it->second;

    checked_.by_principal = uses.principal;
    checked_.by_resource = uses.resource;
    checked_.by_action = uses.action || uses.context || by_action_literal_;
    Typechecker::Outcome outcome = typechecker_.CheckConditions(environment);
    it->second = outcome;
    if (options_.level && (outcome.ok || outcome.type == kFalse)) {
      CheckLevels(schema_, rule, typechecker_, environment, *options_.level, findings_);
    }
    if (annotate_) MergeKinds(rule);
    return outcome;
  }

  void MergeKinds(const Rule& rule) {
    if (seen_kinds_.empty()) seen_kinds_.assign(rule.exprs.size(), false);
    for (core::ExprId id = 0; id < rule.exprs.size(); ++id) {
      TypeId type = typechecker_.type_of(id);
      if (type == Typechecker::kUnvisited) continue;
      core::Kind kind = type == kNoType ? core::Kind::kUnknown : KindOf(typechecker_.types(), type);
      if (!seen_kinds_[id]) {
        kinds_[id] = kind;
        seen_kinds_[id] = true;
      } else if (kinds_[id] != kind) {
        kinds_[id] = core::Kind::kUnknown;
      }
    }
  }

  const SchemaIndex& schema_;
  const CheckOptions& options_;
  const bool annotate_;
  Typechecker typechecker_;
  Findings findings_;

  // Of the current rule.
  Findings::Checked checked_;
  bool by_action_literal_ = false;
  std::unordered_map<EnvironmentKey, Typechecker::Outcome, EnvironmentKeyHash> results_;
  std::vector<std::optional<ScopeAnswer>> principal_memo_, resource_memo_;
  std::vector<core::Kind> kinds_;
  std::vector<bool> seen_kinds_;
};

// What came of one rule.
struct Outcome {
  bool valid = true;
  std::vector<source::Diagnostic> diagnostics;
  std::vector<core::Kind> kinds;
};

// Rules one thread takes at a time: enough to keep the counter cool, few enough to end together.
constexpr size_t kBatch = 64;

CheckResult CheckAll(const core::Program& program, core::Program* annotate, const model::Schema& model,
                     const CheckOptions& options, source::DiagnosticSink& sink) {
  const SchemaIndex schema(model);
  std::unordered_map<std::string_view, const Rule*> templates;
  for (const Rule& rule : program.templates) templates.emplace(rule.id, &rule);

  const size_t total = program.rules.size() + program.templates.size();
  std::vector<Outcome> outcomes(total);
  auto rule_at = [&](size_t i) -> const Rule& {
    return i < program.rules.size() ? program.rules[i] : program.templates[i - program.rules.size()];
  };
  std::atomic<size_t> next{0};
  auto work = [&] {
    RuleChecker checker(schema, options, annotate != nullptr);
    for (size_t begin = next.fetch_add(kBatch); begin < total; begin = next.fetch_add(kBatch)) {
      for (size_t i = begin; i < std::min(total, begin + kBatch); ++i) {
        const Rule& rule = rule_at(i);
        Outcome& outcome = outcomes[i];
        if (rule.template_id.empty()) {
          outcome.valid = checker.CheckRule(rule, outcome.diagnostics, outcome.kinds);
        } else {
          auto it = templates.find(rule.template_id);
          outcome.valid =
              checker.CheckLink(rule, it == templates.end() ? nullptr : it->second, outcome.diagnostics);
        }
      }
    }
  };
  size_t jobs = options.jobs ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  jobs = std::clamp<size_t>(jobs, 1, total / kBatch + 1);
  std::vector<std::thread> threads;
  for (size_t i = 1; i < jobs; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();

  CheckResult result;
  for (size_t i = 0; i < total; ++i) {
    Outcome& outcome = outcomes[i];
    for (source::Diagnostic& d : outcome.diagnostics) {
      source::Diagnostic& reported = sink.Report(d.code, d.span, std::move(d.message));
      reported.severity = d.severity;
      reported.help = std::move(d.help);
      reported.rule = std::move(d.rule);
    }
    (i < program.rules.size() ? result.rules : result.templates).push_back({rule_at(i).id, outcome.valid});
    result.valid &= outcome.valid;
    if (annotate) {
      Rule& rule =
          i < program.rules.size() ? annotate->rules[i] : annotate->templates[i - program.rules.size()];
      for (size_t e = 0; e < rule.exprs.size(); ++e) {
        rule.exprs[e].kind = outcome.kinds.empty() ? core::Kind::kUnknown : outcome.kinds[e];
      }
    }
  }
  return result;
}

}  // namespace

CheckResult Check(const core::Program& program, const model::Schema& schema, const CheckOptions& options,
                  source::DiagnosticSink& sink) {
  return CheckAll(program, nullptr, schema, options, sink);
}

CheckResult CheckAndAnnotate(core::Program& program, const model::Schema& schema, const CheckOptions& options,
                             source::DiagnosticSink& sink) {
  return CheckAll(program, &program, schema, options, sink);
}

}  // namespace polc::sema
