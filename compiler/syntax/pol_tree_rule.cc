// The rules, caps, tests and guarantees of pol_tree.h.
#include <fmt/format.h>

#include <utility>

#include "compiler/syntax/pol_tree.h"

namespace polc::syntax::pol {

Scope TreeBuilder::MakeScope(P::ScopeContext* tree) {
  Scope scope;
  scope.span = SpanOf(tree);
  if (tree->ANYONE() != nullptr) {
    scope.kind = Scope::Kind::kAnyone;
  } else if (tree->ANYTHING() != nullptr) {
    scope.kind = Scope::Kind::kAnything;
  } else if (tree->dotted() == nullptr) {
    scope.kind = Scope::Kind::kEntity;
    scope.entity = MakeEntity(tree->entity());
  } else {
    scope.kind = Scope::Kind::kType;
    scope.any_word = tree->ANY() != nullptr;
    scope.type = MakeName(tree->dotted());
    if (tree->IN() == nullptr) return scope;
    scope.kind = Scope::Kind::kTypeIn;
    scope.group = tree->entity() != nullptr ? Build(tree->entity())
                  : tree->path() != nullptr ? Build(tree->path())
                                            : Build(tree->id());
  }
  return scope;
}

Acts TreeBuilder::MakeActs(P::ActsContext* tree) {
  Acts acts;
  acts.span = SpanOf(tree);
  if (tree->names() != nullptr) {
    acts.kind = Acts::Kind::kClasses;
    acts.classes = MakeNames(tree->names());
  } else if (tree->ANYTHING() != nullptr) {
    acts.kind = tree->CHANGE() != nullptr ? Acts::Kind::kChange : Acts::Kind::kAnything;
  } else {
    acts.kind = Acts::Kind::kActions;
    for (P::ActionNameContext* name : tree->actionName()) acts.actions.push_back(MakeActionName(name));
  }
  return acts;
}

Target TreeBuilder::MakeTarget(P::TargetContext* tree) {
  Target target;
  target.who = MakeScope(tree->who);
  target.what = MakeActs(tree->acts());
  if (tree->which != nullptr) target.which = MakeScope(tree->which);
  target.span = SpanOf(tree);
  return target;
}

QuorumPart TreeBuilder::MakeQuorumPart(P::QuorumPartContext* tree) {
  QuorumPart part;
  part.count = BuildCount(tree->INT(), tree->id());
  for (P::PoolContext* pool : tree->pool()) {
    part.pools.push_back(pool->entity() != nullptr ? Build(pool->entity())
                         : pool->path() != nullptr ? Build(pool->path())
                                                   : Build(pool->id()));
  }
  part.span = SpanOf(tree);
  return part;
}

std::vector<Quorum> TreeBuilder::MakeQuorums(P::ApprovedByContext* tree) {
  std::vector<Quorum> quorums;
  for (P::QuorumContext* q : tree->quorum()) {
    Quorum quorum;
    for (P::QuorumPartContext* part : q->quorumPart()) quorum.parts.push_back(MakeQuorumPart(part));
    quorum.within = BuildDuration(q->duration());
    for (P::QuorumOptionContext* option : q->quorumOption()) {
      bool& set = option->INCLUDING() != nullptr ? quorum.including_owner : quorum.survives_policy_change;
      if (set) {
        Report(Code::kMisplacedClause, SpanOf(option),
               fmt::format("`{}` is said twice of one quorum", TextOf(option)));
      }
      set = true;
    }
    quorum.span = SpanOf(q);
    quorums.push_back(std::move(quorum));
  }
  return quorums;
}

Need TreeBuilder::MakeNeed(P::NeedContext* tree) {
  Need need;
  need.span = SpanOf(tree);
  if (tree->approvedBy() != nullptr) {
    need.quorums = MakeQuorums(tree->approvedBy());
  } else {
    need.kind = Need::Kind::kEvidence;
    need.evidence = MakeName(tree->id());
  }
  return need;
}

Limit TreeBuilder::MakeLimit(P::LimitContext* tree) {
  Limit limit;
  limit.kind = MakeName(tree->limitName());
  if (tree->operand() != nullptr) limit.value = Build(tree->operand());
  limit.span = SpanOf(tree);
  return limit;
}

std::vector<Clause> TreeBuilder::MakeClauses(const std::vector<P::ClauseContext*>& trees, bool restricting,
                                             std::string_view sentence) {
  std::vector<Clause> clauses;
  for (P::ClauseContext* tree : trees) {
    Clause clause;
    clause.span = SpanOf(tree);
    if (tree->approvedBy() != nullptr) {
      clause.kind = Clause::Kind::kUnlessApproved;
      clause.quorums = MakeQuorums(tree->approvedBy());
      if (!restricting) {
        Report(
            Code::kMisplacedClause, clause.span,
            fmt::format("`unless approved by` stands in {}, it lifts only `forbid`, `suggest`, `require` and "
                        "`limit`",
                        sentence))
            .help = "to let an action go after approval, allow it and add a rule that requires approval";
      }
    } else if (tree->WHEN() != nullptr) {
      clause.condition = Build(tree->expr());
    } else if (tree->UNLESS() != nullptr) {
      clause.kind = Clause::Kind::kUnless;
      clause.condition = Build(tree->expr());
    } else if (tree->BECAUSE() != nullptr) {
      clause.kind = Clause::Kind::kBecause;
      clause.text = StringText(tree->STRING());
    } else if (tree->MEETS() != nullptr) {
      clause.kind = Clause::Kind::kMeets;
      for (P::ControlContext* c : tree->control()) {
        clause.controls.push_back({.catalogue = MakeName(c->dotted()),
                                   .clause = StringText(c->STRING()),
                                   .clause_span = SpanOf(c->STRING()),
                                   .span = SpanOf(c)});
      }
    } else {
      clause.kind = Clause::Kind::kUntil;
      clause.time = ReadTime(tree->DATETIME()->getSymbol());
    }
    clauses.push_back(std::move(clause));
  }
  return clauses;
}

RuleDecl TreeBuilder::Make(P::RuleDeclContext* tree) {
  RuleDecl rule;
  rule.name = MakeName(tree->id());
  rule.mode = MakeMode(tree->ruleMode());
  rule.title = OptionalText(tree->STRING());
  P::EffectContext* effect = tree->effect();
  rule.effect_span = SpanOf(effect);
  if (effect->FORBID() != nullptr) {
    rule.effect = RuleEffect::kForbid;
  } else if (effect->SUGGEST() != nullptr) {
    rule.effect = RuleEffect::kSuggest;
    rule.suggestion = MakeActionName(effect->actionName());
    rule.variant = MakeArgs(effect->argument());
  } else if (effect->REQUIRE() != nullptr) {
    rule.effect = RuleEffect::kRequire;
    for (P::NeedContext* need : effect->need()) rule.needs.push_back(MakeNeed(need));
  } else if (effect->LIMIT() != nullptr) {
    rule.effect = RuleEffect::kLimit;
    for (P::LimitContext* limit : effect->limit()) rule.limits.push_back(MakeLimit(limit));
  }
  rule.target = MakeTarget(effect->target());
  bool restricting = rule.effect != RuleEffect::kAllow;
  rule.clauses = MakeClauses(tree->clause(), restricting, "a rule that allows");
  return rule;
}

CapDecl TreeBuilder::Make(P::CapDeclContext* tree) {
  CapDecl cap;
  cap.name = MakeName(tree->id(0));
  cap.mode = MakeMode(tree->ruleMode());
  cap.level = MakeName(tree->id(1));
  if (tree->target() != nullptr) cap.target = MakeTarget(tree->target());
  cap.clauses = MakeClauses(tree->clause(), /*restricting=*/false, "a cap");
  return cap;
}

// ---------------------------------------------------------------------------------------------- Tests

Given TreeBuilder::MakeGiven(P::GivenContext* tree) {
  P::SituationContext* s = tree->situation();
  Given given;
  given.span = SpanOf(tree);
  if (s->NOW() != nullptr && s->DATETIME() != nullptr) {
    given.kind = Given::Kind::kNow;
    given.time = ReadTime(s->DATETIME()->getSymbol());
  } else if (s->kind != nullptr) {
    given.kind = s->APPROVAL() != nullptr ? Given::Kind::kApproval : Given::Kind::kRefusal;
    given.entity = MakeEntity(s->entity(0));
    given.duration = ReadDuration(s->DURATION()->getSymbol());
  } else if (s->EVIDENCE() != nullptr) {
    given.kind = Given::Kind::kEvidence;
    given.name = MakeName(s->id());
    if (s->operand() != nullptr) given.value = Build(s->operand());
    given.args = MakeArgs(s->argument());
  } else if (s->ENFORCES() != nullptr) {
    given.kind = Given::Kind::kEnforces;
    for (P::LimitNameContext* name : s->limitName()) given.kinds.push_back(MakeName(name));
    if (given.kinds.size() == 1 && given.kinds[0].text == "nothing") given.kinds.clear();
  } else if (s->IS() != nullptr) {
    given.kind = Given::Kind::kState;
    given.name = MakeName(s->id());
    if (s->OF() != nullptr) given.key = s->literal() != nullptr ? Build(s->literal()) : Build(s->entity(0));
    if (s->stateWord() != nullptr) given.state = MakeStateWord(s->stateWord());
    if (s->operand() != nullptr) given.value = Build(s->operand());
  } else if (s->ACTS() != nullptr) {
    given.kind = Given::Kind::kActsFor;
    given.entity = MakeEntity(s->entity(0));
    for (P::HopContext* hop : s->hop()) {
      given.hops.push_back(
          {.principal = MakeEntity(hop->entity()), .classes = MakeNames(hop->names()), .span = SpanOf(hop)});
    }
  } else if (s->entity().empty()) {
    given.kind = Given::Kind::kFixtures;
    for (auto* name : s->IDENT()) given.kinds.push_back({std::string(TextOf(name)), SpanOf(name)});
  } else {
    std::vector<P::EntityContext*> entities = s->entity();
    given.entity = MakeEntity(entities[0]);
    for (size_t i = 1; i < entities.size(); ++i) given.parents.push_back(MakeEntity(entities[i]));
    given.args = MakeArgs(s->argument());
  }
  return given;
}

RuleRef TreeBuilder::MakeRuleRef(P::RuleRefContext* tree) {
  RuleRef ref;
  ref.text = tree->STRING() != nullptr ? StringText(tree->STRING()) : MakeName(tree->moduleName()).text;
  if (tree->id() != nullptr) {
    ref.text += '/';
    ref.text += TextOf(tree->id());
  }
  ref.span = SpanOf(tree);
  return ref;
}

Expectation TreeBuilder::MakeExpectation(P::ExpectationContext* tree) {
  using Outcome = Expectation::Outcome;
  Expectation expect;
  if (tree->DENY() != nullptr) {
    expect.outcome = Outcome::kDeny;
    if (tree->id() != nullptr) expect.why = MakeName(tree->id());
  } else if (tree->SUGGEST() != nullptr) {
    expect.outcome = Outcome::kSuggest;
    expect.suggestion = MakeActionName(tree->actionName());
  } else if (tree->REQUIRE() != nullptr) {
    expect.outcome = Outcome::kRequireApproval;
    for (P::MissingContext* missing : tree->missing()) {
      expect.approval |= missing->APPROVAL() != nullptr;
      if (missing->id() != nullptr) expect.evidence.push_back(MakeName(missing->id()));
    }
  }
  expect.has_limits = tree->LIMITS() != nullptr;
  expect.limits = MakeArgs(tree->argument());
  for (P::RuleRefContext* ref : tree->by) expect.by.push_back(MakeRuleRef(ref));
  for (P::RuleRefContext* ref : tree->notBy) expect.not_by.push_back(MakeRuleRef(ref));
  expect.span = SpanOf(tree);
  return expect;
}

TestDecl TreeBuilder::Make(P::TestDeclContext* tree) {
  TestDecl test;
  test.title = StringText(tree->STRING());
  test.title_span = SpanOf(tree->STRING());
  test.givens = MakeGivens(tree->given());
  if (tree->ask() != nullptr) test.ask = MakeAsk(tree->ask()->request());
  if (tree->expectation() != nullptr) test.expect = MakeExpectation(tree->expectation());
  test.next = MakeNext(tree->next());
  for (P::TestCaseContext* c : tree->testCase()) test.cases.push_back(MakeCase(c));
  return test;
}

FixtureDecl TreeBuilder::Make(P::FixtureDeclContext* tree) {
  return {.name = {std::string(TextOf(tree->IDENT())), SpanOf(tree->IDENT())},
          .givens = MakeGivens(tree->given()),
          .span = {}};
}

std::vector<Given> TreeBuilder::MakeGivens(const std::vector<P::GivenContext*>& trees) {
  std::vector<Given> givens;
  for (P::GivenContext* given : trees) givens.push_back(MakeGiven(given));
  return givens;
}

Ask TreeBuilder::MakeAsk(P::RequestContext* tree) {
  Ask ask;
  ask.span = SpanOf(tree);
  for (P::EntityContext* who : tree->who) ask.principals.push_back(MakeEntity(who));
  if (tree->INT() != nullptr) {
    ask.times_written = true;
    const Span span = SpanOf(tree->INT());
    const int64_t times = ReadInteger(TextOf(tree->INT()), false, span);
    if (times < 1 || times > kMaxTimes)
      Report(Code::kInvalidBound, span,
             fmt::format("a request is made 1 to {} times, not {}", kMaxTimes, times));
    ask.times = static_cast<uint32_t>(std::clamp<int64_t>(times, 1, kMaxTimes));
  }
  for (P::ActionNameContext* action : tree->actionName()) ask.actions.push_back(MakeActionName(action));
  for (P::EntityContext* which : tree->which) ask.resources.push_back(MakeEntity(which));
  ask.args = MakeArgs(tree->argument());
  return ask;
}

Next TreeBuilder::MakeNext(P::NextContext* tree) {
  Next next;
  next.span = SpanOf(tree);
  if (tree->DURATION() != nullptr) next.after = ReadDuration(tree->DURATION()->getSymbol());
  next.givens = MakeGivens(tree->given());
  if (tree->ask() != nullptr) {
    next.when = true;
    next.ask = MakeAsk(tree->ask()->request());
  } else if (tree->request() != nullptr) {
    next.ask = MakeAsk(tree->request());
  }
  next.expect = MakeExpectation(tree->expectation());
  return next;
}

std::vector<Next> TreeBuilder::MakeNext(const std::vector<P::NextContext*>& trees) {
  std::vector<Next> out;
  for (P::NextContext* next : trees) out.push_back(MakeNext(next));
  return out;
}

TestCase TreeBuilder::MakeCase(P::TestCaseContext* tree) {
  TestCase out;
  out.span = SpanOf(tree);
  out.title = StringText(tree->STRING());
  out.title_span = SpanOf(tree->STRING());
  out.args = MakeArgs(tree->argument());
  out.givens = MakeGivens(tree->given());
  if (tree->ask() != nullptr) out.ask = MakeAsk(tree->ask()->request());
  out.expect = MakeExpectation(tree->expectation());
  out.next = MakeNext(tree->next());
  return out;
}

GuaranteeDecl TreeBuilder::Make(P::GuaranteeDeclContext* tree) {
  using Without = GuaranteeDecl::Without;
  GuaranteeDecl guarantee;
  guarantee.name = MakeName(tree->id());
  guarantee.title = OptionalText(tree->STRING());
  guarantee.always = tree->ALWAYS() != nullptr;
  guarantee.target = MakeTarget(tree->target());
  if (tree->approvedBy() != nullptr) {
    guarantee.without = Without::kApproval;
    guarantee.quorums = MakeQuorums(tree->approvedBy());
  } else if (tree->APPROVAL() != nullptr) {
    guarantee.without = Without::kAnyApproval;
  } else if (tree->WITHOUT() != nullptr) {
    guarantee.without = Without::kLimit;
    guarantee.limit = MakeName(tree->limitName());
  }
  if (tree->expr() != nullptr) guarantee.when = Build(tree->expr());
  return guarantee;
}

}  // namespace polc::syntax::pol
