// What tests of the C interface begin with: a small bundle, a store and a request of its engine.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/api/polc.h"
#include "runtime/bundle/test_images.h"

namespace polc {

// permit `allow` if the principal is in Team::"sre"; forbid `forbid` if context.risk > 5 (errs without it).
inline std::vector<uint8_t> SmallBundle(bool forbid) {
  bundle::ImageBuilder b;
  const uint32_t team = b.AddConstant(bundle::EntityConstant("Team", "sre"));
  const uint32_t five = b.AddConstant(bundle::LongConstant(5));
  const uint32_t risk = b.String("risk");
  auto add = [&](const char* id, bundle::Effect effect, const std::string& code) {
    bundle::RuleRow row = bundle::MakeRule(b.String(id), effect, AddBlock(&b.image, code));
    b.image.rules.push_back(row);
  };
  add("allow", bundle::Effect::kAllow, "var principal\nconst " + std::to_string(team) + "\nin\nreturn\n");
  if (forbid) {
    add("forbid", bundle::Effect::kForbid,
        "const " + std::to_string(five) + "\nvar context\nattr " + std::to_string(risk) + "\nlt\nreturn\n");
  }
  std::vector<uint8_t> file;
  const bundle::Status status = Write(b.Finish(), &file);
  EXPECT_TRUE(status.ok()) << BundleErrorName(status.error);
  return file;
}

inline polc_text T(const char* s) { return polc_text_of(s); }

struct ApiTest : ::testing::Test {
  polc_error error{sizeof(polc_error), POLC_OK, 0, {}};
  polc_bundle* bundle = nullptr;
  polc_store* store = nullptr;
  polc_engine* engine = nullptr;
  polc_request* request = nullptr;

  void SetUp() override {
    bundle = Open(true);
    ASSERT_EQ(polc_store_new(&store, &error), POLC_OK);
    SetTeam("alice", "sre");
    ASSERT_EQ(polc_engine_new(bundle, store, &engine, &error), POLC_OK) << error.message;
    ASSERT_EQ(polc_request_new(engine, &request, &error), POLC_OK);
  }
  void TearDown() override {
    // In an order that needs the handles to keep each other alive.
    polc_bundle_free(bundle);
    polc_store_free(store);
    polc_engine_free(engine);
    polc_request_free(request);
  }

  polc_bundle* Open(bool forbid) {
    const std::vector<uint8_t> file = SmallBundle(forbid);
    polc_bundle* opened = nullptr;
    EXPECT_EQ(polc_bundle_open_memory(file.data(), file.size(), &opened, &error), POLC_OK) << error.message;
    EXPECT_EQ(polc_bundle_verify(opened, &error), POLC_OK) << error.message;
    return opened;
  }
  void SetTeam(const char* user, const char* team) {
    polc_edit* edit = nullptr;
    ASSERT_EQ(polc_edit_new(store, &edit, &error), POLC_OK);
    const polc_text type = T("Team"), id = T(team);
    ASSERT_EQ(polc_edit_upsert(edit, T("User"), T(user), nullptr, nullptr, &type, &id, 1, &error), POLC_OK);
    ASSERT_EQ(polc_edit_commit(edit, &error), POLC_OK) << error.message;
    polc_edit_free(edit);
  }
  void Fill(polc_request* r, const char* user, int64_t risk) {
    ASSERT_EQ(polc_request_set(r, POLC_PRINCIPAL, T("User"), T(user), &error), POLC_OK);
    ASSERT_EQ(polc_request_set(r, POLC_ACTION, T("Action"), T("go"), &error), POLC_OK);
    ASSERT_EQ(polc_request_set(r, POLC_RESOURCE, T("Thing"), T("t"), &error), POLC_OK);
    const polc_text name = T("risk");
    const polc_value value = polc_value_long(risk);
    polc_value context;
    ASSERT_EQ(polc_value_record(polc_request_values(r), &name, &value, 1, &context, &error), POLC_OK);
    ASSERT_EQ(polc_request_set_context(r, context, &error), POLC_OK);
  }
  polc_decision Decide(polc_request* r) {
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    EXPECT_EQ(polc_decide(r, &decision, &error), POLC_OK) << error.message;
    return decision;
  }
  polc_outcome OutcomeFor(const char* user, int64_t risk) {
    EXPECT_EQ(polc_request_reset(request, engine, &error), POLC_OK);
    Fill(request, user, risk);
    return Decide(request).outcome;
  }
};

}  // namespace polc
