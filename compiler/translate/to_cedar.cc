#include "compiler/translate/to_cedar.h"

#include <algorithm>
#include <set>

#include "compiler/core/can_err.h"
#include "compiler/format/cedar_format.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/ast_printer.h"
#include "compiler/syntax/schema_printer.h"
#include "compiler/translate/cedar_expr.h"
#include "compiler/translate/cedar_schema.h"
#include "fmt/format.h"

namespace polc::translate {

using core::ActionTest;
using core::Effect;
using core::Op;
using core::Rule;
using core::ScopeTest;
using syntax::ExprKind;

namespace {

syntax::ScopeConstraint ScopeOf(const ScopeTest& test) {
  using To = syntax::ScopeConstraint::Op;
  syntax::ScopeConstraint out;
  switch (test.op) {
    case ScopeTest::Op::kAny:
      return out;
    case ScopeTest::Op::kEq:
      out.op = To::kEq;
      break;
    case ScopeTest::Op::kIn:
      out.op = To::kIn;
      break;
    case ScopeTest::Op::kIs:
      out.op = To::kIs;
      break;
    case ScopeTest::Op::kIsIn:
      out.op = To::kIsIn;
      break;
  }
  out.type.text = test.type;
  if (test.op != ScopeTest::Op::kIs) out.target = CedarEntity(test.entity);
  return out;
}

class Exporter {
 public:
  Exporter(const core::Program& program, const CedarExportOptions& options)
      : program_(program), options_(options), groups_(ClassGroups(program.model)) {}

  CedarExport Run() {
    for (const core::Action& action : program_.model.actions) Guard(action);
    for (const Rule& rule : program_.rules) {
      if (rule.mode == core::Mode::kEnforced) Export(rule);
    }
    return std::move(out_);
  }

 private:
  void Say(source::Span at, std::string text) { out_.remarks.push_back({at, std::move(text)}); }
  static void Annotate(syntax::Policy& policy, std::string key, std::string value) {
    policy.annotations.push_back({.key = std::move(key), .value = std::move(value), .span = {}});
  }
  static void When(syntax::Policy& policy, syntax::ExprId body, bool unless) {
    policy.conditions.push_back({.unless = unless, .body = body, .span = {}});
  }
  void Put(const syntax::Policy& policy) {
    if (!out_.policies.empty()) out_.policies += '\n';
    out_.policies += PrintPolicy(policy);
  }
  std::vector<const core::Action*> Reach(const ActionTest& test) const {
    std::vector<const core::Action*> out;
    for (const core::Action& action : program_.model.actions) {
      if (Covers(test, action)) out.push_back(&action);
    }
    return out;
  }

  // The actions of a rule; a class of which it names all is its group.
  syntax::ActionConstraint ActionsOf(const ActionTest& test) const {
    syntax::ActionConstraint out;
    if (test.op == ActionTest::Op::kAny) return out;
    std::set<data::EntityUid> left(test.actions.begin(), test.actions.end());
    std::set<data::EntityUid> named;
    for (const auto& [name, group] : groups_) {
      std::vector<data::EntityUid> members;
      for (const core::Action& action : program_.model.actions) {
        if (action.action_class == name) members.push_back(action.uid);
      }
      const bool all = test.op == ActionTest::Op::kIn && members.size() > 1 &&
                       std::ranges::all_of(members, [&](const auto& uid) { return left.contains(uid); });
      if (!all) continue;
      for (const data::EntityUid& uid : members) left.erase(uid);
      named.insert(group);
    }
    out.op = test.op == ActionTest::Op::kEq ? syntax::ActionConstraint::Op::kEq
                                            : syntax::ActionConstraint::Op::kIn;
    named.insert(left.begin(), left.end());
    for (const data::EntityUid& uid : named) out.actions.push_back(CedarEntity(uid));
    out.in_list = out.actions.size() != 1;
    return out;
  }

  // What the model asks of a request for an action and a Cedar schema does not.
  void Guard(const core::Action& action) {
    syntax::Policy policy;
    CedarExpressions write(program_, {&action}, policy);
    std::optional<syntax::ExprId> all;
    for (const core::Attribute& a : action.context) {
      const core::Levels* levels = core::FindNamed(program_.levels, a.type->levels);
      if (!a.type->percent && !levels) continue;
      auto value = [&] { return write.Get(write.Var(syntax::Var::kContext), a.name); };
      syntax::ExprId good;
      if (levels) {
        good = write.Method(write.Texts(levels->names), "contains", {value()});
      } else {
        auto bound = [&](int64_t units) { return write.Value(data::Value(data::Decimal{units})); };
        const syntax::ExprId low = write.Method(value(), "greaterThanOrEqual", {bound(0)});
        good = write.Binary(ExprKind::kAnd, low, write.Method(value(), "lessThanOrEqual", {bound(10000)}));
      }
      // In a form that Cedar's checker follows.
      if (!a.required) {
        const syntax::ExprId there = write.Has(write.Var(syntax::Var::kContext), a.name);
        good = write.If(there, good, write.Value(data::Value(true)));
      }
      all = all ? write.Binary(ExprKind::kAnd, *all, good) : good;
    }
    if (!all) return;
    Annotate(policy, "id", "model: " + action.uid.id);
    policy.effect = syntax::Effect::kForbid;
    policy.action.op = syntax::ActionConstraint::Op::kEq;
    policy.action.actions = {CedarEntity(action.uid)};
    When(policy, *all, true);
    Put(policy);
  }

  // Conditions that stand one after the other as by `&&`.
  static std::vector<core::ExprId> Conjuncts(const Rule& rule, core::ExprId condition) {
    std::vector<core::ExprId> out;
    for (; rule.exprs[condition].op == Op::kAnd; condition = rule.operands(condition)[0])
      out.push_back(rule.operands(condition)[1]);
    out.push_back(condition);
    std::ranges::reverse(out);
    return out;
  }

  void Export(const Rule& rule) {
    if (rule.effect == Effect::kLimit && options_.limits_enforced_elsewhere) return;
    const bool allow = rule.effect == Effect::kAllow;
    syntax::Policy policy;
    Annotate(policy, "id", rule.id);
    if (!rule.pol().because.empty()) Annotate(policy, "because", rule.pol().because);
    if (!allow && rule.effect != Effect::kForbid)
      Annotate(policy, "pol", std::string(core::EffectName(rule.effect)));
    policy.effect = allow ? syntax::Effect::kPermit : syntax::Effect::kForbid;
    policy.principal = ScopeOf(rule.principal);
    policy.action = ActionsOf(rule.action);
    policy.resource = ScopeOf(rule.resource);

    std::vector<core::ExprId> kept;
    for (core::ExprId condition : rule.conditions) {
      std::optional<syntax::ExprId> all;
      for (core::ExprId part : Conjuncts(rule, condition)) {
        CedarExpressions write(program_, Reach(rule.action), policy);
        const std::optional<syntax::ExprId> written = write.Write(rule, part);
        if (written) {
          kept.push_back(part);
          all = all ? write.Binary(ExprKind::kAnd, *all, *written) : *written;
          continue;
        }
        out_.whole = false;
        const source::Span at = write.where().valid() ? write.where() : rule.span;
        if (allow) {
          Say(at, fmt::format("`{}` is left out: {}", source::Excerpt(rule.id), write.why()));
          return;
        }
        Say(at, fmt::format("`{}` forbids more in Cedar, without this condition: {}",
                            source::Excerpt(rule.id), write.why()));
      }
      if (!all) continue;
      const syntax::Expr& body = policy.exprs[*all];
      const bool negated = body.kind == ExprKind::kNot;
      When(policy, negated ? body.operands[0] : *all, negated);
    }
    Rule exported = rule;
    exported.conditions = std::move(kept);
    if (const auto error = core::FindError(program_, exported)) {
      out_.can_err = true;
      Say(error->span, fmt::format("`{}` can err, and Cedar skips it then{}: {}", source::Excerpt(rule.id),
                                   allow ? "" : ", where Pol holds to it", error->why));
    }
    Put(policy);
  }

  const core::Program& program_;
  const CedarExportOptions& options_;
  std::map<std::string, data::EntityUid> groups_;
  CedarExport out_;
};

}  // namespace

std::optional<CedarExport> ToCedar(const core::Program& program, const CedarExportOptions& options,
                                   source::SourceMap& map, source::DiagnosticSink& sink) {
  CedarExport out = Exporter(program, options).Run();
  const source::FileId file = map.Add("<exported policies>", out.policies);
  std::optional<std::string> policies = format::FormatCedar(map, file, sink);
  std::optional<std::string> schema = syntax::SchemaToCedar(CedarSchema(program.model), sink);
  if (!policies || !schema) return std::nullopt;
  out.policies = CommentsOf(out.remarks,
                            "Exported from Pol. Cedar allows no more than Pol does, but where a rule errs.") +
                 *std::move(policies);
  if (!out.policies.empty() && !out.policies.ends_with('\n')) out.policies += '\n';
  out.schema = *std::move(schema);
  return out;
}

}  // namespace polc::translate
