// The JSON of a decision: one that has everything, and one that has nothing.
#include "compiler/host/decision_json.h"

#include <gtest/gtest.h>

#include "compiler/host/random_decision.h"

namespace polc::host {
namespace {

using data::EntityUid;
using data::Value;

std::string Json(const data::Decision& decision) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  json.object([&] { WriteDecision(decision, json); });
  return out;
}

TEST(DecisionJson, Nothing) {
  EXPECT_EQ(Json({}), R"({"outcome":"deny","decision":"deny","why":"no_grant","reasons":[],"errors":[]})");
}

TEST(DecisionJson, Everything) {
  data::Decision d;
  d.outcome = data::Outcome::kRequireApproval;
  d.why = data::Why::kNone;
  d.reasons = {"r"};
  d.because = {"it is far-reaching"};
  d.controls = {{"soc2", "CC8.1"}};
  d.facts = {{"risk", Value(std::string("high"))}};
  d.limits = {{"timeout", {Value(data::Duration{300000}), {"l"}}}};
  const data::QuorumTerm quorum{.parts = {{.count = 2, .pools = {{"Team", "a"}}, .error = true}},
                                .within_ms = 1000,
                                .including_owner = true,
                                .survives_policy_change = true};
  d.needs = {{"r", {.approval = {quorum}}}, {"r", {.evidence = "plan"}}};
  d.counted = {{"a1", {"Human", "kim"}}};
  d.not_counted = {{"a2", {"Human", "lee"}, data::NotCounted::kExpired}};
  d.liftable = {{"f", {quorum}, false}};
  d.suggestions = {
      {{"Action", "archive"}, {"Service", "s"}, Value::MakeRecord({{"n", Value(int64_t{1})}}), {"s"}}};
  d.shadow = {"x"};
  d.would_be = data::Outcome::kDeny;
  d.errors = {{"e", "it erred"}};
  d.state_read = {{.input = "freeze",
                   .by = "Service",
                   .key = Value(EntityUid{"Service", "s"}),
                   .value = Value(true),
                   .as_of = data::Datetime{-1}}};
  d.state_updates = {{.input = "n",
                      .by = "context.session",
                      .key = Value(std::string("k")),
                      .amount = Value(int64_t{1}),
                      .read = Value(int64_t{2})},
                     {.input = "t", .kind = data::StateUpdate::Kind::kSet},
                     {.input = "u", .kind = data::StateUpdate::Kind::kDenial}};
  d.action_digest = "sha256:a";
  d.terms_digest = "sha256:t";
  d.snapshot = "sha256:s";
  const std::string q =
      R"({"parts":[{"count":2,"of":[{"type":"Team","id":"a"}],"error":true}],"within":"1000ms","including_owner":true,"survives_policy_change":true})";
  EXPECT_EQ(
      Json(d),
      R"({"outcome":"require_approval","decision":"deny","reasons":["r"],"because":["it is far-reaching"],"controls":["soc2 CC8.1"],)"
      R"("facts":{"risk":"high"},"limits":{"timeout":{"value":{"__extn":{"fn":"duration","arg":"300000ms"}},"by":["l"]}},)"
      R"("approval":{"needs":[{"rule":"r","approval":[)" +
          q +
          R"(]},{"rule":"r","evidence":"plan"}],)"
          R"("counted":[{"id":"a1","approver":{"type":"Human","id":"kim"}}],)"
          R"("not_counted":[{"id":"a2","approver":{"type":"Human","id":"lee"},"why":"expired"}],)"
          R"("liftable":[{"rule":"f","quorum":[)" +
          q +
          R"(],"lifted":false}]},)"
          R"("suggestions":[{"action":{"type":"Action","id":"archive"},"resource":{"type":"Service","id":"s"},"context":{"n":1},"by":["s"]}],)"
          R"("shadow":["x"],"would_be":"deny","errors":[{"rule":"e","message":"it erred"}],)"
          R"("state_read":[{"input":"freeze","by":"Service","key":{"type":"Service","id":"s"},"value":true,"as_of":"1969-12-31T23:59:59.999Z"}],)"
          R"("state_updates":[{"input":"n","by":"context.session","key":"k","add":1,"read":2},{"input":"t","set":true},{"input":"u","denial":true}],)"
          R"("action_digest":"sha256:a","terms_digest":"sha256:t","snapshot":"sha256:s"})");
}

TEST(DecisionJson, Times) {
  auto as_of = [](int64_t ms) {
    data::Decision d;
    d.state_read = {{.input = "i", .value = Value(true), .as_of = data::Datetime{ms}}};
    const std::string json = Json(d);
    const size_t at = json.find("\"as_of\":") + 8;
    return json.substr(at, json.find("}", at) - at);
  };
  EXPECT_EQ(as_of(0), "\"1970-01-01T00:00:00Z\"");
  EXPECT_EQ(as_of(1795230840000), "\"2026-11-21T03:14:00Z\"");
  EXPECT_EQ(as_of(951782400000), "\"2000-02-29T00:00:00Z\"");
  EXPECT_EQ(as_of(-62167219200000), "\"0000-01-01T00:00:00Z\"");
  EXPECT_EQ(as_of(-62167219200001).substr(0, 2), "{\"");
  EXPECT_EQ(as_of(253402300799999), "\"9999-12-31T23:59:59.999Z\"");
  EXPECT_EQ(as_of(253402300800000).substr(0, 2), "{\"");
}

std::optional<data::Decision> ReadBack(const std::string& text, source::DiagnosticSink& sink) {
  source::SourceMap map;
  const source::FileId file = map.Add("", text);
  const std::optional<json::Document> document = json::Document::Parse(map, file, sink);
  return document ? ReadDecision(document->root(), sink) : std::nullopt;
}

// Law: what was written is read.
TEST(DecisionJson, ReadsWhatItWrites) {
  RandomDecision random(1);
  for (int i = 0; i < 20'000; ++i) {
    const data::Decision d = random.Decision();
    source::DiagnosticSink sink;
    const std::string text = Json(d);
    const std::optional<data::Decision> read = ReadBack(text, sink);
    ASSERT_TRUE(read && *read == d) << text;
    ASSERT_FALSE(sink.has_errors()) << text;
  }
}

TEST(DecisionJson, SaysWhatIsNoDecision) {
  auto message = [](const std::string& text) {
    source::DiagnosticSink sink;
    ReadBack(text, sink);
    return sink.diagnostics().empty() ? "" : sink.diagnostics().front().message;
  };
  EXPECT_EQ(message(R"({"reasons":[]})"), "a decision lacks `outcome`");
  EXPECT_EQ(message(R"({"outcome":"maybe"})"), "`maybe` is no outcome");
  EXPECT_EQ(message(R"({"outcome":1})"), "`outcome` is an integer, not a string");
  EXPECT_EQ(message(R"({"outcome":"deny","why":"so"})"), "`so` is not known as `why`");
  EXPECT_EQ(message(R"({"outcome":"deny","reasons":[1]})"), "`reasons` holds an integer, not strings");
  EXPECT_EQ(message(R"({"outcome":"deny","errors":[1]})"), "`errors` holds an integer, not objects");
  EXPECT_EQ(message(R"({"outcome":"deny","limits":{"t":1}})"), "an integer stands where an object has to");
}

TEST(DecisionJson, TimesOfOtherEngines) {
  EXPECT_EQ(ReadTimeText("1970-01-01T00:00:01Z"), data::Datetime{1000});
  EXPECT_EQ(ReadTimeText("1970-01-01T00:00:01.5Z"), data::Datetime{1500});
  EXPECT_EQ(ReadTimeText("1970-01-01T00:00:01.123456789Z"), data::Datetime{1123});
  EXPECT_EQ(ReadTimeText("1970-01-01T01:00:01+01:00"), data::Datetime{1000});
  EXPECT_EQ(ReadTimeText("1970-01-01T00:00:01.Z"), std::nullopt);
  EXPECT_EQ(ReadTimeText("yesterday"), std::nullopt);
  EXPECT_EQ(ReadTimeText(""), std::nullopt);
}

}  // namespace
}  // namespace polc::host
