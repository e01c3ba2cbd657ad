#include "compiler/simulate/checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace polc::simulate {
namespace {

using data::Value;

// One of everything.
Report Full() {
  Report report;
  report.lines = 7;
  report.records = 6;
  report.buckets = {1, 2, 3, 4, 5, 6};
  report.missing["`x` was masked"] = {3, 9};
  report.before.why["no_grant"] = 2;
  report.after.outcomes = {1, 0, 2, 0, 3};
  report.after.expired = 4;
  report.assumed = {"tries"};
  report.approval_waits_ms = {1, 2, 3};
  report.days["2026-11-20"] = {1, 2, 3, 4, 5};
  report.windows[0].actions["Action::\"a\""] = 8;
  report.windows[1].outcomes[4] = 1;
  report.problems["DamagedRecord"] = {source::Code::kDamagedRecord, 3, 4, "m", "h", "k"};
  report.problem_counts["DamagedRecord"] = 5;
  return report;
}

Flip FullFlip() {
  Flip flip;
  flip.line = 12;
  flip.before_request.principal = {"A", "x"};
  flip.before_request.context =
      Value::MakeRecord({{"bool", Value(true)},
                         {"long", Value(INT64_MIN)},
                         {"text", Value(std::string("\0\xff", 2))},
                         {"entity", Value(data::EntityUid{"T", "\""})},
                         {"decimal", Value(data::Decimal{-5})},
                         {"ip", Value(data::IpAddr{true, {1, 2, 3}, 64})},
                         {"time", Value(data::Datetime{-1})},
                         {"for", Value(data::Duration{1})},
                         {"set", Value::MakeSet({Value(int64_t{1}), Value(std::string("a"))})},
                         {"record", Value::MakeRecord({{"in", Value::MakeRecord({})}})}});
  data::Entity entity;
  entity.uid = {"E", "e"};
  entity.attrs.emplace("a", Value(int64_t{1}));
  entity.tags.emplace("t", Value(int64_t{2}));
  entity.parents = {{"G", "g"}};
  flip.after_request = flip.before_request;
  flip.after_request.entities = {entity};
  data::Host host;
  host.now = data::Datetime{5};
  host.state = {{.input = "tries", .by = "principal", .key = Value(int64_t{1}), .as_of = data::Datetime{2}}};
  host.approvals = {{.id = "1", .approver = {"H", "h"}, .consumed = true, .action = "{}"}};
  host.refusals = {{.id = "2", .signature = "s"}};
  host.evidence = {{.kind = "ticket", .value = Value(true), .action_digest = "d"}};
  host.acts_for = {{.principal = {"A", "y"}, .scope = std::vector<std::string>{"look"}}};
  host.enforces = {"timeout"};
  flip.after_request.host = std::make_shared<const data::Host>(host);
  data::Decision& d = flip.before;
  d.outcome = data::Outcome::kRequireApproval;
  d.why = data::Why::kStateConflict;
  d.reasons = {"a"};
  d.because = {"b"};
  d.controls = {{"c", "1"}};
  d.facts.emplace("f", Value(true));
  d.limits["timeout"] = {Value(data::Duration{1000}), {"l"}};
  const data::QuorumTerm quorum{{{2, {{"T", "t"}}, true}}, 60, true, true};
  d.needs = {{"n", {{quorum}, "e"}}};
  d.counted = {{"1", {"H", "h"}}};
  d.not_counted = {{"2", {"H", "i"}, data::NotCounted::kBadSignature}};
  d.liftable = {{"r", {quorum}, true}};
  d.suggestions = {{{"Action", "look"}, {"R", "r"}, Value::MakeRecord({}), {"s"}}};
  d.shadow = {"z"};
  d.would_be = data::Outcome::kDeny;
  d.errors = {{"e", "m"}};
  d.state_read = host.state;
  d.state_updates = {{.input = "tries", .kind = data::StateUpdate::Kind::kDenial, .read = Value(true)}};
  d.action_digest = "1";
  d.terms_digest = "2";
  d.snapshot = "3";
  flip.whole = false;
  flip.logged_digest = "l";
  flip.logged_snapshot = "m";
  return flip;
}

template <typename T>
std::string Bytes(const T& value) {
  Writer archive;
  PassAny(archive, value);
  return archive.Take();
}

TEST(Archive, WhatIsReadIsWhatWasWritten) {
  const Flip flip = FullFlip();
  const std::string bytes = Bytes(flip);
  Reader archive(bytes);
  Flip read;
  PassAny(archive, read);
  ASSERT_TRUE(archive.ok() && archive.at_end());
  EXPECT_EQ(read.line, flip.line);
  EXPECT_EQ(read.before, flip.before);
  EXPECT_EQ(read.before_request.context, flip.before_request.context);
  EXPECT_EQ(read.before_request.host, nullptr);
  EXPECT_EQ(read.after_request.entities[0].attrs, flip.after_request.entities[0].attrs);
  ASSERT_TRUE(read.after_request.host);
  EXPECT_EQ(read.after_request.host->state, flip.after_request.host->state);
  // All that is written, at least, is read again.
  EXPECT_EQ(Bytes(read), bytes);

  const std::string report = Bytes(Full());
  Reader of_report(report);
  Report again;
  PassAny(of_report, again);
  ASSERT_TRUE(of_report.ok() && of_report.at_end());
  EXPECT_EQ(Bytes(again), report);
  EXPECT_EQ(again.problems.at("DamagedRecord").code, source::Code::kDamagedRecord);
  EXPECT_EQ(again.windows[0].actions, Full().windows[0].actions);
}

// Whatever the bytes are, reading ends, within them.
TEST(Archive, BytesThatAreNoneFail) {
  const std::string bytes = Bytes(FullFlip());
  for (size_t n = 0; n < bytes.size(); ++n) {
    Reader archive(std::string_view(bytes).substr(0, n));
    Flip flip;
    PassAny(archive, flip);
    ASSERT_FALSE(archive.ok()) << n;
  }
  std::mt19937 rng(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = bytes;
    for (uint32_t n = 1 + rng() % 3; n > 0; --n) changed[rng() % changed.size()] = static_cast<char>(rng());
    Reader archive(changed);
    Flip flip;
    PassAny(archive, flip);
  }
  // No such outcome; a list that is longer than the bytes.
  for (const uint64_t n : {uint64_t{5}, UINT64_MAX}) {
    Writer writer;
    writer.Number(n);
    const std::string number = writer.Take();
    Reader archive(number);
    data::Outcome outcome{};
    PassAny(archive, outcome);
    EXPECT_FALSE(archive.ok());
    Reader list(number);
    std::vector<std::string> texts;
    PassAny(list, texts);
    EXPECT_FALSE(list.ok());
  }
}

Identity Of() {
  return {.version = "1", .log_size = 10, .log_head = "h", .before = "b", .after = "a", .inputs = "i"};
}

TEST(Checkpoint, AFileIsWholeOrNone) {
  const std::string file = FileOf({.of = Of(), .bytes = 5, .sum = 6, .state = "state"});
  const std::optional<Checkpoint> read = ReadCheckpoint(file);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bytes, 5u);
  EXPECT_EQ(read->sum, 6u);
  EXPECT_EQ(read->state, "state");
  EXPECT_FALSE(Differs(read->of, Of()));
  for (size_t i = 0; i < file.size(); ++i) {
    EXPECT_FALSE(ReadCheckpoint(file.substr(0, i))) << i;
    std::string changed = file;
    changed[i] ^= 1;
    EXPECT_FALSE(ReadCheckpoint(changed)) << i;
  }
  EXPECT_FALSE(ReadCheckpoint(file + "x"));
}

TEST(Checkpoint, OfSomethingElseSaysOfWhat) {
  const auto differs = [](auto change) {
    Identity now = Of();
    change(now);
    return Differs(Of(), now).value_or("");
  };
  EXPECT_EQ(differs([](Identity& i) { i.log_size = 11; }),
            "another log, or it has grown: 10 bytes then, 11 now");
  EXPECT_EQ(differs([](Identity& i) { i.log_head = "x"; }), "another log: it begins otherwise");
  EXPECT_EQ(differs([](Identity& i) { i.before = ""; }),
            "other old policies: b then, the log's decisions now");
  EXPECT_EQ(differs([](Identity& i) { i.after = "x"; }), "other new policies: a then, x now");
  EXPECT_EQ(differs([](Identity& i) { i.inputs = "x"; }),
            "other entities, another schema or mapping, or another --split");
  EXPECT_EQ(differs([](Identity& i) { i.version = "2"; }), "another version of polc: 1 then, 2 now");
}

}  // namespace
}  // namespace polc::simulate
