// Polarity and whose word: laws over what came out.
#include "compiler/sema/pol_polarity.h"
#include "compiler/sema/pol_test_util.h"
#include "compiler/sema/pol_whose_word.h"

namespace polc::sema::pol {
namespace {

class PolLaws : public PolTest {
 protected:
  // A rule that reads a stricter fact and a freer level.
  std::string Levels(const std::string& rule) {
    return Codes("fact risk : Risk is the highest of high when action is irreversible, otherwise low\n" +
                 rule);
  }
};

TEST_F(PolLaws, RestrictingRulesTestStricterUpwardAndFreerDownward) {
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is at least high"), "");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is at most high"), "WrongPolarity");
  EXPECT_EQ(Help(), "turn the comparison around");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when autonomy is at most approval_needed"), "");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when autonomy is at least approval_needed"), "WrongPolarity");
  EXPECT_EQ(Levels("rule r require evidence plan for Agent to drop when autonomy is above recommend"),
            "WrongPolarity");
}

TEST_F(PolLaws, AllowsTheOtherWay) {
  EXPECT_EQ(Levels("rule r allow Agent to drop when risk is below high"), "");
  EXPECT_EQ(Levels("rule r allow Agent to drop when risk is above low"), "WrongPolarity");
  EXPECT_EQ(Levels("rule r allow Agent to drop when autonomy is at least alone"), "");
  EXPECT_EQ(Levels("rule r allow Agent to drop when autonomy is at most alone"), "WrongPolarity");
}

TEST_F(PolLaws, NegationTurnsItAround) {
  EXPECT_EQ(Levels("rule r forbid Agent to drop unless risk is below high"), "");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when not risk is at least high"), "WrongPolarity");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when low is below risk"), "");
}

TEST_F(PolLaws, EqualityIsForTheExtremes) {
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is critical"), "");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is not low"), "");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is low"), "WrongPolarity");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is high"), "WrongPolarity");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is one of [high, critical]"), "");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is one of [medium, critical]"), "WrongPolarity");
  EXPECT_EQ(Levels("rule r forbid Agent to drop when risk is between medium and high"), "WrongPolarity");
}

TEST_F(PolLaws, FactsAreLookedThrough) {
  EXPECT_EQ(Levels("fact risky : Bool is risk is at least high\nrule r forbid Agent to drop when risky"), "");
  EXPECT_EQ(Levels("fact risky : Bool is risk is at least high\nrule r allow Agent to drop when risky"),
            "WrongPolarity");
  EXPECT_EQ(Levels("fact risky : Bool is risk is at least high\nrule r allow Agent to drop unless risky"),
            "");
}

TEST_F(PolLaws, FactsOfLevelsThemselves) {
  EXPECT_EQ(Codes("fact f : Risk is the highest of high when autonomy is at most recommend, otherwise low"),
            "");
  EXPECT_EQ(Codes("fact f : Risk is the highest of high when autonomy is at least alone, otherwise low"),
            "WrongPolarity");
  EXPECT_EQ(Codes("fact f : Risk is the highest of low when autonomy is at most recommend, otherwise high"),
            "WrongPolarity");
  EXPECT_EQ(Codes("fact f : Risk is the first of low when autonomy is at least alone, otherwise high"), "");
}

TEST_F(PolLaws, LimitsReadNoLevels) {
  EXPECT_EQ(Levels("rule r limit timeout to (if risk is at least high then 1s else 2s) for Agent to drop"),
            "WrongPolarity");
}

TEST_F(PolLaws, CapsAndLadders) {
  EXPECT_EQ(Codes("cap c autonomy at recommend for Agent to drop "
                  "when principal has maturity and principal.maturity is at most junior"),
            "");
  EXPECT_EQ(Codes("cap c autonomy at recommend for Agent to drop "
                  "when principal has maturity and principal.maturity is at least senior"),
            "WrongPolarity");
  EXPECT_EQ(Codes("ladder for Agent when principal has maturity and principal.maturity is at least senior "
                  "gives drops : alone"),
            "");
}

TEST_F(PolLaws, WhatRestrictsIsNotEscapedByLeavingOut) {
  EXPECT_EQ(Forbid("context has host and context.host is \"x\" and resource.data contains \"y\""),
            "EscapableRule");
  EXPECT_EQ(Forbid("(context.host is missing or context.host is \"x\") and resource.data contains \"y\""),
            "");
  // Without a guard it is asked for; whatever it then is.
  EXPECT_EQ(Forbid("context has host and resource.data contains \"y\" or context.host is missing"), "");
  EXPECT_EQ(Codes("rule r forbid Agent to restart unless context.host is missing"),
            "EscapableRule AgentsWordAlone");
  EXPECT_EQ(
      Codes(
          "rule r forbid Agent to restart unless context has host and context.host is \"x\" and now is after "
          "2000-01-01"),
      "");
  // Defaults and the gateway's own attributes cannot be left out.
  EXPECT_EQ(Forbid("context has blast and context.blast is above 5%"), "");
  EXPECT_EQ(Forbid("context has tool and resource.data contains \"y\""), "");
}

TEST_F(PolLaws, FactsAndCapsCanBeEscapedToo) {
  EXPECT_EQ(Codes("fact f : Risk is the highest of high when context has host, otherwise low"),
            "EscapableRule");
  EXPECT_EQ(Codes("fact f : Risk is the highest of high when context has host, "
                  "critical when action is restart and context.host is missing, otherwise low"),
            "");
  EXPECT_EQ(Codes("cap c autonomy at recommend for Agent to restart when context has host"), "EscapableRule");
}

TEST_F(PolLaws, TheAgentsWordAloneIsAWarning) {
  EXPECT_EQ(Allow("context.n is 1"), "AgentsWordAlone");
  EXPECT_EQ(Forbid("context.n is 1"), "AgentsWordAlone");
  EXPECT_EQ(Allow("context.n is 1 and context.blast is at most 5%"), "");
  EXPECT_EQ(Allow("context.n is 1 and principal.ttl is at most 5m"), "");
  EXPECT_EQ(Codes("rule r allow Agent to look"), "");
}

}  // namespace
}  // namespace polc::sema::pol
