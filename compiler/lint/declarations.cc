// What is declared and never used.
#include <algorithm>
#include <set>

#include "compiler/lint/context.h"
#include "compiler/source/quote.h"
#include "compiler/syntax/pol_parser.h"
#include "fmt/format.h"

namespace polc::lint {

using core::Expr;
using core::Op;
using core::Rule;
using source::Code;

namespace {

// Every name that something of the set refers to.
struct Used {
  std::set<std::string> facts, inputs, hours;
  std::set<std::string> limits, evidence;
  std::set<std::string> names;  // bare names in the expressions of every Pol file, modules included

  explicit Used(const Context& context) {
    const core::Program& program = context.in.program;
    for (const std::vector<Rule>* rules : {&program.rules, &program.templates}) {
      for (const Rule& rule : *rules) Add(rule);
    }
    for (const core::Fact& fact : program.facts) {
      Add(fact.body);
      for (const std::vector<core::Fact::Step>* steps : {&fact.rows, &fact.caps}) {
        for (const core::Fact::Step& step : *steps) Add(step.rule);
      }
    }
    for (const core::Input& input : program.inputs) Add(input.update);
    if (context.in.pol) {
      for (const sema::pol::Guarantee& guarantee : context.in.pol->guarantees) {
        Add(guarantee.scope);
        limits.insert(guarantee.limit);
      }
      for (const sema::pol::Assumption& assumption : context.in.pol->assumptions) Add(assumption.rule);
    }
    source::DiagnosticSink ignored;
    for (source::FileId file = 0; file < context.in.map.size(); ++file) {
      if (!context.in.map.path(file).ends_with(".pol")) continue;
      for (const ast::Expr& e : syntax::ParsePol(context.in.map, file, ignored).exprs) {
        if (e.kind == ast::ExprKind::kName) names.insert(e.text);
      }
    }
  }

  void Add(const Rule& rule) {
    for (const Expr& e : rule.exprs) {
      if (e.op == Op::kFactRef) facts.insert(rule.name(e));
      if (e.op == Op::kInput) inputs.insert(rule.name(e));
      if (e.op == Op::kInHours) hours.insert(rule.name(e));
    }
    for (const core::Limit& limit : rule.limits) limits.insert(limit.kind);
    for (const core::Need& need : rule.needs) evidence.insert(need.evidence);
  }
};

void Unused(Context& context, Code code, source::Span span, std::string_view what, const std::string& name,
            std::string_view how) {
  context.Report(code, span, fmt::format("{} `{}` is never used", what, source::Excerpt(name)),
                 fmt::format("{}, or remove it", how));
}

void CheckDeclaration(Context& context, const ast::Decl& decl, const Used& used) {
  const core::Program& program = context.in.program;
  if (const auto* declared = std::get_if<ast::FactDecl>(&decl)) {
    const core::Fact* fact = core::FindNamed(program.facts, declared->name.text);
    if (fact && !used.facts.contains(declared->name.text)) {
      Unused(context, Code::kUnusedFact, declared->name.span, "fact", declared->name.text,
             "read it in a rule");
    }
  } else if (const auto* setting = std::get_if<ast::SettingDecl>(&decl)) {
    if (!used.names.contains(setting->name.text)) {
      Unused(context, Code::kUnusedSetting, setting->name.span, "setting", setting->name.text,
             "read it in a rule");
    }
  } else if (const auto* evidence = std::get_if<ast::EvidenceDecl>(&decl)) {
    if (!used.evidence.contains(evidence->name.text)) {
      Unused(context, Code::kUnusedEvidence, evidence->name.span, "evidence", evidence->name.text,
             "require it");
    }
  } else if (const auto* kind = std::get_if<ast::LimitKindDecl>(&decl)) {
    if (!used.limits.contains(kind->name.text)) {
      Unused(context, Code::kUnusedLimitKind, kind->name.span, "limit kind", kind->name.text,
             "set it in a rule");
    }
  } else if (const auto* hours = std::get_if<ast::HoursDecl>(&decl)) {
    if (!used.hours.contains(hours->name.text) && !used.names.contains(hours->name.text)) {
      Unused(context, Code::kUnusedHours, hours->name.span, "hours", hours->name.text,
             "ask `now is within` them");
    }
  } else if (const auto* action_class = std::get_if<ast::ClassDecl>(&decl)) {
    const bool any = std::ranges::any_of(program.model.actions, [&](const core::Action& action) {
      return action.action_class == action_class->name.text;
    });
    if (!any)
      Unused(context, Code::kUnusedClass, action_class->name.span, "action class", action_class->name.text,
             "put an action into it");
  }
}

void CheckInputs(Context& context, const Used& used) {
  using Kind = core::Input::Kind;
  std::set<std::string> read, seen;
  for (const core::Input& input : context.in.program.inputs) {
    if (used.inputs.contains(input.id)) read.insert(input.name);
  }
  for (const core::Input& input : context.in.program.inputs) {
    if (input.kind == Kind::kNow || read.contains(input.name) || !seen.insert(input.name).second) continue;
    const bool label = input.kind == Kind::kLabel;
    Unused(context, label ? Code::kUnusedLabel : Code::kUnusedState, input.span,
           core::InputKindName(input.kind), input.name, "ask for it in a rule");
  }
}

void CheckTemplates(Context& context) {
  std::set<std::string> linked;
  for (const Rule& rule : context.in.program.rules) {
    if (!rule.template_id.empty()) linked.insert(rule.template_id);
  }
  // Without any link, who links is somewhere else.
  if (linked.empty()) return;
  for (const Rule* rule : context.rules()) {
    if (!rule->is_template() || linked.contains(rule->id)) continue;
    context.ReportIn(
        *rule, Code::kUnlinkedTemplate, rule->principal.span,
        fmt::format("no link binds the template `{}`, so it decides nothing", source::Excerpt(rule->id)),
        "link it, or remove it");
  }
}

}  // namespace

void LintDeclarations(Context& context) {
  CheckTemplates(context);
  if (!context.in.program.pol) return;
  const Used used(context);
  for (const Context::PolFile& file : context.pol) {
    for (const ast::Decl& decl : file.file.decls) CheckDeclaration(context, decl, used);
  }
  CheckInputs(context, used);
}

}  // namespace polc::lint
