#include "compiler/log/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kRequest =
    R"({"principal": "A::\"a\"", "action": "Action::\"go\"", "resource": "S::\"s\"",
        "context": {"pin": 1234, "n": 1}, "host": {"context": {"tool": "t"}}})";

std::string Line(std::string_view request, const WriterOptions& options, data::Decision decision = {}) {
  return RecordLine({.time = data::Datetime{1000},
                     .request = request,
                     .decision = &decision,
                     .action = data::EntityUid{"Action", "go"},
                     .latency_ns = 7},
                    options);
}

TEST(LogWriter, ALineHasEverything) {
  const std::string line = Line(kRequest, {.entities_digest = "sha256:e"});
  EXPECT_THAT(line,
              StartsWith(R"({"polc_log":1,"time":"1970-01-01T00:00:01Z","request":{"principal":"A::\"a\"")"));
  EXPECT_THAT(line, HasSubstr(R"("entities":"sha256:e","latency_ns":7,"decision":{"outcome":"deny")"));
  EXPECT_THAT(line, testing::MatchesRegex(R"(.*,"crc":"[0-9a-f]{8}"\}.)"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(LogWriter, WhatIsMaskedIsNowhere) {
  Mask mask;
  mask.Add("/context/pin");
  data::Decision decision;
  decision.suggestions.push_back(
      {{"Action", "x"}, {"S", "s"}, data::Value::MakeRecord({{"pin", data::Value(int64_t{1234})}}), {"r"}});
  const std::string line = Line(kRequest, {.mask = mask}, decision);
  EXPECT_THAT(line, Not(HasSubstr("1234")));
  EXPECT_THAT(line, HasSubstr(R"("masked":["/context/pin"])"));
  // A digest over it would let anybody try all pins.
  EXPECT_THAT(line, Not(HasSubstr("request_digest")));
}

TEST(LogWriter, KeepsOnlyWhatIsRead) {
  core::Program program;
  core::Rule rule;
  rule.id = "r";
  const core::ExprId context = rule.AddVar(core::Var::kContext);
  rule.conditions = {rule.AddNamed(core::Op::kHas, context, "n")};
  program.rules.push_back(std::move(rule));
  ReadIndex reads(program);
  const std::string line = Line(kRequest, {.reads = &reads});
  EXPECT_THAT(line, HasSubstr(R"("context":{"n":1})"));
  EXPECT_THAT(line, HasSubstr(R"("request_digest":"sha256:)"));
  EXPECT_THAT(line, HasSubstr(R"("masked":["/context/pin","/host/context/tool"])"));
}

TEST(LogWriter, WhatIsNoRequestIsKeptAsText) {
  EXPECT_THAT(Line("{\"a\"\xff", {}), HasSubstr(R"("request_text":"{\"a\")"));
  Mask mask;
  mask.Add("/context/pin");
  const std::string line = Line("{\"pin\": 1234", {.mask = mask});
  EXPECT_THAT(line, Not(HasSubstr("1234")));
  EXPECT_THAT(line, HasSubstr("request_digest"));
}

TEST(LogWriter, Sums) {
  EXPECT_EQ(Checksum("123456789"), "cbf43926");  // the check value of CRC-32
  EXPECT_EQ(Digest(""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace polc::log
