// Approvals: what counts, what meets, who refused; and every attack, each refused with its reason.
#include "compiler/oracle/approvals.h"

#include <functional>

#include "compiler/oracle/digest.h"
#include "compiler/oracle/pol_world.h"
#include "compiler/oracle/validate.h"

namespace polc::oracle {
namespace {

using namespace world;
using data::NotCounted;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A restart that one of the team `sec` has to approve, and who it is approved by.
struct Gate : World {
  Gate() {
    Allow();
    Rule& rule = Require("gate");
    // The rule reads an attribute of the resource, so it is part of what is approved.
    rule.conditions = {rule.Add(Op::kEq, {rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kResource), "tier"),
                                          rule.AddLiteral(Long(1))})};
    HostSays("tool", Value::MakeRecord({{"schema", Text("sha256:1")}}));
    Say("n", Long((int64_t{1} << 53) + 1));
  }
  core::Quorum& quorum() { return program.rules[1].needs[0].approval.alternatives[0]; }

  // Approves, with the action kept, does the thing, and says why the approval does not count.
  std::string WhyAfter(const std::function<void(Gate&)>& change, bool keep = true) {
    Approve(Human("kim"));
    if (keep) host.approvals.back().action = ActionNow();
    EXPECT_EQ(Decide().outcome, Outcome::kAllow);
    EXPECT_EQ(Decide().counted.size(), 1u);
    change(*this);
    const Decision d = Decide();
    EXPECT_EQ(d.outcome, Outcome::kRequireApproval);
    EXPECT_THAT(d.counted, IsEmpty());
    if (d.not_counted.size() != 1) return "none or several";
    return std::string(NotCountedName(d.not_counted[0].why));
  }
  std::string ActionNow() {
    core::Program filled = program;
    core::FillDigests(filled);
    EXPECT_FALSE(store.Close().has_value());
    data::Request asked = request;
    asked.host = std::make_shared<Host>(host);
    asked.context = CompleteContext(filled, asked);
    return CanonicalObject(ActionParts(filled, store, asked));
  }
};

TEST(Attack, ChangedArgument) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.Say("note", Text("x")); }), "changed_context");
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.Say("tags", Value::MakeSet({Text("x")})); }), "changed_context");
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.HostSays("share", Value(data::Decimal{1})); }),
            "changed_context");
}
TEST(Attack, LongChangedByOneBeyond53Bits) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.Say("n", Long((int64_t{1} << 53) + 2)); }), "changed_context");
}
TEST(Attack, ChangedResource) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) {
    g.Put("Service", "db", {{"Env", "prod"}}, {{"tier", Long(1)}});
    g.request.resource = {"Service", "db"};
  }),
            "changed_resource");
}
TEST(Attack, ChangedPrincipal) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.request.principal = {"Robot", "cron"}; }), "changed_principal");
}
TEST(Attack, ChangedAction) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.request.action = Action("drop"); }), "changed_action");
}
TEST(Attack, ChangedChain) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.acts_for = {{.principal = {"Robot", "cron"}}}; }),
            "changed_chain");
}
TEST(Attack, ResourceAttributeChangedAfterApproval) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) {
    g.Put("Service", "web", {{"Env", "prod"}}, {{"tier", Long(2)}});
    g.program.rules[1].conditions = {World::Expr(g.program.rules[1], Comes::kTrue)};
    // It still reads the attribute.
    g.program.rules[1].conditions.push_back(
        g.program.rules[1].AddNamed(Op::kHas, g.program.rules[1].AddVar(Var::kResource), "tier"));
  }),
            "changed_attribute");
}
TEST(Attack, AttributeTakenAway) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.Put("Service", "web", {{"Env", "prod"}}); }),
            "changed_attribute");
}
TEST(Attack, ChangedSnapshot) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.options.snapshot = "sha256:t"; }), "changed_snapshot");
}
TEST(Attack, ChangedToolSchema) {
  EXPECT_EQ(
      Gate().WhyAfter([](Gate& g) { g.HostSays("tool", Value::MakeRecord({{"schema", Text("sha256:2")}})); }),
      "changed_tool");
}
TEST(Attack, Expired) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.now = At(10000 - 60 + 1801); }), "expired");
  Gate at_the_limit;
  at_the_limit.Approve(Human("kim"), 1800);
  EXPECT_EQ(at_the_limit.Decide().outcome, Outcome::kAllow);
}
TEST(Attack, IssuedInTheFuture) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.approvals[0].issued = {g.host.now->ms + 1}; }),
            "issued_in_future");
  Gate at_the_limit;
  at_the_limit.Approve(Human("kim"), 0);
  EXPECT_EQ(at_the_limit.Decide().outcome, Outcome::kAllow);
}
TEST(Attack, OlderThanTimeCanBeCounted) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) {
    g.host.approvals[0].issued = {INT64_MIN};
    g.quorum().within_ms = INT64_MAX;
    const Decision now = g.Decide();
    g.host.approvals[0].terms_digest = now.terms_digest;
  }),
            "expired");
}
TEST(Attack, NoTime) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.now.reset(); }), "no_time");
}
TEST(Attack, AlreadyConsumed) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.approvals[0].consumed = true; }), "consumed");
}
TEST(Attack, FromTheRequester) {
  Gate g;
  g.request.action = Action("drop");
  g.request.principal = Human("lee");
  g.Approve(Human("lee"));
  const Decision d = g.Decide();
  EXPECT_EQ(d.outcome, Outcome::kRequireApproval);
  ASSERT_EQ(d.not_counted.size(), 1u);
  EXPECT_EQ(d.not_counted[0].why, NotCounted::kFromRequester);
}
TEST(Attack, FromTheOwner) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.approvals[0].approver = Human("dana"); }), "from_owner");
  Gate including;
  including.quorum().including_owner = true;
  including.Approve(Human("dana"));
  EXPECT_EQ(including.Decide().outcome, Outcome::kAllow);
}
TEST(Attack, FromWhoMightBeTheOwner) {
  // Before anything is digested, the agent's owner is gone from the store.
  Gate g;
  g.Put("Agent", "oncall", {Team("sre")});
  g.Approve(Human("kim"));
  const Decision d = g.Decide();
  EXPECT_EQ(d.outcome, Outcome::kRequireApproval);
  EXPECT_EQ(d.not_counted.at(0).why, NotCounted::kOwnerUnknown);
}
TEST(Attack, FromTheOwnerOfWhomItActsFor) {
  Gate g;
  g.Put("Agent", "boss", {}, {{"owner", Value(Human("kim"))}});
  g.host.acts_for = {{.principal = {"Agent", "boss"}}};
  g.Approve(Human("kim"));
  // It counts for the requester's need, and not for the other.
  EXPECT_EQ(g.Decide().outcome, Outcome::kRequireApproval);
  EXPECT_EQ(g.Decide().needs.size(), 1u);
  g.Approve(Human("lee"));
  EXPECT_EQ(g.Decide().outcome, Outcome::kAllow);
}
TEST(Attack, FromAnAgent) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) {
    g.Put("Agent", "other", {Team("sec")}, {{"owner", Value(Human("kim"))}});
    g.host.approvals[0].approver = {"Agent", "other"};
  }),
            "not_a_person");
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.approvals[0].approver = {"Robot", "cron"}; }),
            "not_a_person");
}
TEST(Attack, FromNobodyKnown) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.approvals[0].approver = Human("eve"); }),
            "unknown_approver");
}
TEST(Attack, FromOneItActsFor) {
  Gate g;
  g.request.action = Action("drop");
  g.host.acts_for = {{.principal = Human("kim")}};
  g.Approve(Human("kim"));
  const Decision d = g.Decide();
  EXPECT_EQ(d.outcome, Outcome::kRequireApproval);
  EXPECT_EQ(d.not_counted.at(0).why, NotCounted::kFromChain);
}
TEST(Attack, TheSameApproverTwice) {
  Gate g;
  g.quorum().parts[0].count = 2;
  g.Approve(Human("kim"), 60);
  g.Approve(Human("kim"), 30);
  const Decision d = g.Decide();
  EXPECT_EQ(d.outcome, Outcome::kRequireApproval);
  ASSERT_EQ(d.counted.size(), 1u);
  EXPECT_EQ(d.counted[0].id, "a2");  // the latest
  EXPECT_EQ(d.not_counted.at(0).why, NotCounted::kSameApprover);
  g.Approve(Human("lee"));
  EXPECT_EQ(g.Decide().outcome, Outcome::kAllow);
}
TEST(Attack, TwoKeysOfOneApprover) {
  Gate g;
  g.quorum().parts[0].count = 2;
  g.Approve(Human("kim"));
  g.Approve(Human("kim"));
  g.host.approvals[0].signing_key = "k1";
  g.host.approvals[1].signing_key = "k2";
  const Decision d = g.Decide();
  EXPECT_EQ(d.outcome, Outcome::kRequireApproval);
  EXPECT_EQ(d.not_counted.at(0).why, NotCounted::kSecondKey);
}
TEST(Attack, OutsideTheGroups) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.host.approvals[0].approver = Human("max"); }), "not_in_pool");
}
TEST(Attack, LeftTheGroup) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.Put("Human", "kim"); }), "not_in_pool");
}
TEST(Attack, ForAnotherRequest) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.Say("note", Text("x")); }, /*keep=*/false), "another_request");
  // A kept action that is not what the digest is of says nothing.
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) {
    g.Say("note", Text("x"));
    g.host.approvals[0].action += " ";
  }),
            "another_request");
}
TEST(Attack, TermsChangedSinceShown) {
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.quorum().within_ms += 1; }), "changed_terms");
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.RequireEvidence("e", "plan"); }), "changed_terms");
  EXPECT_EQ(Gate().WhyAfter([](Gate& g) { g.Limit("l", "timeout", Seconds(1)); }), "changed_terms");
}
TEST(Attack, TermsChangedUnderSurvivesPolicyChange) {
  Gate survives;
  survives.quorum().survives_policy_change = true;
  survives.Approve(Human("kim"));
  survives.options.snapshot = "sha256:t";
  EXPECT_EQ(survives.Decide().outcome, Outcome::kAllow);
  survives.Limit("l", "timeout", Seconds(1));
  const Decision d = survives.Decide();
  EXPECT_EQ(d.outcome, Outcome::kRequireApproval);
  EXPECT_EQ(d.not_counted.at(0).why, NotCounted::kChangedTerms);
}
TEST(Attack, NothingAsksForIt) {
  Gate g;
  g.Approve(Human("kim"));
  g.program.rules[1].effect = Effect::kForbid;
  g.program.rules[1].needs.clear();
  const Decision d = g.Decide();
  EXPECT_EQ(d.outcome, Outcome::kDeny);
  EXPECT_EQ(d.not_counted.at(0).why, NotCounted::kAnotherRequest);  // it reads no attribute any more
}
TEST(Attack, RefusedByOneInThePool) {
  Gate g;
  g.Approve(Human("kim"));
  g.Refuse(Human("lee"));
  Decision d = g.Decide();
  EXPECT_EQ(d.outcome, Outcome::kDeny);
  EXPECT_EQ(d.why, Why::kRefused);
  EXPECT_THAT(d.reasons, ElementsAre("gate"));
  // Whatever the terms or the snapshot.
  g.Limit("l", "timeout", Seconds(1));
  g.options.snapshot = "sha256:t";
  EXPECT_EQ(g.Decide().why, Why::kRefused);
  // But only this action, by one of the pool, within the time.
  g.Say("note", Text("x"));
  EXPECT_EQ(g.Decide().outcome, Outcome::kRequireApproval);
}
TEST(Refusal, BoundsAreKept) {
  Gate old;
  old.Refuse(Human("lee"), 1800);
  EXPECT_EQ(old.Decide().why, Why::kRefused);
  old.host.refusals[0].issued.ms -= 1;
  EXPECT_EQ(old.Decide().outcome, Outcome::kRequireApproval);
  old.host.refusals[0].issued.ms = old.host.now->ms + 1;  // in doubt it counts
  EXPECT_EQ(old.Decide().why, Why::kRefused);
  old.host.now.reset();
  EXPECT_EQ(old.Decide().why, Why::kRefused);
  Gate outside;
  outside.Refuse(Human("max"));
  EXPECT_EQ(outside.Decide().outcome, Outcome::kRequireApproval);
}
TEST(Refusal, OfWhatCouldBeLifted) {
  World w;
  w.Allow();
  World::LiftedBy(w.Limit("l", "timeout", Seconds(1)), 1, Team("dba"));
  w.Refuse(Human("max"));
  const Decision d = w.Decide();
  EXPECT_EQ(d.why, Why::kRefused);
  EXPECT_THAT(d.reasons, ElementsAre("l"));
}

TEST(Pools, MayBePathsAndSets) {
  World w;
  w.Put("Agent", "oncall", {Team("sre")}, {{"owner", Value(Human("dana"))}, {"backup", Value(Human("max"))}});
  w.Allow();
  Rule& rule = w.Require("r");
  rule.needs[0].approval.alternatives[0].parts[0].pools = {
      rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kPrincipal), "backup")};
  w.Approve(Human("max"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
  const ExprId teams[] = {rule.AddLiteral(Value(Team("dba"))), rule.AddLiteral(Value(Team("sec")))};
  rule.needs[0].approval.alternatives[0].parts[0].pools = {rule.Add(Op::kSet, teams)};
  w.host.approvals.clear();
  w.Approve(Human("kim"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
}
TEST(Pools, OneThatErrsHasNobodyToApproveAndEverybodyToRefuse) {
  World w;
  w.Allow();
  Rule& rule = w.Require("r");
  rule.needs[0].approval.alternatives[0].parts[0].pools = {
      rule.AddNamed(Op::kGetAttr, rule.AddVar(Var::kPrincipal), "backup")};
  w.Approve(Human("max"));
  Decision d = w.Decide();
  EXPECT_EQ(d.outcome, Outcome::kRequireApproval);
  EXPECT_EQ(d.errors.size(), 1u);
  EXPECT_TRUE(d.needs[0].need.approval[0].parts[0].error);
  w.Refuse(Human("kim"));
  EXPECT_EQ(w.Decide().why, Why::kRefused);
}

TEST(Quorum, APersonFillsOnePlace) {
  // 1 of sec and 1 of dba: dana is in both, and the owner, who may not.
  World w;
  w.Allow();
  Rule& rule = w.Require("r");
  rule.needs[0].approval.alternatives = {World::QuorumOf(rule, {{1, {Team("sec")}}, {1, {Team("dba")}}})};
  rule.needs[0].approval.alternatives[0].including_owner = true;
  w.Approve(Human("dana"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kRequireApproval);
  w.Approve(Human("kim"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
  w.host.approvals.pop_back();
  w.Approve(Human("max"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
}
TEST(Quorum, AnyAlternativeWillDo) {
  World w;
  w.Allow();
  Rule& rule = w.Require("r", 2);
  rule.needs[0].approval.alternatives.push_back(World::QuorumOf(rule, {{1, {Team("dba")}}}));
  w.Approve(Human("kim"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kRequireApproval);
  w.Approve(Human("max"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
  EXPECT_EQ(w.Decide().counted.size(), 2u);
}
TEST(Quorum, OneApprovalServesSeveralRequirements) {
  World w;
  w.Allow();
  w.Require("r1");
  w.Require("r2");
  w.program.rules[1].needs.push_back({.approval = World::By(w.program.rules[1], 1, Team("sec"))});
  w.Approve(Human("kim"));
  EXPECT_EQ(w.Decide().outcome, Outcome::kAllow);
}
TEST(Quorum, VariesIsNotPartOfTheAction) {
  Gate g;
  g.Approve(Human("kim"));
  g.Say("trace", Text("t"));
  EXPECT_EQ(g.Decide().outcome, Outcome::kAllow);
}
TEST(Quorum, AThirdApprovalCountsToo) {
  Gate g;
  for (const char* id : {"kim", "lee", "pat"}) g.Approve(Human(id));
  EXPECT_EQ(g.Decide().counted.size(), 3u);
}

// Against trying all assignments.
TEST(CanFill, IsWhatTryingAllSays) {
  size_t cases = 0;
  for (size_t people = 0; people <= 3; ++people) {
    for (size_t places = 0; places <= 3; ++places) {
      for (uint32_t bits = 0; bits < (1u << (people * places)); ++bits) {
        std::vector<std::vector<bool>> fits(people, std::vector<bool>(places));
        for (size_t i = 0; i < people * places; ++i) fits[i / places][i % places] = bits >> i & 1;
        std::vector<size_t> order = {0, 1, 2};
        bool any = places == 0;
        do {
          bool all = places <= people && places > 0;
          for (size_t q = 0; q < places && all; ++q) all = order[q] < people && fits[order[q]][q];
          any |= all;
        } while (std::ranges::next_permutation(order).found);
        EXPECT_EQ(CanFill(fits, places), any);
        ++cases;
      }
    }
  }
  EXPECT_GT(cases, 600u);
}

}  // namespace
}  // namespace polc::oracle
