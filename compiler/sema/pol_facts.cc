#include "compiler/sema/pol_facts.h"

#include <algorithm>

#include "compiler/sema/pol_modules.h"
#include "compiler/sema/pol_rules.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::sema::pol {

using ast::ExprKind;
using core::ExprId;
using source::Code;
using source::Span;

namespace {

// The bare names that the expressions below `roots` read, settings followed.
void NamesIn(const World& world, SourceId source, std::vector<ast::ExprId> roots,
             std::set<std::string>& facts) {
  std::vector<std::pair<SourceId, ast::ExprId>> todo;
  std::set<std::string> settings;
  for (ast::ExprId root : roots) {
    if (root != ast::kNoExpr) todo.emplace_back(source, root);
  }
  while (!todo.empty()) {
    auto [from, id] = todo.back();
    todo.pop_back();
    const ast::Expr& e = world.file(from)[id];
    if (e.kind == ExprKind::kName) {
      for (const Symbol* symbol :
           world.Lookup(from, e.text, Only(SymbolKind::kFact) | Only(SymbolKind::kSetting))) {
        if (symbol->kind == SymbolKind::kFact) {
          facts.insert(symbol->key);
          continue;
        }
        const SettingInfo& setting = world.settings.at(symbol->key);
        if (setting.value == ast::kNoExpr || !settings.insert(symbol->key).second) continue;
        todo.emplace_back(setting.value_source, setting.value);
      }
    }
    for (ast::ExprId operand : e.operands) todo.emplace_back(from, operand);
  }
}

std::vector<ast::ExprId> RootsOf(const ast::FactDecl& d) {
  std::vector<ast::ExprId> roots = {d.otherwise};
  for (const ast::FactDecl::Row& row : d.rows) {
    roots.push_back(row.value);
    roots.push_back(row.when);
  }
  return roots;
}

// What each fact reads. Ladders and caps are what `autonomy` reads.
std::map<std::string, std::set<std::string>> Reads(const World& world) {
  std::map<std::string, std::set<std::string>> reads;
  for (const auto& [name, fact] : world.facts) {
    reads[name];
    if (fact.decl) NamesIn(world, fact.source, RootsOf(*fact.decl), reads[name]);
  }
  auto autonomy = reads.find("autonomy");
  if (autonomy == reads.end()) return reads;
  auto read = [&](SourceId source, std::vector<ast::ExprId> roots) {
    NamesIn(world, source, std::move(roots), autonomy->second);
  };
  ForEach<ast::LadderDecl>(world, [&](SourceId source, const ast::LadderDecl& d) {
    read(source, {d.when, d.rows_of, d.who.group, d.which ? d.which->group : ast::kNoExpr});
  });
  ForEach<ast::CapDecl>(world, [&](SourceId source, const ast::CapDecl& d) {
    for (const ast::Clause& clause : d.clauses) read(source, {clause.condition});
    if (!d.target) return;
    read(source, {d.target->who.group, d.target->which ? d.target->which->group : ast::kNoExpr});
  });
  return reads;
}

// Facts so that each stands behind those it reads; of what that leaves open, by name. Those on circles, or
// behind them, are left out and reported.
std::vector<std::string> FactOrder(const World& world, source::DiagnosticSink& sink) {
  const std::map<std::string, std::set<std::string>> reads = Reads(world);
  std::map<std::string, size_t> missing;
  std::map<std::string, std::vector<std::string>> readers;
  std::set<std::string> ready;
  for (const auto& [name, read] : reads) {
    for (const std::string& other : read) {
      if (!reads.contains(other)) continue;
      ++missing[name];
      readers[other].push_back(name);
    }
    if (missing[name] == 0) ready.insert(name);
  }
  std::vector<std::string> order;
  while (!ready.empty()) {
    const std::string next = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(next);
    for (const std::string& reader : readers[next]) {
      if (--missing[reader] == 0) ready.insert(reader);
    }
  }
  std::set<std::string> seen(order.begin(), order.end());
  for (const auto& [name, read] : reads) {
    if (seen.contains(name)) continue;
    // Follow what is left until a name comes again: that is a circle.
    std::vector<std::string> path;
    std::string at = name;
    while (!seen.contains(at)) {
      seen.insert(at);
      path.push_back(at);
      auto next = std::ranges::find_if(reads.at(at), [&](const std::string& other) {
        auto open = missing.find(other);
        return open != missing.end() && open->second > 0;
      });
      if (next == reads.at(at).end()) break;
      at = *next;
    }
    auto start = std::ranges::find(path, at);
    if (start == path.end()) continue;  // it leads to a circle that was reported
    path.erase(path.begin(), start);
    path.push_back(at);
    sink.Report(Code::kFactCycle, world.facts.at(at).span,
                path.size() == 2
                    ? fmt::format("fact `{}` reads itself", at)
                    : fmt::format("facts read each other in a circle: {}", fmt::join(path, " reads ")))
        .help = at == "autonomy" ? "what ladders and caps test must not rest on autonomy" : "";
  }
  return order;
}

class FactBuilder {
 public:
  FactBuilder(const World& world, const source::SourceMap& map, source::DiagnosticSink& sink)
      : world_(world), map_(map), sink_(sink) {}

  std::optional<core::Fact> Declared(const std::string& name) {
    const FactInfo& info = world_.facts.at(name);
    const ast::FactDecl& d = *info.decl;
    core::Fact fact;
    fact.name = name;
    fact.span = d.span;
    fact.levels = info.type.levels;
    Begin(fact.body, name, d.span);
    if (info.type.error()) return std::nullopt;
    const Reach reach = WholeReach(world_, info.source, info.agents_only);
    Expressions expressions(world_, reach, fact.body, map_, sink_);
    const std::string what = fmt::format("fact `{}`", name);
    bool good = true;
    auto value = [&](ast::ExprId id, const Known& known) {
      const ExprId out = expressions.ValueOf(id, info.type, what, known);
      good &= out != core::kNoExpr;
      return out;
    };
    Known known;
    using Form = ast::FactDecl::Form;
    if (d.form == Form::kExpression) {
      fact.body.conditions = {value(d.otherwise, known)};
      if (!good) return std::nullopt;
      return fact;
    }
    fact.form = d.form == Form::kHighest ? core::Fact::Form::kHighest : core::Fact::Form::kFirst;
    if (d.form == Form::kHighest && !Ordered(info.type)) {
      sink_.Report(Code::kUnexpectedType, d.type.span,
                   fmt::format("{} has no order, so there is no highest of it", TypeText(info.type)));
      return std::nullopt;
    }
    for (const ast::FactDecl::Row& row : d.rows) {
      Typed when = expressions.Check(row.when, known);
      if (when.error()) {
        good = false;
        continue;
      }
      if (!when.type.is(Type::Kind::kBool)) {
        sink_.Report(Code::kUnexpectedType, when.span,
                     fmt::format("`when` takes Bool; this is of type {}", TypeText(when.type)));
        good = false;
        continue;
      }
      core::Fact::Clause clause;
      clause.when = expressions.Emit(when);
      Known here = known;
      here.And(when.when_true);
      if (here.dead) continue;  // a module's clause about what there is not
      clause.value = value(row.value, here);
      // Of `first of`, a later clause is only looked at if the earlier ones are false.
      if (d.form == Form::kFirst) known.And(when.when_false);
      fact.clauses.push_back(clause);
    }
    fact.otherwise = value(d.otherwise, known);
    if (!good) return std::nullopt;
    return fact;
  }

  std::optional<core::Fact> Autonomy() {
    core::Fact fact;
    fact.name = "autonomy";
    fact.form = core::Fact::Form::kAutonomy;
    fact.levels = "Autonomy";
    Begin(fact.body, "autonomy", {});
    good_ = true;
    std::map<SourceId, size_t> ladders;
    ForEach<ast::LadderDecl>(world_, [&](SourceId source, const ast::LadderDecl& d) {
      Ladder(source, d, ++ladders[source], fact);
    });
    ForEach<ast::CapDecl>(world_, [&](SourceId source, const ast::CapDecl& d) { Cap(source, d, fact); });
    std::ranges::sort(fact.rows, {}, [](const core::Fact::Step& s) { return s.rule.id; });
    std::ranges::sort(fact.caps, {}, [](const core::Fact::Step& s) { return s.rule.id; });
    if (!good_) return std::nullopt;
    return fact;
  }

 private:
  static bool Ordered(const Type& type) {
    using K = Type::Kind;
    return type.is(K::kLevel) || type.is(K::kNumber) || type.is(K::kDecimal) || type.is(K::kPercent) ||
           type.is(K::kDuration) || type.is(K::kTime);
  }

  static void Begin(core::Rule& rule, std::string id, Span span) {
    rule.id = std::move(id);
    rule.on_error = core::ErrorRule::kFailClosed;
    rule.strict = true;
    rule.span = span;
  }

  // Reports a level that Autonomy does not have.
  std::optional<data::Value> Level(SourceId source, const ast::Name& name) {
    std::string text = name.text;
    if (text.starts_with("Autonomy.")) text.erase(0, 9);
    const core::Levels& levels = world_.levels.at("Autonomy");
    if (levels.RankOf(text)) return data::Value(text);
    source::Diagnostic& report = sink_.Report(Code::kUnknownName, name.span,
                                              fmt::format("`{}` is not a level of `Autonomy`", name.text));
    if (auto near = source::DidYouMean(text, levels.names)) {
      report.help = fmt::format("did you mean `{}`?", *near);
    } else {
      report.help = fmt::format("the levels are {}", fmt::join(levels.names, ", "));
    }
    (void)source;
    return std::nullopt;
  }

  bool AgentsOnly(const Reach& reach, Span span, std::string_view what) {
    auto other = std::ranges::find_if(reach.principals,
                                      [&](const std::string& type) { return !world_.IsAgent(type); });
    if (other == reach.principals.end()) return true;
    sink_
        .Report(Code::kAutonomyOutsideAgents, span,
                fmt::format("{} is about `{}`, which is no agent; only agents have autonomy", what,
                            PolName(*other)))
        .help = "write it for a type of agents, or for `any agent`";
    return false;
  }

  void Ladder(SourceId source, const ast::LadderDecl& d, size_t number, core::Fact& fact) {
    const Place at{world_, source, map_, sink_};
    const std::string id = fmt::format("{}/ladder{}", world_.sources[source].policy, number);
    const ast::Scope* which = d.which ? &*d.which : nullptr;
    if (d.rows_of != ast::kNoExpr) {
      core::Fact::Step step;
      Begin(step.rule, id, d.span);
      step.from_data = true;
      Reach reach;
      if (!Scoped(at, d.who, nullptr, which, d.span, step.rule, reach)) return;
      Known known;
      if (!When(at, d.when, reach, known, step.rule)) return;
      Expressions expressions(world_, reach, step.rule, map_, sink_);
      Typed rows = expressions.Check(d.rows_of, known);
      if (rows.error()) {
        good_ = false;
        return;
      }
      if (!IsRows(rows.type)) {
        sink_.Report(
            Code::kUnexpectedType, rows.span,
            fmt::format("`rows of` takes a set of records with `class : Class` and `level : Autonomy`, and "
                        "perhaps `until : Time`; this is {}",
                        TypeText(rows.type)));
        good_ = false;
        return;
      }
      step.level = expressions.Emit(rows);
      fact.rows.push_back(std::move(step));
      return;
    }
    std::map<std::string, size_t> seen;
    for (const ast::LadderDecl::Row& row : d.rows) {
      core::Fact::Step step;
      const size_t again = ++seen[row.action_class.text];
      Begin(step.rule,
            fmt::format("{}.{}{}", id, row.action_class.text, again > 1 ? fmt::format(".{}", again) : ""),
            row.span);
      ast::Acts acts;
      acts.kind = ast::Acts::Kind::kClasses;
      acts.classes = {row.action_class};
      acts.span = row.action_class.span;
      Reach reach;
      std::optional<data::Value> level = Level(source, row.level);
      good_ &= level.has_value();
      if (!Scoped(at, d.who, &acts, which, d.span, step.rule, reach) || !level) continue;
      Known known;
      if (!When(at, d.when, reach, known, step.rule)) continue;
      if (row.until) {
        std::vector<ast::Clause> until(1);
        until.front().kind = ast::Clause::Kind::kUntil;
        until.front().time = *row.until;
        until.front().span = row.span;
        AddClauses(at, until, reach, known, step.rule, nullptr);
      }
      step.level = step.rule.AddLiteral(*std::move(level), row.level.span);
      fact.rows.push_back(std::move(step));
    }
  }

  void Cap(SourceId source, const ast::CapDecl& d, core::Fact& fact) {
    const Place at{world_, source, map_, sink_};
    core::Fact::Step step;
    Begin(step.rule, world_.sources[source].policy + "/" + d.name.text, d.span);
    step.rule.mode = ModeOf(world_.sources[source], d.mode);
    step.rule.effect = core::Effect::kForbid;
    ast::Scope agents;
    agents.kind = ast::Scope::Kind::kType;
    agents.type = {"agent", d.span};
    agents.span = d.span;
    const ast::Scope& who = d.target ? d.target->who : agents;
    const bool anyone = d.target && who.kind == ast::Scope::Kind::kAnyone;
    const ast::Acts* what = d.target ? &d.target->what : nullptr;
    const ast::Scope* which = d.target && d.target->which ? &*d.target->which : nullptr;
    std::optional<data::Value> level = Level(source, d.level);
    good_ &= level.has_value();
    Reach reach;
    // Whoever it is, only agents have a level to be lowered.
    if (!Scoped(at, anyone ? agents : who, what, which, d.span, step.rule, reach) || !level) return;
    Known known;
    const bool good = AddClauses(at, d.clauses, reach, known, step.rule, nullptr);
    good_ &= good;
    if (!good || known.dead) return;
    step.level = step.rule.AddLiteral(*std::move(level), d.level.span);
    fact.caps.push_back(std::move(step));
  }

  bool Scoped(const Place& at, const ast::Scope& who, const ast::Acts* what, const ast::Scope* which,
              Span span, core::Rule& rule, Reach& reach) {
    const Fit fit = BuildScope(at, who, what, which, span, rule, reach);
    const bool agents = fit != Fit::kGood || AgentsOnly(reach, who.span, "it");
    good_ &= fit != Fit::kError && agents;
    return fit == Fit::kGood && agents;
  }

  bool When(const Place& at, ast::ExprId when, const Reach& reach, Known& known, core::Rule& rule) {
    if (when == ast::kNoExpr) return true;
    const ExprId id = Expressions(world_, reach, rule, at.map, sink_).Condition(when, known);
    good_ &= id != core::kNoExpr;
    if (id == core::kNoExpr) return false;
    rule.conditions.push_back(id);
    return !known.dead;
  }

  static bool IsRows(const Type& type) {
    using K = Type::Kind;
    if (!type.is(K::kSet) || !type.element->is(K::kRecord)) return false;
    const std::vector<Field>& fields = type.element->record->fields;
    const Field* of = FindField(fields, "class");
    const Field* level = FindField(fields, "level");
    const Field* until = FindField(fields, "until");
    return of && (of->type.is(K::kClass) || of->type.is(K::kText)) && level &&
           level->type == LevelOf("Autonomy") && (!until || until->type.is(K::kTime));
  }

  const World& world_;
  const source::SourceMap& map_;
  source::DiagnosticSink& sink_;
  bool good_ = true;
};

}  // namespace

void DeclareFacts(World& world, source::DiagnosticSink& sink) {
  ForEach<ast::FactDecl>(world, [&](SourceId source, const ast::FactDecl& d) {
    if (d.name.text == "autonomy") {
      sink.Report(Code::kDuplicateDeclaration, d.name.span,
                  "`autonomy` is what ladders grant and caps bound; it cannot be declared");
      return;
    }
    FactInfo info;
    info.decl = &d;
    info.source = source;
    info.type = Resolver(world, source, sink).FindType(d.type);
    info.span = d.name.span;
    if (info.type.is(Type::Kind::kPool)) {
      sink.Report(Code::kUnexpectedType, d.type.span, "`Pool` is a type of settings only");
      info.type = {};
    }
    world.facts.emplace(d.name.text, std::move(info));  // the first of a name stays
  });
  // Who reads what rests on autonomy does so, too.
  std::vector<std::string> todo = {"autonomy"};
  if (!world.facts.contains("autonomy")) return;
  const std::map<std::string, std::set<std::string>> reads = Reads(world);
  std::map<std::string, std::vector<std::string>> readers;
  for (const auto& [name, read] : reads) {
    for (const std::string& other : read) readers[other].push_back(name);
  }
  while (!todo.empty()) {
    const std::string next = std::move(todo.back());
    todo.pop_back();
    for (const std::string& reader : readers[next]) {
      FactInfo& info = world.facts.at(reader);
      if (std::exchange(info.agents_only, true)) continue;
      todo.push_back(reader);
    }
  }
}

std::vector<core::Fact> BuildFacts(const World& world, const source::SourceMap& map,
                                   source::DiagnosticSink& sink) {
  if (!world.levels.contains("Autonomy")) {
    auto missing = [&](SourceId, const auto& d) {
      sink.Report(Code::kUnknownName, d.span, "there are no levels `Autonomy`").help =
          "add `use std.autonomy`, or declare your own `levels Autonomy is …, higher is freer`";
    };
    ForEach<ast::LadderDecl>(world, missing);
    ForEach<ast::CapDecl>(world, missing);
  }
  FactBuilder builder(world, map, sink);
  std::vector<core::Fact> facts;
  for (const std::string& name : FactOrder(world, sink)) {
    std::optional<core::Fact> fact = world.facts.at(name).decl ? builder.Declared(name) : builder.Autonomy();
    if (fact) facts.push_back(*std::move(fact));
  }
  return facts;
}

}  // namespace polc::sema::pol
