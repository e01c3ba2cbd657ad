// Deciding by the C interface allocates nothing, once a request has been used for its like. A binary of its
// own: it replaces the global allocator.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "runtime/api/polc.h"
#include "runtime/bundle/test_images.h"
#include "runtime/bundle/update.h"

namespace {
bool counting = false;
size_t allocations = 0;
}  // namespace

void* operator new(size_t n) {
  if (counting) ++allocations;
  if (void* p = std::malloc(n)) return p;
  std::abort();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }

namespace polc {
namespace {

polc_text T(const char* s) { return polc_text_of(s); }

// A permit by scope and one by scope and risk, a forbid by risk, one that errs, and one by a text.
std::vector<uint8_t> MakeBundle() {
  bundle::ImageBuilder b;
  auto constant = [&](const bundle::Constant& c) { return std::to_string(b.AddConstant(c)); };
  const std::string team = constant(bundle::EntityConstant("Team", "sre")),
                    five = constant(bundle::LongConstant(5));
  const std::string risk = std::to_string(b.String("risk")), gone = std::to_string(b.String("gone"));
  const std::string mode = std::to_string(b.String("mode")), wild = constant(bundle::TextConstant("wild"));
  auto add = [&](const char* id, bundle::Effect effect, const std::string& code) {
    b.image.rules.push_back(bundle::MakeRule(b.String(id), effect, AddBlock(&b.image, code)));
  };
  add("a", bundle::Effect::kAllow, "var principal\n const " + team + "\n in\n return");
  add("b", bundle::Effect::kAllow,
      "0 var principal\n 1 const " + team + "\n 2 in\n 3 and 8\n 4 var context\n 5 attr " + risk +
          "\n 6 const " + five + "\n 7 lt\n 8 return");
  add("c", bundle::Effect::kForbid, "const " + five + "\n var context\n attr " + risk + "\n lt\n return");
  add("d", bundle::Effect::kForbid, "var context\n attr " + gone + "\n check_bool\n return");
  add("e", bundle::Effect::kForbid, "var context\n attr " + mode + "\n const " + wild + "\n eq\n return");
  std::vector<uint8_t> file;
  EXPECT_TRUE(Write(b.Finish(), &file).ok());
  return file;
}

// The last of them goes, and one comes that mentions what no other does.
std::vector<uint8_t> MakeUpdate(const polc_bundle* base) {
  bundle::ImageBuilder b;
  const std::string bob = std::to_string(b.AddConstant(bundle::EntityConstant("User", "bob"))),
                    nobody = std::to_string(b.AddConstant(bundle::EntityConstant("Thing", "another")));
  const std::string code = "0 var principal\n 1 const " + bob +
                           "\n 2 eq\n 3 and 7\n 4 var resource\n 5 const " + nobody + "\n 6 eq\n 7 return";
  b.image.rules.push_back(bundle::MakeRule(b.String("n"), bundle::Effect::kForbid, AddBlock(&b.image, code)));
  std::vector<uint8_t> added;
  EXPECT_TRUE(Write(b.Finish(), &added).ok());
  bundle::Digest id;
  EXPECT_EQ(polc_bundle_snapshot_id(base, id.data(), nullptr), POLC_OK);
  const uint32_t removed[] = {4};
  return bundle::WriteUpdate(id, removed, added);
}

TEST(ApiAllocation, NoDecisionAllocates) {
  const std::vector<uint8_t> file = MakeBundle();
  polc_bundle* bundle = nullptr;
  polc_store* store = nullptr;
  polc_engine* engine = nullptr;
  polc_request* request = nullptr;
  polc_edit* edit = nullptr;
  ASSERT_EQ(polc_bundle_open_memory(file.data(), file.size(), &bundle, nullptr), POLC_OK);
  ASSERT_EQ(polc_bundle_verify(bundle, nullptr), POLC_OK);
  ASSERT_EQ(polc_store_new(&store, nullptr), POLC_OK);
  ASSERT_EQ(polc_edit_new(store, &edit, nullptr), POLC_OK);
  const polc_text team = T("Team"), sre = T("sre");
  ASSERT_EQ(polc_edit_upsert(edit, T("User"), T("alice"), nullptr, nullptr, &team, &sre, 1, nullptr),
            POLC_OK);
  ASSERT_EQ(polc_edit_upsert(edit, T("User"), T("bob"), nullptr, nullptr, nullptr, nullptr, 0, nullptr),
            POLC_OK);
  ASSERT_EQ(polc_edit_commit(edit, nullptr), POLC_OK);
  polc_edit_free(edit);
  ASSERT_EQ(polc_engine_new(bundle, store, &engine, nullptr), POLC_OK);
  ASSERT_EQ(polc_request_new(engine, &request, nullptr), POLC_OK);
  polc_entity users[2] = {}, group = {};
  polc_attribute risk = {};
  auto take_handles = [&] {
    ASSERT_EQ(polc_engine_entity(engine, T("User"), T("alice"), &users[0], nullptr), POLC_OK);
    ASSERT_EQ(polc_engine_entity(engine, T("User"), T("bob"), &users[1], nullptr), POLC_OK);
    ASSERT_EQ(polc_engine_entity(engine, T("Team"), T("sre"), &group, nullptr), POLC_OK);
    ASSERT_EQ(polc_engine_attribute(engine, T("risk"), &risk, nullptr), POLC_OK);
  };
  take_handles();

  size_t allowed = 0, errors = 0;
  auto each = [](size_t, const polc_decision* decision, void* user) {
    *static_cast<size_t*>(user) += decision->outcome == POLC_ALLOW;
    return 0;
  };
  auto decide = [&](int i) {
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    // By handles and attributes.
    polc_request_reset(request, engine, nullptr);
    polc_request_set_entity(request, POLC_PRINCIPAL, users[i % 2], nullptr);
    polc_request_set_entity(request, POLC_ACTION, group, nullptr);
    polc_request_set_entity(request, POLC_RESOURCE, group, nullptr);
    polc_request_set_attribute(request, risk, polc_value_long(i % 10), nullptr);
    ASSERT_EQ(polc_decide(request, &decision, nullptr), POLC_OK);
    allowed += decision.outcome == POLC_ALLOW;
    errors += decision.error_count;
    polc_outcome outcome;
    ASSERT_EQ(polc_decide_outcome(request, &outcome, nullptr), POLC_OK);
    EXPECT_EQ(outcome, decision.outcome);
    ASSERT_EQ(polc_decide_each(request, POLC_PRINCIPAL, users, 2, each, &allowed, nullptr), POLC_OK);
    const polc_entity entities[] = {users[i % 2], group, group};
    const polc_value level = polc_value_long(i % 10);
    ASSERT_EQ(polc_decide_handles(request, entities, &risk, &level, 1, &decision, nullptr), POLC_OK);
    EXPECT_EQ(decision.outcome == POLC_ALLOW, outcome == POLC_ALLOW);
    // By names and a record, with an entity that nobody knows.
    polc_request_reset(request, engine, nullptr);
    polc_request_set(request, POLC_PRINCIPAL, T("User"), T("alice"), nullptr);
    polc_request_set(request, POLC_ACTION, T("Action"), T("go"), nullptr);
    polc_request_set(request, POLC_RESOURCE, T("Thing"),
                     T("with quite a long name, longer than a small string"), nullptr);
    const polc_text names[] = {T("risk"), T("mode")};
    polc_value values[] = {polc_value_long(i % 10), {}};
    polc_values* in = polc_request_values(request);
    polc_value context;
    polc_value_string(in, T("tame"), &values[1], nullptr);
    polc_value_record(in, names, values, 2, &context, nullptr);
    polc_request_set_context(request, context, nullptr);
    ASSERT_EQ(polc_decide(request, &decision, nullptr), POLC_OK);
    allowed += decision.outcome == POLC_ALLOW;
    errors += decision.error_count;
  };
  auto decide_often = [&] {
    allowed = errors = 0;
    for (int i = 0; i < 20; ++i) decide(i);
    counting = true;
    for (int i = 0; i < 100; ++i) decide(i);
    counting = false;
    EXPECT_EQ(allocations, 0u);
    EXPECT_GT(allowed, 0u);
    EXPECT_GT(errors, 0u);
  };
  decide_often();

  // While an update is in force.
  const std::vector<uint8_t> update = MakeUpdate(bundle);
  polc_bundle* updated = nullptr;
  ASSERT_EQ(polc_bundle_update_memory(bundle, update.data(), update.size(), &updated, nullptr), POLC_OK);
  ASSERT_EQ(polc_engine_swap_bundle(engine, updated, nullptr), POLC_OK);
  ASSERT_EQ(polc_request_reset(request, engine, nullptr), POLC_OK);
  take_handles();
  decide_often();

  polc_bundle_free(updated);
  polc_request_free(request);
  polc_engine_free(engine);
  polc_store_free(store);
  polc_bundle_free(bundle);
}

}  // namespace
}  // namespace polc
