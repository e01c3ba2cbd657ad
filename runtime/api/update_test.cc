// Updates by the C interface: what callers see of an updated bundle, by names and by handles, while it is
// swapped and while the store changes.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "runtime/api/handles.h"
#include "runtime/api/polc.h"
#include "runtime/bundle/test_images.h"

namespace polc {
namespace {

using bundle::Effect;
using bundle::ImageBuilder;

struct Rule {
  const char* id;
  Effect effect;
  const char* user;  // who it is about
  int64_t below;     // `attribute` of the context
  const char* attribute;
};

std::vector<uint8_t> BundleOf(const std::vector<Rule>& rules) {
  ImageBuilder b;
  for (const Rule& rule : rules) {
    const uint32_t user = b.AddConstant(bundle::EntityConstant("User", rule.user));
    const uint32_t below = b.AddConstant(bundle::LongConstant(rule.below));
    const std::vector<uint32_t> code =
        bundle::JoinedByAnd({"var principal\n const " + std::to_string(user) + "\n eq\n",
                             "var context\n attr " + std::to_string(b.String(rule.attribute)) + "\n const " +
                                 std::to_string(below) + "\n lt\n"});
    b.image.rules.push_back(bundle::MakeRule(b.String(rule.id), rule.effect, AddBlock(&b.image, code)));
  }
  std::vector<uint8_t> file;
  const bundle::Status status = Write(b.Finish(), &file);
  EXPECT_TRUE(status.ok()) << BundleErrorName(status.error);
  return file;
}

polc_text T(const char* s) { return polc_text_of(s); }

class UpdateTest : public ::testing::Test {
 protected:
  // alice may below 5 and may not below 2; the update lets her from 0 on, and carol, whom nothing else
  // mentions, below a level that nothing else mentions.
  void SetUp() override {
    base_ = Open(
        BundleOf({{"a", Effect::kAllow, "alice", 5, "risk"}, {"f", Effect::kForbid, "alice", 2, "risk"}}));
    update_ = UpdateFile({1}, {{"c", Effect::kAllow, "carol", 7, "level"}});
    ASSERT_EQ(polc_bundle_update_memory(base_, update_.data(), update_.size(), &updated_, &error_), POLC_OK)
        << error_.message;
    ASSERT_EQ(polc_store_new(&store_, &error_), POLC_OK);
    Put("alice");
    ASSERT_EQ(polc_engine_new(base_, store_, &engine_, &error_), POLC_OK);
    ASSERT_EQ(polc_request_new(engine_, &request_, &error_), POLC_OK);
  }
  void TearDown() override {
    polc_bundle_free(base_);
    polc_bundle_free(updated_);
    polc_store_free(store_);
    polc_engine_free(engine_);
    polc_request_free(request_);
  }

  polc_bundle* Open(const std::vector<uint8_t>& file) {
    polc_bundle* opened = nullptr;
    EXPECT_EQ(polc_bundle_open_memory(file.data(), file.size(), &opened, &error_), POLC_OK);
    EXPECT_EQ(polc_bundle_verify(opened, &error_), POLC_OK) << error_.message;
    return opened;
  }
  std::vector<uint8_t> UpdateFile(const std::vector<uint32_t>& removed, const std::vector<Rule>& added) {
    return bundle::WriteUpdate(base_->file->verified->snapshot_id(), removed, BundleOf(added));
  }
  void Put(const char* user) {
    polc_edit* edit = nullptr;
    ASSERT_EQ(polc_edit_new(store_, &edit, &error_), POLC_OK);
    ASSERT_EQ(polc_edit_upsert(edit, T("User"), T(user), nullptr, nullptr, nullptr, nullptr, 0, &error_),
              POLC_OK);
    ASSERT_EQ(polc_edit_commit(edit, &error_), POLC_OK);
    polc_edit_free(edit);
  }
  void Fill(polc_request* r, const char* user, const char* attribute, int64_t value) {
    ASSERT_EQ(polc_request_reset(r, engine_, &error_), POLC_OK);
    ASSERT_EQ(polc_request_set(r, POLC_PRINCIPAL, T("User"), T(user), &error_), POLC_OK);
    ASSERT_EQ(polc_request_set(r, POLC_ACTION, T("Action"), T("go"), &error_), POLC_OK);
    ASSERT_EQ(polc_request_set(r, POLC_RESOURCE, T("Thing"), T("t"), &error_), POLC_OK);
    const polc_text name = T(attribute);
    const polc_value number = polc_value_long(value);
    polc_value context;
    ASSERT_EQ(polc_value_record(polc_request_values(r), &name, &number, 1, &context, &error_), POLC_OK);
    ASSERT_EQ(polc_request_set_context(r, context, &error_), POLC_OK);
  }
  // "allow a error f: message".
  std::string Shown() {
    polc_decision d{};
    d.struct_size = sizeof d;
    EXPECT_EQ(polc_decide(request_, &d, &error_), POLC_OK) << error_.message;
    std::string out = polc_outcome_name(d.outcome);
    char text[256];
    for (size_t i = 0; i < d.reason_count; ++i) {
      polc_rule_name(request_, {d.reasons[i], 0}, text, sizeof text);
      out += std::string(" ") + text;
    }
    for (size_t i = 0; i < d.error_count; ++i) {
      polc_error_name(request_, i, text, sizeof text);
      out += std::string(" error ") + text;
      polc_error_text(request_, i, text, sizeof text);
      out += std::string(": ") + text;
    }
    polc_outcome alone = POLC_DENY;
    EXPECT_EQ(polc_decide_outcome(request_, &alone, &error_), POLC_OK);
    EXPECT_EQ(alone, d.outcome);
    return out;
  }
  std::string Decide(const char* user, const char* attribute, int64_t value) {
    Fill(request_, user, attribute, value);
    return Shown();
  }
  void Swap(polc_bundle* to) {
    ASSERT_EQ(polc_engine_swap_bundle(engine_, to, &error_), POLC_OK) << error_.message;
  }

  polc_error error_{sizeof(polc_error), POLC_OK, 0, {}};
  polc_bundle* base_ = nullptr;
  polc_bundle* updated_ = nullptr;
  polc_store* store_ = nullptr;
  polc_engine* engine_ = nullptr;
  polc_request* request_ = nullptr;
  std::vector<uint8_t> update_;
};

TEST_F(UpdateTest, DecidesByTheUpdatedRules) {
  EXPECT_EQ(Decide("alice", "risk", 1), "deny f");
  EXPECT_EQ(Decide("carol", "level", 1), "deny");
  Swap(updated_);
  for (int twice = 0; twice < 2; ++twice) {
    EXPECT_EQ(Decide("alice", "risk", 1), "allow a");
    EXPECT_EQ(Decide("alice", "risk", 6), "deny");
    EXPECT_EQ(Decide("carol", "level", 1), "allow c");
    EXPECT_EQ(Decide("bob", "level", 1), "deny");
    EXPECT_EQ(Decide("alice", "level", 1), "deny error a: record does not have the attribute `risk`");
    EXPECT_EQ(Decide("carol", "risk", 1), "deny error c: record does not have the attribute `level`");
  }
  Swap(base_);
  EXPECT_EQ(Decide("alice", "risk", 1), "deny f");
  EXPECT_EQ(Decide("carol", "level", 1), "deny");
}

TEST_F(UpdateTest, IsOfTheBaseWhateverItIsAppliedTo) {
  Swap(updated_);
  const std::vector<uint8_t> second = UpdateFile({0}, {{"d", Effect::kAllow, "dora", 3, "risk"}});
  polc_bundle* next = nullptr;
  ASSERT_EQ(polc_bundle_update_memory(updated_, second.data(), second.size(), &next, &error_), POLC_OK);
  Swap(next);
  EXPECT_EQ(Decide("alice", "risk", 1), "deny f");
  EXPECT_EQ(Decide("carol", "level", 1), "deny");
  EXPECT_EQ(Decide("dora", "risk", 1), "allow d");
  polc_bundle_free(next);
  EXPECT_EQ(Decide("dora", "risk", 1), "allow d") << "the engine keeps it";
}

TEST_F(UpdateTest, HasItsOwnSnapshotIdAndNumbers) {
  uint8_t base_id[32], id[32];
  ASSERT_EQ(polc_bundle_snapshot_id(base_, base_id, &error_), POLC_OK);
  ASSERT_EQ(polc_bundle_snapshot_id(updated_, id, &error_), POLC_OK);
  EXPECT_NE(std::memcmp(base_id, id, sizeof id), 0);
  Swap(updated_);
  Fill(request_, "carol", "level", 1);
  polc_decision d{};
  d.struct_size = sizeof d;
  ASSERT_EQ(polc_decide(request_, &d, &error_), POLC_OK);
  EXPECT_EQ(std::memcmp(d.snapshot_id, id, sizeof id), 0);
  ASSERT_EQ(d.reason_count, 1u);
  EXPECT_EQ(d.reasons[0], 2u);
  polc_rule rule{};
  rule.struct_size = sizeof rule;
  ASSERT_EQ(polc_request_rule(request_, 2, &rule, &error_), POLC_OK);
  EXPECT_EQ(std::string(rule.id.data, rule.id.size), "c");
  EXPECT_EQ(polc_bundle_rule_count(updated_), 3u);
  EXPECT_EQ(polc_bundle_rule(updated_, 0, &rule, &error_), POLC_OK);
  EXPECT_EQ(polc_bundle_rule(updated_, 1, &rule, &error_), POLC_ERROR_NOT_FOUND) << "taken away";
  EXPECT_EQ(polc_bundle_rule(updated_, 3, &rule, &error_), POLC_ERROR_NOT_FOUND);
  EXPECT_EQ(polc_request_rule(request_, 1, &rule, &error_), POLC_ERROR_NOT_FOUND);
  EXPECT_EQ(polc_rule_name(request_, {1, 0}, nullptr, 0), 0u);
  EXPECT_EQ(polc_bundle_rule_count(base_), 2u);
}

TEST_F(UpdateTest, Handles) {
  polc_entity carol{}, alice{}, unknown{};
  EXPECT_EQ(polc_engine_entity(engine_, T("User"), T("carol"), &carol, &error_), POLC_ERROR_NOT_FOUND);
  Swap(updated_);
  ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine_, T("User"), T("carol"), &carol, &error_), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine_, T("User"), T("alice"), &alice, &error_), POLC_OK);
  EXPECT_EQ(polc_engine_entity(engine_, T("User"), T("zoe"), &unknown, &error_), POLC_ERROR_NOT_FOUND);
  polc_attribute risk{}, level{}, none{};
  ASSERT_EQ(polc_engine_attribute(engine_, T("risk"), &risk, &error_), POLC_OK);
  ASSERT_EQ(polc_engine_attribute(engine_, T("level"), &level, &error_), POLC_OK);
  EXPECT_EQ(polc_engine_attribute(engine_, T("nothing"), &none, &error_), POLC_ERROR_NOT_FOUND);

  const polc_entity both[] = {carol, alice, alice};
  ASSERT_EQ(polc_request_set_entities(request_, both, &error_), POLC_OK);
  ASSERT_EQ(polc_request_set_attribute(request_, level, polc_value_long(9), &error_), POLC_OK);
  EXPECT_EQ(Shown(), "deny");
  // Set again without a reset; both together.
  ASSERT_EQ(polc_request_set_attribute(request_, level, polc_value_long(6), &error_), POLC_OK);
  ASSERT_EQ(polc_request_set_attribute(request_, risk, polc_value_long(1), &error_), POLC_OK);
  EXPECT_EQ(Shown(), "allow c");
  ASSERT_EQ(polc_request_set_entity(request_, POLC_PRINCIPAL, alice, &error_), POLC_OK);
  EXPECT_EQ(Shown(), "allow a");
  ASSERT_EQ(polc_request_set_entity(request_, POLC_PRINCIPAL, carol, &error_), POLC_OK);
  EXPECT_EQ(Shown(), "allow c");

  // In one call, with these attributes and no others.
  const polc_attribute names[] = {risk, level};
  const polc_value values[] = {polc_value_long(1), polc_value_long(9)};
  auto at_once = [&](const polc_entity* three, size_t first, size_t count) {
    polc_decision d{};
    d.struct_size = sizeof d;
    EXPECT_EQ(polc_decide_handles(request_, three, names + first, values + first, count, &d, &error_),
              POLC_OK);
    return Shown();
  };
  const polc_entity all[] = {alice, alice, alice};
  EXPECT_EQ(at_once(all, 0, 2), "allow a");
  EXPECT_EQ(at_once(both, 0, 2), "deny");
  EXPECT_EQ(at_once(all, 0, 1), "allow a");
  const std::string without = at_once(all, 0, 0);
  ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
  ASSERT_EQ(polc_request_set_entities(request_, all, &error_), POLC_OK);
  EXPECT_EQ(without, Shown()) << "no attribute is left of the calls before";
  EXPECT_EQ(at_once(all, 0, 1), "allow a");

  // One by one or whole, not both.
  ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
  polc_value record;
  ASSERT_EQ(polc_value_record(polc_request_values(request_), nullptr, nullptr, 0, &record, &error_), POLC_OK);
  ASSERT_EQ(polc_request_set_attribute(request_, risk, polc_value_long(1), &error_), POLC_OK);
  EXPECT_EQ(polc_request_set_context(request_, record, &error_), POLC_ERROR_ARGUMENT);
  ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
  ASSERT_EQ(polc_value_record(polc_request_values(request_), nullptr, nullptr, 0, &record, &error_), POLC_OK);
  ASSERT_EQ(polc_request_set_context(request_, record, &error_), POLC_OK);
  EXPECT_EQ(polc_request_set_attribute(request_, risk, polc_value_long(1), &error_), POLC_ERROR_ARGUMENT);

  // Of no other state, and no number beyond.
  polc_entity beyond = carol;
  beyond.number += 100;
  EXPECT_EQ(polc_request_set_entity(request_, POLC_PRINCIPAL, beyond, &error_), POLC_ERROR_STALE_HANDLE);
  Swap(base_);
  ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
  EXPECT_EQ(polc_request_set_entity(request_, POLC_PRINCIPAL, carol, &error_), POLC_ERROR_STALE_HANDLE);
  const polc_entity stale[] = {carol, alice, alice};
  EXPECT_EQ(polc_request_set_entities(request_, stale, &error_), POLC_ERROR_STALE_HANDLE);
  EXPECT_EQ(polc_request_set_attribute(request_, level, polc_value_long(1), &error_),
            POLC_ERROR_STALE_HANDLE);
}

// By handles the memos answer once they know what three entities come to: as they did when they did not, with
// one attribute or both, by one bundle's rule or both, and as a bundle of the same rules does.
TEST_F(UpdateTest, DecidesQuicklyByHandles) {
  for (const char* user : {"bob", "carol", "dora"}) Put(user);
  const Rule a = {"a", Effect::kAllow, "alice", 5, "risk"}, k = {"k", Effect::kForbid, "carol", 3, "risk"},
             zero = {"0", Effect::kAllow, "alice", 4, "level"}, b = {"b", Effect::kAllow, "bob", 7, "level"},
             c = {"c", Effect::kAllow, "carol", 7, "level"}, z = {"z", Effect::kForbid, "carol", 1, "level"};
  polc_bundle* const base = Open(BundleOf({a, {"f", Effect::kForbid, "bob", 6, "risk"}, k}));
  polc_bundle* const whole = Open(BundleOf({zero, a, b, c, k, z}));
  const std::vector<uint8_t> file = bundle::WriteUpdate(base->file->verified->snapshot_id(),
                                                        std::vector<uint32_t>{1}, BundleOf({zero, b, c, z}));
  polc_bundle* updated = nullptr;
  ASSERT_EQ(polc_bundle_update_memory(base, file.data(), file.size(), &updated, &error_), POLC_OK);
  // Whoever is asked: what all decide, three times over.
  auto all = [&](polc_bundle* bundle) {
    Swap(bundle);
    EXPECT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
    polc_attribute risk{}, level{};
    EXPECT_EQ(polc_engine_attribute(engine_, T("risk"), &risk, &error_), POLC_OK);
    EXPECT_EQ(polc_engine_attribute(engine_, T("level"), &level, &error_), POLC_OK);
    std::string out;
    for (int time = 0; time < 3; ++time) {
      for (const char* user : {"alice", "bob", "carol", "dora"}) {
        polc_entity who{};
        EXPECT_EQ(polc_engine_entity(engine_, T("User"), T(user), &who, &error_), POLC_OK);
        const polc_entity three[] = {who, who, who};
        for (int64_t n = 0; n < 64; ++n) {
          // Without a reset and after one, when attributes are missing.
          if (n % 4 != 0) {
            EXPECT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
          }
          EXPECT_EQ(polc_request_set_entities(request_, three, &error_), POLC_OK);
          if (n % 4 != 1) {
            EXPECT_EQ(polc_request_set_attribute(request_, risk, polc_value_long(n % 7), &error_), POLC_OK);
          }
          if (n % 4 != 2) {
            EXPECT_EQ(polc_request_set_attribute(request_, level, polc_value_long(n % 9), &error_), POLC_OK);
          }
          if (n == 63) {
            EXPECT_EQ(polc_request_set_attribute(request_, risk, polc_value_bool(1), &error_), POLC_OK);
          }
          out += std::string(user) + " " + std::to_string(n) + ": " + Shown() + "\n";
        }
      }
    }
    return out;
  };
  const std::string wanted = all(whole);
  EXPECT_NE(wanted.find(": allow 0 a\n"), std::string::npos) << "a rule of each, the update's first";
  EXPECT_NE(wanted.find(": allow a\n"), std::string::npos);
  EXPECT_NE(wanted.find(": allow b\n"), std::string::npos);
  EXPECT_NE(wanted.find(": deny k\n"), std::string::npos);
  EXPECT_NE(wanted.find(" error "), std::string::npos);
  EXPECT_EQ(all(updated), wanted);
  polc_bundle_free(base);
  polc_bundle_free(whole);
  polc_bundle_free(updated);
}

// A context that is nested too deep is refused, whether or not its entities' decision is known.
TEST_F(UpdateTest, AttributesNestedTooDeepAreRefused) {
  Put("bob");
  Swap(updated_);
  ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
  polc_entity bob{};
  polc_attribute risk{};
  ASSERT_EQ(polc_engine_entity(engine_, T("User"), T("bob"), &bob, &error_), POLC_OK);
  ASSERT_EQ(polc_engine_attribute(engine_, T("risk"), &risk, &error_), POLC_OK);
  const polc_entity three[] = {bob, bob, bob};
  for (const uint32_t depth : {bundle::kMaxValueDepth - 1, bundle::kMaxValueDepth}) {
    ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
    ASSERT_EQ(polc_request_set_entities(request_, three, &error_), POLC_OK);
    EXPECT_EQ(Shown(), "deny");
    ASSERT_EQ(polc_request_reset(request_, engine_, &error_), POLC_OK);
    ASSERT_EQ(polc_request_set_entities(request_, three, &error_), POLC_OK);
    polc_value value;
    ASSERT_EQ(polc_value_set(polc_request_values(request_), nullptr, 0, &value, &error_), POLC_OK);
    for (uint32_t i = 1; i < depth; ++i)
      ASSERT_EQ(polc_value_set(polc_request_values(request_), &value, 1, &value, &error_), POLC_OK);
    ASSERT_EQ(polc_request_set_attribute(request_, risk, value, &error_), POLC_OK);
    polc_decision d{};
    d.struct_size = sizeof d;
    EXPECT_EQ(polc_decide(request_, &d, &error_),
              depth < bundle::kMaxValueDepth ? POLC_OK : POLC_ERROR_VALUE);
    EXPECT_EQ(d.outcome, POLC_DENY);
  }
}

TEST_F(UpdateTest, Batches) {
  Swap(updated_);
  Fill(request_, "alice", "risk", 1);
  polc_entity alice{}, carol{};
  ASSERT_EQ(polc_engine_entity(engine_, T("User"), T("alice"), &alice, &error_), POLC_OK);
  ASSERT_EQ(polc_engine_entity(engine_, T("User"), T("carol"), &carol, &error_), POLC_OK);
  const polc_entity all[] = {alice, carol, alice};
  std::vector<polc_outcome> outcomes;
  ASSERT_EQ(polc_decide_each(
                request_, POLC_PRINCIPAL, all, 3,
                [](size_t, const polc_decision* d, void* user) {
                  static_cast<std::vector<polc_outcome>*>(user)->push_back(d->outcome);
                  return 0;
                },
                &outcomes, &error_),
            POLC_OK);
  EXPECT_EQ(outcomes, (std::vector{POLC_ALLOW, POLC_DENY, POLC_ALLOW}));
}

TEST_F(UpdateTest, FollowsTheStore) {
  Swap(updated_);
  Put("carol");
  Put("zoe");
  ASSERT_EQ(polc_engine_refresh(engine_, &error_), POLC_OK);
  EXPECT_EQ(Decide("carol", "level", 1), "allow c");
  EXPECT_EQ(Decide("alice", "risk", 1), "allow a");
  EXPECT_EQ(Decide("zoe", "risk", 1), "deny");
  // A swap that finds another store than the engine has follows it, too.
  Put("yan");
  Swap(base_);
  EXPECT_EQ(Decide("alice", "risk", 1), "deny f");
  Put("xi");
  Swap(updated_);
  EXPECT_EQ(Decide("carol", "level", 1), "allow c");
}

TEST_F(UpdateTest, Explains) {
  Swap(updated_);
  Fill(request_, "carol", "level", 9);
  std::vector<uint32_t> seen;
  ASSERT_EQ(polc_explain(
                request_,
                [](const polc_rule_explanation* e, void* user) {
                  static_cast<std::vector<uint32_t>*>(user)->push_back(e->rule);
                  EXPECT_EQ(e->verdict, POLC_NOT_SATISFIED);
                  return 0;
                },
                &seen, &error_),
            POLC_OK);
  EXPECT_EQ(seen, (std::vector<uint32_t>{0, 2}));
  const auto note = [](const polc_rule_trace* t, void* user) {
    static_cast<std::vector<uint32_t>*>(user)->push_back(t->by.rule);
    return 0;
  };
  seen.clear();
  ASSERT_EQ(polc_trace(request_, note, &seen, &error_), POLC_OK);
  EXPECT_EQ(seen, (std::vector<uint32_t>{0, 2}));
  seen.clear();
  ASSERT_EQ(polc_near_misses(request_, note, &seen, &error_), POLC_OK);
  EXPECT_EQ(seen, (std::vector<uint32_t>{2, 0})) << "one test of the update's fails, and two of the base's";
  Fill(request_, "carol", "level", 1);
  seen.clear();
  ASSERT_EQ(polc_near_misses(request_, note, &seen, &error_), POLC_OK);
  EXPECT_TRUE(seen.empty()) << "it is granted";
}

TEST_F(UpdateTest, RefusesWhatIsNone) {
  polc_bundle* none = nullptr;
  auto apply = [&](const std::vector<uint8_t>& file) {
    return polc_bundle_update_memory(base_, file.data(), file.size(), &none, &error_);
  };
  EXPECT_EQ(apply({}), POLC_ERROR_BUNDLE);
  std::vector<uint8_t> damaged = update_;
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_EQ(apply(damaged), POLC_ERROR_BUNDLE);
  EXPECT_EQ(apply(UpdateFile({2}, {})), POLC_ERROR_BUNDLE);
  EXPECT_EQ(apply(UpdateFile({}, {{"a", Effect::kAllow, "bob", 1, "risk"}})), POLC_ERROR_BUNDLE);
  EXPECT_STREQ(error_.message, "a rule to be put in has the id of one that stays");
  EXPECT_EQ(apply(BundleOf({})), POLC_ERROR_BUNDLE) << "a bundle is no update";
  std::vector<uint8_t> other = update_;
  other[offsetof(bundle::UpdateHeader, base)] ^= 1;
  EXPECT_EQ(apply(other), POLC_ERROR_BASE);
  EXPECT_EQ(polc_bundle_update(base_, "/nowhere/x.update", &none, &error_), POLC_ERROR_FILE);
  EXPECT_EQ(polc_bundle_update(base_, nullptr, &none, &error_), POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_bundle_update_memory(nullptr, update_.data(), update_.size(), &none, &error_),
            POLC_ERROR_ARGUMENT);
  EXPECT_EQ(polc_bundle_open_memory(update_.data(), update_.size(), &none, &error_), POLC_ERROR_BUNDLE)
      << "an update is no bundle";
  const std::vector<uint8_t> file = BundleOf({});
  polc_bundle* unverified = nullptr;
  ASSERT_EQ(polc_bundle_open_memory(file.data(), file.size(), &unverified, &error_), POLC_OK);
  EXPECT_EQ(polc_bundle_update_memory(unverified, update_.data(), update_.size(), &none, &error_),
            POLC_ERROR_UNVERIFIED);
  polc_bundle_free(unverified);
  EXPECT_EQ(none, nullptr);
}

// Base, one update, another, while the store changes: each answer is that of the snapshot it names.
TEST_F(UpdateTest, SwapsUnderReaders) {
  const std::vector<uint8_t> second = UpdateFile({0, 1}, {{"z", Effect::kForbid, "alice", 9, "risk"}});
  polc_bundle* other = nullptr;
  ASSERT_EQ(polc_bundle_update_memory(base_, second.data(), second.size(), &other, &error_), POLC_OK);
  polc_bundle* const all[] = {base_, updated_, other};
  const char* const answers[] = {"f", "a", "z"};
  uint8_t ids[3][32];
  for (int i = 0; i < 3; ++i) ASSERT_EQ(polc_bundle_snapshot_id(all[i], ids[i], &error_), POLC_OK);
  std::atomic<bool> done{false};
  std::atomic<size_t> decided{0};
  auto read = [&] {
    polc_request* mine = nullptr;
    ASSERT_EQ(polc_request_new(engine_, &mine, nullptr), POLC_OK);
    const polc_text name = T("risk");
    const polc_value one = polc_value_long(1);
    while (!done) {
      ASSERT_EQ(polc_request_reset(mine, engine_, nullptr), POLC_OK);
      polc_value context;
      polc_value_record(polc_request_values(mine), &name, &one, 1, &context, nullptr);
      polc_request_set(mine, POLC_PRINCIPAL, T("User"), T("alice"), nullptr);
      polc_request_set(mine, POLC_ACTION, T("Action"), T("go"), nullptr);
      polc_request_set(mine, POLC_RESOURCE, T("Thing"), T("t"), nullptr);
      polc_request_set_context(mine, context, nullptr);
      polc_decision d{};
      d.struct_size = sizeof d;
      ASSERT_EQ(polc_decide(mine, &d, nullptr), POLC_OK);
      ASSERT_EQ(d.reason_count, 1u);
      char reason[8];
      polc_rule_name(mine, {d.reasons[0], 0}, reason, sizeof reason);
      int which = 0;
      while (which < 3 && std::memcmp(ids[which], d.snapshot_id, 32) != 0) ++which;
      ASSERT_LT(which, 3);
      ASSERT_STREQ(reason, answers[which]);
      ASSERT_EQ(d.outcome, which == 1 ? POLC_ALLOW : POLC_DENY);
      ++decided;
    }
    polc_request_free(mine);
  };
  std::thread one(read), two(read);
  for (int i = 0; i < 600; ++i) {
    ASSERT_EQ(polc_engine_swap_bundle(engine_, all[i % 3], &error_), POLC_OK);
    if (i % 7 == 0) Put(("new" + std::to_string(i)).c_str());
    if (i % 5 == 0) {
      ASSERT_EQ(polc_engine_refresh(engine_, &error_), POLC_OK);
    }
  }
  while (decided < 200 && !HasFailure()) std::this_thread::yield();
  done = true;
  one.join();
  two.join();
  polc_bundle_free(other);
}

}  // namespace
}  // namespace polc
