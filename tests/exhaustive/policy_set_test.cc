// Policy sets: every set of up to three policies from a pool of effects, scopes and conditions, on every
// request; and every scope by itself. Against closed forms of each scope and condition and the rule that
// forbids that hold win.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/exhaustive/harness.h"

namespace polc::tests {
namespace {

using core::Op;
using data::Value;

// a and b are users in team t, which is in team u; a has n = 1 and b nothing; z is in no store.
struct World {
  World() {
    auto add = [this](data::EntityUid uid, std::map<std::string, Value> attrs,
                      std::vector<data::EntityUid> parents) {
      EXPECT_FALSE(store.Add({std::move(uid), std::move(attrs), {}, std::move(parents), {}}));
    };
    add({"User", "a"}, {{"n", Value(int64_t{1})}}, {{"Team", "t"}});
    add({"User", "b"}, {}, {{"Team", "t"}});
    add({"Team", "t"}, {}, {{"Team", "u"}});
    add({"Doc", "d"}, {{"owner", Value(data::EntityUid{"User", "a"})}}, {{"Doc", "f"}});
    add({"Doc", "f"}, {}, {});
    add({"Action", "view"}, {}, {{"Action", "any"}});
    EXPECT_FALSE(store.Close());
  }
  data::EntityStore store;
};

bool IsIn(const data::EntityUid& uid, const data::EntityUid& ancestor) {
  if (uid == ancestor) return true;
  if (uid.type == "User" && uid.id != "z") {
    return ancestor == data::EntityUid{"Team", "t"} || ancestor == data::EntityUid{"Team", "u"};
  }
  if (uid == data::EntityUid{"Team", "t"}) return ancestor == data::EntityUid{"Team", "u"};
  if (uid == data::EntityUid{"Doc", "d"}) return ancestor == data::EntityUid{"Doc", "f"};
  if (uid == data::EntityUid{"Action", "view"}) return ancestor == data::EntityUid{"Action", "any"};
  return false;
}

std::vector<data::Request> Requests(const std::vector<data::EntityUid>& principals,
                                    const std::vector<data::EntityUid>& actions,
                                    const std::vector<data::EntityUid>& resources,
                                    const std::vector<data::Record>& contexts) {
  std::vector<data::Request> requests;
  for (const auto& p : principals) {
    for (const auto& a : actions) {
      for (const auto& r : resources) {
        for (const auto& c : contexts) {
          requests.push_back(MakeRequest(p, r, c));
          requests.back().action = a;
        }
      }
    }
  }
  return requests;
}

// A policy and what it does on each request.
struct Policy {
  core::Rule rule;
  std::vector<Outcome> outcomes;
};

TEST(Exhaustive, PolicySetsOfUpToThree) {
  Family family("policy sets");
  const World world;
  family.SetStore(world.store);
  const Value yes(true);
  const std::vector<data::Request> requests = Requests(
      {{"User", "a"}, {"User", "b"}, {"User", "z"}, {"Team", "t"}}, {{"Action", "view"}, {"Action", "edit"}},
      {{"Doc", "d"}, {"User", "a"}}, {{}, {{"p", yes}}, {{"p", Value(false)}}, {{"p", Value(int64_t{1})}}});
  using Ask = std::function<Outcome(const data::Request&)>;
  auto truth = [](bool b) { return b ? Outcome::kHolds : Outcome::kFails; };
  const std::vector<std::pair<Build, Ask>> conditions = {
      {Bool(true), [&](const data::Request&) { return Outcome::kHolds; }},
      {Bool(false), [&](const data::Request&) { return Outcome::kFails; }},
      {Str("no bool"), [&](const data::Request&) { return Outcome::kErrs; }},
      {Context("p"),
       [&](const data::Request& r) {
         const Value* p = r.context.Find("p");
         return p && p->is(data::Kind::kBool) ? truth(p->as_bool()) : Outcome::kErrs;
       }},
      {Eq(Named(Op::kGetAttr, Var(core::Var::kPrincipal), "n"), Long(1)),
       [&](const data::Request& r) { return r.principal.id == "a" ? Outcome::kHolds : Outcome::kErrs; }},
      {Named(Op::kHas, Var(core::Var::kResource), "owner"),
       [&](const data::Request& r) { return truth(r.resource.type == "Doc"); }}};
  const std::vector<std::pair<std::function<void(core::Rule&)>, std::function<bool(const data::Request&)>>>
      scopes = {
          {[](core::Rule&) {}, [](const data::Request&) { return true; }},
          {[](core::Rule& r) { r.principal = {core::ScopeTest::Op::kEq, {"User", "a"}, false, "", {}}; },
           [](const data::Request& r) { return r.principal.type == "User" && r.principal.id == "a"; }},
          {[](core::Rule& r) { r.action = {core::ActionTest::Op::kEq, {{"Action", "view"}}, {}}; },
           [](const data::Request& r) { return r.action.id == "view"; }},
          {[](core::Rule& r) { r.principal = {core::ScopeTest::Op::kIn, {"Team", "u"}, false, "", {}}; },
           [](const data::Request& r) { return r.principal.id != "z"; }}};
  std::vector<Policy> pool;
  for (core::Effect effect : {core::Effect::kAllow, core::Effect::kForbid}) {
    for (const auto& [set_scope, in_scope] : scopes) {
      for (const auto& [condition, ask] : conditions) {
        Policy policy{Allow("policy" + std::to_string(pool.size()), condition), {}};
        policy.rule.effect = effect;
        set_scope(policy.rule);
        for (const data::Request& r : requests)
          policy.outcomes.push_back(in_scope(r) ? ask(r) : Outcome::kFails);
        pool.push_back(std::move(policy));
      }
    }
  }

  auto check = [&](std::vector<const Policy*> set) {
    std::vector<core::Rule> rules;
    for (const Policy* p : set) rules.push_back(p->rule);
    family.Run(
        ProgramOf(std::move(rules)), requests,
        [&](size_t i, const Decision& d) -> std::optional<std::string> {
          Decision expected;
          std::vector<std::string> allows;
          for (const Policy* p : set) {
            if (p->outcomes[i] == Outcome::kErrs) expected.errors.push_back(p->rule.id);
            if (p->outcomes[i] != Outcome::kHolds) continue;
            (p->rule.effect == core::Effect::kForbid ? expected.reasons : allows).push_back(p->rule.id);
          }
          expected.allow = expected.reasons.empty() && !allows.empty();
          if (expected.allow) expected.reasons = allows;
          std::sort(expected.reasons.begin(), expected.reasons.end());
          std::sort(expected.errors.begin(), expected.errors.end());
          if (d == expected) return std::nullopt;
          return "expected " + ToString(expected);
        });
  };
  check({});
  const size_t n = kSanitized ? 16 : pool.size();
  for (size_t i = 0; i < n; ++i) {
    check({&pool[i]});
    for (size_t j = i + 1; j < n; ++j) {
      check({&pool[j], &pool[i]});
      for (size_t k = j + 1; k < n; ++k) {
        // The order of policies may not show: each set in one of its orders.
        std::vector<const Policy*> set = {&pool[i], &pool[j], &pool[k]};
        for (size_t turn = 0; turn < (i + j + k) % 6; ++turn) std::next_permutation(set.begin(), set.end());
        check(set);
      }
    }
  }
  family.Finish(1000000);
}

TEST(Exhaustive, Scopes) {
  Family family("scopes");
  const World world;
  family.SetStore(world.store);
  const std::vector<data::EntityUid> uids = {{"User", "a"}, {"User", "z"}, {"Team", "t"}, {"Team", "u"},
                                             {"Doc", "d"},  {"Doc", "f"},  {"Team", "a"}};
  const std::vector<data::EntityUid> actions = {{"Action", "view"}, {"Action", "any"}, {"Action", "edit"}};
  const std::vector<data::Request> requests = Requests(uids, actions, uids, {{}});
  using SOp = core::ScopeTest::Op;
  using AOp = core::ActionTest::Op;
  std::vector<core::ScopeTest> tests = {{}};
  for (const char* type : {"User", "Team", "Nothing"}) tests.push_back({SOp::kIs, {}, false, type, {}});
  for (const auto& uid : uids) {
    tests.push_back({SOp::kEq, uid, false, "", {}});
    tests.push_back({SOp::kIn, uid, false, "", {}});
    tests.push_back({SOp::kIsIn, uid, false, "User", {}});
  }
  std::vector<core::ActionTest> action_tests = {
      {}, {AOp::kIn, {}, {}}, {AOp::kIn, {actions[1], actions[2]}, {}}};
  for (const auto& uid : actions) {
    action_tests.push_back({AOp::kEq, {uid}, {}});
    action_tests.push_back({AOp::kIn, {uid}, {}});
  }
  auto holds = [](const core::ScopeTest& test, const data::EntityUid& uid) {
    switch (test.op) {
      case SOp::kAny:
        return true;
      case SOp::kEq:
        return uid == test.entity;
      case SOp::kIn:
        return IsIn(uid, test.entity);
      case SOp::kIs:
        return uid.type == test.type;
      case SOp::kIsIn:
        return uid.type == test.type && IsIn(uid, test.entity);
    }
    return false;
  };
  const size_t step = kSanitized ? 5 : 1;
  for (size_t p = 0; p < tests.size(); p += step) {
    for (const core::ActionTest& action : action_tests) {
      for (size_t r = 0; r < tests.size(); r += step) {
        // The condition errs: whether the scope holds shows without deciding anything.
        core::Rule rule = Allow("r", Context("absent"));
        rule.principal = tests[p];
        rule.action = action;
        rule.resource = tests[r];
        family.Run(ProgramOf({rule}), requests,
                   [&](size_t i, const Decision& d) -> std::optional<std::string> {
                     const data::Request& q = requests[i];
                     bool expected = action.op == AOp::kAny;
                     for (const auto& uid : action.actions) {
                       expected = expected || (action.op == AOp::kEq ? q.action == uid : IsIn(q.action, uid));
                     }
                     expected = expected && holds(tests[p], q.principal) && holds(tests[r], q.resource);
                     if (OutcomeOf(d, "r") == (expected ? Outcome::kErrs : Outcome::kFails))
                       return std::nullopt;
                     return std::string(expected ? "the scope holds" : "the scope does not hold");
                   });
      }
    }
  }
  family.Finish(800000);
}

}  // namespace
}  // namespace polc::tests
