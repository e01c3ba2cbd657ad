#include "compiler/simulate/stream.h"

#include <gtest/gtest.h>

#include "compiler/sema/pol_test_util.h"

namespace polc::simulate {
namespace {

class StreamTest : public sema::pol::PolTest {};

TEST_F(StreamTest, SumsAreOfTheLines) {
  Sums sums;
  EXPECT_TRUE(sums.Add(R"({"bucket":"unchanged","outcomes":"allow -> allow"})"));
  EXPECT_TRUE(sums.Add(
      R"({"bucket":"looser","outcomes":"deny -> allow","action":"Action::\"x\"","cause":"the change of rule `a`"})"));
  EXPECT_TRUE(sums.Add(R"({"bucket":"not_replayable","why":"`/context/n` was masked"})"));
  EXPECT_TRUE(sums.Add(R"({"bucket":"broken"})"));
  EXPECT_FALSE(sums.Add(R"({"bucket":"other"})"));
  EXPECT_FALSE(sums.Add("{}"));
  EXPECT_FALSE(sums.Add("torn"));
  EXPECT_EQ(sums.records(), 3u);
  EXPECT_EQ(sums.Json(),
            R"({"records":3,"broken":1,"buckets":{"looser":1,"not_replayable":1,"unchanged":1},)"
            R"("not_replayable":[{"why":"`/context/n` was masked","count":1}],)"
            R"("groups":[{"bucket":"looser","cause":"the change of rule `a`","outcomes":"deny -> allow",)"
            R"("principal_type":"","action":"Action::\"x\"","resource_type":"","count":1}]})"
            "\n");
}

TEST_F(StreamTest, StateHasToBeKeptByTheKeyOfTheParts) {
  const sema::pol::Set set = With(R"(
counter tries counts restart for each principal over 10m
switch freeze for each Environment fresh within 30s
rule a allow Agent to restart on Service
rule b forbid Agent to restart on Service when tries of principal is at least 3 or freeze of Environment "p" is on
)");
  ASSERT_FALSE(sink_.has_errors()) << First();
  EXPECT_EQ(NotKeptApart({&set.program}, ""), "`tries` for each `principal`");
  EXPECT_EQ(NotKeptApart({&set.program}, "resource"), "`tries` for each `principal`");
  EXPECT_EQ(NotKeptApart({&set.program}, "principal"), std::nullopt);
}

}  // namespace
}  // namespace polc::simulate
