// The text of the tests of a Pol AST, and of fixtures.
#include "tests/gen/pol_printer.h"

namespace polc::gen::pol {

void Printer::Put(const Given& g) {
  Put("given");
  switch (g.kind) {
    case Given::Kind::kEntity:
      Put(g.entity);
      if (!g.parents.empty()) Put("in");
      List(g.parents);
      if (!g.args.empty()) Put("with");
      List(g.args);
      break;
    case Given::Kind::kNow:
      Put({"now", Time(g.time)});
      break;
    case Given::Kind::kState:
      Put(g.name);
      if (g.key != kNoExpr) {
        Put("of");
        Bare(g.key);
      }
      Put("is");
      g.state ? Put(kStates[static_cast<size_t>(*g.state)]) : Expression(g.value);
      break;
    case Given::Kind::kApproval:
    case Given::Kind::kRefusal:
      Put({g.kind == Given::Kind::kApproval ? "approval" : "refusal", "by"});
      Put(g.entity);
      Put({Duration(g.duration), "ago"});
      break;
    case Given::Kind::kEvidence:
      Put({"evidence", g.name.text});
      if (g.value != kNoExpr) {
        Expression(g.value);
      } else {
        Put("with");
        List(g.args);
      }
      break;
    case Given::Kind::kActsFor:
      Put(g.entity);
      Put({"acts", "for"});
      List(g.hops, [&](const Given::Hop& hop) {
        Put(hop.principal);
        if (!hop.classes.empty()) Put({"to", "do", "any"});
        List(hop.classes);
      });
      break;
    case Given::Kind::kEnforces:
      Put("enforces");
      g.kinds.empty() ? Put("nothing") : List(g.kinds);
      break;
    case Given::Kind::kFixtures:
      List(g.kinds);
      break;
  }
}

void Printer::Put(const Ask& ask) {
  List(ask.principals);
  Put("asks");
  if (ask.times_written) Put({std::to_string(ask.times), "times"});
  Put("to");
  List(ask.actions);
  Put("on");
  List(ask.resources);
  if (!ask.args.empty()) Put("with");
  List(ask.args);
}

void Printer::Put(const Next& next) {
  Put("then");
  if (next.after) Put({"after", Duration(*next.after)});
  for (const Given& given : next.givens) Put(given);
  if (next.when) Put("when");
  if (next.ask) Put(*next.ask);
  Put(next.expect);
}

void Printer::Put(const FixtureDecl& d) {
  Put({"fixture", d.name.text});
  for (const Given& given : d.givens) Put(given);
}

void Printer::Put(const TestDecl& d) {
  Put({"test", Quoted(d.title)});
  for (const Given& given : d.givens) Put(given);
  if (d.ask) {
    Put("when");
    Put(*d.ask);
  }
  if (d.expect) Put(*d.expect);
  for (const Next& next : d.next) Put(next);
  for (const TestCase& c : d.cases) {
    Put({"case", Quoted(c.title)});
    if (!c.args.empty()) Put("with");
    List(c.args);
    for (const Given& given : c.givens) Put(given);
    if (c.ask) {
      Put("when");
      Put(*c.ask);
    }
    Put(c.expect);
    for (const Next& next : c.next) Put(next);
  }
}

void Printer::Put(const Expectation& e) {
  Put("expect");
  switch (e.outcome) {
    case Expectation::Outcome::kAllow:
      Put("allow");
      break;
    case Expectation::Outcome::kDeny:
      Put("deny");
      if (e.why) Put({"because", e.why->text});
      break;
    case Expectation::Outcome::kSuggest:
      Put("suggest");
      Put(e.suggestion);
      break;
    case Expectation::Outcome::kRequireApproval:
      Put("require");
      if (e.approval) Put("approval");
      for (const Name& name : e.evidence) {
        if (e.approval || &name != &e.evidence.front()) Put("and");
        Put({"evidence", name.text});
      }
      break;
  }
  if (e.has_limits) Put({"with", "limits"});
  List(e.limits);
  auto rule = [&](const RuleRef& ref) {
    size_t slash = ref.text.find('/');
    if (Chance(30) && slash != std::string::npos) return Put(Quoted(ref.text));
    if (slash == std::string::npos) return Put(ref.text);
    Put({ref.text.substr(0, slash), "/", ref.text.substr(slash + 1)});
  };
  if (!e.by.empty()) Put("by");
  List(e.by, rule);
  if (!e.not_by.empty()) Put({"not", "by"});
  List(e.not_by, rule);
}

}  // namespace polc::gen::pol
