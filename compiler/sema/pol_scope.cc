#include "compiler/sema/pol_scope.h"

#include <algorithm>

#include "compiler/source/quote.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::sema::pol {

using ast::Scope;
using core::ExprId;
using core::Op;
using source::Code;
using source::Span;

namespace {

bool Intersects(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& x) { return b.contains(x); });
}

std::set<std::string> Intersection(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> both;
  std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
  return both;
}

// The types a scope names; nothing after a report.
std::optional<std::set<std::string>> TypesOf(const Place& at, const Scope& scope,
                                             const std::set<std::string>& all) {
  using K = Scope::Kind;
  switch (scope.kind) {
    case K::kAnyone:
    case K::kAnything:
      return all;
    case K::kEntity: {
      std::optional<data::EntityUid> uid = Resolver(at.world, at.source, at.sink).FindEntity(scope.entity);
      if (!uid) return std::nullopt;
      return std::set{uid->type};
    }
    case K::kType:
    case K::kTypeIn:
      break;
  }
  // `any agent`, `any person`: whatever types there are.
  const bool agents = scope.type.text == "agent";
  if (agents || scope.type.text == "person") {
    const auto nature = agents ? core::EntityType::Nature::kAgent : core::EntityType::Nature::kPerson;
    std::set<std::string> types;
    for (const auto& [name, info] : at.world.types) {
      if (info.nature == nature) types.insert(name);
    }
    return types;
  }
  std::optional<std::string> type = Resolver(at.world, at.source, at.sink).FindEntityType(scope.type);
  if (!type) return std::nullopt;
  return std::set{*type};
}

class ScopeBuilder {
 public:
  ScopeBuilder(const Place& at, Span span, core::Rule& rule, Reach& reach)
      : at_(at), world_(at.world), span_(span), rule_(rule), reach_(reach) {}

  Fit Build(const Scope& who, const ast::Acts* what, const Scope* which) {
    const Source& source = world_.sources[at_.source];
    std::vector<const Scope*> whos = {&who}, whichs;
    if (which) whichs.push_back(which);
    const std::set<std::string> all_principals = world_.PrincipalTypes();
    const std::set<std::string> all_resources = world_.ResourceTypes();
    if (source.file->header && source.file->header->governs) {
      const Scope& governed = *source.file->header->governs;
      std::optional<std::set<std::string>> types = TypesOf(at_, governed, {});
      if (!types) return Fit::kError;
      (Intersects(*types, all_resources) ? whichs : whos).push_back(&governed);
    }
    std::optional<std::set<std::string>> principals =
        Narrow(whos, all_principals, world_.needed_principals, "a principal");
    std::optional<std::set<std::string>> resources =
        Narrow(whichs, all_resources, world_.needed_resources, "a resource");
    std::optional<std::vector<const ActionInfo*>> actions;
    if (what) {
      actions = ExpandActs(at_, *what);
    } else {
      actions.emplace();
      for (const auto& [uid, action] : world_.actions) actions->push_back(&action);
    }
    if (!principals || !resources || !actions) return Fit::kError;

    auto needed = world_.needed_actions.find(at_.source);
    // Needs that nothing meets were reported.
    const bool unmet = Unmet(world_.needed_principals) || Unmet(world_.needed_resources) ||
                       (needed != world_.needed_actions.end() && needed->second.empty());
    std::set<std::string> by, on;
    std::vector<const ActionInfo*> kept;
    for (const ActionInfo* action : *actions) {
      const bool fits = Intersects(action->by, *principals) && Intersects(action->on, *resources) &&
                        (needed == world_.needed_actions.end() || needed->second.contains(action->uid));
      if (fits) {
        kept.push_back(action);
        by.insert(action->by.begin(), action->by.end());
        on.insert(action->on.begin(), action->on.end());
        continue;
      }
      const bool named = what && what->kind == ast::Acts::Kind::kActions;
      if (named && !source.library && !unmet) return NeverDone(*action, *principals, *resources);
    }
    if (kept.empty()) {
      if (!source.library && !unmet) {
        at_.sink.Report(
            Code::kInvalidActionApplication, span_,
            fmt::format("no action is done by {} on {}{}", Names(*principals), Names(*resources),
                        what && what->kind != ast::Acts::Kind::kAnything ? " of those named here" : ""));
      }
      return Fit::kNothing;
    }
    *principals = Intersection(*principals, by);
    *resources = Intersection(*resources, on);
    reach_.source = at_.source;
    reach_.principals.assign(principals->begin(), principals->end());
    reach_.resources.assign(resources->begin(), resources->end());
    reach_.actions = kept;

    const bool any =
        (!what || what->kind == ast::Acts::Kind::kAnything) && kept.size() == world_.actions.size();
    rule_.action = TestFor(world_, kept, any, what ? what->span : span_);
    const bool good = Tests(whos, *principals, by, core::Var::kPrincipal, rule_.principal) &
                      Tests(whichs, *resources, on, core::Var::kResource, rule_.resource);
    return good ? Fit::kGood : Fit::kError;
  }

 private:
  bool Unmet(const std::map<SourceId, std::set<std::string>>& needed) const {
    auto of = needed.find(at_.source);
    return of != needed.end() && of->second.empty();
  }

  static std::string Names(const std::set<std::string>& types) {
    std::vector<std::string> names;
    for (const std::string& type : types) names.push_back("`" + PolName(type) + "`");
    return names.empty() ? "anything" : fmt::format("{}", fmt::join(names, ", "));
  }

  std::optional<std::set<std::string>> Narrow(const std::vector<const Scope*>& scopes,
                                              const std::set<std::string>& all,
                                              const std::map<SourceId, std::set<std::string>>& needed,
                                              std::string_view role) {
    std::set<std::string> left = all;
    auto needs = needed.find(at_.source);
    if (needs != needed.end()) left = Intersection(left, needs->second);
    for (const Scope* scope : scopes) {
      std::optional<std::set<std::string>> types = TypesOf(at_, *scope, all);
      if (!types) return std::nullopt;
      const std::set<std::string> both = Intersection(left, *types);
      if (both.empty() && !left.empty() && !world_.sources[at_.source].library) {
        const bool never = !Intersects(*types, all);
        at_.sink.Report(Code::kInvalidActionApplication, scope->span,
                        never ? fmt::format("{} is never {} of an action", Names(*types), role)
                              : fmt::format("{} is outside of what this policy is about, which is {}",
                                            Names(*types), Names(left)));
        return std::nullopt;
      }
      left = both;
    }
    return left;
  }

  Fit NeverDone(const ActionInfo& action, const std::set<std::string>& principals,
                const std::set<std::string>& resources) {
    source::Diagnostic& report =
        at_.sink.Report(Code::kInvalidActionApplication, span_,
                        fmt::format("action `{}` is never done by {} on {}", source::Excerpt(action.written),
                                    Names(principals), Names(resources)));
    report.help = fmt::format("it is done by {} on {}", Names(action.by), Names(action.on));
    if (action.span.valid()) report.labels.push_back({action.span, "declared here"});
    return Fit::kError;
  }

  // The test of one variable: its types, then the group or entity; the first such goes into the scope, others
  // into conditions.
  bool Tests(const std::vector<const Scope*>& scopes, const std::set<std::string>& types,
             const std::set<std::string>& possible, core::Var var, core::ScopeTest& test) {
    using Kind = core::ScopeTest::Op;
    test = {};
    test.span = scopes.empty() ? Span{} : scopes.front()->span;
    const bool all = types == possible;
    if (types.size() == 1 && !all) {
      test.op = Kind::kIs;
      test.type = *types.begin();
    } else if (!all) {
      ExprId any = core::kNoExpr;
      for (const std::string& type : types) {
        const ExprId subject = rule_.AddVar(var, test.span);
        const ExprId is = rule_.AddNamed(Op::kIs, subject, type, test.span);
        any = any == core::kNoExpr ? is : rule_.Add(Op::kOr, {any, is}, test.span);
      }
      rule_.conditions.push_back(any);
    }
    bool good = true;
    for (const Scope* scope : scopes) {
      // A named type is tested even where nothing else is possible: it reads, and costs nothing.
      const bool named = scope->kind == Scope::Kind::kType || scope->kind == Scope::Kind::kTypeIn;
      if (named && test.op == Kind::kAny && types.size() == 1) {
        test.op = Kind::kIs;
        test.type = *types.begin();
      }
      if (scope->kind == Scope::Kind::kEntity) {
        data::EntityUid uid{*types.begin(), scope->entity.id};
        if (test.op == Kind::kAny || test.op == Kind::kIs) {
          test.op = Kind::kEq;
          test.type.clear();
          test.entity = std::move(uid);
        } else {
          const ExprId subject = rule_.AddVar(var, scope->span);
          const ExprId entity = rule_.AddLiteral(data::Value(std::move(uid)), scope->span);
          rule_.conditions.push_back(rule_.Add(Op::kEq, {subject, entity}, scope->span));
        }
      }
      if (scope->kind == Scope::Kind::kTypeIn) good &= Group(*scope, types, var, test);
    }
    return good;
  }

  bool Group(const Scope& scope, const std::set<std::string>& types, core::Var var, core::ScopeTest& test) {
    Expressions expressions(world_, reach_, rule_, at_.map, at_.sink);
    Typed group = expressions.Check(scope.group, {});
    if (group.error()) return false;
    Type of = group.type;
    if (of.is(Type::Kind::kSet)) of = *of.element;
    if (!of.is(Type::Kind::kEntity)) {
      at_.sink.Report(Code::kUnexpectedType, group.span,
                      fmt::format("`{}` is of type {}; who is meant is in a group",
                                  source::Excerpt(at_.map.text(group.span)), TypeText(group.type)));
      return false;
    }
    bool possible = false;
    for (const std::string& type : types) {
      for (const std::string& outer : of.entities) possible |= world_.MayBeIn(type, outer);
    }
    if (!possible) {
      at_.sink
          .Report(Code::kIncompatibleTypes, scope.span,
                  fmt::format("{} is never in a {}", Names(types), TypeText(of)))
          .help =
          types.size() == 1 ? fmt::format("declare `{} in {}`", PolName(*types.begin()), TypeText(of)) : "";
      return false;
    }
    using Kind = core::ScopeTest::Op;
    const bool free = test.op == Kind::kAny || test.op == Kind::kIs;
    if (group.constant && group.constant->is(data::Kind::kEntity) && free) {
      test.op = test.op == Kind::kIs ? Kind::kIsIn : Kind::kIn;
      test.entity = group.constant->as_entity();
      return true;
    }
    const ExprId right = expressions.Emit(group);
    const ExprId left = rule_.AddVar(var, scope.span);
    rule_.conditions.push_back(rule_.Add(Op::kIn, {left, right}, scope.span));
    return true;
  }

  const Place& at_;
  const World& world_;
  Span span_;
  core::Rule& rule_;
  Reach& reach_;
};

}  // namespace

Fit BuildScope(const Place& at, const Scope& who, const ast::Acts* what, const Scope* which, Span span,
               core::Rule& rule, Reach& reach) {
  return ScopeBuilder(at, span, rule, reach).Build(who, what, which);
}

std::optional<std::vector<const ActionInfo*>> ExpandActs(const Place& at, const ast::Acts& acts) {
  using K = ast::Acts::Kind;
  std::set<data::EntityUid> named;
  std::set<std::string> classes;
  bool good = true;
  for (const ast::ActionName& name : acts.actions) {
    std::optional<data::EntityUid> uid = Resolver(at.world, at.source, at.sink).FindAction(name);
    good &= uid.has_value();
    if (uid) named.insert(*std::move(uid));
  }
  for (const ast::Name& name : acts.classes) {
    const Symbol* symbol = Resolver(at.world, at.source, at.sink)
                               .Find(name.text, name.span, Only(SymbolKind::kClass), "a class of actions");
    good &= symbol != nullptr;
    if (symbol) classes.insert(symbol->key);
  }
  if (!good) return std::nullopt;
  std::vector<const ActionInfo*> actions;
  for (const auto& [uid, action] : at.world.actions) {
    const bool is = acts.kind == K::kActions   ? named.contains(uid)
                    : acts.kind == K::kClasses ? classes.contains(action.action_class)
                    : acts.kind == K::kChange
                        ? at.world.ReversibilityOf(action) != core::Reversibility::kReadOnly
                        : true;
    if (is) actions.push_back(&action);
  }
  return actions;
}

Reach WholeReach(const World& world, SourceId source, bool agents) {
  Reach reach;
  reach.source = source;
  std::set<std::string> principals, resources;
  for (const auto& [uid, action] : world.actions) {
    bool done = false;
    for (const std::string& type : action.by) {
      if (agents && !world.IsAgent(type)) continue;
      principals.insert(type);
      done = true;
    }
    if (!done) continue;
    resources.insert(action.on.begin(), action.on.end());
    reach.actions.push_back(&action);
  }
  reach.principals.assign(principals.begin(), principals.end());
  reach.resources.assign(resources.begin(), resources.end());
  return reach;
}

core::ActionTest TestFor(const World&, const std::vector<const ActionInfo*>& actions, bool any, Span span) {
  core::ActionTest test;
  test.span = span;
  if (any) return test;
  for (const ActionInfo* action : actions) test.actions.push_back(action->uid);
  test.op = test.actions.size() == 1 ? core::ActionTest::Op::kEq : core::ActionTest::Op::kIn;
  return test;
}

}  // namespace polc::sema::pol
