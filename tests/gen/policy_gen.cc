// Type-directed generation of policies: scopes, links and how a set is to be; see policy.h for what is
// promised and condition_gen.h for conditions.
#include <algorithm>

#include "tests/gen/condition_gen.h"
#include "tests/gen/expr.h"

namespace polc::gen {
namespace {

class SetMaker {
 public:
  SetMaker(const World& world, const Mood& mood, Rng& rng) : world_(world), mood_(mood), rng_(rng) {}

  PolicySet Make() {
    PolicySet set;
    for (size_t i = 0; i < mood_.count; ++i) {
      // Most policies speak about a few environments, so that a request meets several of them.
      if (focus_.empty() || rng_.Chance(15)) focus_.push_back(rng_.Pick(world_.schema.envs));
      set.policies.push_back(MakePolicy(rng_.Pick(focus_)));
      if (set.policies.back().is_template()) AddLinks(set, i);
    }
    return set;
  }

 private:
  bool Fault() { return mood_.faults && rng_.Chance(mood_.faults); }

  Scope MakeScope(const std::string& type, bool slots, std::optional<Uid>& hint) {
    Scope s;
    if (rng_.Chance(mood_.broad)) return s;
    static const std::vector<Scope::Op> kOps = {Scope::Op::kEq, Scope::Op::kIn, Scope::Op::kIs,
                                                Scope::Op::kIsIn};
    s.op = kOps[rng_.Weighted({22, 30, 30, 18})];
    s.type = Fault() ? (rng_.Chance(50) ? "Nobody" : rng_.Pick(world_.schema.entity_types).name) : type;
    s.slot = slots && s.op != Scope::Op::kIs && rng_.Chance(70);
    std::string target = type;
    if (s.op != Scope::Op::kEq) {
      std::vector<std::string> found;
      for (const EntityType& e : world_.schema.entity_types) {
        if (world_.schema.MayBeIn(type, e.name)) found.push_back(e.name);
      }
      target = rng_.Pick(found);
    }
    if (Fault()) target = rng_.Pick(world_.schema.entity_types).name;
    s.uid = MakeUid(world_, target, rng_);
    if (Fault()) s.uid.id = "nobody";
    if (!s.slot && s.op == Scope::Op::kEq && s.uid.type == type) hint = s.uid;
    return s;
  }

  ActionScope MakeActionScope(const Env& env) {
    const Action& action = world_.schema.actions[env.action];
    ActionScope s;
    auto above = [&] {
      std::vector<Uid> found;
      for (const Action& a : world_.schema.actions) {
        if (world_.schema.ActionIn(action.uid, a.uid)) found.push_back(a.uid);
      }
      return rng_.Pick(found);
    };
    switch (rng_.Weighted({mood_.broad, 30, 15, 20})) {
      case 0:
        return s;
      case 1:
        s.op = ActionScope::Op::kEq;
        s.uids = {action.uid};
        break;
      case 2:
        s.op = ActionScope::Op::kIn;
        s.uids = {above()};
        break;
      default:
        s.op = ActionScope::Op::kInList;
        s.uids = {above()};
        for (uint64_t n = rng_.Below(3); n > 0; --n) s.uids.push_back(rng_.Pick(world_.schema.actions).uid);
        if (Fault()) s.uids.clear();
    }
    if (Fault() && !s.uids.empty()) s.uids[0] = {"Action", "fly"};
    return s;
  }

  bool Fits(const Scope& s, const std::string& type) const {
    if (s.op == Scope::Op::kAny) return true;
    if ((s.op == Scope::Op::kIs || s.op == Scope::Op::kIsIn) && s.type != type) return false;
    if (s.slot || s.op == Scope::Op::kIs) return true;
    return s.op == Scope::Op::kEq ? s.uid.type == type : world_.schema.MayBeIn(type, s.uid.type);
  }

  bool Fits(const ActionScope& s, const Uid& action) const {
    if (s.op == ActionScope::Op::kAny) return true;
    if (s.op == ActionScope::Op::kEq) return s.uids[0] == action;
    return std::any_of(s.uids.begin(), s.uids.end(),
                       [&](const Uid& u) { return world_.schema.ActionIn(action, u); });
  }

  Policy MakePolicy(const Env& env) {
    Policy p;
    p.env = env;
    p.forbid = rng_.Chance(mood_.forbid);
    if (rng_.Chance(20)) {
      static const std::vector<std::string> kKeys = {"id", "reason", "if", "owner", "x_1"};
      size_t first = rng_.Below(kKeys.size());
      for (uint64_t n = 1 + rng_.Below(2), i = 0; i < n; ++i) {
        std::optional<std::string> value;
        if (rng_.Chance(75)) value = MakeString(world_, rng_);
        p.annotations.push_back({kKeys[(first + i) % kKeys.size()], value});
      }
    }
    const bool slots = rng_.Chance(16);
    p.principal = MakeScope(env.principal, slots, p.principal_hint);
    p.action = MakeActionScope(env);
    p.resource = MakeScope(env.resource, slots, p.resource_hint);
    std::vector<Env> envs;
    for (const Env& e : world_.schema.envs) {
      if (Fits(p.principal, e.principal) && Fits(p.resource, e.resource) &&
          Fits(p.action, world_.schema.actions[e.action].uid))
        envs.push_back(e);
    }
    if (envs.empty()) envs.push_back(env);
    if (rng_.Chance(mood_.bare)) return p;
    ConditionMaker maker(world_, envs, mood_.faults, rng_);
    for (uint64_t n = rng_.Weighted({0, 75, 18, 7}); n > 0; --n) {
      Condition c;
      c.unless = rng_.Chance(25);
      c.body = maker.Bool(rng_.Chance(4) ? mood_.depth + 4 : static_cast<int>(rng_.Below(mood_.depth + 1)));
      if (rng_.Chance(1)) c.body = Deepen(c.body);
      p.conditions.push_back(c);
    }
    return p;
  }

  // A chain of some tens of operators: deep, but no deeper than a person might write.
  E Deepen(E e) {
    for (uint64_t n = 10 + rng_.Below(30); n > 0; --n) {
      switch (rng_.Below(3)) {
        case 0:
          e = Node(X::kNot, {e});
          break;
        case 1:
          e = Node(X::kAnd, {Number(X::kBool, 1), e});
          break;
        default:
          e = Node(X::kOr, {e, Number(X::kBool, 0)});
      }
    }
    return e;
  }

  void AddLinks(PolicySet& set, size_t index) {
    const Policy& p = set.policies[index];
    for (uint64_t n = rng_.Weighted({15, 45, 40}), i = 0; i < n; ++i) {
      Link l;
      l.of = index;
      l.id = "link" + std::to_string(index) + "_" + std::to_string(i);
      auto bind = [&](const Scope& s, const std::string& type) -> std::optional<Uid> {
        if (!s.slot) return std::nullopt;
        std::string target = s.op == Scope::Op::kEq ? type : s.uid.type;
        if (Fault()) target = rng_.Pick(world_.schema.entity_types).name;
        return MakeUid(world_, target, rng_);
      };
      l.principal = bind(p.principal, p.env.principal);
      l.resource = bind(p.resource, p.env.resource);
      set.links.push_back(l);
    }
  }

  const World& world_;
  const Mood& mood_;
  Rng& rng_;
  std::vector<Env> focus_;
};

}  // namespace

Mood MakeMood(Rng& rng) {
  Mood m;
  static const std::vector<unsigned> kForbid = {0, 15, 25, 40, 55};
  static const std::vector<unsigned> kBare = {5, 20, 35};
  static const std::vector<unsigned> kBroad = {10, 25, 50};
  m.forbid = rng.Pick(kForbid);
  m.bare = rng.Pick(kBare);
  m.broad = rng.Pick(kBroad);
  m.faults = rng.Chance(58) ? 0 : static_cast<unsigned>(rng.Range(1, 8));
  m.depth = static_cast<int>(rng.Range(1, 4));
  switch (rng.Weighted({65, 28, 7})) {
    case 0:
      m.count = static_cast<size_t>(rng.Range(2, 6));
      break;
    case 1:
      m.count = static_cast<size_t>(rng.Range(7, 15));
      break;
    default:
      m.count = static_cast<size_t>(rng.Range(16, 50));
  }
  return m;
}

PolicySet MakePolicySet(const World& world, const Mood& mood, Rng& rng) {
  return SetMaker(world, mood, rng).Make();
}

}  // namespace polc::gen
