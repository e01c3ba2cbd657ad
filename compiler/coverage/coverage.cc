#include "compiler/coverage/coverage.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <tuple>

#include "compiler/coverage/tree.h"
#include "compiler/lint/prover.h"
#include "compiler/oracle/case.h"
#include "compiler/oracle/decide.h"
#include "compiler/oracle/validate.h"

namespace polc::coverage {

using core::Rule;

std::string_view KindName(Unit::Kind kind) {
  constexpr std::string_view kNames[] = {"rule", "clause", "ladder row", "cap", "label"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view OutcomeName(Condition::Of of, bool outcome) {
  switch (of) {
    case Condition::Of::kNeeds:
      return outcome ? "met" : "unmet";
    case Condition::Of::kLift:
      return outcome ? "lifted" : "not lifted";
    default:
      return outcome ? "true" : "false";
  }
}

double Ratio::percent() const {
  if (all == 0) return 100;
  return std::floor(static_cast<double>(covered) * 10000 / static_cast<double>(all)) / 100;
}

Ratio Coverage::Units() const {
  Ratio ratio;
  for (const Unit& unit : units) {
    ratio.covered += unit.held > 0;
    ratio.all += unit.held > 0 || unit.can_hold;
  }
  return ratio;
}
Ratio Coverage::Conditions() const {
  Ratio ratio;
  for (const Unit& unit : units) {
    for (const Condition& c : unit.conditions) {
      ratio.covered += c.reached() > 0;
      ratio.all += c.reached() > 0 || c.counts();
    }
  }
  return ratio;
}
Ratio Coverage::Outcomes() const {
  Ratio ratio;
  for (const Unit& unit : units) {
    for (const Condition& c : unit.conditions) {
      for (const Outcome* outcome : {&c.is_true, &c.is_false}) {
        ratio.covered += outcome->decided > 0;
        ratio.all += outcome->decided > 0 || outcome->possible;
      }
    }
  }
  return ratio;
}

struct Collector::Tree {
  Conditions conditions;
  const Rule* rule;
  std::string fact;      // whose clause, row or cap it is: counts when that is computed
  bool rule_id = false;  // a rule of the program
  bool errs_hold = false;
  size_t unit = 0;
  std::optional<size_t> needs{}, lift{};  // conditions beyond the tree's
};

namespace {

bool Counts(source::Span span, const std::set<source::FileId>& files) {
  return span.valid() && files.contains(span.file);
}

}  // namespace

Collector::Collector(const core::Program& program, const std::set<source::FileId>& files)
    : program_(program) {
  for (const Rule& rule : program.rules) {
    if (!Counts(rule.span, files)) continue;
    Plan(Unit::Kind::kRule, rule.template_id.empty() ? rule.id : rule.template_id, rule.span, rule,
         rule.conditions, true);
  }
  for (const core::Fact& fact : program.facts) {
    for (const core::Fact::Clause& clause : fact.clauses) {
      const source::Span span = fact.body.exprs[clause.when].span;
      if (Counts(span, files))
        Plan(Unit::Kind::kClause, fact.name, span, fact.body, {clause.when}, false, fact.name);
    }
    for (const core::Fact::Step& row : fact.rows) {
      if (Counts(row.rule.span, files))
        Plan(Unit::Kind::kRow, row.rule.id, row.rule.span, row.rule, row.rule.conditions, true, fact.name);
    }
    for (const core::Fact::Step& cap : fact.caps) {
      if (Counts(cap.rule.span, files))
        Plan(Unit::Kind::kCap, cap.rule.id, cap.rule.span, cap.rule, cap.rule.conditions, true, fact.name);
    }
  }
  for (const core::Input& input : program.inputs) {
    if (input.update.conditions.empty() || !Counts(input.span, files)) continue;
    Plan(Unit::Kind::kLabel, input.id, input.span, input.update, input.update.conditions, true);
  }
  // By place, the trees with them.
  std::vector<size_t> order(coverage_.units.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](size_t i) {
    const source::Span& span = coverage_.units[i].span;
    return std::tuple(span.file, span.begin);
  });
  std::vector<Unit> sorted;
  std::vector<size_t> place(order.size());
  for (const size_t i : order) {
    place[i] = sorted.size();
    sorted.push_back(std::move(coverage_.units[i]));
  }
  coverage_.units = std::move(sorted);
  for (const std::unique_ptr<Tree>& tree : trees_) tree->unit = place[tree->unit];
}

Collector::~Collector() = default;

void Collector::Plan(Unit::Kind kind, std::string id, source::Span span, const Rule& rule,
                     const std::vector<core::ExprId>& roots, bool scope, std::string fact) {
  auto tree = std::make_unique<Tree>(Tree{.conditions = Conditions(rule, roots, scope),
                                          .rule = &rule,
                                          .fact = std::move(fact),
                                          .rule_id = kind == Unit::Kind::kRule});
  const bool cap = kind == Unit::Kind::kCap || kind == Unit::Kind::kLabel;
  tree->errs_hold = cap || (tree->rule_id && rule.on_error == core::ErrorRule::kFailClosed &&
                            rule.effect != core::Effect::kAllow);
  Unit unit{.kind = kind, .id = std::move(id), .span = span};
  unit.conditions = tree->conditions.conditions();
  if (tree->rule_id && !rule.needs.empty()) {
    tree->needs = unit.conditions.size();
    unit.conditions.push_back({.of = Condition::Of::kNeeds, .span = rule.needs.front().span});
  }
  if (tree->rule_id && !rule.pol().lifted_by.empty()) {
    tree->lift = unit.conditions.size();
    unit.conditions.push_back({.of = Condition::Of::kLift, .span = rule.pol().lifted_by.front().span});
  }
  // Links of one template are one unit.
  const bool again = !rule.template_id.empty() && !coverage_.units.empty() && [&] {
    for (size_t i = coverage_.units.size(); i-- > 0;) {
      if (coverage_.units[i].id != unit.id || coverage_.units[i].kind != kind) continue;
      tree->unit = i;
      return true;
    }
    return false;
  }();
  if (!again) {
    tree->unit = coverage_.units.size();
    coverage_.units.push_back(std::move(unit));
  }
  trees_.push_back(std::move(tree));
}

data::Decision Collector::Add(const data::Request& request, const data::EntityStore& base,
                              const Options& options) {
  data::EntityStore store(&base);
  for (const data::Entity& entity : request.entities) store.Put(entity);
  if (store.Close()) {
    data::Decision refused;
    refused.why = data::Why::kInvalidRequest;
    return refused;
  }
  const data::Decision decision = oracle::Decide(
      program_, store, request, {.snapshot = options.snapshot, .validate_request = options.validate_request});
  if (decision.why == data::Why::kInvalidRequest || decision.why == data::Why::kUnknownEntity)
    return decision;

  data::Request whole = request;
  if (program_.pol) whole.context = oracle::CompleteContext(program_, request);
  AddCase(oracle::Case(program_, store, whole, oracle::Shadow::kAside), decision, "");
  if (!request.host) return decision;
  const core::Action* action = program_.model.FindAction(request.action);
  for (const data::Hop& hop : request.host->acts_for) {
    const bool in_scope = !hop.scope || (action && !action->action_class.empty() &&
                                         std::ranges::count(*hop.scope, action->action_class) > 0);
    if (!action || std::ranges::count(action->principals, hop.principal.type) == 0 || !in_scope) continue;
    data::Request theirs = whole;
    theirs.principal = hop.principal;
    AddCase(oracle::Case(program_, store, theirs, oracle::Shadow::kAside), decision,
            " for " + data::ToString(hop.principal));
  }
  return decision;
}

void Collector::AddCase(const oracle::Case& in, const data::Decision& decision, const std::string& suffix) {
  auto count = [](Outcome& outcome, bool decided) { decided ? ++outcome.decided : ++outcome.masked; };
  std::vector<Conditions::Seen> seen;
  for (const std::unique_ptr<Tree>& tree : trees_) {
    if (!tree->fact.empty() && !decision.facts.contains(tree->fact)) continue;
    Unit& unit = coverage_.units[tree->unit];
    ++unit.asked;
    const Result result = tree->conditions.Evaluate(in, &seen);
    const bool holds = result == Result::kTrue || (result == Result::kErrs && tree->errs_hold);
    unit.held += holds;
    for (size_t i = 0; i < seen.size(); ++i) {
      Condition& condition = unit.conditions[i];
      if (seen[i].result == Result::kTrue) count(condition.is_true, seen[i].decided);
      if (seen[i].result == Result::kFalse) count(condition.is_false, seen[i].decided);
      condition.erred += seen[i].result == Result::kErrs;
    }
    if (!holds || (!tree->needs && !tree->lift)) continue;
    const std::string name = tree->rule->id + suffix;
    bool lifted = false;
    if (tree->lift) {
      bool listed = false;
      for (const data::Liftable& liftable : decision.liftable) {
        listed |= liftable.rule == name;
        lifted |= liftable.rule == name && liftable.lifted;
      }
      Condition& condition = unit.conditions[*tree->lift];
      if (listed) count(lifted ? condition.is_true : condition.is_false, true);
    }
    // Of a denial nothing says whether needs were met.
    if (!tree->needs || lifted || decision.outcome == data::Outcome::kDeny) continue;
    const bool unmet =
        std::ranges::any_of(decision.needs, [&](const data::UnmetNeed& need) { return need.rule == name; });
    Condition& condition = unit.conditions[*tree->needs];
    count(unmet ? condition.is_false : condition.is_true, true);
  }
}

std::vector<Collector::Goal> Collector::Open() const {
  std::vector<Goal> out;
  for (size_t u = 0; u < coverage_.units.size(); ++u) {
    const Unit& unit = coverage_.units[u];
    if (unit.held == 0 && unit.can_hold) out.push_back({.unit = u});
    for (size_t c = 0; c < unit.conditions.size(); ++c) {
      if (unit.conditions[c].is_true.open()) out.push_back({.unit = u, .condition = c, .outcome = true});
      if (unit.conditions[c].is_false.open()) out.push_back({.unit = u, .condition = c, .outcome = false});
    }
  }
  return out;
}

std::optional<int> Collector::Score(const Goal& goal, const data::Request& request,
                                    const data::EntityStore& base) const {
  data::EntityStore store(&base);
  for (const data::Entity& entity : request.entities) store.Put(entity);
  if (store.Close()) return std::nullopt;
  if (program_.pol) {
    if (oracle::WhyInvalid(program_, request)) return std::nullopt;
    for (const data::EntityUid& uid : {request.principal, request.resource}) {
      if (!oracle::IsKnown(program_, store, uid)) return std::nullopt;
    }
  }
  data::Request whole = request;
  if (program_.pol) whole.context = oracle::CompleteContext(program_, request);
  const oracle::Case in(program_, store, whole, oracle::Shadow::kAside);
  const Unit& unit = coverage_.units[goal.unit];
  // Whether approvals are there is seen once the rule holds.
  const bool terms = goal.condition && (unit.conditions[*goal.condition].of == Condition::Of::kNeeds ||
                                        unit.conditions[*goal.condition].of == Condition::Of::kLift);
  std::optional<int> best;
  std::vector<Conditions::Seen> seen;
  for (const std::unique_ptr<Tree>& tree : trees_) {
    if (tree->unit != goal.unit) continue;
    const Result result = tree->conditions.Evaluate(in, &seen);
    int score = 0;
    if (!goal.condition || terms) {
      const bool holds = result == Result::kTrue || (result == Result::kErrs && tree->errs_hold);
      for (const Conditions::Seen& s : seen)
        score += s.result == Result::kTrue ? 2 : s.result == Result::kFalse;
      if (holds) score = kReached;
    } else {
      const Conditions::Seen& at = seen[*goal.condition];
      const Result wanted = goal.outcome ? Result::kTrue : Result::kFalse;
      // Those before it first, so that it is asked at all.
      for (size_t i = 0; i < seen.size(); ++i) {
        if (i != *goal.condition)
          score += seen[i].result == Result::kTrue ? 2 : seen[i].result == Result::kFalse;
      }
      if (at.result != Result::kNotAsked) score += 100;
      if (at.result == wanted) score += 100;
      if (at.result == wanted && at.decided) score = kReached;
    }
    best = std::max(best.value_or(0), score);
  }
  return best;
}

void Collector::Prove(const model::Schema* schema) {
  lint::Prover prover(program_, schema);
  // Of a unit with several trees, what is possible of one of them is possible.
  std::map<size_t, std::vector<const Tree*>> trees;
  for (const std::unique_ptr<Tree>& tree : trees_) trees[tree->unit].push_back(tree.get());
  for (const auto& [number, of_unit] : trees) {
    Unit& unit = coverage_.units[number];
    if (unit.held == 0) {
      unit.can_hold = std::ranges::any_of(
          of_unit, [&](const Tree* tree) { return tree->conditions.CanHold(prover, tree->errs_hold); });
    }
    for (size_t i = 0; i < unit.conditions.size(); ++i) {
      Condition& condition = unit.conditions[i];
      if (condition.of == Condition::Of::kNeeds || condition.of == Condition::Of::kLift) continue;
      for (const bool outcome : {true, false}) {
        Outcome& shown = outcome ? condition.is_true : condition.is_false;
        if (shown.decided > 0) continue;
        shown.possible = std::ranges::any_of(
            of_unit, [&](const Tree* tree) { return tree->conditions.Possible(prover, i, outcome); });
      }
    }
  }
}

}  // namespace polc::coverage
