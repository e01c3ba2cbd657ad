// What declarations of random Pol files are made of: types, scopes, approvals, clauses.
#include "tests/gen/pol_maker.h"

namespace polc::gen::pol {

TypeRef Maker::Type() {
  return {.is_set = rng_.Chance(25), .name = Dotted(), .at_most = {}, .span = {}, .at_most_span = {}};
}

Attr Maker::MakeAttr() {
  Attr attr;
  attr.quoted = rng_.Chance(15);
  attr.name = attr.quoted ? Text() : AnyWord();
  attr.optional = rng_.Chance(30);
  attr.type = Type();
  if (rng_.Chance(30)) attr.type.at_most = rng_.Range(0, 300);
  attr.from_host = rng_.Chance(30);
  // A bare number for a Percent is refused; none of the names is one.
  if (rng_.Chance(30)) attr.if_missing = Value(1);
  attr.varies = rng_.Chance(20);
  return attr;
}

Arg Maker::MakeArg() {
  Arg arg;
  arg.quoted = rng_.Chance(15);
  arg.name = arg.quoted ? Text() : AnyWord();
  arg.value = Value(2);
  return arg;
}

Scope Maker::MakeScope() {
  Scope scope;
  scope.kind = static_cast<Scope::Kind>(rng_.Below(5));
  if (scope.kind == Scope::Kind::kType || scope.kind == Scope::Kind::kTypeIn) {
    scope.type = Dotted();
    scope.any_word = rng_.Chance(20);
  }
  if (scope.kind == Scope::Kind::kTypeIn) scope.group = Pool();
  if (scope.kind == Scope::Kind::kEntity) scope.entity = Entity();
  return scope;
}

Acts Maker::MakeActs() {
  Acts acts;
  acts.kind = static_cast<Acts::Kind>(rng_.Below(4));
  if (acts.kind == Acts::Kind::kActions) acts.actions = Some(1, [&] { return Action(); });
  if (acts.kind == Acts::Kind::kClasses) acts.classes = Some(1, [&] { return Dotted(); });
  return acts;
}

Target Maker::MakeTarget() {
  Target target;
  target.who = MakeScope();
  target.what = MakeActs();
  if (rng_.Chance(60)) target.which = MakeScope();
  return target;
}

QuorumPart Maker::MakePart() {
  QuorumPart part;
  part.count = Count();
  part.pools = Some(1, [&] { return Pool(); });
  return part;
}

Quorum Maker::MakeQuorum() {
  Quorum quorum;
  quorum.parts = Some(1, [&] { return MakePart(); });
  quorum.within = DurationExpr();
  quorum.including_owner = rng_.Chance(25);
  quorum.survives_policy_change = rng_.Chance(25);
  return quorum;
}

std::vector<Quorum> Maker::Quorums() {
  return Some(1, [&] { return MakeQuorum(); });
}

Need Maker::MakeNeed() {
  Need need;
  if (rng_.Chance(30)) {
    need.kind = Need::Kind::kEvidence;
    need.evidence = Simple();
  } else {
    need.quorums = Quorums();
  }
  return need;
}

Limit Maker::MakeLimit() {
  Limit limit;
  limit.kind = LimitName();
  if (rng_.Chance(70)) limit.value = Value(2);
  return limit;
}

std::vector<Clause> Maker::Clauses(bool restricting) {
  std::vector<Clause> clauses;
  while (rng_.Chance(60)) {
    Clause clause;
    clause.kind = static_cast<Clause::Kind>(rng_.Below(6));
    if (clause.kind == Clause::Kind::kUnlessApproved && !restricting) continue;
    switch (clause.kind) {
      case Clause::Kind::kWhen:
      case Clause::Kind::kUnless:
        clause.condition = MakeExpr();
        break;
      case Clause::Kind::kUnlessApproved:
        clause.quorums = Quorums();
        break;
      case Clause::Kind::kBecause:
        clause.text = Text();
        break;
      case Clause::Kind::kMeets:
        clause.controls = Some(1, [&] { return MakeControl(); });
        break;
      case Clause::Kind::kUntil:
        clause.time = Time();
        break;
    }
    clauses.push_back(std::move(clause));
  }
  return clauses;
}

Mode Maker::MakeMode() {
  return rng_.Chance(70) ? Mode::kDefault : rng_.Chance(50) ? Mode::kShadow : Mode::kEnforced;
}

std::vector<ExprId> Maker::Keys() {
  return Some(1, [&] { return Key(); });
}

std::vector<Name> Maker::Names() {
  return Some(1, [&] { return Dotted(); });
}

std::vector<Attr> Maker::Attrs() {
  return Some(1, [&] { return MakeAttr(); });
}

std::vector<Arg> Maker::Args(unsigned percent) {
  return Maybe(percent, [&] { return MakeArg(); });
}

}  // namespace polc::gen::pol
