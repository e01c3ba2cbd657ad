// Values by their declared types, both sides of each bound.
#include "compiler/host/typed_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::host {
namespace {

using core::Type;
using data::Kind;
using data::Value;
using ::testing::HasSubstr;

struct Typed : ::testing::Test {
  core::Program program;
  source::SourceMap map;
  source::DiagnosticSink sink;
  RequestValidation validation = RequestValidation::kOn;

  Typed() { program.levels = {{"Risk", {"low", "high"}, true}}; }

  std::optional<Value> Read(std::string_view json, const Type& type) {
    const source::FileId file = map.Add("value.json", std::string(json));
    sink = {};
    const auto document = json::Document::Parse(map, file, sink);
    if (!document) return std::nullopt;
    return TypedReader(program, source::Code::kInvalidContext, validation, sink)
        .Read(document->root(), type, "`x`");
  }
  void Gives(std::string_view json, const Type& type, const Value& value) {
    const auto read = Read(json, type);
    ASSERT_TRUE(read.has_value()) << json << ": " << sink.diagnostics().at(0).message;
    EXPECT_EQ(data::ToString(*read), data::ToString(value));
  }
  void Refuses(std::string_view json, const Type& type, const std::string& message) {
    EXPECT_EQ(Read(json, type), std::nullopt) << json;
    ASSERT_FALSE(sink.diagnostics().empty()) << json;
    EXPECT_THAT(sink.diagnostics()[0].message, HasSubstr(message));
  }
  static core::TypePtr Ptr(Type type) { return std::make_shared<Type>(std::move(type)); }
};

TEST_F(Typed, Percent) {
  const Type percent{.kind = Kind::kDecimal, .percent = true};
  for (const char* json :
       {"\"2.5%\"", "\"0.025\"", "0.025", "0.0250", R"({"__extn": {"fn": "decimal", "arg": "0.025"}})"})
    Gives(json, percent, Value(data::Decimal{250}));
  Gives("\"100%\"", percent, Value(data::Decimal{10000}));
  Gives("\"0%\"", percent, Value(data::Decimal{0}));
  Gives("1.0", percent, Value(data::Decimal{10000}));
  Gives("\"12.34%\"", percent, Value(data::Decimal{1234}));
  for (const char* json : {"2", "0", "1", "\"101%\"", "\"100.01%\"", "1.0001", "\"-1%\"", "-0.1", "\"2\"",
                           "\"2 %\"", "\"%\"", "\"1.234%\"", "0.00001", "1e-2", "true", "null", "\"2%%\""})
    Refuses(json, percent, "it is declared `Percent`");
  EXPECT_THAT(sink.diagnostics()[0].help, HasSubstr("\"2%\""));
}
TEST_F(Typed, Decimal) {
  const Type decimal{.kind = Kind::kDecimal};
  Gives("1.5", decimal, Value(data::Decimal{15000}));
  Gives("\"1.50\"", decimal, Value(data::Decimal{15000}));
  Gives("2", decimal, Value(data::Decimal{20000}));
  Gives("-2", decimal, Value(data::Decimal{-20000}));
  Refuses("1.00001", decimal, "`1.00001`; it is declared `Decimal`");
  Refuses("\"2%\"", decimal, "it is declared `Decimal`");
  Refuses("922337203685478", decimal, "it is declared `Decimal`");
}
TEST_F(Typed, TimesDurationsAddresses) {
  Gives("\"1970-01-01T00:00:01Z\"", {.kind = Kind::kDatetime}, Value(data::Datetime{1000}));
  Gives("\"1h30m\"", {.kind = Kind::kDuration}, Value(data::Duration{5400000}));
  Gives("\"10.0.0.0/8\"", {.kind = Kind::kIp},
        *Read(R"({"__extn": {"fn": "ip", "arg": "10.0.0.0/8"}})", {.kind = Kind::kIp}));
  Refuses("\"yesterday\"", {.kind = Kind::kDatetime}, "`yesterday`; it is declared `Time`");
  Refuses("1000", {.kind = Kind::kDuration}, "it is declared `Duration`");
}
TEST_F(Typed, Levels) {
  const Type risk{.kind = Kind::kString, .levels = "Risk"};
  Gives("\"high\"", risk, Value(std::string("high")));
  Refuses("\"hig\"", risk, "`hig`; it is declared `Risk`");
  EXPECT_EQ(sink.diagnostics()[0].help, "did you mean `high`?");
  Refuses("\"critical\"", risk, "it is declared `Risk`");
  EXPECT_EQ(sink.diagnostics()[0].help, "the levels are `low`, `high`");
}
TEST_F(Typed, Entities) {
  const Type human{.kind = Kind::kEntity, .entity = "Human"};
  Gives(R"({"type": "Human", "id": "kim"})", human, Value(data::EntityUid{"Human", "kim"}));
  Gives(R"({"__entity": {"type": "Human", "id": "kim"}})", human, Value(data::EntityUid{"Human", "kim"}));
  Refuses(R"({"type": "Agent", "id": "kim"})", human, "an entity of type `Agent`; it is declared `Human`");
  Refuses(R"("Human::\"kim\"")", human, "it is declared `Human`");
}
TEST_F(Typed, Sets) {
  const Type two{.kind = Kind::kSet, .at_most = 2, .element = Ptr({.kind = Kind::kLong})};
  Gives("[2, 1, 2]", two, Value::MakeSet({Value(int64_t{1}), Value(int64_t{2})}));
  Refuses("[1, 2, 3]", two, "a set of 3; it is declared `Set of Number, at most 2`");
  Refuses("[1, \"2\"]", two, "an element of `x` is `2`; it is declared `Number`");
  Refuses("1", two, "it is declared `Set of Number");
}
TEST_F(Typed, Records) {
  const Type record{.kind = Kind::kRecord,
                    .fields = {{.name = "a", .type = Ptr({.kind = Kind::kLong})},
                               {.name = "b", .type = Ptr({.kind = Kind::kBool}), .required = false}}};
  Gives(R"({"a": 1, "b": null})", record, Value::MakeRecord({{"a", Value(int64_t{1})}}));
  Refuses(R"({"b": true})", record, "`x` lacks `a`");
  Refuses(R"({"a": 1, "c": 1})", record, "`x` has `c`, which is not declared");
  Refuses(R"({"a": null})", record, "`a` is null; it is declared `Number`");
  Refuses("[]", record, "it is declared `record`");
}
TEST_F(Typed, PlainOnes) {
  Gives("9007199254740993", {.kind = Kind::kLong}, Value(int64_t{9007199254740993}));
  Refuses("1.0", {.kind = Kind::kLong}, "`1.0`; it is declared `Number`");
  Refuses("\"1\"", {.kind = Kind::kLong}, "it is declared `Number`");
  Refuses("1", {.kind = Kind::kBool}, "`1`; it is declared `Bool`");
  Refuses("true", {.kind = Kind::kString}, "a boolean; it is declared `Text`");
}
TEST_F(Typed, WithoutValidationAValueIsWhatItIs) {
  validation = RequestValidation::kOff;
  Gives("\"1\"", {.kind = Kind::kLong}, Value(std::string("1")));
  Gives("\"extreme\"", {.kind = Kind::kString, .levels = "Risk"}, Value(std::string("extreme")));
  EXPECT_EQ(Read("1.5", {.kind = Kind::kLong}), std::nullopt);  // there is no such value at all
}

}  // namespace
}  // namespace polc::host
