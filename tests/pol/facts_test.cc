// Facts with every clause over levels, conditions and errors, and ladders with every row and cap: against
// what intervals say. A clause that errs could be absent or be anything it might be; the fact has a value
// exactly if all these come to the same.
#include <algorithm>
#include <functional>
#include <set>

#include "tests/pol/family.h"

namespace polc::tests {
namespace {

constexpr const char* kRisk[] = {"low", "medium", "high"};
constexpr const char* kAutonomy[] = {"recommend", "approval", "autonomous"};

// A clause or step: its level (3: the value errs) and how its condition comes out.
struct Clause {
  int level;
  Comes comes;
};
Clause ClauseOf(int code) { return {code / 3, static_cast<Comes>(code % 3)}; }

ExprId LevelOf(Rule& rule, const char* const* names, int level) {
  return level < 3 ? rule.AddLiteral(Text(names[level])) : World::Expr(rule, Comes::kErrs);
}

// The values a fact could have, had every clause that errs come out in any way; -1 for an error that no way
// avoids (the value of `otherwise`).
std::set<int> Possible(bool highest, const std::vector<Clause>& clauses, int otherwise) {
  std::set<int> out;
  // Each clause is, in some way: absent, or present at a level. Ways are tried one by one.
  std::vector<std::vector<int>> ways;  // -1: absent
  for (const Clause& c : clauses) {
    std::vector<int> list;
    if (c.comes != Comes::kTrue) list.push_back(-1);
    if (c.comes != Comes::kFalse) {
      if (c.level < 3)
        list.push_back(c.level);
      else
        for (int level = 0; level < 3; ++level) list.push_back(level);
    }
    ways.push_back(list);
  }
  std::vector<size_t> pick(clauses.size(), 0);
  while (true) {
    int value = -1;
    for (size_t i = 0; i < clauses.size(); ++i) {
      const int level = ways[i][pick[i]];
      if (highest ? level > value : value < 0) value = level;
    }
    out.insert(value >= 0 ? value : otherwise < 3 ? otherwise : -1);
    size_t i = 0;
    while (i < pick.size() && ++pick[i] == ways[i].size()) pick[i++] = 0;
    if (i == pick.size()) return out;
  }
}

// What language.md's rule makes of errors is stricter than intervals in one case only: `otherwise` settles
// nothing, and neither does agreement among clauses that err.
int Expected(bool highest, const std::vector<Clause>& clauses, int otherwise) {
  const std::set<int> possible = Possible(highest, clauses, otherwise);
  const bool errs = std::ranges::any_of(clauses, [](const Clause& c) {
    return c.comes == Comes::kErrs || (c.comes == Comes::kTrue && c.level == 3);
  });
  if (possible.size() != 1) return -1;
  if (!errs) return *possible.begin();
  if (highest) {
    int sure = -1;
    for (const Clause& c : clauses) {
      if (c.comes == Comes::kTrue && c.level < 3) sure = std::max(sure, c.level);
    }
    return sure;
  }
  for (const Clause& c : clauses) {
    if (c.comes == Comes::kErrs || (c.comes == Comes::kTrue && c.level == 3)) return -1;
    if (c.comes == Comes::kTrue) return c.level;
  }
  return -1;
}

// An allow and a forbid that read the fact: the one downward, the other upward.
void AddReaders(Program& program, const char* fact, const char* levels, int bound) {
  auto rank = [&](Rule& rule) { return rule.AddNamed(Op::kRank, rule.AddNamed(Op::kFactRef, fact), levels); };
  Rule allow = World::Pol("allow", Effect::kAllow);
  allow.conditions = {allow.Add(Op::kLessEq, {rank(allow), allow.AddLiteral(Long(bound))})};
  Rule forbid = World::Pol("forbid", Effect::kForbid);
  forbid.conditions = {forbid.Add(Op::kLess, {forbid.AddLiteral(Long(bound)), rank(forbid)})};
  program.rules.push_back(allow);
  program.rules.push_back(forbid);
}

void Check(Family& family, const World& world, const Program& program, const char* fact,
           const char* const* names, int expected, int bound) {
  const Decision d = DecideOn(world, program, world.request, world.host);
  const bool fits = expected < 0 ? !d.facts.contains(fact)
                                 : d.facts.contains(fact) && d.facts.at(fact) == Text(names[expected]);
  const Outcome outcome = expected >= 0 && expected <= bound ? Outcome::kAllow : Outcome::kDeny;
  const Why why = outcome == Outcome::kAllow ? Why::kNone : expected < 0 ? Why::kError : Why::kForbidden;
  family.Pair(fits && d.outcome == outcome && d.why == why, [&] { return core::Dump(program); });
}

// A program of rules only, to which a fact is put for each decision.
Program WithRules(const World& world, const core::Fact& fact, const std::function<void(Program&)>& add) {
  Program program = world.program;
  program.facts = {fact};
  add(program);
  return Finished(std::move(program));
}

void AllFacts(Family& family, const World& world) {
  const size_t most = kSanitized ? 2 : 4;
  size_t total = 1;
  for (size_t i = 0; i < most; ++i) total *= 12;
  std::vector<Program> programs;  // by bound
  core::Fact plain{.name = "risk", .form = core::Fact::Form::kFirst, .levels = "Risk"};
  plain.otherwise = plain.body.AddLiteral(Text("low"));
  for (int bound = 0; bound <= 2; ++bound)
    programs.push_back(WithRules(world, plain, [&](Program& p) { AddReaders(p, "risk", "Risk", bound); }));
  for (const bool highest : {true, false}) {
    for (int otherwise = 0; otherwise <= 3; ++otherwise) {
      for (size_t code = 0; code < total; ++code) {
        core::Fact fact{.name = "risk",
                        .form = highest ? core::Fact::Form::kHighest : core::Fact::Form::kFirst,
                        .levels = "Risk"};
        std::vector<Clause> clauses;
        size_t rest = code;
        for (size_t i = 0; i < most; ++i, rest /= 12) {
          const Clause c = ClauseOf(static_cast<int>(rest % 12));
          clauses.push_back(c);
          fact.clauses.push_back({LevelOf(fact.body, kRisk, c.level), World::Expr(fact.body, c.comes)});
        }
        fact.otherwise = LevelOf(fact.body, kRisk, otherwise);
        const int expected = Expected(highest, clauses, otherwise);
        family.Set();
        for (int bound = 0; bound <= 2; ++bound) {
          Program& program = programs[static_cast<size_t>(bound)];
          program.facts[0] = fact;
          Check(family, world, program, "risk", kRisk, expected, bound);
        }
      }
    }
  }
}

core::Fact::Step StepOf(const char* id, const Clause& c, bool shadow, bool in_scope) {
  core::Fact::Step out;
  out.rule = World::Pol(id, Effect::kAllow);
  if (shadow) out.rule.mode = Mode::kShadow;
  if (!in_scope) out.rule.principal = {core::ScopeTest::Op::kIs, {}, false, "Robot", {}};
  World::Condition(out.rule, c.comes);
  out.level = LevelOf(out.rule, kAutonomy, c.level);
  return out;
}

void AllLadders(Family& family, const World& world) {
  const int codes = kSanitized ? 6 : 12;
  core::Fact plain{.name = "autonomy", .form = core::Fact::Form::kAutonomy, .levels = "Autonomy"};
  std::vector<Program> programs;  // an allow of a `freer` level reads it upward
  for (int least = 0; least <= 2; ++least) {
    programs.push_back(WithRules(world, plain, [&](Program& p) {
      Rule& rule = p.rules.emplace_back(World::Pol("allow", Effect::kAllow));
      rule.conditions = {rule.Add(
          Op::kLessEq, {rule.AddLiteral(Long(least)),
                        rule.AddNamed(Op::kRank, rule.AddNamed(Op::kFactRef, "autonomy"), "Autonomy")})};
    }));
  }
  const int all = codes * codes * codes * codes * 16;
  for (int code = 0; code < all; ++code) {
    int rest = code;
    auto take = [&](int n) {
      const int digit = rest % n;
      rest /= n;
      return digit;
    };
    core::Fact fact = plain;
    int level = 0, bound = 2, would_be = 2;
    for (int i = 0; i < 2; ++i) {
      const Clause c = ClauseOf(take(codes));
      const bool in_scope = take(2) == 0;
      fact.rows.push_back(StepOf("row", c, false, in_scope));
      if (in_scope && c.comes == Comes::kTrue && c.level < 3) level = std::max(level, c.level);
    }
    std::set<std::string> shadow;
    for (const char* id : {"c", "d"}) {
      const Clause c = ClauseOf(take(codes));
      const bool aside = take(2) == 1;
      fact.caps.push_back(StepOf(id, c, aside, true));
      if (c.comes == Comes::kFalse) continue;
      const int at = c.level < 3 ? c.level : 0;
      would_be = std::min(would_be, at);
      if (aside) shadow.insert(id);
      if (!aside) bound = std::min(bound, at);
    }
    const int expected = std::min(level, bound);
    family.Set();
    for (int least = 0; least <= 2; ++least) {
      Program& program = programs[static_cast<size_t>(least)];
      program.facts[0] = fact;
      const Decision d = DecideOn(world, program, world.request, world.host);
      const Outcome then = std::min(level, would_be) >= least ? Outcome::kAllow : Outcome::kDeny;
      const bool good = d.allowed() == (expected >= least) &&
                        d.facts.at("autonomy") == Text(kAutonomy[expected]) &&
                        std::set<std::string>(d.shadow.begin(), d.shadow.end()) == shadow &&
                        d.would_be == (shadow.empty() ? std::nullopt : std::optional(then));
      family.Pair(good, [&] { return core::Dump(program); });
    }
  }
}

TEST(Exhaustive, FactsAndLadders) {
  Family family("facts, rows, caps x modes x errors");
  World world;
  ASSERT_FALSE(world.store.Close().has_value());
  AllFacts(family, world);
  AllLadders(family, world);
  family.Finish(1'000'000);
}

}  // namespace
}  // namespace polc::tests
