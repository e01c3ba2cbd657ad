#include "compiler/grid/grid.h"

#include <algorithm>
#include <map>
#include <set>

#include "compiler/grid/can_hold.h"
#include "fmt/format.h"

namespace polc::grid {
namespace {

using core::Action;
using core::Effect;
using core::EntityType;
using core::Rule;

constexpr std::string_view kCredential = "credential_ttl";
// What the levels are called where a set has none of its own.
constexpr std::array<std::string_view, 3> kLevels = {"recommend", "execute_with_approval",
                                                     "execute_autonomously"};

void AddOnce(std::vector<std::string>& list, std::string item) {
  if (std::ranges::count(list, item) == 0) list.push_back(std::move(item));
}

// Whether the rule's own expressions read this attribute, or it limits it.
bool Bounds(const Rule& rule) {
  for (const core::Limit& limit : rule.limits) {
    if (limit.kind == kCredential || limit.kind.ends_with(fmt::format(".{}", kCredential))) return true;
  }
  return std::ranges::any_of(rule.exprs, [&](const core::Expr& e) {
    return (e.op == core::Op::kGetAttr || e.op == core::Op::kAttrOr) && rule.name(e) == kCredential;
  });
}

class Builder {
 public:
  explicit Builder(const core::Program& program)
      : program_(program), autonomy_(core::FindNamed(program.facts, "autonomy")) {
    const core::Levels* levels = autonomy_ ? core::FindNamed(program.levels, autonomy_->levels) : nullptr;
    if (levels) {
      names_ = levels->names;
    } else {
      autonomy_ = nullptr;
      names_.assign(kLevels.begin(), kLevels.end());
    }
  }

  Grid Build() {
    Grid grid;
    grid.has_levels = autonomy_ != nullptr;
    std::map<std::string, std::vector<const Action*>> classes;
    for (const Action& action : program_.model.actions) {
      if (std::ranges::any_of(action.principals, [&](const std::string& type) { return IsAgent(type); })) {
        classes[action.action_class].push_back(&action);
      }
    }
    for (const auto& [name, actions] : classes) {
      Row row;
      row.action_class = name;
      row.reversibility = program_.model.ReversibilityOf(*actions.front());
      for (const Action* action : actions) row.actions.push_back(action->uid.id);
      for (size_t i = 0; i < names_.size(); ++i) {
        row.levels.push_back(AtLevel(actions, i));
        const Level& level = row.levels.back();
        if (!level.granted) continue;
        const auto empty = static_cast<size_t>(
            std::ranges::count_if(level.cells, [](const Cell& c) { return !c.answered(); }));
        (level.alone ? grid.empty_alone : grid.empty_helped) += empty;
      }
      grid.rows.push_back(std::move(row));
    }
    return grid;
  }

 private:
  const EntityType* Type(const std::string& name) const { return program_.model.FindType(name); }
  bool IsAgent(const std::string& name) const {
    const EntityType* type = Type(name);
    return type && type->nature == EntityType::Nature::kAgent;
  }
  // Whether the rule can hold for a request of somebody who is no person, with one of the actions.
  bool Reaches(const Rule& rule, const std::vector<const Action*>& actions, const std::string& level) const {
    return std::ranges::any_of(actions, [&](const Action* action) {
      return !Callers(rule, *action).empty() &&
             CanHold(program_, rule, *action, autonomy_ ? std::string_view(level) : std::string_view());
    });
  }
  // Whom the rule speaks of, people left out.
  std::vector<std::string> Callers(const Rule& rule, const Action& action) const {
    std::vector<std::string> out;
    for (std::string& type : PrincipalsOf(rule, action)) {
      const EntityType* known = Type(type);
      if (!known || known->nature != EntityType::Nature::kPerson) out.push_back(std::move(type));
    }
    return out;
  }

  Level AtLevel(const std::vector<const Action*>& actions, size_t at) const {
    Level level;
    level.name = names_[at];
    level.alone = at + 1 == names_.size();
    if (!autonomy_) {
      level.granted = level.alone;
    } else {
      level.granted = at == 0;
      for (const core::Fact::Step& row : autonomy_->rows) Grants(row, actions, level);
    }
    if (!level.granted) return level;
    std::vector<const Rule*> rules;
    for (const Rule& rule : program_.rules) {
      if (rule.mode == core::Mode::kEnforced && Reaches(rule, actions, level.name)) rules.push_back(&rule);
    }
    std::ranges::sort(rules, {}, &Rule::id);
    CellOf(level, Question::kIdentity) = Identity(rules, actions, level);
    CellOf(level, Question::kAuthorization) = Authorization(rules);
    CellOf(level, Question::kAudit) = Audit(rules);
    CellOf(level, Question::kReversibility) = Reversible(rules, *actions.front());
    return level;
  }
  static Cell& CellOf(Level& level, Question question) { return level.cells[static_cast<size_t>(question)]; }

  void Grants(const core::Fact::Step& row, const std::vector<const Action*>& actions, Level& level) const {
    if (!Reaches(row.rule, actions, "")) return;
    const core::Expr& value = row.rule.exprs[row.level];
    // What entities grant is not known here: any level.
    const bool fits =
        row.from_data || (value.op == core::Op::kLiteral && row.rule.value(value) == data::Value(level.name));
    if (!fits) return;
    level.granted = true;
    AddOnce(level.granted_by, row.rule.id);
  }

  Cell Identity(const std::vector<const Rule*>& rules, const std::vector<const Action*>& actions,
                const Level& level) const {
    Cell cell;
    for (const Rule* rule : rules) {
      if (rule->effect != Effect::kAllow) continue;
      for (const Action* action : actions) {
        if (!Reaches(*rule, {action}, level.name)) continue;
        for (const std::string& name : Callers(*rule, *action)) {
          const EntityType* type = Type(name);
          if (type && type->nature == EntityType::Nature::kAgent && !type->owner.empty()) {
            AddOnce(cell.by, fmt::format("`{}` is owned by `{}`", name, type->owner));
          } else {
            AddOnce(cell.missing, fmt::format("{} allows it to `{}`, which nobody owns", rule->id, name));
          }
        }
      }
    }
    std::vector<std::string> bounds;
    for (const Rule* rule : rules) {
      if (Bounds(*rule)) bounds.push_back(rule->id);
    }
    if (autonomy_) {
      for (const core::Fact::Step& row : autonomy_->rows) {
        if (std::ranges::count(level.granted_by, row.rule.id) > 0 && Bounds(row.rule))
          bounds.push_back(row.rule.id);
      }
    }
    if (bounds.empty()) cell.missing.push_back(fmt::format("no rule bounds `{}`", kCredential));
    for (std::string& id : bounds) AddOnce(cell.by, fmt::format("{} bounds `{}`", id, kCredential));
    return cell;
  }

  static Cell Authorization(const std::vector<const Rule*>& rules) {
    Cell cell;
    for (const Rule* rule : rules) {
      if (rule->effect == Effect::kAllow) cell.by.push_back(rule->id);
    }
    if (cell.by.empty()) cell.missing.push_back("no rule allows it");
    return cell;
  }

  static Cell Audit(const std::vector<const Rule*>& rules) {
    Cell cell;
    for (const Rule* rule : rules) {
      for (const core::Control& control : rule->pol().controls) {
        cell.by.push_back(fmt::format("{} meets {} {}", rule->id, control.catalogue, control.clause));
      }
      for (const core::Need& need : rule->needs) {
        if (need.kind == core::Need::Kind::kEvidence) {
          cell.by.push_back(fmt::format("{} requires `{}`", rule->id, need.evidence));
        }
      }
    }
    if (cell.by.empty()) cell.missing.push_back("no rule meets a control or requires evidence");
    return cell;
  }

  Cell Reversible(const std::vector<const Rule*>& rules, const Action& action) const {
    Cell cell;
    const core::Reversibility reversibility = program_.model.ReversibilityOf(action);
    if (reversibility != core::Reversibility::kIrreversible) {
      cell.by.push_back(fmt::format("the class is {}", core::ReversibilityName(reversibility)));
    }
    for (const Rule* rule : rules) {
      for (const core::Need& need : rule->needs) {
        const core::EvidenceKind* kind = core::FindNamed(program_.evidence_kinds, need.evidence);
        if (need.kind == core::Need::Kind::kEvidence && kind && kind->undo) {
          cell.by.push_back(fmt::format("{} requires `{}`", rule->id, need.evidence));
        }
      }
    }
    if (cell.by.empty()) {
      cell.missing.push_back("it is irreversible, and no rule requires evidence of how to undo it");
    }
    return cell;
  }

  const core::Program& program_;
  const core::Fact* autonomy_;  // null: no levels
  std::vector<std::string> names_;
};

}  // namespace

std::string_view QuestionName(Question question) {
  constexpr std::string_view kNames[] = {"identity", "authorization", "audit", "reversibility"};
  return kNames[static_cast<size_t>(question)];
}

std::string_view QuestionText(Question question) {
  constexpr std::string_view kTexts[] = {"who acts, and with which credential", "which rule lets them",
                                         "what an auditor is shown", "how it is taken back"};
  return kTexts[static_cast<size_t>(question)];
}

Grid MakeGrid(const core::Program& program) { return Builder(program).Build(); }

}  // namespace polc::grid
