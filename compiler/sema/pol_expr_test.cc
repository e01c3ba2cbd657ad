#include "compiler/sema/pol_expr.h"

#include "compiler/sema/pol_test_util.h"

namespace polc::sema::pol {
namespace {

using PolExpr = PolTest;

TEST_F(PolExpr, WordsBecomeTheCore) {
  EXPECT_EQ(Core("context.n is at least 5"), "(not (lt (attr \"n\" context) 5))");
  EXPECT_EQ(Core("context.n >= 5"), Core("context.n is at least 5"));
  EXPECT_EQ(Core("context.n is not 5"), "(not (eq (attr \"n\" context) 5))");
  EXPECT_EQ(Core("context.n is between 1 and 5"),
            "(and (not (lt (attr \"n\" context) 1)) (le (attr \"n\" context) 5))");
  EXPECT_EQ(Core("context.n is one of [1, 2]"), "(contains [1, 2] (attr \"n\" context))");
  EXPECT_EQ(Core("context.to contains \"x\""), "(contains (attr \"to\" context) \"x\")");
  EXPECT_EQ(Core("context.to.union([\"a\"]).size() is 2"),
            "(eq (size (union (attr \"to\" context) [\"a\"])) 2)");
  EXPECT_EQ(Core("resource in Environment \"p\""), "(in resource Environment::\"p\")");
  EXPECT_EQ(Core("now is before 1970-01-01T00:00:01Z"),
            "(lt (input \"now\") datetime(\"1970-01-01\").offset(duration(\"1000ms\")))");
  EXPECT_EQ(Core("context.n * 2 is 4"), "(eq (mul (attr \"n\" context) 2) 4)");
}

TEST_F(PolExpr, PartsOfTexts) {
  auto core = [&](const std::string& test) { return Core("some t in context.to satisfies t " + test); };
  EXPECT_EQ(core("starts with \"ab\""), core("matches \"ab*\""));
  EXPECT_EQ(core("ends with \"ab\""), core("matches \"*ab\""));
  EXPECT_EQ(core("contains \"ab\""), core("matches \"*ab*\""));
  EXPECT_EQ(core("starts with \"a*\""), core("matches \"a\\**\""));
  EXPECT_EQ(core("starts with \"\""), core("matches \"*\""));
  EXPECT_NE(core("starts with \"ab\""), core("starts with \"ac\""));
  EXPECT_EQ(Forbid("some t in context.to satisfies t starts with t"), "NonLiteralPattern");
  EXPECT_EQ(Forbid("some t in context.to satisfies t ends with 5"), "UnexpectedType");
  EXPECT_EQ(Forbid("context.n starts with \"5\""), "UnexpectedType");
}

TEST_F(PolExpr, PercentagesAreDecimalsAndLevelsAreRanks) {
  EXPECT_EQ(Core("context.blast is above 5%"),
            "(call greaterThan (attr \"blast\" context) decimal(\"0.0500\"))");
  EXPECT_EQ(Core("principal has maturity and principal.maturity is at most junior"),
            "(and (has \"maturity\" principal) (le (rank Rank (attr \"maturity\" principal)) 0))");
}

TEST_F(PolExpr, ActionsAreListedWhereTheyAreClassified) {
  Set set = With("rule r forbid Agent to do anything when action is irreversible");
  EXPECT_EQ(core::Dump(set.program.rules.at(0), set.program.rules[0].conditions.back()),
            "(contains [Action::\"drop\"] action)");
  set = With("rule r forbid Agent to do anything when action.class is restarts");
  EXPECT_EQ(Reported(), "") << First();
}

TEST_F(PolExpr, WhatDoesNotFit) {
  EXPECT_EQ(Forbid("context.n is at most 5%"), "IncompatibleTypes");
  EXPECT_EQ(Forbid("context.blast is above 5"), "IncompatibleTypes");
  EXPECT_EQ(Help(), "write `5%`");
  EXPECT_EQ(Forbid("context.n"), "UnexpectedType");
  EXPECT_EQ(Forbid("context.to is \"x\""), "IncompatibleTypes");
  EXPECT_EQ(Help(), "a set has elements: `context.to contains \"x\"`");
  EXPECT_EQ(Forbid("resource in Team \"x\""), "IncompatibleTypes");
  EXPECT_EQ(Forbid("context.n * context.n is 4"), "NonLiteralFactor");
  EXPECT_EQ(Forbid("principal is Service"), "IncompatibleTypes");
  EXPECT_EQ(Forbid("context.n is low"), "IncompatibleTypes");
  EXPECT_EQ(Forbid("low is at least junior"), "IncompatibleTypes");
  EXPECT_EQ(Forbid("context.to.frob()"), "UndefinedFunction");
  EXPECT_EQ(Forbid("[1, \"a\"].isEmpty()"), "IncompatibleTypes");
  EXPECT_EQ(Forbid("not context.n"), "UnexpectedType");
}

TEST_F(PolExpr, InIsForGroupsAndSaysWhatWasMeant) {
  EXPECT_EQ(Forbid("context.n in [1, 2]"), "InOnText");
  EXPECT_EQ(Help(), "write `context.n is one of [1, 2]`");
  EXPECT_EQ(Forbid("context.n in context.to"), "InOnText");
}

TEST_F(PolExpr, AttributesHaveToBeThere) {
  EXPECT_EQ(Forbid("context.hosts is \"x\""), "UnsafeAttributeAccess");
  EXPECT_EQ(Help(), "did you mean `host`?");
  EXPECT_EQ(Forbid("context.host is \"x\""), "UnsafeOptionalAttributeAccess");
  EXPECT_EQ(Forbid("context.host is missing or context.host is \"x\""), "AgentsWordAlone");
  EXPECT_EQ(Allow("context has host and context.host is \"x\" and resource.data contains \"y\""), "");
  EXPECT_EQ(Allow("context.host exists and not (context.host is \"x\") and resource.data contains \"y\""),
            "");
  EXPECT_EQ(Allow("context has host or context.host is \"x\""), "UnsafeOptionalAttributeAccess");
  // Of several actions, all have to have it, or it has to be tested for.
  EXPECT_EQ(Codes("rule r forbid Agent to do anything when context.n is 1"), "UnsafeAttributeAccess");
  EXPECT_EQ(Codes("rule r forbid Agent to do anything when context has n and context.n is 1"),
            "AgentsWordAlone");
  EXPECT_EQ(Codes("rule r forbid Agent to do anything when action is restart and context.n is 1"),
            "AgentsWordAlone");
}

TEST_F(PolExpr, TypesAreNarrowed) {
  EXPECT_EQ(Codes("rule r forbid anyone to do anything when principal.ttl is above 1h"),
            "UnsafeAttributeAccess");
  EXPECT_EQ(
      Codes("rule r forbid anyone to do anything when principal is Agent and principal.ttl is above 1h"), "");
  EXPECT_EQ(
      Codes("rule r forbid anyone to do anything unless principal is not Agent or principal.ttl is above 1h"),
      "");
}

TEST_F(PolExpr, NamesMeanOneThing) {
  EXPECT_EQ(Codes("levels Trust is low < top, higher is freer\n"
                  "fact f : Risk is low"),
            "AmbiguousName");
  EXPECT_EQ(Help(), "name the levels as well: `Risk.low`");
  EXPECT_EQ(Codes("levels Trust is low < top, higher is freer\n"
                  "fact f : Risk is Risk.low"),
            "");
  EXPECT_EQ(Forbid("frobnicate"), "UnknownName");
  EXPECT_EQ(Forbid("Service"), "UnexpectedType");
  EXPECT_EQ(Forbid("some low in context.to satisfies low is \"x\""), "AmbiguousName");
}

TEST_F(PolExpr, QuantifiersLookAtBoundedSetsOnly) {
  EXPECT_EQ(Core("every x in context.to satisfies x is \"a\""),
            "(every (attr \"to\" context) (eq element \"a\"))");
  EXPECT_EQ(Core("(number of x in context.to satisfies x is \"a\") is at least 2"),
            "(not (lt (number (attr \"to\" context) (eq element \"a\")) 2))");
  EXPECT_EQ(Forbid("some x in context.to satisfies some y in context.to satisfies x is y"),
            "NestedQuantifier");
  EXPECT_EQ(Codes("action send by Agent on Service with cc : Set of Text\n"
                  "rule r forbid Agent to send when some x in context.cc satisfies x is \"a\""),
            "UnboundedSet");
}

TEST_F(PolExpr, DomainsAndPaths) {
  EXPECT_EQ(
      Core("context.host is missing or context.host is under domain \"Corp.Example\""),
      "(or (not (has \"host\" context)) (or (or (or (like \"corp.example\" (lower (attr \"host\" context))) "
      "(like \"*.corp.example\" (lower (attr \"host\" context)))) (like \"corp.example.\" (lower (attr "
      "\"host\" context)))) (like \"*.corp.example.\" (lower (attr \"host\" context)))))");
  EXPECT_EQ(Forbid("context.host is missing or context.host is under path \"/srv\""), "AgentsWordAlone");
}

TEST_F(PolExpr, LongChainsAreNoDeeperForBeingLong) {
  std::string chain = "context.n is 0";
  for (int i = 1; i < 2000; ++i) chain += " or context.n is " + std::to_string(i);
  EXPECT_EQ(Forbid(chain), "AgentsWordAlone");
  std::string sum = "context.n";
  for (uint32_t i = 0; i < kMaxDepth; ++i) sum += " + 1";
  EXPECT_EQ(Forbid(sum + " is 1"), "NestingTooDeep");
}

TEST_F(PolExpr, RepeatedOperandsAreBounded) {
  // Each `is between` reads its subject twice.
  std::string subject = "context.n";
  for (int i = 0; i < 16; ++i) subject = "(if " + subject + " is between 1 and 2 then 1 else 2)";
  EXPECT_EQ(Forbid(subject + " is 1"), "PolicyTooLarge");
}

}  // namespace
}  // namespace polc::sema::pol
