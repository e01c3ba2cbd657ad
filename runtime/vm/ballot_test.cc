// Every way to be approved by words that were not said about this, by somebody who may, in time.
#include "runtime/vm/ballot.h"

#include <gtest/gtest.h>

#include <functional>

#include "runtime/vm/ballot_test_world.h"

namespace polc::vm {
namespace {

using entities::MakeLong;

class BallotTest : public BallotWorld {
 protected:
  // Two of team security within 30 minutes, the owner not among them.
  ResolvedQuorum Two() { return {{{2, false, {Team("security")}}}, 30 * kMinute, false, false}; }
  ResolvedQuorum One() { return {{{1, false, {Team("security")}}}, 30 * kMinute, false, false}; }

  // An approval of the request as it is now, as `approver` would give it.
  Approval By(std::string_view approver, std::string_view id = "a") {
    Approval approval;
    approval.approver = Human(approver);
    approval.issued_ms = kNow - kMinute;
    approval.id = values().String(id);
    approval.signing_key = values().String("k1");
    approval.canonical = values().String(ActionNow());
    approval.action = DigestOf(ActionNow());
    approval.terms.fill(2);
    approval.snapshot.fill(3);
    return approval;
  }
  // What an approval of the request as it stands would name.
  std::string ActionNow() {
    RequestBuilder copy = *builder_;
    EntityId in_cycle;
    const std::optional<Request> request = copy.Finish(&in_cycle);
    return ActionJson(*engine_, *request, request->context(),
                      engine_->MemoryFor(*request, Scratch(*engine_)));
  }

  Ballot& Open() {
    Finish();
    Subject subject;
    subject.action = Action();
    subject.action_digest = DigestOf(subject.action);
    subject.terms_digest.fill(2);
    subject.snapshot.fill(3);
    return ballot_.emplace(*engine_, *request_, memory(), subject);
  }
  bool Meets(const ResolvedQuorum& quorum) { return Open().Meets({&quorum, 1}, request_->principal()); }

  // "a: counted" or "a: from_owner" for each approval.
  std::string Report() {
    std::string out;
    for (const uint32_t i : ballot_->Counted()) {
      out += std::string(memory().Text(request_->host().approvals[i].id)) + ": counted ";
    }
    for (const NotCountedTerm& term : ballot_->NotCounted()) {
      out += std::string(memory().Text(request_->host().approvals[term.approval].id)) + ": " +
             std::string(NotCountedName(term.why)) + " ";
    }
    if (!out.empty()) out.pop_back();
    return out;
  }
  // What becomes of one approval where one is enough.
  std::string OneOf(const Approval& approval) {
    host().approvals = {approval};
    const bool met = Meets(One());
    EXPECT_EQ(met, Report() == "a: counted");
    return Report();
  }

  std::optional<Ballot> ballot_;
};

TEST_F(BallotTest, AGoodApprovalCounts) { EXPECT_EQ(OneOf(By("kim")), "a: counted"); }

// What changed since, each one an action that nobody approved.

TEST_F(BallotTest, AChangedArgument) {
  const Approval approval = By("kim");
  SetContext({{"count", MakeLong(9007199254740993)}, {"note", values().String("y")}});
  EXPECT_EQ(OneOf(approval), "a: changed_context");
}

TEST_F(BallotTest, ALongChangedByOneBeyondDoubles) {
  const Approval approval = By("kim");
  SetContext({{"count", MakeLong(9007199254740992)}, {"note", values().String("x")}});
  EXPECT_EQ(OneOf(approval), "a: changed_context");
}

TEST_F(BallotTest, AChangedResource) {
  const Approval approval = By("kim");
  builder_->SetResource(builder_->Entity("Service", "other"));
  EXPECT_EQ(OneOf(approval), "a: changed_resource");
}

TEST_F(BallotTest, AChangedPrincipal) {
  const Approval approval = By("kim");
  builder_->SetPrincipal(builder_->Entity("Agent", "helper"));
  EXPECT_EQ(OneOf(approval), "a: changed_principal");
}

TEST_F(BallotTest, AChangedAction) {
  const Approval approval = By("kim");
  builder_->SetAction(builder_->Entity("Action", "other"));
  EXPECT_EQ(OneOf(approval), "a: changed_action");
}

TEST_F(BallotTest, AnAttributeOfTheResourceThatTheRuleReads) {
  const Approval approval = By("kim");
  builder_->AddEntity(builder_->Entity("Service", "checkout"), *values().Record({{"tier", MakeLong(2)}}),
                      entities::EmptyRecord(), {});
  EXPECT_EQ(OneOf(approval), "a: changed_attribute");
}

TEST_F(BallotTest, AnAttributeOfThePrincipalsOwnerThatTheRuleReads) {
  const Approval approval = By("kim");
  builder_->AddEntity(Human("dana"), *values().Record({{"team", entities::MakeEntity(Team("leads"))}}),
                      entities::EmptyRecord(), {});
  EXPECT_EQ(OneOf(approval), "a: changed_attribute");
}

TEST_F(BallotTest, AnAttributeNoRuleReadsIsNotNamed) {
  const Approval approval = By("kim");
  builder_->AddEntity(builder_->Entity("Service", "checkout"),
                      *values().Record({{"tier", MakeLong(1)}, {"color", values().String("red")}}),
                      entities::EmptyRecord(), {});
  EXPECT_EQ(OneOf(approval), "a: counted");
}

TEST_F(BallotTest, AChangedToolSchema) {
  SetContext({{"tool", values().String("sha256:1")}});
  const Approval approval = By("kim");
  SetContext({{"tool", values().String("sha256:2")}});
  EXPECT_EQ(OneOf(approval), "a: changed_tool");
}

TEST_F(BallotTest, AnotherChain) {
  const Approval approval = By("kim");
  host().acts_for = {{builder_->Entity("Agent", "helper"), false, {}}};
  EXPECT_EQ(OneOf(approval), "a: changed_chain");
}

TEST_F(BallotTest, AnotherRequestAltogether) {
  Approval approval = By("kim");
  approval.canonical = values().String("");
  approval.action.fill(7);
  EXPECT_EQ(OneOf(approval), "a: another_request");
}

// The host's copy of the action is for reports: it can make nothing count.
TEST_F(BallotTest, AKeptActionThatIsNotTheOneNamed) {
  Approval approval = By("kim");
  approval.action.fill(7);
  EXPECT_EQ(OneOf(approval), "a: another_request");
  approval = By("kim");
  approval.canonical = values().String("{\"nothing\":1}");
  approval.action = DigestOf("{\"nothing\":1}");
  EXPECT_EQ(OneOf(approval), "a: another_request");
}

TEST_F(BallotTest, OtherTerms) {
  Approval approval = By("kim");
  approval.terms.fill(9);
  EXPECT_EQ(OneOf(approval), "a: changed_terms");
}

TEST_F(BallotTest, AnotherSnapshot) {
  Approval approval = By("kim");
  approval.snapshot.fill(9);
  EXPECT_EQ(OneOf(approval), "a: changed_snapshot");
}

TEST_F(BallotTest, SurvivingAPolicyChangeWaivesTheSnapshotAndNothingElse) {
  ResolvedQuorum survives = One();
  survives.survives_policy_change = true;
  Approval approval = By("kim");
  approval.snapshot.fill(9);
  host().approvals = {approval};
  EXPECT_TRUE(Meets(survives));
  EXPECT_EQ(Report(), "a: counted");
  Begin();
  approval = By("kim");
  approval.snapshot.fill(9);
  approval.terms.fill(9);
  host().approvals = {approval};
  EXPECT_FALSE(Meets(survives));
  EXPECT_EQ(Report(), "a: changed_terms");
}

// When.

TEST_F(BallotTest, ExpiresAMillisecondAfterItsTime) {
  Approval approval = By("kim");
  approval.issued_ms = kNow - 30 * kMinute;
  EXPECT_EQ(OneOf(approval), "a: counted");
  Begin();
  approval = By("kim");
  approval.issued_ms = kNow - 30 * kMinute - 1;
  EXPECT_EQ(OneOf(approval), "a: expired");
  Begin();
  approval = By("kim");
  approval.issued_ms = INT64_MIN;
  EXPECT_EQ(OneOf(approval), "a: expired");
}

TEST_F(BallotTest, IssuedInTheFuture) {
  Approval approval = By("kim");
  approval.issued_ms = kNow;
  EXPECT_EQ(OneOf(approval), "a: counted");
  Begin();
  approval = By("kim");
  approval.issued_ms = kNow + 1;
  EXPECT_EQ(OneOf(approval), "a: issued_in_future");
}

TEST_F(BallotTest, WithoutATimeNothingIsApproved) {
  const Approval approval = By("kim");
  host().now_ms.reset();
  EXPECT_EQ(OneOf(approval), "a: no_time");
}

TEST_F(BallotTest, Consumed) {
  Approval approval = By("kim");
  approval.consumed = true;
  EXPECT_EQ(OneOf(approval), "a: consumed");
}

// Who.

TEST_F(BallotTest, TheRequester) {
  // A person may ask, too; that they are in the pool does not help.
  builder_->SetPrincipal(Human("kim"));
  EXPECT_EQ(OneOf(By("kim")), "a: from_requester");
}

TEST_F(BallotTest, SomebodyTheRequesterActsFor) {
  host().acts_for = {{Human("lee"), false, {}}, {Human("kim"), false, {}}};
  EXPECT_EQ(OneOf(By("kim")), "a: from_chain");
}

TEST_F(BallotTest, TheOwner) {
  EXPECT_EQ(OneOf(By("dana")), "a: from_owner");
  ResolvedQuorum including = One();
  including.including_owner = true;
  EXPECT_TRUE(ballot_->Meets({&including, 1}, request_->principal()));
}

TEST_F(BallotTest, TheOwnerOfWhomThePrincipalActsFor) {
  const EntityId helper = builder_->Entity("Agent", "helper");
  builder_->AddEntity(helper, *values().Record({{"owner", entities::MakeEntity(Human("kim"))}}),
                      entities::EmptyRecord(), {});
  host().acts_for = {{helper, false, {}}};
  host().approvals = {By("kim")};
  const ResolvedQuorum one = One();
  EXPECT_FALSE(Open().Meets({&one, 1}, helper));
  EXPECT_EQ(Report(), "a: from_owner");
  EXPECT_TRUE(ballot_->Meets({&one, 1}, request_->principal()));
}

TEST_F(BallotTest, WhoeverItIsIfTheOwnerIsUnknown) {
  builder_->AddEntity(builder_->Entity("Agent", "oncall"), entities::EmptyRecord(), entities::EmptyRecord(),
                      {});
  EXPECT_EQ(OneOf(By("kim")), "a: owner_unknown");
}

TEST_F(BallotTest, AnAgent) {
  Approval approval = By("kim");
  approval.approver = builder_->Entity("Agent", "helper");
  EXPECT_EQ(OneOf(approval), "a: not_a_person");
  Begin();
  approval = By("kim");
  approval.approver = builder_->Entity("Robot", "kim");
  EXPECT_EQ(OneOf(approval), "a: not_a_person");
}

TEST_F(BallotTest, NobodyWeKnow) { EXPECT_EQ(OneOf(By("ghost")), "a: unknown_approver"); }

TEST_F(BallotTest, SomebodyOutsideThePools) { EXPECT_EQ(OneOf(By("max")), "a: not_in_pool"); }

TEST_F(BallotTest, InThePoolIsAsItIsNow) {
  builder_->AddEntity(Human("max"), *values().Record({}), entities::EmptyRecord(), {Team("security")});
  EXPECT_EQ(OneOf(By("max")), "a: counted");
  Begin();
  builder_->AddEntity(Human("kim"), *values().Record({}), entities::EmptyRecord(), {Team("leads")});
  EXPECT_EQ(OneOf(By("kim")), "a: not_in_pool");
}

TEST_F(BallotTest, APersonMayBeAPool) {
  host().approvals = {By("max")};
  EXPECT_TRUE(Meets({{{1, false, {Human("max")}}}, kMinute, false, false}));
}

// How many.

TEST_F(BallotTest, TwoPeople) {
  host().approvals = {By("kim", "a"), By("lee", "b")};
  EXPECT_TRUE(Meets(Two()));
  EXPECT_EQ(Report(), "a: counted b: counted");
}

TEST_F(BallotTest, TheSamePersonTwice) {
  Approval earlier = By("kim", "b");
  earlier.issued_ms -= kMinute;
  host().approvals = {earlier, By("kim", "a")};
  EXPECT_FALSE(Meets(Two()));
  EXPECT_EQ(Report(), "a: counted b: same_approver");
}

TEST_F(BallotTest, TwoKeysOfOnePerson) {
  Approval second = By("kim", "b");
  second.signing_key = values().String("k2");
  host().approvals = {By("kim", "a"), second};
  EXPECT_FALSE(Meets(Two()));
  EXPECT_EQ(Report(), "a: counted b: second_key");
}

// Kim could fill either place of `1 of security and 1 of leads`.
TEST_F(BallotTest, APersonFillsOnePlaceOfAQuorum) {
  auto quorum = [&] {
    return ResolvedQuorum{
        {{1, false, {Team("security")}}, {1, false, {Team("leads")}}}, 30 * kMinute, false, false};
  };
  host().approvals = {By("kim", "a")};
  EXPECT_FALSE(Meets(quorum()));
  Begin();
  host().approvals = {By("kim", "a"), By("lee", "b")};
  EXPECT_TRUE(Meets(quorum()));
  Begin();
  host().approvals = {By("kim", "a"), By("max", "b")};
  EXPECT_TRUE(Meets(quorum()));
  Begin();
  host().approvals = {By("lee", "a"), By("lee", "b")};
  EXPECT_FALSE(Meets(quorum()));
}

TEST_F(BallotTest, OneApprovalServesSeveralRequirements) {
  host().approvals = {By("kim", "a")};
  Ballot& ballot = Open();
  const ResolvedQuorum security = One();
  const ResolvedQuorum leads = {{{1, false, {Team("leads")}}}, 30 * kMinute, false, false};
  EXPECT_TRUE(ballot.Meets({&security, 1}, request_->principal()));
  EXPECT_TRUE(ballot.Meets({&leads, 1}, request_->principal()));
  EXPECT_EQ(Report(), "a: counted");
}

TEST_F(BallotTest, AlternativesAndHowFarAnApprovalCame) {
  host().approvals = {By("max", "a")};
  Ballot& ballot = Open();
  const std::vector<ResolvedQuorum> alternatives = {
      One(), {{{1, false, {Team("leads")}}}, kMinute - 1, false, false}};
  EXPECT_FALSE(ballot.Meets(alternatives, request_->principal()));
  EXPECT_EQ(Report(), "a: expired");
  const std::vector<ResolvedQuorum> good = {One(), {{{1, false, {Team("leads")}}}, kMinute, false, false}};
  EXPECT_TRUE(ballot.Meets(good, request_->principal()));
  EXPECT_EQ(Report(), "a: counted");
}

TEST_F(BallotTest, NothingToApprove) {
  host().approvals = {By("kim", "a")};
  Open();
  EXPECT_EQ(Report(), "a: nothing_to_approve");
}

TEST_F(BallotTest, FromAPoolThatErredNobodyCanApprove) {
  host().approvals = {By("kim", "a")};
  EXPECT_FALSE(Meets({{{1, true, {}}}, 30 * kMinute, false, false}));
  EXPECT_EQ(Report(), "a: not_in_pool");
}

// Refusals.

class RefusalTest : public BallotTest {
 protected:
  Refusal No(std::string_view who) {
    Refusal refusal;
    refusal.approver = Human(who);
    refusal.action = DigestOf(ActionNow());
    refusal.issued_ms = kNow - kMinute;
    refusal.id = values().String("r");
    return refusal;
  }
  bool Refused(const Refusal& refusal, ResolvedQuorum quorum) {
    host().refusals = {refusal};
    return Open().Refused({&quorum, 1});
  }
};

TEST_F(RefusalTest, BySomebodyInThePool) { EXPECT_TRUE(Refused(No("kim"), One())); }
TEST_F(RefusalTest, BySomebodyElseIsNone) { EXPECT_FALSE(Refused(No("max"), One())); }

TEST_F(RefusalTest, BySomebodyThePrincipalActsForAndByTheOwner) {
  EXPECT_TRUE(Refused(No("dana"), One()));
  Begin();
  host().acts_for = {{Human("kim"), false, {}}};
  EXPECT_TRUE(Refused(No("kim"), One()));
}

TEST_F(RefusalTest, OfAnotherActionIsNone) {
  Refusal refusal = No("kim");
  refusal.action.fill(1);
  EXPECT_FALSE(Refused(refusal, One()));
}

TEST_F(RefusalTest, OlderThanItsTimeIsNone) {
  Refusal refusal = No("kim");
  refusal.issued_ms = kNow - 30 * kMinute;
  EXPECT_TRUE(Refused(refusal, One()));
  Begin();
  refusal = No("kim");
  refusal.issued_ms = kNow - 30 * kMinute - 1;
  EXPECT_FALSE(Refused(refusal, One()));
}

TEST_F(RefusalTest, InDoubtItIsOne) {
  Refusal refusal = No("kim");
  refusal.issued_ms = kNow + kMinute;
  EXPECT_TRUE(Refused(refusal, One()));
  Begin();
  refusal = No("kim");
  refusal.issued_ms = 0;
  host().now_ms.reset();
  EXPECT_TRUE(Refused(refusal, One()));
  Begin();
  EXPECT_TRUE(Refused(No("max"), {{{1, true, {}}}, 30 * kMinute, false, false}));
}

TEST_F(BallotTest, EvidenceIsOfThisAction) {
  EvidenceItem item;
  item.kind = 0;
  item.action = DigestOf(ActionNow());
  item.value = values().String("undo.sql");
  host().evidence = {item};
  EXPECT_TRUE(Open().HasEvidence(0));
  EXPECT_FALSE(ballot_->HasEvidence(1));
  Begin();
  item.value = values().String("undo.sql");
  item.action.fill(1);
  host().evidence = {item};
  EXPECT_FALSE(Open().HasEvidence(0));
}

}  // namespace
}  // namespace polc::vm
