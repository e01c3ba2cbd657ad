// The C interface as a caller uses it, and as one misuses it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "runtime/api/api_test_world.h"
#include "runtime/api/handles.h"

namespace polc {
namespace {

TEST_F(ApiTest, DecidesWithReasons) {
  Fill(request, "alice", 1);
  polc_decision decision = Decide(request);
  EXPECT_EQ(decision.outcome, POLC_ALLOW);
  ASSERT_EQ(decision.reason_count, 1u);
  polc_rule rule{};
  rule.struct_size = sizeof rule;
  ASSERT_EQ(polc_request_rule(request, decision.reasons[0], &rule, &error), POLC_OK);
  EXPECT_EQ(std::string(rule.id.data, rule.id.size), "allow");
  EXPECT_EQ(rule.effect, POLC_EFFECT_ALLOW);
  uint8_t id[32];
  ASSERT_EQ(polc_bundle_snapshot_id(bundle, id, &error), POLC_OK);
  EXPECT_EQ(std::memcmp(id, decision.snapshot_id, sizeof id), 0);

  EXPECT_EQ(OutcomeFor("alice", 9), POLC_DENY);
  EXPECT_EQ(OutcomeFor("bob", 1), POLC_DENY);
}

TEST_F(ApiTest, ErrorsAreListedAndExplained) {
  Fill(request, "alice", 1);
  ASSERT_EQ(polc_request_set_context(
                request,
                [] {
                  polc_value empty{};
                  EXPECT_EQ(polc_value_record(nullptr, nullptr, nullptr, 0, &empty, nullptr),
                            POLC_ERROR_ARGUMENT);
                  return empty;
                }(),
                &error),
            POLC_ERROR_ARGUMENT)
      << "an all-zero value is a bool, not a record";
  polc_value empty;
  ASSERT_EQ(polc_value_record(polc_request_values(request), nullptr, nullptr, 0, &empty, &error), POLC_OK);
  ASSERT_EQ(polc_request_set_context(request, empty, &error), POLC_OK);
  polc_decision decision = Decide(request);
  EXPECT_EQ(decision.outcome, POLC_ALLOW) << "Cedar skips a rule that errs";
  ASSERT_EQ(decision.error_count, 1u);
  char text[200];
  const size_t size = polc_error_text(request, 0, text, sizeof text);
  EXPECT_GT(size, 0u);
  EXPECT_NE(std::string(text).find("risk"), std::string::npos) << text;
  char cut[5];
  EXPECT_EQ(polc_error_text(request, 0, cut, sizeof cut), size);
  EXPECT_EQ(std::string(cut), std::string(text).substr(0, 4));
  EXPECT_EQ(polc_error_text(request, 1, text, sizeof text), 0u);

  std::vector<polc_verdict> verdicts;
  ASSERT_EQ(polc_explain(
                request,
                [](const polc_rule_explanation* e, void* user) {
                  static_cast<std::vector<polc_verdict>*>(user)->push_back(e->verdict);
                  return 0;
                },
                &verdicts, &error),
            POLC_OK);
  EXPECT_EQ(verdicts, (std::vector{POLC_SATISFIED, POLC_ERRED}));
}

struct Traced {
  std::vector<uint32_t> rules;
  std::vector<polc_answer> answers;
  std::vector<std::string> values, messages;
};
int Note(const polc_rule_trace* rule, void* user) {
  auto& to = *static_cast<Traced*>(user);
  to.rules.push_back(rule->by.rule);
  EXPECT_EQ(rule->struct_size, sizeof *rule);
  for (size_t i = 0; i < rule->test_count; ++i) {
    const polc_test& test = rule->tests[i];
    to.answers.push_back(test.answer);
    to.messages.emplace_back(test.message.data, test.message.size);
    for (size_t k = 0; k < test.observation_count; ++k)
      to.values.emplace_back(test.observations[k].value.data, test.observations[k].value.size);
  }
  return 0;
}

TEST_F(ApiTest, TheTraceLeavesTheDecision) {
  Fill(request, "bob", 9);
  const polc_decision decision = Decide(request);
  EXPECT_EQ(decision.outcome, POLC_DENY);
  ASSERT_EQ(decision.reason_count, 1u);
  Traced all;
  ASSERT_EQ(polc_trace(request, Note, &all, &error), POLC_OK);
  EXPECT_EQ(all.rules, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(all.answers, (std::vector{POLC_NO, POLC_YES}));
  Traced near;
  ASSERT_EQ(polc_near_misses(request, Note, &near, &error), POLC_OK);
  EXPECT_EQ(near.rules, std::vector<uint32_t>{0});
  EXPECT_EQ(decision.reasons[0], 1u);
  char name[16];
  EXPECT_EQ(polc_rule_name(request, {decision.reasons[0], 0}, name, sizeof name), 6u) << "still there";
  EXPECT_STREQ(name, "forbid");
}

TEST_F(ApiTest, TracingNeedsNoDecisionAndEndsWhereItIsTold) {
  Traced none;
  EXPECT_EQ(polc_trace(request, Note, &none, &error), POLC_ERROR_INCOMPLETE);
  EXPECT_EQ(polc_near_misses(request, Note, &none, &error), POLC_ERROR_INCOMPLETE);
  EXPECT_EQ(polc_trace_facts(
                request, [](const polc_fact_trace*, void*) { return 0; }, nullptr, &error),
            POLC_ERROR_INCOMPLETE);
  Fill(request, "alice", 1);
  EXPECT_EQ(polc_trace(request, nullptr, nullptr, &error), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_near_misses(nullptr, Note, &none, &error), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_trace_facts(request, nullptr, nullptr, &error), POLC_ERROR_ARGUMENT);
  int calls = 0;
  ASSERT_EQ(polc_trace(
                request, [](const polc_rule_trace*, void* user) { return ++*static_cast<int*>(user); },
                &calls, &error),
            POLC_OK);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(polc_near_misses(request, Note, &none, &error), POLC_OK);
  EXPECT_TRUE(none.rules.empty()) << "it is granted";
  EXPECT_EQ(
      polc_trace_facts(request, [](const polc_fact_trace*, void*) { return 1; }, nullptr, &error), POLC_OK);
}

TEST_F(ApiTest, FailsClosed) {
  polc_decision decision{};
  decision.struct_size = sizeof decision;
  EXPECT_EQ(polc_decide(request, &decision, &error), POLC_ERROR_INCOMPLETE);
  EXPECT_EQ(decision.outcome, POLC_DENY);
  EXPECT_STREQ(error.message, polc_status_text(POLC_ERROR_INCOMPLETE));
  decision.outcome = POLC_ALLOW;
  EXPECT_EQ(polc_decide(nullptr, &decision, nullptr), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(decision.outcome, POLC_DENY);
}

TEST_F(ApiTest, OldAndNewHeadersWork) {
  Fill(request, "alice", 1);
  polc_decision old{};
  old.struct_size = offsetof(polc_decision, would_be);
  old.would_be = POLC_SUGGEST;
  EXPECT_EQ(polc_decide(request, &old, &error), POLC_OK);
  EXPECT_EQ(old.outcome, POLC_ALLOW);
  EXPECT_EQ(old.would_be, POLC_SUGGEST) << "nothing is written past what the caller has";
  struct {
    polc_decision known;
    uint64_t more;
  } newer{};
  newer.known.struct_size = sizeof newer;
  newer.more = 77;
  EXPECT_EQ(polc_decide(request, &newer.known, &error), POLC_OK);
  EXPECT_EQ(newer.known.outcome, POLC_ALLOW);
  EXPECT_EQ(newer.more, 77u);
  polc_decision none{};
  EXPECT_EQ(polc_decide(request, &none, &error), POLC_ERROR_ARGUMENT) << "struct_size was forgotten";
}

TEST_F(ApiTest, UnverifiedBundlesMakeNoEngine) {
  const std::vector<uint8_t> file = SmallBundle(true);
  polc_bundle* fresh = nullptr;
  ASSERT_EQ(polc_bundle_open_memory(file.data(), file.size(), &fresh, &error), POLC_OK);
  polc_engine* none = nullptr;
  EXPECT_EQ(polc_engine_new(fresh, store, &none, &error), POLC_ERROR_UNVERIFIED);
  EXPECT_EQ(polc_engine_swap_bundle(engine, fresh, &error), POLC_ERROR_UNVERIFIED);
  EXPECT_EQ(polc_bundle_rule_count(fresh), 0u);
  polc_bundle_free(fresh);

  std::vector<uint8_t> bad = file;
  bad[bad.size() / 2] ^= 1;
  if (polc_bundle_open_memory(bad.data(), bad.size(), &fresh, &error) == POLC_OK) {
    EXPECT_EQ(polc_bundle_verify(fresh, &error), POLC_ERROR_BUNDLE);
    polc_bundle_free(fresh);
  }
  EXPECT_EQ(polc_bundle_open_memory("hello", 5, &fresh, &error), POLC_ERROR_BUNDLE);
  EXPECT_EQ(polc_bundle_open("/does/not/exist.polb", &fresh, &error), POLC_ERROR_FILE);
  polc_store* no_store = nullptr;
  EXPECT_EQ(polc_store_open("/does/not/exist.pols", &no_store, &error), POLC_ERROR_FILE);
}

TEST_F(ApiTest, EntitiesThatComeWithTheRequest) {
  Fill(request, "carol", 1);
  const polc_text type = T("Team"), id = T("sre");
  ASSERT_EQ(polc_request_add_entity(request, T("User"), T("carol"), nullptr, nullptr, &type, &id, 1, &error),
            POLC_OK);
  EXPECT_EQ(Decide(request).outcome, POLC_ALLOW);
}

TEST_F(ApiTest, ValuesAreChecked) {
  polc_values* in = polc_request_values(request);
  polc_value value;
  EXPECT_EQ(polc_value_parse(in, "decimal", T("1.23456"), &value, &error), POLC_ERROR_VALUE);
  EXPECT_NE(std::string(error.message).find("`1.23456`"), std::string::npos) << error.message;
  EXPECT_EQ(polc_value_parse(in, "decimal", T("1.5"), &value, &error), POLC_OK);
  EXPECT_EQ(polc_value_parse(in, "ip", T("10.0.0.300"), &value, &error), POLC_ERROR_VALUE);
  EXPECT_EQ(polc_value_parse(in, "ip", T("fe80::/10"), &value, &error), POLC_OK);
  EXPECT_EQ(polc_value_parse(in, "float", T("1"), &value, &error), POLC_ERROR_ARGUMENT);
  const polc_text twice[] = {T("a"), T("b"), T("a")};
  const polc_value ones[] = {polc_value_long(1), polc_value_long(1), polc_value_long(1)};
  EXPECT_EQ(polc_value_record(in, twice, ones, 3, &value, &error), POLC_ERROR_VALUE);
  EXPECT_NE(std::string(error.message).find("`a`"), std::string::npos) << error.message;
  value = polc_value_long(1);
  polc_status status = POLC_OK;
  int depth = 0;
  for (; depth < 2000 && status == POLC_OK; ++depth) status = polc_value_set(in, &value, 1, &value, &error);
  EXPECT_EQ(status, POLC_ERROR_VALUE);
  EXPECT_EQ(depth, static_cast<int>(bundle::kMaxValueDepth) + 1);
}

TEST_F(ApiTest, EditsThatCloseACycleChangeNothing) {
  polc_edit* edit = nullptr;
  ASSERT_EQ(polc_edit_new(store, &edit, &error), POLC_OK);
  const polc_text type = T("User"), id = T("alice");
  ASSERT_EQ(polc_edit_upsert(edit, T("Team"), T("sre"), nullptr, nullptr, &type, &id, 1, &error), POLC_OK);
  EXPECT_EQ(polc_edit_commit(edit, &error), POLC_ERROR_CYCLE);
  EXPECT_EQ(polc_store_size(store), 1u);
  ASSERT_EQ(polc_edit_remove(edit, T("User"), T("alice"), &error), POLC_OK);
  EXPECT_EQ(polc_edit_commit(edit, &error), POLC_OK);
  EXPECT_EQ(polc_store_size(store), 0u);
  polc_edit_free(edit);
}

// A store of its own that may hold less than one can be told to by the interface.
TEST_F(ApiTest, EditsWithTooManyAncestorsChangeNothing) {
  entities::EntityId none;
  polc_store small{std::make_shared<entities::Store>(entities::SnapshotBuilder().Finish(&none), 1)};
  polc_edit* edit = nullptr;
  ASSERT_EQ(polc_edit_new(&small, &edit, &error), POLC_OK);
  const polc_text types[] = {T("Team"), T("Team")}, ids[] = {T("a"), T("b")};
  ASSERT_EQ(polc_edit_upsert(edit, T("User"), T("u"), nullptr, nullptr, types, ids, 2, &error), POLC_OK);
  EXPECT_EQ(polc_edit_commit(edit, &error), POLC_ERROR_LIMIT);
  EXPECT_STREQ(error.message, "with `User::\"u\"` the store has more ancestors than it may hold");
  EXPECT_EQ(polc_store_size(&small), 0u);
  ASSERT_EQ(polc_edit_upsert(edit, T("User"), T("u"), nullptr, nullptr, types, ids, 1, &error), POLC_OK);
  EXPECT_EQ(polc_edit_commit(edit, &error), POLC_OK) << error.message;
  EXPECT_EQ(polc_store_size(&small), 1u);
  polc_edit_free(edit);
}

TEST_F(ApiTest, TheOutcomeAloneIsThatOfTheDecision) {
  SetTeam("bob", "other");
  ASSERT_EQ(polc_engine_refresh(engine, &error), POLC_OK);
  for (const char* user : {"alice", "bob", "nobody"}) {
    for (const int64_t risk : {1, 9}) {
      // Twice: what the first works out the second finds.
      for (int time = 0; time < 2; ++time) {
        ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
        Fill(request, user, risk);
        polc_outcome outcome;
        ASSERT_EQ(polc_decide_outcome(request, &outcome, &error), POLC_OK);
        EXPECT_EQ(outcome, Decide(request).outcome) << user << risk;
      }
    }
  }
}

TEST_F(ApiTest, DecidesEach) {
  SetTeam("bob", "other");
  ASSERT_EQ(polc_engine_refresh(engine, &error), POLC_OK);
  polc_entity users[3] = {};
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("alice"), &users[0], &error), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("bob"), &users[1], &error), POLC_OK);
  users[2] = users[0];
  struct Seen {
    std::vector<polc_outcome> outcomes;
    size_t stop_at = 99;
  };
  auto each = [](size_t index, const polc_decision* decision, void* user) {
    auto* seen = static_cast<Seen*>(user);
    EXPECT_EQ(index, seen->outcomes.size());
    seen->outcomes.push_back(decision->outcome);
    return index == seen->stop_at ? 1 : 0;
  };
  for (const int64_t risk : {1, 9}) {
    ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
    Fill(request, "nobody", risk);
    Seen seen;
    ASSERT_EQ(polc_decide_each(request, POLC_PRINCIPAL, users, 3, each, &seen, &error), POLC_OK);
    const polc_outcome alice = risk == 1 ? POLC_ALLOW : POLC_DENY;
    EXPECT_THAT(seen.outcomes, ::testing::ElementsAre(alice, POLC_DENY, alice));
    // The request stands as the last entity left it, and decisions after the batch are their own.
    EXPECT_EQ(Decide(request).outcome, alice);
  }
  Seen first;
  first.stop_at = 0;
  ASSERT_EQ(polc_decide_each(request, POLC_PRINCIPAL, users, 3, each, &first, &error), POLC_OK);
  EXPECT_EQ(first.outcomes.size(), 1u);
  users[1].engine += 1;
  Seen failed;
  EXPECT_EQ(polc_decide_each(request, POLC_PRINCIPAL, users, 3, each, &failed, &error),
            POLC_ERROR_STALE_HANDLE);
  EXPECT_EQ(failed.outcomes.size(), 1u);
  EXPECT_EQ(polc_decide_each(request, static_cast<polc_variable>(7), users, 3, each, &failed, &error),
            POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_decide_each(request, POLC_PRINCIPAL, nullptr, 3, each, &failed, &error),
            POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_decide_each(request, POLC_PRINCIPAL, nullptr, 0, each, &failed, &error), POLC_OK);
}

// Run under the tsan preset. Two bundles (with and without the forbid) and a store in which alice is in and
// out, and which grows, swap and are refreshed while two readers decide, one by names, one by handles and in
// batches. Every answer is the one that the bundle it names gives over one of the stores, and all parts of an
// answer, and all answers of a batch, are of the same.
class SwapTest : public ApiTest {
 protected:
  // Whether `d` is an answer of one of the bundles, about alice, with a risk of 9.
  static void ExpectOneOfTheAnswers(const polc_decision& d, const uint8_t* with_forbid) {
    // With the forbid always deny by it; without it allow or default deny by alice's team.
    if (std::memcmp(d.snapshot_id, with_forbid, sizeof d.snapshot_id) == 0) {
      ASSERT_EQ(d.outcome, POLC_DENY);
      ASSERT_EQ(d.reason_count, 1u);
      ASSERT_EQ(d.reasons[0], 1u);
    } else {
      ASSERT_EQ(d.reason_count, d.outcome == POLC_ALLOW ? 1u : 0u);
      if (d.reason_count == 1) {
        ASSERT_EQ(d.reasons[0], 0u);
      }
    }
    ASSERT_EQ(d.error_count, 0u);
  }
  static void FillForAlice(polc_request* mine) {
    const polc_text name = polc_text_of("risk");
    const polc_value value = polc_value_long(9);
    polc_value context;
    polc_value_record(polc_request_values(mine), &name, &value, 1, &context, nullptr);
    polc_request_set(mine, POLC_PRINCIPAL, polc_text_of("User"), polc_text_of("alice"), nullptr);
    polc_request_set(mine, POLC_ACTION, polc_text_of("Action"), polc_text_of("go"), nullptr);
    polc_request_set(mine, POLC_RESOURCE, polc_text_of("Thing"), polc_text_of("t"), nullptr);
    polc_request_set_context(mine, context, nullptr);
  }
  void DecideByName(const uint8_t* with_forbid) {
    polc_request* mine = nullptr;
    ASSERT_EQ(polc_request_new(engine, &mine, nullptr), POLC_OK);
    while (!done_) {
      ASSERT_EQ(polc_request_reset(mine, engine, nullptr), POLC_OK);
      FillForAlice(mine);
      polc_decision decision{};
      decision.struct_size = sizeof decision;
      ASSERT_EQ(polc_decide(mine, &decision, nullptr), POLC_OK);
      ASSERT_NO_FATAL_FAILURE(ExpectOneOfTheAnswers(decision, with_forbid));
      ++decided_;
    }
    polc_request_free(mine);
  }
  void DecideInBatches(const uint8_t* with_forbid) {
    struct Batch {
      const uint8_t* with_forbid;
      uint8_t snapshot_id[32] = {};
      polc_outcome alice = POLC_DENY;
      size_t seen = 0;
    };
    auto each = [](size_t index, const polc_decision* d, void* user) {
      auto* batch = static_cast<Batch*>(user);
      EXPECT_EQ(index, batch->seen++);
      if (index == 0) {
        std::memcpy(batch->snapshot_id, d->snapshot_id, sizeof batch->snapshot_id);
        batch->alice = d->outcome;
      }
      EXPECT_EQ(std::memcmp(batch->snapshot_id, d->snapshot_id, sizeof batch->snapshot_id), 0);
      // The same entity again, behind another: all are decided over one store.
      if (index != 1) {
        EXPECT_EQ(d->outcome, batch->alice);
        ExpectOneOfTheAnswers(*d, batch->with_forbid);
      }
      return 0;
    };
    polc_request* mine = nullptr;
    ASSERT_EQ(polc_request_new(engine, &mine, nullptr), POLC_OK);
    while (!done_) {
      ASSERT_EQ(polc_request_reset(mine, engine, nullptr), POLC_OK);
      FillForAlice(mine);
      polc_entity alice{}, team{};
      ASSERT_EQ(polc_engine_entity(engine, polc_text_of("User"), polc_text_of("alice"), &alice, nullptr),
                POLC_OK);
      ASSERT_EQ(polc_engine_entity(engine, polc_text_of("Team"), polc_text_of("sre"), &team, nullptr),
                POLC_OK);
      const polc_entity all[] = {alice, team, alice};
      Batch batch{.with_forbid = with_forbid};
      const polc_status status = polc_decide_each(mine, POLC_PRINCIPAL, all, 3, each, &batch, nullptr);
      // Between the request and its handles there may have been a swap.
      if (status == POLC_ERROR_STALE_HANDLE) continue;
      ASSERT_EQ(status, POLC_OK);
      ASSERT_EQ(batch.seen, 3u);
      ++batches_;
    }
    polc_request_free(mine);
  }

  std::atomic<bool> done_{false};
  std::atomic<size_t> decided_{0}, batches_{0};
};

TEST_F(SwapTest, SwapsAndRefreshesUnderReaders) {
  polc_bundle* without = Open(false);
  uint8_t with_forbid[32];
  ASSERT_EQ(polc_bundle_snapshot_id(bundle, with_forbid, &error), POLC_OK);
  std::thread names([&] { DecideByName(with_forbid); });
  std::thread batches([&] { DecideInBatches(with_forbid); });
  for (int i = 0; i < 1000; ++i) {
    // Bundles swap half of the time, and the engine follows the store each time.
    if (i % 2) {
      ASSERT_EQ(polc_engine_swap_bundle(engine, i % 4 == 1 ? bundle : without, &error), POLC_OK);
    }
    SetTeam("alice", i % 3 ? "sre" : "other");
    if (i % 5 == 0) SetTeam(("new" + std::to_string(i)).c_str(), "sre");
    ASSERT_EQ(polc_engine_refresh(engine, &error), POLC_OK);
  }
  while ((decided_ < 100 || batches_ < 20) && !HasFailure()) std::this_thread::yield();
  done_ = true;
  names.join();
  batches.join();
  polc_bundle_free(without);
}

TEST(ApiText, EveryStatusHasAText) {
  for (int s = POLC_OK; s <= POLC_ERROR_BASE; ++s) {
    EXPECT_STRNE(polc_status_text(static_cast<polc_status>(s)), "unknown status") << s;
  }
  EXPECT_STREQ(polc_status_text(static_cast<polc_status>(99)), "unknown status");
  EXPECT_EQ(polc_abi_version(), POLC_ABI_VERSION);
}

}  // namespace
}  // namespace polc
