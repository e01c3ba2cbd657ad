#include "compiler/model/value_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace polc::model {
namespace {

using data::Kind;
using source::Code;
using testing::ElementsAre;

TypePtr Of(Type::Kind kind) {
  Type type;
  type.kind = kind;
  return std::make_shared<Type>(type);
}
TypePtr EntityOf(std::string name) {
  Type type;
  type.kind = Type::Kind::kEntity;
  type.entity = std::move(name);
  return std::make_shared<Type>(type);
}
TypePtr SetOf(TypePtr element) {
  Type type;
  type.kind = Type::Kind::kSet;
  type.element = std::move(element);
  return std::make_shared<Type>(type);
}
TypePtr RecordOf(Attributes attributes) {
  Type type;
  type.kind = Type::Kind::kRecord;
  type.attributes = std::move(attributes);
  return std::make_shared<Type>(type);
}

struct Outcome {
  std::string value;  // as Cedar; "error"
  std::vector<Code> codes;
  std::vector<std::string> places;
};

Outcome ReadText(std::string text, const Type* type = nullptr, const Schema* schema = nullptr) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  auto document = json::Document::Parse(map, map.Add("v.json", std::move(text)), sink);
  EXPECT_TRUE(document);
  if (!document) return {};
  ValueReader reader(schema, ValueReader::Place::kEntity, sink);
  auto value = type ? reader.Read(document->root(), *type, "`a`") : reader.Read(document->root(), "`a`");
  Outcome out;
  out.value = value ? ToString(*value) : "error";
  EXPECT_EQ(value.has_value(), !sink.has_errors());
  for (const auto& d : sink.diagnostics()) {
    out.codes.push_back(d.code);
    out.places.emplace_back(map.text(d.span));
  }
  return out;
}
std::string Plain(std::string text) { return ReadText(std::move(text)).value; }
std::string Typed(const TypePtr& type, std::string text) {
  return ReadText(std::move(text), type.get()).value;
}

TEST(ValueJson, PlainValues) {
  EXPECT_EQ(Plain("true"), "true");
  EXPECT_EQ(Plain("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Plain("\"x\""), "\"x\"");
  EXPECT_EQ(Plain("[2, 1, 2, \"a\", []]"), "[1, 2, \"a\", []]");
  EXPECT_EQ(Plain("{\"b\": 1, \"a\": {}}"), "{\"a\": {}, \"b\": 1}");
}

TEST(ValueJson, NumbersAndNullsAreErrorsInPlace) {
  Outcome out = ReadText("{\"a\": [1.5, null, {\"b\": 9223372036854775808}], \"c\": -0}");
  EXPECT_EQ(out.value, "error");
  EXPECT_THAT(out.codes,
              ElementsAre(Code::kJsonNumber, Code::kJsonNull, Code::kJsonNumber, Code::kJsonNumber));
  EXPECT_THAT(out.places, ElementsAre("1.5", "null", "9223372036854775808", "-0"));
}

TEST(ValueJson, EscapesStandAlone) {
  EXPECT_EQ(Plain(R"({"__entity": {"type": "A::B", "id": "x"}})"), "A::B::\"x\"");
  EXPECT_EQ(Plain(R"({"__entity": {"type": "A", "id": "x", "more": null}})"), "A::\"x\"");
  EXPECT_EQ(Plain(R"({"__extn": {"fn": "decimal", "arg": "1.5"}})"), "decimal(\"1.5000\")");
  EXPECT_EQ(Plain(R"({"__extn": {"fn": "decimal", "args": ["1.5"]}})"), "decimal(\"1.5000\")");
  EXPECT_EQ(Plain(R"({"__extn": {"fn": "ip", "arg": "10.0.0.1", "args": 7}})"), "ip(\"10.0.0.1/32\")");
  // Any function, also one that gives no extension value.
  EXPECT_EQ(Plain(R"({"__extn": {"fn": "isIpv4", "arg": {"__extn": {"fn": "ip", "arg": "::1"}}}})"), "false");
  EXPECT_EQ(Plain(R"({"__extn": {"fn": "offset", "args": [{"__extn": {"fn": "datetime", "arg": "1970-01-02"}},
                     {"__extn": {"fn": "duration", "arg": "1ms"}}]}})"),
            "datetime(\"1970-01-01\").offset(duration(\"86400001ms\"))");
}

TEST(ValueJson, MalformedEscapesAreRecords) {
  EXPECT_EQ(Plain(R"({"__entity": {"type": "X"}})"), R"({"__entity": {"type": "X"}})");
  EXPECT_EQ(Plain(R"({"__entity": {"type": 1, "id": "a"}})"), R"({"__entity": {"id": "a", "type": 1}})");
  EXPECT_EQ(Plain(R"({"__entity": "X"})"), R"({"__entity": "X"})");
  EXPECT_EQ(Plain(R"({"__entity": {"type": "X", "id": "a"}, "b": 1})"),
            R"({"__entity": {"id": "a", "type": "X"}, "b": 1})");
  EXPECT_EQ(Plain(R"({"__extn": {"fn": "ip"}})"), R"({"__extn": {"fn": "ip"}})");
  EXPECT_EQ(Plain(R"({"__extn": {"fn": "ip", "args": "x"}})"), R"({"__extn": {"args": "x", "fn": "ip"}})");
  EXPECT_EQ(Plain(R"({"__extn": {"arg": "x", "fn": 1}})"), R"({"__extn": {"arg": "x", "fn": 1}})");
  EXPECT_EQ(Plain(R"({"__expr": 1})"), R"({"__expr": 1})");
  EXPECT_EQ(Plain(R"({"type": "X", "id": "a"})"), R"({"id": "a", "type": "X"})");
}

TEST(ValueJson, WellFormedEscapesThatFailAreErrors) {
  auto codes = [](std::string text) { return ReadText(std::move(text)).codes; };
  EXPECT_THAT(codes(R"({"__expr": "1"})"), ElementsAre(Code::kRemovedEscape));
  EXPECT_THAT(codes(R"({"__entity": {"type": "X :: Y", "id": "a"}})"), ElementsAre(Code::kInvalidUid));
  EXPECT_THAT(codes(R"({"__entity": {"type": "in", "id": "a"}})"), ElementsAre(Code::kInvalidUid));
  EXPECT_THAT(codes(R"({"__entity": {"type": "__cedar", "id": "a"}})"), ElementsAre(Code::kInvalidUid));
  EXPECT_THAT(codes(R"({"__entity": {"type": "", "id": "a"}})"), ElementsAre(Code::kInvalidUid));
  EXPECT_THAT(codes(R"({"__entity": {"type": "X", "id": "a", "n": 1.5}})"), ElementsAre(Code::kJsonNumber));
  EXPECT_THAT(codes(R"({"__extn": {"fn": "now", "args": []}})"), ElementsAre(Code::kInvalidExtensionValue));
  EXPECT_THAT(codes(R"({"__extn": {"fn": "ip", "args": ["::1", "::2"]}})"),
              ElementsAre(Code::kInvalidExtensionValue));
  EXPECT_THAT(codes(R"({"__extn": {"fn": "ip", "arg": 4}})"), ElementsAre(Code::kInvalidExtensionValue));
  EXPECT_THAT(codes(R"({"__extn": {"fn": "ip", "arg": "4"}})"), ElementsAre(Code::kInvalidExtensionValue));
  EXPECT_THAT(codes(R"({"__extn": {"fn": "isIpv4", "arg": "::1"}})"),
              ElementsAre(Code::kInvalidExtensionValue));
}

TEST(ValueJson, TypesMakeEscapesImplicit) {
  TypePtr ip = Of(Type::Kind::kIp), when = Of(Type::Kind::kDatetime), user = EntityOf("User");
  for (const char* text :
       {R"("::1")", R"({"fn": "ip", "arg": "::1"})", R"({"fn": "ip", "args": ["::1"], "x": 2.5})",
        R"({"__extn": {"fn": "ip", "arg": "::1"}})", R"({"__extn": {"fn": "ip", "arg": "::1"}, "y": 1})"}) {
    EXPECT_EQ(Typed(ip, text), "ip(\"::1/128\")") << text;
  }
  EXPECT_EQ(Typed(when, R"({"fn": "offset", "args": ["1970-01-01", "2ms"]})"),
            "datetime(\"1970-01-01\").offset(duration(\"2ms\"))");
  EXPECT_EQ(Typed(when, R"({"fn": "toDate", "arg": {"fn": "datetime", "arg": "1970-01-01T00:00:00Z"}})"),
            "datetime(\"1970-01-01\").offset(duration(\"0ms\"))");
  for (const char* text : {R"({"type": "User", "id": "a"})", R"({"__entity": {"type": "User", "id": "a"}})",
                           R"({"type": "User", "id": "a", "x": 1.5})",
                           R"({"__entity": {"type": "User"}, "type": "User", "id": "a"})"}) {
    EXPECT_EQ(Typed(user, text), "User::\"a\"") << text;
  }
  EXPECT_EQ(Typed(SetOf(ip), R"(["::1", "::1"])"), "[ip(\"::1/128\")]");
  EXPECT_EQ(Typed(RecordOf({{"a", {ip, true}}, {"b", {user, false}}}), R"({"a": "::1"})"),
            "{\"a\": ip(\"::1/128\")}");
  EXPECT_EQ(Typed(Of(Type::Kind::kBool),
                  R"({"__extn": {"fn": "isIpv4", "arg": {"__extn": {"fn": "ip", "arg": "::1"}}}})"),
            "false");
}

TEST(ValueJson, TypesAreChecked) {
  TypePtr lng = Of(Type::Kind::kLong), str = Of(Type::Kind::kString), ip = Of(Type::Kind::kIp),
          user = EntityOf("User");
  TypePtr record = RecordOf({{"a", {lng, true}}, {"bb", {str, false}}});
  auto codes = [](const TypePtr& type, std::string text) {
    return ReadText(std::move(text), type.get()).codes;
  };
  using C = Code;
  EXPECT_THAT(codes(lng, "\"1\""), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(lng, "true"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(lng, "1.0"), ElementsAre(C::kJsonNumber));
  EXPECT_THAT(codes(str, "null"), ElementsAre(C::kJsonNull));
  EXPECT_THAT(codes(str, "{\"__entity\":{\"type\":\"A\",\"id\":\"b\"}}"),
              ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(ip, "1"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(ip, "[]"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(ip, "\"nonsense\""), ElementsAre(C::kInvalidExtensionValue));
  EXPECT_THAT(codes(ip, R"({"fn": "decimal", "arg": "1.0"})"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(ip, R"({"fn": "ip", "arg": {"a": 1}})"), ElementsAre(C::kInvalidExtensionValue));
  EXPECT_THAT(codes(ip, R"({"__expr": "x"})"), ElementsAre(C::kRemovedEscape));
  EXPECT_THAT(codes(user, R"({"type": "Users", "id": "a"})"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(user, R"("User::\"a\"")"), ElementsAre(C::kJsonShape));
  EXPECT_THAT(codes(user, R"({"type": "User"})"), ElementsAre(C::kJsonShape));
  EXPECT_THAT(codes(SetOf(lng), "{}"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(SetOf(lng), "[1, \"a\", 2, true]"),
              ElementsAre(C::kEntityValueMismatch, C::kEntityValueMismatch));
  EXPECT_THAT(codes(record, "[]"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(record, R"({"bb": "x"})"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(record, R"({"a": 1, "b": "x"})"), ElementsAre(C::kEntityValueMismatch));
  EXPECT_THAT(codes(record, R"({"__entity": {"type": "User", "id": "a"}})"),
              ElementsAre(C::kEntityValueMismatch, C::kEntityValueMismatch));
  EXPECT_EQ(Typed(SetOf(lng), "[]"), "[]");
  EXPECT_EQ(Typed(RecordOf({}), "{}"), "{}");
}

TEST(ValueJson, SchemasKnowEnumeratedIdsAndActions) {
  Schema schema;
  EntityType tier;
  tier.name = "Tier";
  tier.enum_ids = {"free", "paid"};
  schema.entity_types.emplace("Tier", tier);
  TypePtr type = EntityOf("Tier");
  EXPECT_EQ(ReadText(R"({"type": "Tier", "id": "paid"})", type.get(), &schema).value, "Tier::\"paid\"");
  EXPECT_THAT(ReadText(R"({"type": "Tier", "id": "payed"})", type.get(), &schema).codes,
              ElementsAre(Code::kInvalidEnumEntity));
  TypePtr action = EntityOf("N::Action");
  EXPECT_THAT(ReadText(R"({"type": "N::Action", "id": "x"})", action.get(), &schema).codes,
              ElementsAre(Code::kUndeclaredAction));
}

TEST(ValueJson, NestingIsBoundedByTheDocument) {
  std::string deep = std::string(json::kMaxDepth, '[') + std::string(json::kMaxDepth, ']');
  EXPECT_EQ(Plain(deep).size(), 2 * json::kMaxDepth);
}

TEST(ValueJson, ReservedKeysCannotBeWritten) {
  for (const char* key : {"__entity", "__extn", "__expr"}) {
    auto out = ToJson(data::Value::MakeSet(
        {data::Value::MakeRecord({{key, data::Value(true)}, {"x", data::Value(true)}})}));
    ASSERT_TRUE(std::holds_alternative<ReservedKey>(out));
    EXPECT_EQ(std::get<ReservedKey>(out).key, key);
  }
}

data::Value AnyValue(int depth) {
  auto text = [] { return *rc::gen::element<std::string>("", "a", "\"\\\n", "é😀", "__entityx"); };
  switch (*rc::gen::inRange(0, depth > 0 ? 10 : 8)) {
    case 0:
      return data::Value(*rc::gen::arbitrary<bool>());
    case 1:
      return data::Value(*rc::gen::arbitrary<int64_t>());
    case 2:
      return data::Value(text());
    case 3:
      return data::Value(data::EntityUid{*rc::gen::element<std::string>("A", "B::C"), text()});
    case 4:
      return data::Value(data::Decimal{*rc::gen::arbitrary<int64_t>()});
    case 5: {
      data::IpAddr ip;
      ip.v6 = *rc::gen::arbitrary<bool>();
      for (size_t i = 0; i < (ip.v6 ? 16u : 4u); ++i) ip.bytes[i] = *rc::gen::element<uint8_t>(0, 0, 1, 0xab);
      ip.prefix = static_cast<uint8_t>(*rc::gen::inRange(0, ip.v6 ? 129 : 33));
      return data::Value(ip);
    }
    case 6:
      return data::Value(data::Datetime{*rc::gen::arbitrary<int64_t>()});
    case 7:
      return data::Value(data::Duration{*rc::gen::arbitrary<int64_t>()});
    case 8: {
      std::vector<data::Value> elements;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) elements.push_back(AnyValue(depth - 1));
      return data::Value::MakeSet(std::move(elements));
    }
    default: {
      data::Record fields;
      for (const char* key : {"b", "a", "", "type"}) {
        if (*rc::gen::arbitrary<bool>()) fields.emplace_back(key, AnyValue(depth - 1));
      }
      return data::Value::MakeRecord(std::move(fields));
    }
  }
}

RC_GTEST_PROP(ValueJsonProperty, WritingReadsBack, ()) {
  data::Value value = AnyValue(3);
  source::SourceMap map;
  source::DiagnosticSink sink;
  auto document = json::Document::Parse(map, map.Add("v.json", std::get<std::string>(ToJson(value))), sink);
  RC_ASSERT(document.has_value());
  RC_ASSERT(ValueReader(nullptr, ValueReader::Place::kEntity, sink).Read(document->root(), "v") == value);
}

}  // namespace
}  // namespace polc::model
