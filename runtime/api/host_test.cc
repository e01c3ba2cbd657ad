// What the gateway vouches for, by its own door: what the door takes, what it refuses, and what can be asked
// after.
#include <gtest/gtest.h>

#include <string>

#include "runtime/api/polc.h"
#include "runtime/bundle/sha256.h"
#include "runtime/vm/ballot_test_world.h"

namespace {

class HostTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<uint8_t> file;
    ASSERT_TRUE(Write(polc::vm::BallotModel(), &file).ok());
    ASSERT_EQ(polc_bundle_open_memory(file.data(), file.size(), &bundle_, &error_), POLC_OK)
        << error_.message;
    ASSERT_EQ(polc_bundle_verify(bundle_, &error_), POLC_OK) << error_.message;
    ASSERT_EQ(polc_store_new(&store_, &error_), POLC_OK);
    polc_edit* edit = nullptr;
    ASSERT_EQ(polc_edit_new(store_, &edit, &error_), POLC_OK);
    for (const auto& [type, id] : {std::pair("Agent", "oncall"), {"Service", "checkout"}, {"Human", "kim"}}) {
      ASSERT_EQ(polc_edit_upsert(edit, T(type), T(id), nullptr, nullptr, nullptr, nullptr, 0, &error_),
                POLC_OK);
    }
    ASSERT_EQ(polc_edit_commit(edit, &error_), POLC_OK);
    polc_edit_free(edit);
    ASSERT_EQ(polc_engine_new(bundle_, store_, &engine_, &error_), POLC_OK);
    ASSERT_EQ(polc_request_new(engine_, &request_, &error_), POLC_OK);
    Fill("note");
  }
  void TearDown() override {
    polc_request_free(request_);
    polc_engine_free(engine_);
    polc_store_free(store_);
    polc_bundle_free(bundle_);
  }

  static polc_text T(const char* text) { return polc_text_of(text); }
  // The usual request, with one attribute in its context.
  void Fill(const char* attribute) {
    ASSERT_EQ(polc_request_set(request_, POLC_PRINCIPAL, T("Agent"), T("oncall"), &error_), POLC_OK);
    ASSERT_EQ(polc_request_set(request_, POLC_ACTION, T("Action"), T("drop"), &error_), POLC_OK);
    ASSERT_EQ(polc_request_set(request_, POLC_RESOURCE, T("Service"), T("checkout"), &error_), POLC_OK);
    polc_value value, context;
    const polc_text name = T(attribute);
    ASSERT_EQ(polc_value_string(polc_request_values(request_), T("x"), &value, &error_), POLC_OK);
    ASSERT_EQ(polc_value_record(polc_request_values(request_), &name, &value, 1, &context, &error_), POLC_OK);
    ASSERT_EQ(polc_request_set_context(request_, context, &error_), POLC_OK);
  }
  polc_decision Decide() {
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    EXPECT_EQ(polc_decide(request_, &decision, &error_), POLC_OK) << error_.message;
    return decision;
  }
  polc_approval AnApproval() {
    polc_approval approval{};
    approval.struct_size = sizeof approval;
    approval.id = T("a1");
    approval.approver = {T("Human"), T("kim")};
    approval.key = approval.action = T("");
    return approval;
  }

  polc_error error_{sizeof(polc_error), POLC_OK, 0, {}};
  polc_bundle* bundle_ = nullptr;
  polc_store* store_ = nullptr;
  polc_engine* engine_ = nullptr;
  polc_request* request_ = nullptr;
};

TEST_F(HostTest, NowIsATimeAndOtherNamesAreAttributesFromTheHost) {
  EXPECT_EQ(polc_request_set_host(request_, T("now"), polc_value_datetime(1), &error_), POLC_OK);
  EXPECT_EQ(polc_request_set_host(request_, T("now"), polc_value_long(1), &error_), POLC_ERROR_ARGUMENT);
  polc_value tool;
  ASSERT_EQ(polc_value_string(polc_request_values(request_), T("sha256:1"), &tool, &error_), POLC_OK);
  EXPECT_EQ(polc_request_set_host(request_, T("tool"), tool, &error_), POLC_OK);
  EXPECT_EQ(polc_request_set_host(request_, T("tool"), tool, &error_), POLC_OK) << "the later stands";
  // The agent's, and nobody's.
  EXPECT_EQ(polc_request_set_host(request_, T("note"), tool, &error_), POLC_ERROR_NOT_FOUND);
  EXPECT_EQ(polc_request_set_host(request_, T("nothing"), tool, &error_), POLC_ERROR_NOT_FOUND);
}

TEST_F(HostTest, WhatDoesNotFitIsSaidInItsOwnWords) {
  ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
  Fill("an attribute that nobody declares");
  const polc_decision decision = Decide();
  EXPECT_EQ(decision.why, POLC_WHY_INVALID_REQUEST);
  ASSERT_EQ(decision.error_count, 1u);
  char text[200];
  ASSERT_LT(polc_error_text(request_, 0, text, sizeof text), sizeof text);
  EXPECT_NE(std::string(text).find("`an attribute that nobody declares`"), std::string::npos) << text;
}

TEST_F(HostTest, EntitiesAreTheHostsToSay) {
  EXPECT_EQ(polc_request_add_entity(request_, T("Agent"), T("oncall"), nullptr, nullptr, nullptr, nullptr, 0,
                                    &error_),
            POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_request_add_host_entity(request_, T("Agent"), T("oncall"), nullptr, nullptr, nullptr,
                                         nullptr, 0, &error_),
            POLC_OK);
}

TEST_F(HostTest, WhatThePoliciesDoNotDeclareIsNotFound) {
  polc_state state{};
  state.struct_size = sizeof state;
  state.input = T("restarts");
  state.by = T("");
  state.value = polc_value_long(1);
  EXPECT_EQ(polc_request_add_state(request_, &state, &error_), POLC_ERROR_NOT_FOUND);
  state.by = T("principal");
  EXPECT_EQ(polc_request_add_state(request_, &state, &error_), POLC_ERROR_ARGUMENT) << "half a key";
  const uint8_t digest[32] = {};
  EXPECT_EQ(polc_request_add_evidence(request_, T("plan"), polc_value_bool(1), digest, &error_), POLC_OK);
  EXPECT_EQ(polc_request_add_evidence(request_, T("other"), polc_value_bool(1), digest, &error_),
            POLC_ERROR_NOT_FOUND);
  const polc_text kinds[] = {T("timeout")};
  EXPECT_EQ(polc_request_set_enforces(request_, kinds, 1, &error_), POLC_OK) << "does not matter";
}

TEST_F(HostTest, AChainIsFourLong) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(polc_request_add_acts_for(request_, T("Human"), T("kim"), nullptr, 0, &error_), POLC_OK);
  }
  EXPECT_EQ(polc_request_add_acts_for(request_, T("Human"), T("kim"), nullptr, 0, &error_),
            POLC_ERROR_ARGUMENT);
}

TEST_F(HostTest, StructsSayHowLargeTheyAre) {
  polc_approval approval = AnApproval();
  EXPECT_EQ(polc_request_add_approval(request_, &approval, &error_), POLC_OK);
  approval.struct_size = 0;
  EXPECT_EQ(polc_request_add_approval(request_, &approval, &error_), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_request_add_approval(request_, nullptr, &error_), POLC_ERROR_ARGUMENT);
  // An older caller's ends before `key`.
  approval.struct_size = offsetof(polc_approval, key);
  approval.key = {nullptr, 7};
  EXPECT_EQ(polc_request_add_approval(request_, &approval, &error_), POLC_OK);
}

TEST_F(HostTest, NothingIsTakenAfterTheDecision) {
  Decide();
  const polc_approval approval = AnApproval();
  EXPECT_EQ(polc_request_set_host(request_, T("now"), polc_value_datetime(1), &error_), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_request_add_approval(request_, &approval, &error_), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_request_add_acts_for(request_, T("Human"), T("kim"), nullptr, 0, &error_),
            POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_request_set_enforces(request_, nullptr, 0, &error_), POLC_ERROR_ARGUMENT);
  ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
  EXPECT_EQ(polc_request_set_host(request_, T("now"), polc_value_datetime(1), &error_), POLC_OK);
}

TEST_F(HostTest, TheActionTextIsWhatTheActionDigestIsOf) {
  uint8_t action[32], terms[32];
  EXPECT_EQ(polc_request_digests(request_, action, terms, &error_), POLC_ERROR_NOT_FOUND)
      << "not decided yet";
  Decide();
  ASSERT_EQ(polc_request_digests(request_, action, terms, &error_), POLC_OK);
  std::string text(polc_action_text(request_, nullptr, 0), '\0');
  ASSERT_EQ(polc_action_text(request_, text.data(), text.size() + 1), text.size());
  EXPECT_NE(text.find(R"("principal":{"id":"oncall","type":"Agent"})"), std::string::npos) << text;
  const polc::bundle::Digest of_text =
      polc::bundle::Sha256Of({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  EXPECT_TRUE(std::equal(of_text.begin(), of_text.end(), action));
  const std::string_view none = R"({"limits":[],"needs":[]})";
  const polc::bundle::Digest of_none =
      polc::bundle::Sha256Of({reinterpret_cast<const uint8_t*>(none.data()), none.size()});
  EXPECT_TRUE(std::equal(of_none.begin(), of_none.end(), terms));
}

TEST_F(HostTest, TermsAreAskedByIndexesThereAre) {
  const polc_decision decision = Decide();
  EXPECT_EQ(decision.limit_count, 0u);
  polc_limit limit{};
  limit.struct_size = sizeof limit;
  EXPECT_EQ(polc_request_limit(request_, 0, &limit, &error_), POLC_ERROR_ARGUMENT);
  polc_quorum quorum{};
  quorum.struct_size = sizeof quorum;
  EXPECT_EQ(polc_request_quorum(request_, 0, 0, 0, &quorum, &error_), POLC_ERROR_ARGUMENT);
  polc_state state{};
  state.struct_size = sizeof state;
  EXPECT_EQ(polc_request_state_read(request_, 0, &state, &error_), POLC_ERROR_NOT_FOUND);
  EXPECT_EQ(polc_rule_name(request_, {0, 0}, nullptr, 0), 0u);
  EXPECT_EQ(polc_rule_name(request_, {POLC_NO_RULE, 1}, nullptr, 0), 0u) << "there is no hop";
}

TEST_F(HostTest, NamesOfHops) {
  ASSERT_EQ(polc_request_add_acts_for(request_, T("Human"), T("k\"im"), nullptr, 0, &error_), POLC_OK);
  Decide();
  char name[64];
  EXPECT_EQ(polc_rule_name(request_, {POLC_NO_RULE, 1}, name, sizeof name), 23u);
  EXPECT_STREQ(name, R"(acts_for Human::"k\"im")");
}

}  // namespace
