#include "runtime/vm/canonical.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/bundle/test_images.h"

namespace polc::vm {
namespace {

using entities::MakeBool;
using entities::MakeEntity;
using entities::MakeLong;
using entities::MakeNumber;
using entities::ValueBuilder;

std::string Text(std::string_view text) {
  std::string out;
  AppendCanonicalText(text, &out);
  return out;
}

// RFC 8785, 3.2.2.2.
TEST(CanonicalTest, TextIsEscapedAsLittleAsPossible) {
  EXPECT_EQ(Text("\u20ac$\x0F\nA'B\"\\\\\"/"), R"("€$\u000f\nA'B\"\\\\\"/")");
  EXPECT_EQ(Text("\b\t\n\f\r\x1f\x7f"), "\"\\b\\t\\n\\f\\r\\u001f\x7f\"");
  EXPECT_EQ(Text(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(Text(""), R"("")");
}

// RFC 8785, 3.2.3.
TEST(CanonicalTest, KeysAreInTheOrderOfUtf16) {
  CanonicalObject object;
  for (const char* key : {"\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"})
    object.AddText(key, "");
  std::string out;
  object.Append(&out);
  EXPECT_EQ(out,
            "{\"\\r\":\"\",\"1\":\"\",\"\u0080\":\"\",\"\u00f6\":\"\",\"\u20ac\":\"\",\"\U0001f600\":\"\","
            "\"\ufb33\":\"\"}");
}

// Against the definition, over every pair of texts of up to two characters from around every border.
TEST(CanonicalTest, TheOrderOfKeysIsThatOfTheirUtf16) {
  const std::vector<std::pair<std::string, std::u16string>> kCharacters = {{"", u""},
                                                                           {"a", u"a"},
                                                                           {"\x7f", u"\x7f"},
                                                                           {"\u0080", u"\u0080"},
                                                                           {"\u07ff", u"\u07ff"},
                                                                           {"\u0800", u"\u0800"},
                                                                           {"\ud7ff", u"\ud7ff"},
                                                                           {"\ue000", u"\ue000"},
                                                                           {"\uefff", u"\uefff"},
                                                                           {"\uf000", u"\uf000"},
                                                                           {"\uffff", u"\uffff"},
                                                                           {"\U00010000", u"\U00010000"},
                                                                           {"\U0001f600", u"\U0001f600"},
                                                                           {"\U000fffff", u"\U000fffff"},
                                                                           {"\U00100000", u"\U00100000"},
                                                                           {"\U0010ffff", u"\U0010ffff"}};
  std::vector<std::pair<std::string, std::u16string>> texts;
  for (const auto& x : kCharacters) {
    for (const auto& y : kCharacters) texts.emplace_back(x.first + y.first, x.second + y.second);
  }
  for (const auto& x : texts) {
    for (const auto& y : texts) {
      ASSERT_EQ(CanonicalKeyLess(x.first, y.first), x.second < y.second)
          << Text(x.first) << " " << Text(y.first);
    }
  }
}

class CanonicalValueTest : public ::testing::Test {
 protected:
  void SetUp() override {
    bundle::ImageBuilder image;
    ASSERT_TRUE(Write(image.Finish(), &file_).ok());
    bundle::Bundle opened;
    ASSERT_TRUE(bundle::Bundle::Open(file_, &opened).ok());
    bundle::VerifiedBundle verified;
    ASSERT_TRUE(Verify(opened, &verified).ok());
    entities::SnapshotBuilder store;
    known_ = store.Intern("Human", "kim");
    EntityId in_cycle;
    engine_ = Engine::Make(verified, store.Finish(&in_cycle));
    builder_.emplace(*engine_);
  }
  ValueBuilder& values() { return builder_->values(); }
  std::string Of(const Value& value) {
    RequestBuilder filled = *builder_;
    for (auto set :
         {&RequestBuilder::SetPrincipal, &RequestBuilder::SetAction, &RequestBuilder::SetResource}) {
      (filled.*set)(known_);
    }
    EntityId in_cycle;
    const std::optional<Request> request = filled.Finish(&in_cycle);
    std::string out;
    AppendCanonicalValue(World(*engine_, *request), engine_->MemoryFor(*request, Scratch(*engine_)), value,
                         &out);
    return out;
  }

  std::vector<uint8_t> file_;
  EntityId known_ = 0;
  std::shared_ptr<const Engine> engine_;
  std::optional<RequestBuilder> builder_;
};

TEST_F(CanonicalValueTest, EveryKind) {
  EXPECT_EQ(Of(MakeBool(true)), "true");
  EXPECT_EQ(Of(MakeBool(false)), "false");
  EXPECT_EQ(Of(MakeLong(-7)), "\"-7\"");
  EXPECT_EQ(Of(values().String("a\"b")), R"("a\"b")");
  EXPECT_EQ(Of(MakeEntity(known_)), R"({"__entity":{"id":"kim","type":"Human"}})");
  EXPECT_EQ(Of(MakeEntity(builder_->Entity("Te\"am", "n\new"))),
            R"({"__entity":{"id":"n\new","type":"Te\"am"}})");
  EXPECT_EQ(Of(MakeNumber(Kind::kDecimal, -205)), R"({"__extn":{"arg":"-0.0205","fn":"decimal"}})");
  EXPECT_EQ(Of(MakeNumber(Kind::kDuration, -1)), R"({"__extn":{"arg":"-1ms","fn":"duration"}})");
  EXPECT_EQ(Of(MakeNumber(Kind::kDatetime, 86400000)), R"({"__extn":{"arg":"86400000ms","fn":"datetime"}})");
  EXPECT_EQ(Of(entities::MakeIpV4(0x0A000001, 8)), R"({"__extn":{"arg":"10.0.0.1/8","fn":"ip"}})");
  const uint8_t address[16] = {0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(Of(values().IpV6(address, 64)), R"({"__extn":{"arg":"fe80::1/64","fn":"ip"}})");
  EXPECT_EQ(Of(entities::EmptySet()), "[]");
  EXPECT_EQ(Of(entities::EmptyRecord()), "{}");
}

// Two longs that are one double.
TEST_F(CanonicalValueTest, LongsBeyondDoublesDiffer) {
  EXPECT_EQ(Of(MakeLong(9007199254740993)), "\"9007199254740993\"");
  EXPECT_NE(Of(MakeLong(9007199254740992)), Of(MakeLong(9007199254740993)));
  EXPECT_EQ(Of(MakeLong(INT64_MIN)), "\"-9223372036854775808\"");
}

// The order of sets in memory is another: by kind and number, and by length.
TEST_F(CanonicalValueTest, SetsAreSortedByTheirText) {
  const Value set = *values().Set({MakeLong(9), MakeLong(10), values().String("b"), values().String("aa"),
                                   MakeBool(true), MakeEntity(known_)});
  EXPECT_EQ(Of(set), R"(["10","9","aa","b",true,{"__entity":{"id":"kim","type":"Human"}}])");
}

TEST_F(CanonicalValueTest, RecordsAreSortedByKeyAtEveryLevel) {
  const Value inner = *values().Record({{"\ufb33", MakeLong(1)}, {"\U0001f600", MakeLong(2)}});
  const Value outer = *values().Record({{"z", inner}, {"long", MakeBool(true)}});
  EXPECT_EQ(Of(outer), "{\"long\":true,\"z\":{\"\U0001f600\":\"2\",\"\ufb33\":\"1\"}}");
}

TEST(CanonicalTest, ArraysKeepTheirOrderAndSetsDoNot) {
  std::string out;
  AppendCanonicalArray({"\"b\"", "\"a\"", "\"b\""}, &out);
  AppendCanonicalSet({"\"b\"", "\"a\"", "\"b\""}, &out);
  AppendCanonicalSet({}, &out);
  EXPECT_EQ(out, R"(["b","a","b"]["a","b"][])");
}

}  // namespace
}  // namespace polc::vm
