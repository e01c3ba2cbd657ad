// Actions and what is granted for them: classes, ladders, caps.
#include <algorithm>

#include "compiler/lint/context.h"
#include "compiler/source/quote.h"
#include "fmt/format.h"

namespace polc::lint {

using core::Rule;
using source::Code;

namespace {

// An action that some request may be for and no allow is about, as far as scopes tell.
void CheckMentioned(Context& context) {
  if (!context.On(Code::kUnmentionedAction) || !context.in.schema) return;
  std::vector<const core::ActionTest*> tests;
  for (const std::vector<Rule>* rules : {&context.in.program.rules, &context.in.program.templates}) {
    for (const Rule& rule : *rules) {
      if (rule.effect == core::Effect::kAllow) tests.push_back(&rule.action);
    }
  }
  // A set that allows nothing at all is part of one that does.
  if (tests.empty()) return;
  std::set<data::EntityUid> named;
  for (const core::ActionTest* test : tests) {
    if (test->op == core::ActionTest::Op::kAny) return;
    named.insert(test->actions.begin(), test->actions.end());
  }
  for (const auto& [uid, action] : context.in.schema->actions) {
    if (action.principal_types.empty() || action.resource_types.empty() || named.contains(uid)) continue;
    if (std::ranges::any_of(action.ancestors, [&](const auto& group) { return named.contains(group); }))
      continue;
    context.Report(Code::kUnmentionedAction, action.span,
                   fmt::format("no rule allows `{}`, so it is always denied", source::Excerpt(uid.id)),
                   "write a rule for it, or remove the action");
  }
}

bool ByAgents(const core::Model& model, const core::Action& action) {
  return std::ranges::any_of(action.principals, [&](const std::string& name) {
    const core::EntityType* type = model.FindType(name);
    return type && type->nature == core::EntityType::Nature::kAgent;
  });
}

void CheckClasses(Context& context) {
  if (!context.On(Code::kActionWithoutClass) || !context.in.program.pol) return;
  const core::Model& model = context.in.program.model;
  for (const core::Action& action : model.actions) {
    if (!action.action_class.empty() || !ByAgents(model, action)) continue;
    const model::Action* declared = context.in.schema ? context.in.schema->FindAction(action.uid) : nullptr;
    if (!declared) continue;
    context.Report(Code::kActionWithoutClass, declared->span,
                   fmt::format("action `{}` is in no class, and so counts as irreversible",
                               source::Excerpt(action.uid.id)),
                   "put it into a class: `action … in CLASS`");
  }
}

const core::Levels* AutonomyLevels(const Context& context) {
  const core::Fact* autonomy = core::FindNamed(context.in.program.facts, "autonomy");
  return autonomy ? core::FindNamed(context.in.program.levels, autonomy->levels) : nullptr;
}

void CheckLadder(Context& context, const ast::LadderDecl& ladder, const core::Levels& levels) {
  const core::Program& program = context.in.program;
  const bool irreversible_is_asked = std::ranges::any_of(
      program.rules, [](const Rule& r) { return r.id == "std.autonomy/irreversible_approval"; });
  for (const ast::LadderDecl::Row& row : ladder.rows) {
    const core::ActionClass* action_class = core::FindNamed(program.model.classes, row.action_class.text);
    if (!action_class) continue;
    if (irreversible_is_asked && action_class->reversibility == core::Reversibility::kIrreversible &&
        row.level.text == levels.names.back() && levels.names.size() > 1) {
      context.Report(
          Code::kLadderAboveClass, row.span,
          fmt::format("`{}` is irreversible, and needs approval at `{}`, too", row.action_class.text,
                      row.level.text),
          fmt::format("grant `{}`, which is what it comes to", levels.names[levels.names.size() - 2]));
    }
  }
}

// Where a class of actions is declared; of those that are in none, the first action.
source::Span PlaceOf(const Context& context, const OpenCell& cell) {
  for (const Context::PolFile& file : context.pol) {
    for (const ast::Decl& decl : file.file.decls) {
      const auto* declared = std::get_if<ast::ClassDecl>(&decl);
      if (declared && declared->name.text == cell.action_class) return declared->span;
    }
  }
  if (!cell.action_class.empty() || !context.in.schema) return {};
  const model::Action* action = context.in.schema->FindAction({"Action", cell.first_action});
  return action ? action->span : source::Span{};
}

void CheckGrid(Context& context) {
  for (const OpenCell& cell : context.in.open_cells) {
    const source::Span place = PlaceOf(context, cell);
    if (!context.Ours(place)) continue;
    context.Report(Code::kEmptyGridCell, place,
                   fmt::format("{} is open for {} at `{}`: {}", cell.question,
                               cell.action_class.empty() ? "actions in no class"
                                                         : fmt::format("`{}`", cell.action_class),
                               cell.level, cell.why),
                   "`polc grid` shows every cell and what answers it");
  }
}

// Where the declaration of an action stands, or else the first rule.
source::Span PlaceOf(const Context& context, const std::string& action) {
  if (context.in.schema) {
    for (const auto& [uid, declared] : context.in.schema->actions) {
      const std::string name = data::ToString(uid);
      if ((name == action || "in " + name == action) && context.Ours(declared.span)) return declared.span;
    }
  }
  return context.rules().empty() ? source::Span{} : context.rules().front()->span;
}

void CheckSteps(Context& context) {
  const uint64_t most = context.in.options.max_steps;
  if (most == 0) return;
  for (const ActionCost& cost : context.in.costs) {
    if (cost.steps <= most) continue;
    context.Report(
        Code::kOverStepBudget, PlaceOf(context, cost.action),
        fmt::format("deciding {} can take {} steps, more than {}",
                    cost.action == "any other" ? "an action that no rule names"
                                               : fmt::format("`{}`", source::Excerpt(cost.action)),
                    cost.steps, most),
        "`polc compile --report` says which rules are asked every time; let them name who, what and which");
  }
}

}  // namespace

void LintActions(Context& context) {
  CheckSteps(context);
  CheckMentioned(context);
  CheckClasses(context);
  CheckGrid(context);
  const core::Levels* levels = AutonomyLevels(context);
  if (!levels || levels->names.empty()) return;
  for (const Context::PolFile& file : context.pol) {
    for (const ast::Decl& decl : file.file.decls) {
      if (const auto* ladder = std::get_if<ast::LadderDecl>(&decl)) CheckLadder(context, *ladder, *levels);
      const auto* cap = std::get_if<ast::CapDecl>(&decl);
      if (cap && cap->level.text == levels->names.back()) {
        context.Report(Code::kCapWithoutEffect, cap->span,
                       fmt::format("cap `{}` is at `{}`, the highest level, and lowers nothing",
                                   cap->name.text, cap->level.text),
                       "cap at a lower level, or remove it");
      }
    }
  }
}

}  // namespace polc::lint
