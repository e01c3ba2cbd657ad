#include "tests/pol/random_program.h"

#include "tests/pol/random_ops.h"

namespace polc::tests {

using namespace oracle::world;  // NOLINT: the vocabulary of these tests
using core::Fact;
using core::Input;

namespace {

class Generator {
 public:
  Generator(uint64_t seed, PolOps ops) : rng_(seed), all_(ops == PolOps::kAll) {}

  PolCase Run() {
    PolCase out;
    World& w = out.world;
    MakeStore(w);
    MakeInputs(w);
    if (all_) ops_.MakeOpsWorld(&w);
    MakeFacts(w);
    for (uint64_t n = 1 + rng_.Below(6), i = 0; i < n; ++i) {
      w.program.rules.push_back(MakeRule("r" + std::to_string(i)));
      if (rng_.Chance(15)) w.program.rules.back().mode = Mode::kShadow;
    }
    if (all_ && rng_.Chance(60)) w.program.rules.push_back(MakeCedarRule());
    MakeRequest(w);
    out.another_rule = MakeRule("another");
    out.another_cap = MakeStep("another_cap", true);
    out.another_row = MakeStep("another_row", false);
    w.options.validate_request = false;
    return out;
  }

 private:
  // --- Declarations ---

  void MakeStore(World& w) {
    std::map<std::string, Value> agent;
    if (rng_.Chance(90)) agent.emplace("owner", Value(Human("dana")));
    if (rng_.Chance(70)) agent.emplace("backup", Value(Human(rng_.Chance(80) ? "max" : "gone")));
    w.Put("Agent", "oncall", rng_.Chance(80) ? std::vector{Team("sre")} : std::vector<EntityUid>{}, agent);
    std::map<std::string, Value> service;
    if (rng_.Chance(80)) service.emplace("tier", Long(rng_.Range(0, 3)));
    w.Put("Service", "web", {{"Env", "prod"}}, service);
  }

  void MakeInputs(World& w) {
    Input now{.id = "now", .name = "now"};
    Input freeze{
        .id = "freeze", .name = "freeze", .kind = Input::Kind::kSwitch, .value = Kind::kBool, .by = "Env"};
    freeze.key_type = Type({.kind = Kind::kEntity, .entity = "Env"});
    freeze.fresh_within_ms = 30000;
    auto counting = [&](const char* name, Input::Kind kind, Kind value) {
      Input input{.id = name, .name = name, .kind = kind, .value = value, .by = "principal"};
      input.key_type = Type({.kind = Kind::kEntity, .entity = "Agent"});
      input.key = input.update.AddVar(Var::kPrincipal);
      if (kind != Input::Kind::kLabel) input.over_ms = 60000;
      if (kind == Input::Kind::kBreaker) input.opens_at = 3;
      if (rng_.Chance(10)) input.mode = Mode::kShadow;
      return input;
    };
    Input restarts = counting("restarts", Input::Kind::kCounter, Kind::kLong);
    Input runaway = counting("runaway", Input::Kind::kBreaker, Kind::kBool);
    Input tainted = counting("tainted", Input::Kind::kLabel, Kind::kBool);
    tainted.update.conditions = {World::Context(tainted.update, "c0")};
    Input spend = counting("spend", Input::Kind::kTotal, Kind::kLong);
    spend.amount = rng_.Chance(80) ? spend.update.AddLiteral(Long(2)) : World::Context(spend.update, "n");
    w.program.inputs = {freeze, now, restarts, runaway, spend, tainted};
  }

  void MakeFacts(World& w) {
    Fact risk{.name = "risk",
              .form = rng_.Chance(60) ? Fact::Form::kHighest : Fact::Form::kFirst,
              .levels = "Risk"};
    risk.body.strict = true;
    levels_ = false;
    for (uint64_t n = rng_.Below(4); n > 0; --n) {
      const ExprId value =
          rng_.Chance(92) ? risk.body.AddLiteral(Text(AnyRisk())) : World::Context(risk.body, "risk");
      risk.clauses.push_back({value, Bool(risk.body, 2, true)});
    }
    risk.otherwise = risk.body.AddLiteral(Text(AnyRisk()));
    levels_ = true;
    Fact autonomy{.name = "autonomy", .form = Fact::Form::kAutonomy, .levels = "Autonomy"};
    w.program.facts = {risk, autonomy};
    for (uint64_t n = rng_.Below(3); n > 0; --n)
      w.program.facts[1].rows.push_back(MakeStep("row" + std::to_string(n), false));
    for (uint64_t n = rng_.Below(3); n > 0; --n) {
      w.program.facts[1].caps.push_back(MakeStep("cap" + std::to_string(n), true));
      if (rng_.Chance(25)) w.program.facts[1].caps.back().rule.mode = Mode::kShadow;
    }
  }

  // Rows and caps read no autonomy; caps read risk upward, rows downward.
  Fact::Step MakeStep(const std::string& id, bool cap) {
    Fact::Step step;
    step.rule = World::Pol(id.c_str(), Effect::kAllow);
    autonomy_ = false;
    if (rng_.Chance(70)) step.rule.conditions.push_back(Bool(step.rule, 2, cap));
    autonomy_ = true;
    static const std::vector<std::string> kLevels = {"recommend", "approval", "autonomous"};
    step.from_data = all_ && !cap && rng_.Chance(40);
    step.level = step.from_data ? ops_.Rows(step.rule) : step.rule.AddLiteral(Text(rng_.Pick(kLevels)));
    return step;
  }

  std::string AnyRisk() {
    static const std::vector<std::string> kLevels = {"low", "medium", "high"};
    return rng_.Pick(kLevels);
  }

  // --- Rules ---

  Rule MakeRule(const std::string& id) {
    static const std::vector<Effect> kEffects = {Effect::kAllow,   Effect::kAllow,   Effect::kAllow,
                                                 Effect::kLimit,   Effect::kLimit,   Effect::kRequire,
                                                 Effect::kRequire, Effect::kSuggest, Effect::kForbid};
    Rule rule = World::Pol(id.c_str(), rng_.Pick(kEffects));
    const bool restricts = rule.effect != Effect::kAllow;
    if (rng_.Chance(10)) rule.principal = {core::ScopeTest::Op::kIn, Team("sre"), false, "", {}};
    if (rng_.Chance(10))
      rule.action = {core::ActionTest::Op::kIn, {Action("restart_pod"), Action("drop")}, {}};
    for (uint64_t n = rng_.Below(3); n > 0; --n) rule.conditions.push_back(Bool(rule, 3, restricts));
    switch (rule.effect) {
      case Effect::kLimit:
        rule.limits.push_back(MakeLimit(rule));
        break;
      case Effect::kRequire:
        if (rng_.Chance(70)) rule.needs.push_back({.approval = MakeApproval(rule)});
        if (rule.needs.empty() || rng_.Chance(30))
          rule.needs.push_back(
              {.kind = core::Need::Kind::kEvidence, .evidence = rng_.Chance(50) ? "plan" : "ticket"});
        break;
      case Effect::kSuggest: {
        core::Suggestion suggestion{.action = Action("archive")};
        if (rng_.Chance(50)) suggestion.changes = {{"n", World::Context(rule, "n")}};
        World::Part(rule).suggestion = suggestion;
        break;
      }
      default:
        break;
    }
    if (restricts && rng_.Chance(30)) {
      core::Approval approval = MakeApproval(rule);
      World::Part(rule).lifted_by = {approval};
    }
    return rule;
  }

  // As a `.cedar` file beside has them: an absent entity has nothing, and what errs is skipped.
  Rule MakeCedarRule() {
    Rule rule = World::Pol("cedar", rng_.Chance(70) ? Effect::kAllow : Effect::kForbid);
    rule.strict = false;
    rule.on_error = core::ErrorRule::kSkip;
    rule.principal = {core::ScopeTest::Op::kIn, Team("sre"), false, "", {}};
    levels_ = false;
    rule.conditions.push_back(Bool(rule, 2, false));
    levels_ = true;
    return rule;
  }

  core::Limit MakeLimit(Rule& rule) {
    auto texts = [&] {
      std::vector<Value> members;
      for (const char* m : {"a", "b", "c"}) {
        if (rng_.Chance(60)) members.push_back(Text(m));
      }
      return Value::MakeSet(members);
    };
    switch (rng_.Below(5)) {
      case 0:
        return {"timeout", rule.AddLiteral(Seconds(rng_.Range(1, 9))), {}};
      case 1:
        return {"level",
                rng_.Chance(80) ? rule.AddLiteral(Long(rng_.Range(1, 9))) : World::Context(rule, "n"),
                {}};
      case 2:
        return {"read_only", rule.AddLiteral(Value(rng_.Chance(50))), {}};
      case 3:
        return {"hosts", rule.AddLiteral(texts()), {}};
      default:
        return {"redact", rule.AddLiteral(texts()), {}};
    }
  }

  ExprId MakePool(Rule& rule) {
    switch (rng_.Below(6)) {
      case 0:
        return rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kPrincipal), "backup");
      case 1:
        return rule.AddLiteral(Value::MakeSet({Value(Team("sec")), Value(Team("dba"))}));
      case 2:
        return rule.AddLiteral(Value(Team("dba")));
      default:
        return rule.AddLiteral(Value(Team("sec")));
    }
  }

  core::Approval MakeApproval(Rule& rule) {
    core::Approval approval;
    for (uint64_t n = 1 + rng_.Below(2); n > 0; --n) {
      core::Quorum quorum;
      for (uint64_t parts = 1 + rng_.Below(2); parts > 0; --parts) {
        core::Quorum::Part part{.count = static_cast<uint32_t>(1 + rng_.Below(2))};
        for (uint64_t pools = 1 + rng_.Below(2); pools > 0; --pools) part.pools.push_back(MakePool(rule));
        quorum.parts.push_back(part);
      }
      quorum.within_ms = rng_.Range(1, 2) * 900'000;
      quorum.including_owner = rng_.Chance(30);
      quorum.survives_policy_change = rng_.Chance(30);
      approval.alternatives.push_back(quorum);
    }
    return approval;
  }

  // --- Conditions ---

  // A bool. `restricts`: the more strict the levels, the sooner it is true; `not` turns that round. There is
  // no `has` in it and nothing else that makes room where something is missing.
  ExprId Bool(Rule& rule, int depth, bool restricts) {
    if (depth > 0 && rng_.Chance(40)) {
      if (rng_.Chance(25)) return rule.Add(Op::kNot, {Bool(rule, depth - 1, !restricts)});
      const Op op = rng_.Chance(50) ? Op::kAnd : Op::kOr;
      const ExprId left = Bool(rule, depth - 1, restricts);
      const ExprId right = Bool(rule, depth - 1, restricts);
      return rule.Add(op, {left, right});
    }
    if (all_ && rng_.Chance(60)) {
      return ops_.Bool(
          rule, [&] { return depth > 0 ? Bool(rule, depth - 1, restricts) : World::Context(rule, "c0"); });
    }
    switch (rng_.Below(10)) {
      case 0:
        return rule.AddLiteral(Value(rng_.Chance(70)));
      case 1:
        return Compare(rule, World::Context(rule, "n"));
      case 2:
        return Compare(rule, rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kResource), "tier"));
      case 3: {
        const ExprId backup = rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kPrincipal), "backup");
        return rule.Add(Op::kIn, {backup, rule.AddLiteral(Value(Team(rng_.Chance(50) ? "sec" : "dba")))});
      }
      case 4:
        return rule.AddNamed(Op::kInput, rule.AddLiteral(Value(EntityUid{"Env", "prod"})), "freeze");
      case 5:
        return Compare(rule, rule.AddNamed(Op::kInput, rule.AddVar(Var::kPrincipal), "restarts"));
      case 6:
        return levels_ ? Level(rule, "risk", "Risk", restricts) : World::Context(rule, "c2");
      case 7:
        return levels_ && autonomy_ ? Level(rule, "autonomy", "Autonomy", !restricts)
                                    : World::Context(rule, "c1");
      case 8: {
        const Op op = rng_.Chance(50) ? Op::kEvery : Op::kSome;
        const ExprId set = World::Context(rule, "tags");
        const ExprId body = rule.Add(Op::kEq, {rule.AddVar(Var::kElement), rule.AddLiteral(Text("a"))});
        return rule.Add(op, {set, body});
      }
      default:
        return World::Context(rule, ("c" + std::to_string(rng_.Below(3))).c_str());
    }
  }

  ExprId Compare(Rule& rule, ExprId number) {
    const ExprId bound = rule.AddLiteral(Long(rng_.Range(0, 3)));
    return rng_.Chance(50) ? rule.Add(Op::kLessEq, {number, bound}) : rule.Add(Op::kLessEq, {bound, number});
  }

  ExprId Level(Rule& rule, const char* fact, const char* levels, bool upward) {
    const ExprId rank = rule.AddNamed(Op::kRank, rule.AddNamed(Op::kFactRef, fact), levels);
    const ExprId bound = rule.AddLiteral(Long(rng_.Range(0, 2)));
    return upward ? rule.Add(Op::kLessEq, {bound, rank}) : rule.Add(Op::kLessEq, {rank, bound});
  }

  // --- The request ---

  void MakeRequest(World& w) {
    for (const char* name : {"c0", "c1", "c2"}) {
      if (rng_.Chance(85)) w.Say(name, Value(rng_.Chance(60)));
    }
    w.request.context = rng_.Chance(95) ? w.request.context : Value::MakeRecord({});
    if (rng_.Chance(5)) w.Say("n", Text("malformed"));
    if (rng_.Chance(70)) w.Say("risk", Text(rng_.Chance(80) ? AnyRisk() : "nonesuch"));
    std::vector<Value> tags;
    for (const char* tag : {"a", "b"}) {
      if (rng_.Chance(50)) tags.push_back(Text(tag));
    }
    if (rng_.Chance(85)) w.Say("tags", Value::MakeSet(tags));
    if (rng_.Chance(5)) w.host.now.reset();
    if (rng_.Chance(85)) {
      w.host.state.push_back({.input = "freeze",
                              .by = "Env",
                              .key = Value(EntityUid{"Env", "prod"}),
                              .value = Value(rng_.Chance(30)),
                              .as_of = At(rng_.Chance(85) ? 9990 : 9000)});
    }
    if (rng_.Chance(85)) {
      w.host.state.push_back({.input = "restarts",
                              .by = "principal",
                              .key = Value(w.request.principal),
                              .value = Long(rng_.Range(0, 4))});
    }
    for (const char* kind : {"hosts", "level", "read_only", "redact", "timeout"}) {
      if (rng_.Chance(7)) std::erase(w.host.enforces, kind);
    }
    if (rng_.Chance(15)) w.host.acts_for.push_back({.principal = {"Robot", "cron"}});
    if (rng_.Chance(5)) w.host.acts_for.push_back({.principal = {"Robot", "cron"}, .scope = {{"restarts"}}});
    // Who spoke; what about is filled in when it is known (laws_test.cc).
    for (const char* id : {"kim", "lee", "max", "dana"}) {
      if (rng_.Chance(35)) {
        w.host.approvals.push_back(
            {.id = id, .approver = Human(id), .issued = At(rng_.Chance(80) ? 9500 : 8500)});
        w.host.approvals.back().snapshot = rng_.Chance(85) ? w.options.snapshot : "sha256:old";
      }
    }
    if (rng_.Chance(5)) w.host.refusals.push_back({.id = "no", .approver = Human("pat"), .issued = At(9500)});
    for (const char* kind : {"plan", "ticket"}) {
      if (rng_.Chance(50)) w.host.evidence.push_back({.kind = kind, .value = Text("x")});
    }
  }

  gen::Rng rng_;
  const bool all_;
  RandomOps ops_{&rng_};
  bool levels_ = true;    // facts may be read
  bool autonomy_ = true;  // autonomy, too
};

}  // namespace

PolCase RandomPolCase(uint64_t seed, PolOps ops) { return Generator(seed, ops).Run(); }

}  // namespace polc::tests
