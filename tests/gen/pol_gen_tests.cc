// The tests of random Pol files: what is given, asked and expected.
#include "tests/gen/pol_maker.h"

namespace polc::gen::pol {

Name Maker::FixtureName() {
  static const char* const kNames[] = {"on_call", "a", "frozen", "x_1"};
  Name name;
  name.text = kNames[rng_.Below(4)];
  return name;
}

Given Maker::MakeGiven() {
  Given g;
  g.kind = static_cast<Given::Kind>(rng_.Below(9));
  switch (g.kind) {
    case Given::Kind::kEntity:
      g.entity = Entity();
      g.parents = Maybe(50, [&] { return Entity(); });
      g.args = Args(50);
      break;
    case Given::Kind::kNow:
      g.time = Time();
      break;
    case Given::Kind::kState:
      g.name = Simple();
      if (rng_.Chance(60)) g.key = rng_.Chance(50) ? EntityExpr() : UnsignedLiteral();
      if (rng_.Chance(50)) {
        g.state = static_cast<StateWord>(rng_.Below(4));
      } else {
        g.value = Value(2);
      }
      break;
    case Given::Kind::kApproval:
    case Given::Kind::kRefusal:
      g.entity = Entity();
      g.duration = Duration();
      break;
    case Given::Kind::kEvidence:
      g.name = Simple();
      g.args = Args(50);
      if (g.args.empty()) g.value = Value(2);
      break;
    case Given::Kind::kActsFor:
      g.entity = Entity();
      g.hops = Some(1, [&] {
        return Given::Hop{.principal = Entity(), .classes = Maybe(40, [&] { return Dotted(); }), .span = {}};
      });
      break;
    case Given::Kind::kEnforces:
      g.kinds = Maybe(70, [&] { return LimitName(); });
      break;
    case Given::Kind::kFixtures:
      g.kinds = Some(1, [&] { return FixtureName(); });
      break;
  }
  return g;
}

ExprId Maker::UnsignedLiteral() {
  return rng_.Chance(50) ? Node(ExprKind::kText, {}, Text())
                         : Node(ExprKind::kNumber, {}, "", rng_.Range(0, 9));
}

TestDecl Maker::MakeTest() {
  TestDecl d;
  d.title = Text();
  d.givens = Maybe(80, [&] { return MakeGiven(); });
  const bool cases = rng_.Chance(40);
  if (!cases || rng_.Chance(70)) d.ask = MakeAsk();
  if (cases) {
    d.cases = Some(1, [&] {
      TestCase c;
      c.title = Text();
      c.args = Args(40);
      c.givens = Maybe(40, [&] { return MakeGiven(); });
      if (rng_.Chance(40)) c.ask = MakeAsk();
      c.expect = MakeExpectation();
      c.next = Maybe(30, [&] { return MakeNext(); });
      return c;
    });
  } else {
    d.expect = MakeExpectation();
    d.next = Maybe(30, [&] { return MakeNext(); });
  }
  return d;
}

Ask Maker::MakeAsk() {
  Ask ask;
  ask.principals = Some(1, [&] { return Entity(); });
  ask.times_written = rng_.Chance(20);
  if (ask.times_written) ask.times = static_cast<uint32_t>(rng_.Range(1, 9));
  ask.actions = Some(1, [&] { return Action(); });
  ask.resources = Some(1, [&] { return Entity(); });
  ask.args = Args(50);
  return ask;
}

Next Maker::MakeNext() {
  Next next;
  if (rng_.Chance(50)) next.after = Duration();
  next.givens = Maybe(30, [&] { return MakeGiven(); });
  if (rng_.Chance(50)) next.ask = MakeAsk();
  next.when = next.ask && (!next.givens.empty() || rng_.Chance(50));
  next.expect = MakeExpectation();
  return next;
}

Expectation Maker::MakeExpectation() {
  Expectation e;
  e.outcome = static_cast<Expectation::Outcome>(rng_.Below(4));
  if (e.outcome == Expectation::Outcome::kSuggest) e.suggestion = Action();
  if (e.outcome == Expectation::Outcome::kDeny && rng_.Chance(40)) e.why = Simple();
  if (e.outcome == Expectation::Outcome::kRequireApproval) {
    e.evidence = Maybe(30, [&] { return Simple(); });
    e.approval = e.evidence.empty() || rng_.Chance(50);
  }
  e.limits = Args(40);
  e.has_limits = !e.limits.empty();
  auto rule = [&] {
    return RuleRef{.text = rng_.Chance(50) ? Word() : Module().text + "/" + Word(), .span = {}};
  };
  e.by = Maybe(50, rule);
  e.not_by = Maybe(20, rule);
  return e;
}

}  // namespace polc::gen::pol
