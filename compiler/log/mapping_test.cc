#include "compiler/log/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/log/reader.h"

namespace polc::log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class MappingTest : public ::testing::Test {
 protected:
  std::optional<Mapping> Read(std::string text) {
    return Mapping::Read(map_, map_.Add("m.json", std::move(text)), sink_);
  }
  Batch Apply(std::string mapping, std::string line) {
    mapping_ = Read(std::move(mapping));
    EXPECT_TRUE(mapping_) << (sink_.diagnostics().empty() ? "" : sink_.diagnostics()[0].message);
    if (!mapping_) return {};
    return ReadLine(Reader(Format::kMapped, &*mapping_), line, 7);
  }
  std::string Message(std::string text) {
    sink_ = {};
    EXPECT_FALSE(Read(std::move(text)));
    return sink_.diagnostics().empty() ? "" : sink_.diagnostics()[0].message;
  }
  static std::vector<std::string> Messages(const Batch& batch) {
    std::vector<std::string> out;
    for (const Problem& p : batch.problems) out.push_back(Text(p, "l"));
    return out;
  }

  source::SourceMap map_;
  source::DiagnosticSink sink_;
  std::optional<Mapping> mapping_;
};

constexpr const char* kMapping = R"({
  "time": "/ts",
  "request": {"principal": {"type": "Agent", "id": "/who"}, "action": {"type": "Action", "id": "/op"},
              "resource": {"literal": {"type": "/x", "id": "y"}},
              "context": "/args",
              "host?": {"now": {"time": "/ts"}, "context": {"blast": "/blast"}}},
  "outcome": {"from": "/verdict", "allow": ["ok", 1], "deny": ["no"]},
  "masked": ["/hidden"],
  "ignore": ["/debug"]})";

TEST_F(MappingTest, PutsARequestTogether) {
  const Batch batch =
      Apply(kMapping, R"({"ts":1,"who":"a","op":"go","args":{"n":[1.50]},"blast":"2%","verdict":1})");
  EXPECT_THAT(Messages(batch), IsEmpty());
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.records[0].request,
            R"({"principal":{"type":"Agent","id":"a"},"action":{"type":"Action","id":"go"},)"
            R"("resource":{"type":"/x","id":"y"},"context":{"n":[1.50]},)"
            R"("host":{"now":"1970-01-01T00:00:01Z","context":{"blast":"2%"}}})");
  EXPECT_EQ(batch.records[0].time, data::Datetime{1000});
  EXPECT_EQ(batch.records[0].decision->outcome, data::Outcome::kAllow);
  EXPECT_EQ(batch.records[0].line, 7u);
  EXPECT_FALSE(batch.records[0].whole_decision);
}

TEST_F(MappingTest, LeavesOutOptionalParts) {
  const Batch batch =
      Apply(kMapping, R"({"ts":1,"who":"a","op":"go","args":{},"verdict":"no","debug":{"a":1}})");
  EXPECT_THAT(Messages(batch), IsEmpty());
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.records[0].request.find("host"), std::string::npos);
  EXPECT_EQ(batch.records[0].decision->outcome, data::Outcome::kDeny);
}

TEST_F(MappingTest, NamesWhatIsMissing) {
  EXPECT_THAT(Messages(Apply(kMapping, R"({"ts":1,"op":"go","args":{}})")),
              ElementsAre("l:7:1: error: a record lacks `/who` [LogFormat]\n"));
}

TEST_F(MappingTest, NamesWhatNothingReads) {
  EXPECT_THAT(Messages(Apply(kMapping, R"({"ts":1,"who":"a","op":"go","args":{},"extra":{"b":1}})")),
              ElementsAre("l:7:39: warning: nothing reads `/extra` [UnknownLogField]\n"));
}

TEST_F(MappingTest, NamesOutcomesItDoesNotKnow) {
  EXPECT_THAT(
      Messages(Apply(kMapping, R"({"ts":"x","who":"a","op":"go","args":{},"verdict":"maybe"})")),
      ElementsAre("l:7:7: error: the time of a record is none [LogFormat]\n",
                  "l:7:51: error: `\"maybe\"` is neither what the mapping calls allow nor what it calls "
                  "deny [LogFormat]\n"));
}

TEST_F(MappingTest, FollowsMasksIntoTheRequest) {
  const Batch batch =
      Apply(kMapping,
            R"({"ts":1,"who":"a","op":"go","args":{},"hidden":["/args/pin","/who","/other","/blast/x"]})");
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_THAT(batch.records[0].masked, ElementsAre("/context/pin", "/principal/id"));
}

TEST_F(MappingTest, SaysWhatIsNoMapping) {
  EXPECT_EQ(Message("[]"), "a mapping is an object");
  EXPECT_EQ(Message("{}"), "a mapping lacks `request`");
  EXPECT_EQ(Message(R"({"request": "/a", "tiem": "/b"})"), "a mapping has no member `tiem`");
  EXPECT_EQ(Message(R"({"request": "/~"})"), "`/~` is no pointer");
  EXPECT_EQ(Message(R"({"request": "/a", "time": "b"})"), "`b` is no pointer");
  EXPECT_EQ(Message(R"({"request": "/a", "time": 1})"), "an integer stands where a pointer has to");
  EXPECT_EQ(Message(R"({"request": "/a", "ignore": "/b"})"), "`ignore` is an array of pointers");
  EXPECT_EQ(Message(R"({"request": "/a", "outcome": {"from": "/b"}})"),
            "`outcome` is an object with `from`, `allow` and `deny`");
  EXPECT_EQ(Message(R"({"request": "/a", "outcome": {"from": "/b", "allow": 1, "deny": []}})"),
            "`allow` and `deny` are arrays of the values that mean them");
}

}  // namespace
}  // namespace polc::log
