// The decision of a bundle with Pol, step by step, on one small program (test_pol_image.h): fitting the
// model, the outcomes and their terms, approvals, whom the principal acts for, state read and moved.
#include "runtime/vm/pol.h"

#include <gtest/gtest.h>

#include <functional>

#include "runtime/bundle/test_pol_image.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"
#include "runtime/vm/review.h"

namespace polc::vm {
namespace {

using bundle::Image;
using bundle::VerifiedBundle;
using entities::EmptyRecord;
using entities::MakeBool;
using entities::MakeEntity;
using entities::MakeLong;
using entities::MakeNumber;

// Rows of the image.
constexpr uint32_t kAllow = 0, kLimit = 1, kRequire = 3, kSuggest = 4;
constexpr uint32_t kSpend = 1, kTaint = 2, kTries = 3, kFreeze = 4, kBreaker = 5, kCounter = 6;
constexpr uint32_t kHosts = 1, kTimeout = 2;
constexpr uint32_t kPlan = 1;
constexpr int64_t kNowMs = 10;  // on a Thursday at one o'clock in the zone of the image

class PolTest : public ::testing::Test {
 protected:
  PolTest() {
    entities::SnapshotBuilder b;
    const EntityId sre = b.Intern("Team", "sre");
    b.Add(sre, EmptyRecord(), EmptyRecord(), {});
    b.Add(b.Intern("Human", "alice"), EmptyRecord(), EmptyRecord(), {});
    b.Add(b.Intern("Human", "bob"), EmptyRecord(), EmptyRecord(), {sre});
    b.Add(b.Intern("Human", "carol"), EmptyRecord(), EmptyRecord(), {});
    b.Add(b.Intern("Agent", "bot"), EmptyRecord(), EmptyRecord(), {});
    b.Add(b.Intern("Service", "d"), EmptyRecord(), EmptyRecord(), {sre});
    EntityId bad;
    world_ = b.Finish(&bad);
    Load([](Image&) {});
  }

  void Load(const std::function<void(Image&)>& change) {
    Image image = bundle::PolImage();
    change(image);
    ASSERT_TRUE(Write(image, &file_).ok());
    bundle::Bundle opened;
    ASSERT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    ASSERT_TRUE(Verify(opened, &verified_).ok());
    engine_ = Engine::Make(verified_, world_);
    scratch_.emplace(*engine_);
    Start();
  }

  // alice restarts d with a ticket, nothing is in her way, and everything can be enforced.
  void Start(bool has_context = true) {
    builder_.emplace(*engine_);
    builder_->SetPrincipal(Id("Human", "alice"));
    builder_->SetAction(Id("Action", "restart"));
    builder_->SetResource(Id("Service", "d"));
    if (has_context) Context({{"ticket", Text("t1")}});
    builder_->host().now_ms = kNowMs;
    builder_->host().enforces = {0, kHosts, kTimeout};
    State(kFreeze, "alice", MakeBool(false));
  }
  EntityId Id(std::string_view type, std::string_view id) { return builder_->Entity(type, id); }
  Value Text(std::string_view text) { return builder_->values().String(text); }
  Value Record(const std::vector<std::pair<std::string_view, Value>>& fields) {
    return *builder_->values().Record(fields);
  }
  void Context(const std::vector<std::pair<std::string_view, Value>>& fields) {
    builder_->SetContext(Record(fields));
  }
  void State(uint32_t input, std::string_view human, Value value) {
    StateValue state{.input = input, .value = value, .as_of_ms = kNowMs};
    if (!human.empty()) state.has_key = true, state.key = MakeEntity(Id("Human", human));
    builder_->host().state.push_back(state);
  }

  Decision Decide() {
    EntityId bad;
    request_ = builder_->Finish(&bad);
    EXPECT_TRUE(request_);
    return engine_->Decide(*request_, &*scratch_);
  }
  // As far as approvals go: the same request again, with what they have to name known.
  Subject SubjectOfIt() {
    Decide();
    const Subject subject = Review(*engine_, *request_).subject();
    Start();
    return subject;
  }
  Approval By(std::string_view human, const Subject& subject) {
    Approval approval;
    approval.approver = Id("Human", human);
    approval.action = subject.action_digest;
    approval.terms = subject.terms_digest;
    approval.snapshot = subject.snapshot;
    approval.issued_ms = kNowMs - 1;
    approval.id = Text("a1");
    approval.signing_key = Text("k1");
    approval.canonical = Text(subject.action);
    return approval;
  }
  static std::vector<uint32_t> List(std::span<const uint32_t> span) { return {span.begin(), span.end()}; }
  std::string TextOf(const Value& value) const {
    return std::string(engine_->MemoryFor(*request_, *scratch_).Text(value));
  }

  std::shared_ptr<const Snapshot> world_;
  std::vector<uint8_t> file_;
  VerifiedBundle verified_;
  std::shared_ptr<const Engine> engine_;
  std::optional<Scratch> scratch_;
  std::optional<RequestBuilder> builder_;
  std::optional<Request> request_;
};

TEST_F(PolTest, UnmetNeedsRequireApproval) {
  const Decision d = Decide();
  EXPECT_EQ(OutcomeName(d.outcome), "require_approval");
  EXPECT_EQ(List(d.reasons), std::vector{kRequire});
  ASSERT_EQ(d.needs.size(), 2u);
  EXPECT_EQ(d.needs[0].need, 0u);
  EXPECT_EQ(d.needs[1].need, 1u);
  // What will hold once it is approved is said, too.
  ASSERT_EQ(d.limits.size(), 2u);
  EXPECT_EQ(d.limits[0].kind, kHosts);
  EXPECT_EQ(d.limits[0].value.count, 2u);
  EXPECT_EQ(d.limits[1].kind, kTimeout);
  EXPECT_EQ(d.limits[1].value.number(), 5);
  EXPECT_EQ(d.limits[1].by[0], (RuleAt{kLimit, 0}));
}

TEST_F(PolTest, ASuggestionOutranksThem) {
  Context({{"risk", Text("high")}});
  const Decision d = Decide();
  EXPECT_EQ(OutcomeName(d.outcome), "suggest");
  EXPECT_EQ(List(d.reasons), std::vector{kSuggest});
  ASSERT_EQ(d.suggestions.size(), 1u);
  const Memory memory = engine_->MemoryFor(*request_, *scratch_);
  const Value& context = d.suggestions[0].context;
  EXPECT_EQ(TextOf(*FindField(memory, context, "risk")), "low");  // changed
  EXPECT_EQ(TextOf(*FindField(memory, context, "ticket")), "a");  // added
  EXPECT_EQ(context.count, 2u);
}

TEST_F(PolTest, ApprovedWithEvidenceItGoesWithLimits) {
  const Subject subject = SubjectOfIt();
  builder_->host().approvals.push_back(By("bob", subject));
  builder_->host().evidence.push_back({kPlan, subject.action_digest, Text("roll back")});
  const Decision d = Decide();
  EXPECT_EQ(OutcomeName(d.outcome), "allow_with_limits");
  EXPECT_EQ(List(d.reasons), (std::vector{kAllow, kLimit}));
  EXPECT_EQ(List(d.counted), std::vector<uint32_t>{0});
  EXPECT_TRUE(d.needs.empty());
}

TEST_F(PolTest, EvidenceForAnotherActionOrOfAnotherKindIsNone) {
  const Subject subject = SubjectOfIt();
  for (const bool kind : {false, true}) {
    Start();
    builder_->host().approvals.push_back(By("bob", subject));
    builder_->host().evidence.push_back(
        {kind ? 0 : kPlan, kind ? subject.action_digest : bundle::Digest{}, Text("roll back")});
    const Decision d = Decide();
    EXPECT_EQ(OutcomeName(d.outcome), "require_approval");
    EXPECT_EQ(d.needs.size(), 1u);
  }
}

TEST_F(PolTest, ApprovalsThatDoNotCountSayWhy) {
  const Subject subject = SubjectOfIt();
  const std::pair<std::string_view, std::function<void(Approval&)>> kCases[] = {
      {"consumed", [](Approval& a) { a.consumed = true; }},
      {"issued_in_future", [](Approval& a) { a.issued_ms = kNowMs + 1; }},
      {"expired", [](Approval& a) { a.issued_ms = kNowMs - 1800001; }},
      {"from_requester", [&](Approval& a) { a.approver = Id("Human", "alice"); }},
      {"not_a_person", [&](Approval& a) { a.approver = Id("Agent", "bot"); }},
      {"unknown_approver", [&](Approval& a) { a.approver = Id("Human", "nobody"); }},
      {"not_in_pool", [&](Approval& a) { a.approver = Id("Human", "carol"); }},
      {"changed_terms", [](Approval& a) { a.terms[0] ^= 1; }},
      {"another_request", [&](Approval& a) { a.action[0] ^= 1, a.canonical = Text(""); }},
  };
  for (const auto& [why, change] : kCases) {
    Start();
    Approval approval = By("bob", subject);
    change(approval);
    builder_->host().approvals.push_back(approval);
    const Decision d = Decide();
    EXPECT_EQ(OutcomeName(d.outcome), "require_approval") << why;
    EXPECT_TRUE(d.counted.empty()) << why;
    ASSERT_EQ(d.not_counted.size(), 1u) << why;
    EXPECT_EQ(NotCountedName(d.not_counted[0].why), why);
  }
  Start();
  builder_->host().approvals.push_back(By("bob", subject));
  builder_->host().now_ms.reset();
  EXPECT_EQ(NotCountedName(Decide().not_counted[0].why), "no_time");
}

TEST_F(PolTest, WhatApprovesSurvivesAPolicyChangeWhereItSaysSo) {
  const Subject subject = SubjectOfIt();
  // The quorum of one survives, that of three does not.
  Approval approval = By("bob", subject);
  approval.snapshot[0] ^= 1;
  builder_->host().approvals.push_back(approval);
  EXPECT_EQ(List(Decide().counted), std::vector<uint32_t>{0});
  Load([](Image& i) { i.quorums[3].survives_policy_change = 0; });
  const Subject other = SubjectOfIt();
  approval = By("bob", other);
  approval.snapshot[0] ^= 1;
  builder_->host().approvals.push_back(approval);
  EXPECT_EQ(NotCountedName(Decide().not_counted[0].why), "changed_snapshot");
}

TEST_F(PolTest, DeniesSayWhy) {
  const Subject subject = SubjectOfIt();
  auto why = [&] {
    const Decision d = Decide();
    EXPECT_EQ(OutcomeName(d.outcome), "deny");
    Start();
    return std::string(WhyName(d.why)) + (d.reasons.empty() ? "" : " " + std::to_string(d.reasons[0]));
  };
  builder_->host().state.clear();
  State(kFreeze, "alice", MakeBool(true));
  EXPECT_EQ(why(), "no_grant");
  builder_->host().state.clear();  // what is not supplied errs, and an allow that errs does not hold
  EXPECT_EQ(why(), "no_grant");
  builder_->host().state[0].as_of_ms = kNowMs - 30001;
  EXPECT_EQ(why(), "no_grant");
  builder_->host().enforces = {0, kHosts};
  EXPECT_EQ(why(), "unenforceable 1");
  builder_->host().refusals.push_back({Id("Human", "bob"), subject.action_digest, kNowMs, Text("r1")});
  EXPECT_EQ(why(), "refused 3");
  Load([](Image& i) { i.action_facts = {0, 1, 2}; });  // a forbid that errs holds
  EXPECT_EQ(why(), "error 2");
}

TEST_F(PolTest, ARefusalBySomebodyElseOrOfAnotherActionDoesNotCount) {
  const Subject subject = SubjectOfIt();
  builder_->host().refusals.push_back({Id("Human", "carol"), subject.action_digest, kNowMs, Text("r1")});
  builder_->host().refusals.push_back({Id("Human", "bob"), {}, kNowMs, Text("r2")});
  builder_->host().refusals.push_back(
      {Id("Human", "bob"), subject.action_digest, kNowMs - 1800001, Text("r3")});
  EXPECT_EQ(OutcomeName(Decide().outcome), "require_approval");
}

TEST_F(PolTest, EachOneItActsForHasToBeGrantedIt) {
  State(kFreeze, "bob", MakeBool(true));
  builder_->host().acts_for.push_back({Id("Human", "bob"), false, {}});
  Decision d = Decide();
  EXPECT_EQ(WhyName(d.why), "no_grant");
  EXPECT_EQ(d.ungranted.size(), 1u);
  EXPECT_EQ(d.ungranted[0], 1);

  Start();
  State(kFreeze, "bob", MakeBool(false));
  builder_->host().acts_for.push_back({Id("Human", "bob"), true, {Text("wreck")}});
  EXPECT_EQ(WhyName(Decide().why), "no_grant");  // the scope lacks the action's class

  Start();
  State(kFreeze, "bob", MakeBool(false));
  builder_->host().acts_for.push_back({Id("Human", "bob"), true, {Text("fix")}});
  d = Decide();
  EXPECT_EQ(OutcomeName(d.outcome), "require_approval");
  EXPECT_EQ(List(d.reasons), (std::vector{kRequire, kRequire}));
  EXPECT_EQ(d.reason_hops[1], 1);
  EXPECT_EQ(d.needs.size(), 4u);
}

TEST_F(PolTest, StateReadAndMoved) {
  State(kSpend, "alice", MakeLong(70));
  State(kSpend, "bob", MakeLong(80));
  Decide();
  Review review(*engine_, *request_);
  ASSERT_EQ(review.state_read().size(), 1u);  // no rule reads what was spent
  EXPECT_EQ(review.state_read()[0]->input, kFreeze);
  auto moved = [&](Outcome outcome) {
    std::vector<uint32_t> inputs;
    for (const Move& move : review.Updates(outcome)) inputs.push_back(move.input);
    std::sort(inputs.begin(), inputs.end());
    return inputs;
  };
  // What is in shadow is never written.
  EXPECT_EQ(moved(Outcome::kDeny), std::vector{kBreaker});
  EXPECT_EQ(moved(Outcome::kAllow), (std::vector{kSpend, kTaint, kCounter}));
  EXPECT_EQ(moved(Outcome::kAllowWithLimits), (std::vector{kSpend, kTaint, kCounter}));
  for (const Move& move : review.Updates(Outcome::kAllow)) {
    if (move.input != kSpend) continue;
    EXPECT_EQ(move.amount.number(), 7);
    ASSERT_NE(move.read, nullptr);
    EXPECT_EQ(move.read->value.number(), 70);
  }
  Load([](Image& i) { i.inputs[kTries].mode = 0; });
  Decide();
  Review attempts(*engine_, *request_);
  EXPECT_EQ(attempts.Updates(Outcome::kDeny).size(), 2u);
}

TEST_F(PolTest, ATotalBelowZeroLetsNothingGo) {
  Load([](Image& i) {
    for (bundle::Cell& cell : i.cells) {
      if (cell.kind == static_cast<uint8_t>(Kind::kLong) && cell.value == 7)
        cell.value = static_cast<uint64_t>(int64_t{-7});
    }
  });
  const Decision d = Decide();
  EXPECT_EQ(OutcomeName(d.outcome), "deny");
  EXPECT_EQ(WhyName(d.why), "error");
  ASSERT_EQ(d.errors.size(), 1u);
  EXPECT_EQ(d.errors[0].what, Erring::kInput);
  EXPECT_EQ(d.errors[0].rule, kSpend);
}

TEST_F(PolTest, RequestsThatDoNotFit) {
  using M = MisfitKind;
  const std::pair<M, std::function<void()>> kCases[] = {
      {M::kUnknownAction, [&] { builder_->SetAction(Id("Action", "fly")); }},
      {M::kPrincipalType, [&] { builder_->SetPrincipal(Id("Service", "d")); }},
      {M::kResourceType, [&] { builder_->SetResource(Id("Team", "sre")); }},
      {M::kResourceType, [&] { builder_->SetResource(Id("Color", "green")); }},
      {M::kUnknownAttribute, [&] { Context({{"color", Text("red")}}); }},
      {M::kWrongSide, [&] { Context({{"radius", MakeNumber(Kind::kDecimal, 1)}}); }},
      {M::kWrongSide, [&] { builder_->host().context = Record({{"ticket", Text("t")}}); }},
      {M::kAttributeType, [&] { Context({{"ticket", MakeLong(1)}}); }},
      {M::kAttributeType, [&] { Context({{"risk", Text("middle")}}); }},
      {M::kAttributeType, [&] { Context({{"thing", Record({{"size", MakeLong(1)}})}}); }},
      {M::kAttributeType, [&] { Context({{"thing", Record({{"kind", Text("a")}, {"odd", Text("b")}})}}); }},
      {M::kAttributeType,
       [&] { builder_->host().context = Record({{"radius", MakeNumber(Kind::kDecimal, 10001)}}); }},
      {M::kState, [&] { State(kFreeze, "", MakeBool(true)); }},
      {M::kState, [&] { State(kBreaker, "alice", MakeBool(true)); }},
      {M::kState, [&] { State(kFreeze, "bob", MakeLong(1)); }},
      {M::kState, [&] { State(kFreeze, "alice", MakeBool(true)); }},  // twice
      {M::kState, [&] { State(0, "", MakeNumber(Kind::kDatetime, 1)); }},
      {M::kEvidence, [&] { builder_->host().evidence.push_back({kPlan, {}, MakeLong(1)}); }},
      {M::kChain, [&] { builder_->host().acts_for.resize(kMaxHops + 1, {Id("Human", "bob"), false, {}}); }},
      {M::kUnknownPrincipal, [&] { builder_->SetPrincipal(Id("Human", "nobody")); }},
      {M::kUnknownPrincipal,
       [&] { builder_->host().acts_for.push_back({Id("Human", "nobody"), false, {}}); }},
      {M::kUnknownResource, [&] { builder_->SetResource(Id("Service", "nothing")); }},
  };
  for (size_t n = 0; n < std::size(kCases); ++n) {
    Start();
    kCases[n].second();
    const Decision d = Decide();
    EXPECT_EQ(OutcomeName(d.outcome), "deny") << n;
    ASSERT_NE(d.misfit, nullptr) << n;
    EXPECT_EQ(d.misfit->kind, kCases[n].first) << n;
    EXPECT_EQ(d.why, d.misfit->is_unknown_entity() ? Why::kUnknownEntity : Why::kInvalidRequest) << n;
  }
  Load([](Image& i) { i.attributes[7].required = 1; });  // the ticket
  Context({});
  const Decision d = Decide();
  ASSERT_NE(d.misfit, nullptr);
  EXPECT_EQ(d.misfit->kind, M::kMissingAttribute);
  EXPECT_EQ(TextOf(d.misfit->name), "ticket");
}

TEST_F(PolTest, OnesOfAnEnumerationNeedNotBeInTheStore) {
  builder_->SetResource(Id("Color", "red"));
  EXPECT_EQ(Decide().misfit, nullptr);
}

TEST_F(PolTest, TheLongestChainFits) {
  builder_->host().acts_for.resize(kMaxHops, {Id("Human", "bob"), false, {}});
  EXPECT_EQ(Decide().misfit, nullptr);
}

TEST_F(PolTest, RulesSeeBothSidesAndWhatIsDeclaredForWhatIsMissing) {
  Context({{"thing", Record({{"kind", Text("a")}})}});
  builder_->host().context = Record({{"radius", MakeNumber(Kind::kDecimal, 10000)}});
  EXPECT_EQ(Decide().misfit, nullptr);
  const Memory memory = engine_->MemoryFor(*request_, *scratch_);
  const Value* thing = FindField(memory, request_->context(), "thing");
  ASSERT_NE(thing, nullptr);
  const Value* size = FindField(memory, *thing, "size");
  ASSERT_NE(size, nullptr);
  EXPECT_EQ(size->number(), 5);
  const Value* radius = FindField(memory, request_->context(), "radius");
  ASSERT_NE(radius, nullptr);
  EXPECT_EQ(radius->number(), 10000);
}

// Attributes that are given by handle are looked at where they lie if they fit as they are; else they are
// made a record like any other. Either way the answer is the record's, and asking again and again takes no
// more memory.
TEST_F(PolTest, AttributesOneByOneAreARecordOfThem) {
  using Fields = std::vector<std::pair<std::string_view, Value>>;
  const std::function<Fields()> kContexts[] = {
      [&] { return Fields{}; },
      [&] { return Fields{{"ticket", Text("t1")}}; },
      [&] { return Fields{{"risk", Text("high")}, {"ticket", Text("t1")}}; },
      [&] { return Fields{{"risk", Text("middle")}}; },
      [&] { return Fields{{"thing", Record({{"kind", Text("a")}})}}; },  // to be completed
      [&] { return Fields{{"radius", MakeNumber(Kind::kDecimal, 1)}}; },
      [&] { return Fields{{"owner", Text("a name that the action does not declare")}}; },
      [&] { return Fields{{"ticket", MakeLong(1)}}; },
  };
  for (const bool host : {false, true}) {
    for (size_t n = 0; n < std::size(kContexts); ++n) {
      auto start = [&](bool has_context) {
        Start(has_context);
        if (host) builder_->host().context = Record({{"radius", MakeNumber(Kind::kDecimal, 5)}});
      };
      start(/*has_context=*/true);
      Context(kContexts[n]());
      const Decision by_record = Decide();
      const Outcome outcome = by_record.outcome;
      const MisfitKind misfit = by_record.misfit == nullptr ? MisfitKind::kNone : by_record.misfit->kind;
      const uint32_t count = request_->context().count;

      start(/*has_context=*/false);
      const Fields fields = kContexts[n]();
      size_t words = 0;
      for (int round = 0; round < 3; ++round) {
        for (const auto& [name, value] : fields)
          builder_->SetAttribute(FindString(verified_.bundle(), name).value(), value);
        EntityId bad;
        const Request* ready = builder_->Ready(&bad);
        ASSERT_NE(ready, nullptr);
        const Decision d = engine_->Decide(*ready, &*scratch_);
        EXPECT_EQ(d.outcome, outcome) << n << host;
        EXPECT_EQ(d.misfit == nullptr ? MisfitKind::kNone : d.misfit->kind, misfit) << n << host;
        if (misfit == MisfitKind::kNone) {
          EXPECT_EQ(ready->context().count, count) << n << host;
        }
        if (round > 0) {
          EXPECT_EQ(builder_->values().words().size(), words) << n << host;
        }
        words = builder_->values().words().size();
      }
    }
  }
}

TEST_F(PolTest, ShadowIsShownAndNotEnforced) {
  Load([](Image& i) { i.rules[kRequire].mode = 1; });
  const Decision d = Decide();
  EXPECT_EQ(OutcomeName(d.outcome), "allow_with_limits");
  EXPECT_EQ(OutcomeName(d.would_be), "require_approval");
  EXPECT_EQ(List(d.shadow), std::vector{kRequire});
  ASSERT_EQ(d.shadow_caps.size(), 1u);  // `caps`
  EXPECT_EQ(d.shadow_caps[0].rule, 6u);
}

TEST_F(PolTest, StraightIsTheSame) {
  const Decision d = Decide();
  const std::vector<uint32_t> reasons = List(d.reasons);
  const Decision straight = engine_->DecideStraight(*request_, &*scratch_);
  EXPECT_EQ(straight.outcome, Outcome::kRequireApproval);
  EXPECT_EQ(List(straight.reasons), reasons);
}

}  // namespace
}  // namespace polc::vm
