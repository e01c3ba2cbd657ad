// Handles of entities and attributes: how long they are good, what is refused, and that all ways to decide by
// them say the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/api/api_test_world.h"

namespace polc {
namespace {

using HandlesTest = ApiTest;

TEST_F(HandlesTest, HandlesEndWithTheirState) {
  polc_entity alice{};
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("alice"), &alice, &error), POLC_OK);
  EXPECT_EQ(polc_engine_entity(engine, T("User"), T("nobody"), &alice, &error), POLC_ERROR_NOT_FOUND);
  Fill(request, "bob", 1);
  ASSERT_EQ(polc_request_set_entity(request, POLC_PRINCIPAL, alice, &error), POLC_OK);
  EXPECT_EQ(Decide(request).outcome, POLC_ALLOW);
  ASSERT_EQ(polc_engine_refresh(engine, &error), POLC_OK);
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  EXPECT_EQ(polc_request_set_entity(request, POLC_PRINCIPAL, alice, &error), POLC_ERROR_STALE_HANDLE);
}

TEST_F(HandlesTest, SetsTheThreeAtOnceOrNone) {
  SetTeam("bob", "other");
  ASSERT_EQ(polc_engine_refresh(engine, &error), POLC_OK);
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  polc_entity three[3] = {};
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("bob"), &three[0], &error), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine, T("Team"), T("sre"), &three[1], &error), POLC_OK);
  three[2] = three[1];
  Fill(request, "alice", 1);
  const polc_outcome alice = Decide(request).outcome;
  EXPECT_EQ(alice, POLC_ALLOW);
  for (polc_entity& one : three) {
    const polc_entity kept = one;
    one.engine += 1;
    EXPECT_EQ(polc_request_set_entities(request, three, &error), POLC_ERROR_STALE_HANDLE);
    one = kept;
    one.number = UINT32_MAX;
    EXPECT_EQ(polc_request_set_entities(request, three, &error), POLC_ERROR_STALE_HANDLE);
    one = kept;
    EXPECT_EQ(Decide(request).outcome, alice);
  }
  EXPECT_EQ(polc_request_set_entities(request, nullptr, &error), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_request_set_entities(nullptr, three, &error), POLC_ERROR_ARGUMENT);

  // As one by one, on a request that has nothing yet.
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(polc_request_set_entity(request, static_cast<polc_variable>(i), three[i], &error), POLC_OK);
  }
  const polc_outcome one_by_one = Decide(request).outcome;
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  ASSERT_EQ(polc_request_set_entities(request, three, &error), POLC_OK);
  EXPECT_EQ(Decide(request).outcome, one_by_one);
}

// Between the store's entities and those that only policies mention lies room for the store to grow; no
// entity has a number in it, also when a caller says so.
TEST_F(HandlesTest, HandlesInTheRoomForGrowthAreNone) {
  polc_store* other_store = nullptr;
  polc_engine* other = nullptr;
  ASSERT_EQ(polc_store_new(&other_store, &error), POLC_OK);
  std::swap(store, other_store);
  SetTeam("alice", "other");  // Team::"sre" is the policies' own
  ASSERT_EQ(polc_engine_new(bundle, store, &other, &error), POLC_OK) << error.message;
  ASSERT_EQ(polc_request_reset(request, other, &error), POLC_OK);
  std::vector<uint32_t> numbered;
  polc_entity three[3] = {};
  for (const auto& [type, id] : {std::pair("User", "alice"), {"Team", "other"}, {"Team", "sre"}}) {
    ASSERT_EQ(polc_engine_entity(other, T(type), T(id), &three[0], &error), POLC_OK);
    numbered.push_back(three[0].number);
  }
  std::sort(numbered.begin(), numbered.end());
  ASSERT_GT(numbered[2], numbered[1] + 1) << "there is no such room";
  three[1] = three[2] = three[0];
  three[2].number = 0;
  std::vector<uint32_t> accepted;
  for (polc_entity& forged = three[2]; forged.number < numbered[2] + 3; ++forged.number) {
    const polc_status at_once = polc_request_set_entities(request, three, &error);
    EXPECT_EQ(polc_request_set_entity(request, POLC_RESOURCE, forged, &error), at_once);
    if (at_once == POLC_OK) {
      accepted.push_back(forged.number);
    } else {
      EXPECT_EQ(at_once, POLC_ERROR_STALE_HANDLE);
    }
  }
  EXPECT_EQ(accepted, numbered);
  polc_engine_free(other);
  polc_store_free(other_store);
}

TEST_F(HandlesTest, HandlesAndAttributesNeedNoReset) {
  SetTeam("bob", "other");
  ASSERT_EQ(polc_engine_refresh(engine, &error), POLC_OK);
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  polc_entity alice, bob, thing;
  polc_attribute risk;
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("alice"), &alice, &error), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("bob"), &bob, &error), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine, T("Team"), T("sre"), &thing, &error), POLC_OK);
  ASSERT_EQ(polc_engine_attribute(engine, T("risk"), &risk, &error), POLC_OK);
  EXPECT_EQ(polc_engine_attribute(engine, T("weather"), &risk, &error), POLC_ERROR_NOT_FOUND);
  for (const polc_variable v : {POLC_PRINCIPAL, POLC_ACTION, POLC_RESOURCE}) {
    ASSERT_EQ(polc_request_set_entity(request, v, v == POLC_PRINCIPAL ? alice : thing, &error), POLC_OK);
  }
  // Without the risk the forbid errs.
  EXPECT_EQ(Decide(request).error_count, 1u);
  ASSERT_EQ(polc_request_set_attribute(request, risk, polc_value_long(1), &error), POLC_OK);
  EXPECT_EQ(polc_error_text(request, 0, nullptr, 0), 0u) << "the decision before is gone";
  EXPECT_EQ(Decide(request).outcome, POLC_ALLOW);
  ASSERT_EQ(polc_request_set_attribute(request, risk, polc_value_long(9), &error), POLC_OK);
  EXPECT_EQ(Decide(request).outcome, POLC_DENY);
  EXPECT_EQ(Decide(request).error_count, 0u);
  ASSERT_EQ(polc_request_set_attribute(request, risk, polc_value_long(2), &error), POLC_OK);
  ASSERT_EQ(polc_request_set_entity(request, POLC_PRINCIPAL, bob, &error), POLC_OK);
  EXPECT_EQ(Decide(request).outcome, POLC_DENY) << "in no team that is allowed";
  EXPECT_EQ(Decide(request).reason_count, 0u);

  // Whole or one by one, not both; what was made before a decision ends with it.
  polc_value context;
  EXPECT_EQ(polc_request_values(request), nullptr);
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  ASSERT_EQ(polc_value_record(polc_request_values(request), nullptr, nullptr, 0, &context, &error), POLC_OK);
  ASSERT_EQ(polc_request_set_context(request, context, &error), POLC_OK);
  EXPECT_EQ(polc_request_set_attribute(request, risk, polc_value_long(1), &error), POLC_ERROR_ARGUMENT);
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  ASSERT_EQ(polc_request_set_attribute(request, risk, polc_value_long(1), &error), POLC_OK);
  EXPECT_EQ(polc_request_set_context(request, context, &error), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_decide_outcome(request, nullptr, &error), POLC_ERROR_ARGUMENT);
  polc_outcome outcome = POLC_ALLOW;
  EXPECT_EQ(polc_decide_outcome(request, &outcome, &error), POLC_ERROR_INCOMPLETE);
  EXPECT_EQ(outcome, POLC_DENY);

  ASSERT_EQ(polc_engine_refresh(engine, &error), POLC_OK);
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  EXPECT_EQ(polc_request_set_attribute(request, risk, polc_value_long(1), &error), POLC_ERROR_STALE_HANDLE);
}

// By handles in one call: as the calls one by one, whatever was decided before.
TEST_F(HandlesTest, DecidesByHandlesInOneCall) {
  SetTeam("bob", "other");
  ASSERT_EQ(polc_engine_refresh(engine, &error), POLC_OK);
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  polc_entity alice[3] = {}, bob[3] = {};
  polc_attribute risk{};
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("alice"), &alice[0], &error), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("bob"), &bob[0], &error), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine, T("Team"), T("sre"), &alice[1], &error), POLC_OK);
  alice[2] = bob[1] = bob[2] = alice[1];
  ASSERT_EQ(polc_engine_attribute(engine, T("risk"), &risk, &error), POLC_OK);
  polc_decision d{};
  d.struct_size = sizeof d;
  auto decide = [&](const polc_entity* three, std::optional<int64_t> value) {
    const polc_value given = polc_value_long(value.value_or(0));
    EXPECT_EQ(polc_decide_handles(request, three, &risk, &given, value ? 1 : 0, &d, &error), POLC_OK);
    std::string out = polc_outcome_name(d.outcome);
    for (size_t i = 0; i < d.reason_count; ++i) out += " " + std::to_string(d.reasons[i]);
    for (size_t i = 0; i < d.error_count; ++i) out += " error " + std::to_string(d.errors[i]);
    return out;
  };
  for (int time = 0; time < 3; ++time) {
    EXPECT_EQ(decide(alice, 1), "allow 0");
    EXPECT_EQ(decide(alice, 9), "deny 1");
    EXPECT_EQ(decide(bob, 1), "deny");
    EXPECT_EQ(decide(alice, std::nullopt), "allow 0 error 1") << "the attribute of the call before is gone";
    EXPECT_NE(polc_error_text(request, 0, nullptr, 0), 0u);
  }
  // Every field of a decision is written, whatever stood there.
  polc_decision over[2];
  const polc_value low = polc_value_long(1), high = polc_value_long(9);
  for (const int pattern : {0, 1}) {
    std::memset(&over[pattern], pattern * 0xFF, sizeof over[pattern]);
    over[pattern].struct_size = sizeof over[pattern];
    ASSERT_EQ(polc_decide_handles(request, alice, &risk, &low, 1, &over[pattern], &error), POLC_OK);
  }
  const auto same = [&](size_t begin, size_t end) {
    const auto* bytes = reinterpret_cast<const char*>(over);
    return std::memcmp(bytes + begin, bytes + sizeof over[0] + begin, end - begin) == 0;
  };
  EXPECT_TRUE(same(0, offsetof(polc_decision, why) + sizeof over[0].why));
  EXPECT_TRUE(same(offsetof(polc_decision, reason_hops), sizeof over[0]));

  // What a handle remembers is not believed: only copying it whole makes it fast.
  const polc_entity whole[] = {alice[0], alice[1], alice[2]};
  for (const uint32_t wrong : {0u, 1u, bob[0].reserved, UINT32_MAX}) {
    for (size_t i = 0; i < 3; ++i) {
      alice[i].reserved = wrong;
      EXPECT_EQ(decide(alice, 1), "allow 0");
      EXPECT_EQ(decide(alice, 9), "deny 1");
      alice[i] = whole[i];
      bob[i].reserved = alice[0].reserved;
      EXPECT_EQ(decide(bob, 1), "deny");
    }
  }
  // Of a header of another size, too.
  d.struct_size = offsetof(polc_decision, why);
  EXPECT_EQ(decide(alice, 9), "deny 1");
  d.struct_size = sizeof d;

  // What is refused leaves the request as it was, and denies.
  EXPECT_EQ(decide(alice, 1), "allow 0");
  auto refused = [&](const polc_entity* three, const polc_attribute* names, const polc_value* values) {
    d.outcome = POLC_ALLOW;
    d.reason_count = 7;
    const polc_status status = polc_decide_handles(request, three, names, values, 1, &d, &error);
    EXPECT_EQ(d.outcome, POLC_DENY);
    EXPECT_EQ(d.reason_count, 0u);
    EXPECT_EQ(Decide(request).outcome, POLC_ALLOW);
    return status;
  };
  polc_attribute stale = risk;
  stale.engine += 1;
  EXPECT_EQ(refused(bob, &stale, &high), POLC_ERROR_STALE_HANDLE);
  stale = risk;
  stale.number = UINT32_MAX;
  EXPECT_EQ(refused(bob, &stale, &high), POLC_ERROR_STALE_HANDLE);
  for (size_t i = 0; i < 3; ++i) {
    polc_entity three[] = {bob[0], bob[1], bob[2]};
    three[i].engine += 1;
    EXPECT_EQ(refused(three, &risk, &high), POLC_ERROR_STALE_HANDLE);
    three[i] = {bob[0].engine, UINT32_MAX, 0};
    EXPECT_EQ(refused(three, &risk, &high), POLC_ERROR_STALE_HANDLE);
  }
  EXPECT_EQ(refused(nullptr, &risk, &high), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(refused(bob, nullptr, &high), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(refused(bob, &risk, nullptr), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_decide_handles(request, bob, &risk, &low, 1, nullptr, &error), POLC_ERROR_ARGUMENT);
  d.outcome = POLC_ALLOW;
  EXPECT_EQ(polc_decide_handles(nullptr, bob, &risk, &low, 1, &d, &error), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(d.outcome, POLC_DENY);

  // A context that was set whole stands, and takes no attributes beside it.
  ASSERT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
  Fill(request, "alice", 9);
  EXPECT_EQ(decide(alice, std::nullopt), "deny 1");
  EXPECT_EQ(polc_decide_handles(request, alice, &risk, &low, 1, &d, &error), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(d.outcome, POLC_DENY);
}

// Attributes come in whatever order and number the caller has them.
TEST_F(HandlesTest, AttributesComeInAnyOrder) {
  polc_entity three[3] = {};
  ASSERT_EQ(polc_engine_entity(engine, T("User"), T("alice"), &three[0], &error), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine, T("Team"), T("sre"), &three[1], &error), POLC_OK);
  three[2] = three[1];
  // Strings of the bundle are all that a name has to be.
  polc_attribute risk{}, other{}, third{};
  ASSERT_EQ(polc_engine_attribute(engine, T("risk"), &risk, &error), POLC_OK);
  ASSERT_EQ(polc_engine_attribute(engine, T("forbid"), &other, &error), POLC_OK);
  ASSERT_EQ(polc_engine_attribute(engine, T("sre"), &third, &error), POLC_OK);
  polc_decision d{};
  d.struct_size = sizeof d;
  auto decide = [&](std::vector<std::pair<polc_attribute, int64_t>> given) {
    std::vector<polc_attribute> names;
    std::vector<polc_value> values;
    for (const auto& [name, value] : given) {
      names.push_back(name);
      values.push_back(polc_value_long(value));
    }
    EXPECT_EQ(polc_decide_handles(request, three, names.data(), values.data(), names.size(), &d, &error),
              POLC_OK);
    return std::string(polc_outcome_name(d.outcome)) + (d.error_count > 0 ? " error" : "");
  };
  // Each way several times over: what the first call learns the next ones use.
  std::vector<std::pair<polc_attribute, int64_t>> all = {{risk, 9}, {other, 1}, {third, 1}};
  for (int order = 0; order < 6; ++order) {
    for (int time = 0; time < 3; ++time) {
      EXPECT_EQ(decide(all), "deny");
      for (auto& [name, value] : all) value = value == 9 ? 1 : 9;  // the risk is low, the others high
      EXPECT_EQ(decide(all), "allow");
      for (auto& [name, value] : all) value = value == 9 ? 1 : 9;
    }
    EXPECT_EQ(decide({}), "allow error");
    EXPECT_EQ(decide({{other, 9}, {third, 9}}), "allow error") << "of the calls before nothing is left";
    EXPECT_EQ(decide({{third, 1}, {risk, 9}}), "deny");
    EXPECT_EQ(decide({{risk, 9}, {risk, 1}}), "allow") << "the later one counts";
    EXPECT_EQ(decide({{risk, 1}, {risk, 9}}), "deny");
    EXPECT_EQ(decide({{risk, 1}}), "allow");
    // The steps know the same attributes.
    ASSERT_EQ(polc_request_set_attribute(request, risk, polc_value_long(9), &error), POLC_OK);
    EXPECT_EQ(Decide(request).outcome, POLC_DENY);
    ASSERT_EQ(polc_request_set_attribute(request, other, polc_value_long(9), &error), POLC_OK);
    EXPECT_EQ(Decide(request).outcome, POLC_DENY);
    EXPECT_EQ(decide({{other, 9}, {risk, 1}}), "allow");
    std::next_permutation(all.begin(), all.end(),
                          [](const auto& a, const auto& b) { return a.first.number < b.first.number; });
  }
}

}  // namespace
}  // namespace polc
