#include "compiler/log/reads.h"

#include <gmock/gmock.h>

#include "compiler/sema/pol_test_util.h"

namespace polc::log {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ReadsTest : public sema::pol::PolTest {
 protected:
  Reads Of(const std::string& rules, const std::string& action = "restart") {
    set_ = Run({{"p.pol", std::string(kModel) + rules}});
    EXPECT_FALSE(sink_.has_errors()) << (sink_.diagnostics().empty() ? "" : sink_.diagnostics()[0].message);
    return ReadIndex(set_.program).Of({"Action", action});
  }
  sema::pol::Set set_;
};

TEST_F(ReadsTest, AttributesThatStandInRulesOfTheAction) {
  const Reads reads = Of(R"(
rule a allow Agent to restart on Service when context.n is 1
rule b allow Agent to look on Service
)");
  EXPECT_THAT(reads.context, ElementsAre("n"));
  EXPECT_FALSE(reads.whole_context);
  EXPECT_TRUE(reads.ReadsContext("n"));
  EXPECT_FALSE(reads.ReadsContext("blast"));
  EXPECT_THAT(Of("rule a allow Agent to restart on Service when context.n is 1\n", "look").context,
              IsEmpty());
}

TEST_F(ReadsTest, ThroughFacts) {
  const Reads reads = Of(R"(
fact risk : Risk is the highest of high when context has blast and context.blast is above 5%, otherwise low
rule a forbid Agent to restart on Service when risk is at least high
)");
  EXPECT_THAT(reads.context, ElementsAre("blast"));
}

TEST_F(ReadsTest, ThroughStateThatTheActionMoves) {
  const Reads reads = Of(R"(
total spend sums context.n of restart for each principal over 1h
rule a allow Agent to restart on Service when resource has tier
)");
  EXPECT_THAT(reads.context, ElementsAre("n"));
  EXPECT_TRUE(reads.anywhere.contains("tier"));
}

}  // namespace
}  // namespace polc::log
