#include "compiler/log/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "compiler/host/random_decision.h"
#include "compiler/log/writer.h"

namespace polc::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> Messages(const std::vector<Problem>& problems) {
  std::vector<std::string> out;
  for (const Problem& p : problems) out.push_back(Text(p, "l"));
  return out;
}

Splitter::ReadBytes From(const std::string& text, size_t at_most = 1u << 20) {
  return [&text, at_most, at = size_t{0}](char* to, size_t size) mutable {
    const size_t n = std::min({size, at_most, text.size() - at});
    std::copy_n(text.data() + at, n, to);
    at += n;
    return n;
  };
}

Batch ReadAll(const std::string& text, Format format = Format::kPolc, size_t chunk = kChunkBytes,
              size_t at_most = 1u << 20) {
  Splitter splitter(From(text, at_most), chunk);
  const Reader reader(format);
  Batch all;
  std::string spare = "what has nothing to do with it";
  while (std::optional<Chunk> next = splitter.Next(all.problems, std::exchange(spare, {}))) {
    Batch batch = reader.Read(*next);
    spare = std::move(next->text);
    all.lines += batch.lines;
    all.records.insert(all.records.end(), batch.records.begin(), batch.records.end());
    all.problems.insert(all.problems.end(), batch.problems.begin(), batch.problems.end());
  }
  return all;
}

std::string Line(const data::Decision& decision, int n = 1) {
  const std::string request = "{\"principal\": {\"type\":\"A\",\"id\":\"" + std::to_string(n) + "\"}}";
  return RecordLine(
      {.time = data::Datetime{n * 1000}, .request = request, .decision = &decision, .latency_ns = n},
      {.entities_digest = "sha256:e"});
}

// Law: what was written is read.
TEST(LogReader, ReadsWhatIsWritten) {
  host::RandomDecision random(2);
  std::string log;
  std::vector<data::Decision> decisions;
  for (int i = 0; i < 10'000; ++i) {
    decisions.push_back(random.Decision());
    log += Line(decisions.back(), i);
  }
  const Batch batch = ReadAll(log, Format::kPolc, 10'000);
  EXPECT_THAT(Messages(batch.problems), IsEmpty());
  ASSERT_EQ(batch.records.size(), decisions.size());
  for (size_t i = 0; i < decisions.size(); ++i) {
    const Record& r = batch.records[i];
    ASSERT_EQ(*r.decision, decisions[i]) << i;
    ASSERT_EQ(r.line, i + 1);
    ASSERT_EQ(r.time->ms, static_cast<int64_t>(i) * 1000);
    ASSERT_EQ(r.latency_ns, static_cast<int64_t>(i));
    ASSERT_EQ(r.request, "{\"principal\":{\"type\":\"A\",\"id\":\"" + std::to_string(i) + "\"}}");
    ASSERT_EQ(r.entities, "sha256:e");
    ASSERT_TRUE(r.whole_decision);
  }
}

TEST(LogReader, TheChunksDoNotShow) {
  host::RandomDecision random(3);
  std::string log = "\n";
  for (int i = 0; i < 20; ++i) log += Line(random.Decision(), i) + (i % 3 == 0 ? "  \r\n" : "");
  const Batch whole = ReadAll(log);
  for (const size_t chunk : {1u, 7u, 100u, 4096u}) {
    for (const size_t at_most : {1u, 3u, 1u << 20}) {
      const Batch parts = ReadAll(log, Format::kPolc, chunk, at_most);
      ASSERT_EQ(parts.records.size(), whole.records.size());
      EXPECT_EQ(parts.lines, whole.lines);
      for (size_t i = 0; i < whole.records.size(); ++i) {
        EXPECT_EQ(parts.records[i].line, whole.records[i].line);
        EXPECT_EQ(parts.records[i].request, whole.records[i].request);
      }
    }
  }
}

// Wherever writing stopped, the records before are there, and what stands behind is none.
TEST(LogReader, ATornLineIsNeverARecord) {
  const std::string first = Line({}, 1), second = Line({}, 2);
  for (size_t cut = 1; cut < second.size(); ++cut) {
    const Batch batch = ReadAll(first + second.substr(0, cut));
    ASSERT_EQ(batch.records.size(), 1u) << cut;
    EXPECT_THAT(Messages(batch.problems),
                ElementsAre(HasSubstr("l:2:1: warning: the last line does not end with a line feed")));
    // Appending goes on behind it on a line of its own.
    const Batch more = ReadAll(first + second.substr(0, cut) + "\n" + second);
    if (cut + 1 == second.size()) {
      EXPECT_EQ(more.records.size(), 3u);
      continue;
    }
    ASSERT_EQ(more.records.size(), 2u) << cut;
    EXPECT_THAT(Messages(more.problems), ElementsAre(HasSubstr("l:2:1: error: the line is no JSON")));
  }
}

TEST(LogReader, AChangedByteIsNoticed) {
  const std::string line = Line({}, 1);
  const size_t sum = line.rfind(",\"crc\"");
  for (size_t i = 0; i < sum; ++i) {
    std::string changed = line;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const Batch batch = ReadAll(changed);
    EXPECT_THAT(batch.records, SizeIs(0)) << i;
    EXPECT_THAT(batch.problems, SizeIs(testing::Ge(1u))) << i;
  }
}

TEST(LogReader, LinesAboveTheLimitArePassedOver) {
  const std::string small = Line({}, 1);
  const std::string log = small + "{\"a\":\"" + std::string(kMaxLineBytes, 'x') + "\"}\n" + small;
  const Batch batch = ReadAll(log);
  EXPECT_THAT(batch.records, SizeIs(2));
  EXPECT_EQ(batch.records[1].line, 3u);
  EXPECT_THAT(Messages(batch.problems), ElementsAre(HasSubstr("l:2:1: error: a line is longer")));
}

std::vector<std::string> Own(const std::string& line) { return Messages(ReadAll(line + "\n").problems); }

TEST(LogReader, NamesWhatIsWrongWithARecord) {
  EXPECT_THAT(Own("[]"), ElementsAre("l:1:1: error: a record is an array, not an object [LogFormat]\n"));
  EXPECT_THAT(
      Own("{}"),
      ElementsAre("l:1:1: error: a record lacks `polc_log`, the version of its format [LogFormat]\n"));
  EXPECT_THAT(Own(R"({"polc_log":2})"),
              ElementsAre("l:1:13: error: a record is of version 2, not 1 [LogFormat]\n"));
  EXPECT_THAT(Own(R"({"polc_log":1})"), ElementsAre("l:1:1: error: a record lacks `request` [LogFormat]\n"));
  EXPECT_THAT(Own(R"({"polc_log":1,"time":"x","request":{}})"),
              ElementsAre("l:1:22: error: `x` is no time [LogFormat]\n"));
  EXPECT_THAT(Own(R"({"polc_log":1,"request":1})"),
              ElementsAre("l:1:25: error: `request` is an integer, not an object [LogFormat]\n"));
  EXPECT_THAT(Own(R"({"polc_log":1,"request":{},"desicion":{}})"),
              ElementsAre("l:1:28: warning: nothing reads `desicion` [UnknownLogField]\n  help: did you mean "
                          "`decision`?\n"));
  EXPECT_THAT(Own(R"({"polc_log":1,"request":{},"decision":{}})"),
              ElementsAre("l:1:39: error: a decision lacks `outcome` [LogFormat]\n"));
}

TEST(LogReader, KnowsWhoseLogItIs) {
  EXPECT_EQ(DetectFormat(R"({"polc_log":1})"), Format::kPolc);
  EXPECT_EQ(DetectFormat(R"({"request":{},"response":{}})"), Format::kAuthzen);
  EXPECT_EQ(DetectFormat(R"({"decision_id":"x"})"), Format::kOpa);
  EXPECT_EQ(DetectFormat(R"({"callId":"x","checkResources":{}})"), Format::kCerbos);
  EXPECT_EQ(DetectFormat(R"({"a":1})"), std::nullopt);
  EXPECT_EQ(DetectFormat("x"), std::nullopt);
}

TEST(LogReader, Authzen) {
  const Batch batch = ReadAll(
      R"({"request":{"subject":{"type":"User","id":"a","properties":{"d":1}},"action":{"name":"view"},)"
      R"("resource":{"type":"Doc","id":"d"},"context":{"n":1}},"response":{"decision":true}})"
      "\n"
      R"({"request":{"subject":{"type":"User","id":"a"},"action":{"name":"view"},"resource":{"type":"Doc"}},)"
      R"("response":{"decision":"yes"}})"
      "\n",
      Format::kAuthzen);
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.records[0].request,
            R"({"principal":{"type":"User","id":"a"},"action":{"type":"Action","id":"view"},)"
            R"("resource":{"type":"Doc","id":"d"},"context":{"n":1}})");
  EXPECT_EQ(batch.records[0].decision->outcome, data::Outcome::kAllow);
  EXPECT_THAT(Messages(batch.problems),
              ElementsAre("l:1:47: warning: nothing reads `/request/subject/properties` [UnknownLogField]\n",
                          "l:2:1: error: a record lacks `/request/resource/id` [LogFormat]\n"));
}

TEST(LogReader, Opa) {
  const Batch batch = ReadAll(
      R"({"decision_id":"1","timestamp":"2026-11-21T03:14:00.123456789Z","path":"a/allow",)"
      R"("input":{"principal":"A::\"a\"","action":"Action::\"go\"","resource":"S::\"s\"","context":{}},)"
      R"("result":{"allow":false},"erased":["/input/context/pin"],"metrics":{"timer_rego_query_eval_ns":5}})"
      "\n"
      R"({"decision_id":"2","timestamp":"x","input":{"user":"a"},"result":true})"
      "\n",
      Format::kOpa);
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_THAT(batch.records[0].masked, ElementsAre("/context/pin"));
  EXPECT_EQ(batch.records[0].decision->outcome, data::Outcome::kDeny);
  EXPECT_EQ(batch.records[0].latency_ns, 5);
  EXPECT_EQ(batch.records[0].time->ms % 1000, 123);
  EXPECT_THAT(Messages(batch.problems),
              ElementsAre("l:2:1: error: a record lacks `/input/principal` [LogFormat]\n",
                          "l:2:45: warning: nothing reads `/input/user` [UnknownLogField]\n"));
}

TEST(LogReader, Cerbos) {
  const Batch batch = ReadAll(
      R"({"log.kind":"decision","callId":"c","timestamp":"2026-11-21T03:14:00Z","checkResources":{"inputs":[)"
      R"({"requestId":"1","resource":{"kind":"doc","id":"d","attr":{"x":1}},"principal":{"id":"p","roles":["r"]},)"
      R"("actions":["view","edit"]}],"outputs":[{"actions":{"view":{"effect":"EFFECT_ALLOW"},)"
      R"("edit":{"effect":"EFFECT_DENY"}}}]}})"
      "\n"
      R"({"callId":"c"})"
      "\n",
      Format::kCerbos);
  ASSERT_EQ(batch.records.size(), 2u);
  EXPECT_EQ(batch.records[1].request,
            R"({"principal":{"type":"Principal","id":"p"},)"
            R"("action":{"type":"Action","id":"edit"},"resource":{"type":"doc","id":"d"}})");
  EXPECT_EQ(batch.records[0].decision->outcome, data::Outcome::kAllow);
  EXPECT_EQ(batch.records[1].decision->outcome, data::Outcome::kDeny);
  EXPECT_THAT(Messages(batch.problems),
              ElementsAre(HasSubstr("nothing reads `@input/principal/roles`"),
                          HasSubstr("nothing reads `@input/resource/attr`"),
                          "l:2:1: error: an entry lacks `inputs`, an array [LogFormat]\n"));
}

}  // namespace
}  // namespace polc::log
