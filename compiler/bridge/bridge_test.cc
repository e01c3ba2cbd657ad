#include "compiler/bridge/bridge.h"

#include <gtest/gtest.h>

#include "runtime/bundle/image.h"
#include "runtime/vm/message.h"

namespace polc::bridge {
namespace {

using data::EntityUid;

data::Entity MakeEntity(const std::string& id, std::vector<std::string> parents = {}) {
  data::Entity e;
  e.uid = {"User", id};
  for (std::string& p : parents) e.parents.push_back({"User", std::move(p)});
  return e;
}

class BridgeTest : public ::testing::Test {
 protected:
  std::shared_ptr<const vm::Engine> EngineOver(std::shared_ptr<const entities::Snapshot> snapshot) {
    EXPECT_TRUE(Write(bundle::Image(), &file_).ok());
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    EXPECT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    EXPECT_TRUE(Verify(opened, &verified).ok());
    return vm::Engine::Make(verified, std::move(snapshot));
  }
  std::vector<uint8_t> file_;
};

// Every kind of value comes out as it went in, told by its text.
TEST_F(BridgeTest, ValuesKeepTheirMeaning) {
  data::IpAddr v4, v6;
  v4.bytes = {10, 1, 2, 3};
  v4.prefix = 8;
  v6.v6 = true;
  v6.bytes[15] = 1;
  v6.prefix = 64;
  const data::Value all = data::Value::MakeSet(
      {data::Value(true), data::Value(int64_t{-5}), data::Value(std::string("a\"b")),
       data::Value(EntityUid{"T", "x"}), data::Value(data::Decimal{15000}), data::Value(v4), data::Value(v6),
       data::Value(data::Datetime{7}), data::Value(data::Duration{-7}),
       data::Value::MakeRecord({{"k", data::Value::MakeSet({})}, {"longer", data::Value(false)}})});
  auto engine = EngineOver(MakeSnapshot(data::EntityStore()));
  data::Request request;
  request.principal = request.action = request.resource = {"T", "x"};
  request.context = data::Value::MakeRecord({{"all", all}});
  const auto made = MakeRequest(*engine, request);
  ASSERT_TRUE(made);
  vm::Scratch scratch(*engine);
  std::string text;
  AppendValue(vm::World(*engine, *made), engine->MemoryFor(*made, scratch), made->context(), &text);
  EXPECT_EQ(
      text,
      "{\"all\": [true, -5, \"a\\\"b\", T::\"x\", decimal(\"1.5000\"), ip(\"10.1.2.3/8\"), ip(\"::1/64\"), "
      "datetime(\"1970-01-01\").offset(duration(\"7ms\")), duration(\"-7ms\"), {\"k\": [], \"longer\": "
      "false}]}");
}

TEST_F(BridgeTest, HierarchyAndAbsence) {
  data::EntityStore store;
  store.Put(MakeEntity("a", {"b"}));
  store.Put(MakeEntity("b", {"gone"}));
  const auto snapshot = MakeSnapshot(store);
  ASSERT_NE(snapshot, nullptr);
  const auto a = snapshot->Find("User", "a"), gone = snapshot->Find("User", "gone");
  ASSERT_TRUE(a && gone);
  EXPECT_TRUE(snapshot->Below(*a, *gone));
  EXPECT_FALSE(snapshot->Present(*gone));
}

TEST_F(BridgeTest, CyclesGiveNothing) {
  data::EntityStore store;
  store.Put(MakeEntity("a", {"b"}));
  auto engine = EngineOver(MakeSnapshot(store));
  data::Request request;
  request.principal = request.action = request.resource = {"User", "a"};
  request.entities.push_back(MakeEntity("b", {"c"}));
  EXPECT_TRUE(MakeRequest(*engine, request));
  request.entities.push_back(MakeEntity("c", {"a"}));
  EXPECT_FALSE(MakeRequest(*engine, request));
  store.Put(MakeEntity("b", {"a"}));
  EXPECT_EQ(MakeSnapshot(store), nullptr);
}

TEST_F(BridgeTest, DepthBothSidesOfTheLimit) {
  // The context is one level of its own.
  for (const uint32_t depth : {bundle::kMaxValueDepth - 1, bundle::kMaxValueDepth}) {
    data::Value v(true);
    for (uint32_t i = 0; i < depth; ++i) v = data::Value::MakeSet({v});
    auto engine = EngineOver(MakeSnapshot(data::EntityStore()));
    data::Request request;
    request.context = data::Value::MakeRecord({{"v", v}});
    EXPECT_EQ(MakeRequest(*engine, request).has_value(), depth < bundle::kMaxValueDepth);
  }
}

}  // namespace
}  // namespace polc::bridge
