#include "compiler/simulate/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::simulate {
namespace {

using data::Decision;
using data::Outcome;
using data::Why;

Decision Of(Outcome outcome, Why why = Why::kNone) {
  Decision d;
  d.outcome = outcome;
  d.why = why;
  return d;
}

TEST(Compare, OutcomesAreOrdered) {
  constexpr Outcome kAll[] = {Outcome::kAllow, Outcome::kAllowWithLimits, Outcome::kRequireApproval,
                              Outcome::kSuggest, Outcome::kDeny};
  for (const Outcome a : kAll) {
    for (const Outcome b : kAll) {
      const Bucket want = b < a ? Bucket::kLooser : b > a ? Bucket::kStricter : Bucket::kUnchanged;
      EXPECT_EQ(Compare(Of(a), Of(b), true), want);
    }
  }
}

TEST(Compare, AnErrorIsNamedUnlessItLoosens) {
  const Decision denied = Of(Outcome::kDeny, Why::kNoGrant), allowed = Of(Outcome::kAllow);
  EXPECT_EQ(Compare(denied, Of(Outcome::kDeny, Why::kError), true), Bucket::kError);
  EXPECT_EQ(Compare(allowed, Of(Outcome::kDeny, Why::kInvalidRequest), true), Bucket::kError);
  EXPECT_EQ(Compare(Of(Outcome::kDeny, Why::kError), Of(Outcome::kDeny, Why::kError), true),
            Bucket::kUnchanged);
  Decision erred = allowed;
  erred.errors = {{"r", "m"}};
  EXPECT_EQ(Compare(allowed, erred, true), Bucket::kError);
  EXPECT_EQ(Compare(erred, allowed, true), Bucket::kUnchanged);
  // Cedar skips a forbid that errs, and so lets go what it denied.
  EXPECT_EQ(Compare(denied, erred, true), Bucket::kLooser);
  Decision other = erred;
  other.errors = {{"r", "another text"}};
  EXPECT_EQ(Compare(erred, other, true), Bucket::kUnchanged);
}

TEST(Compare, TermsAreWhatIsDemandedAndNotByWhom) {
  Decision a = Of(Outcome::kAllowWithLimits), b = a;
  a.limits["t"] = {data::Value(int64_t{1}), {"r"}};
  b.limits["t"] = {data::Value(int64_t{1}), {"s"}};
  EXPECT_EQ(Compare(a, b, true), Bucket::kUnchanged);
  b.limits["t"].value = data::Value(int64_t{2});
  EXPECT_EQ(Compare(a, b, true), Bucket::kTerms);
  a = Of(Outcome::kRequireApproval);
  b = a;
  a.needs = {{"r", {.approval = {}, .evidence = "plan"}}};
  b.needs = {{"s", {.approval = {}, .evidence = "plan"}}};
  EXPECT_EQ(Compare(a, b, true), Bucket::kUnchanged);
  b.needs = {{"s", {.approval = {}, .evidence = "ticket"}}};
  EXPECT_EQ(Compare(a, b, true), Bucket::kTerms);
}

TEST(Compare, AnotherEnginesLogSaysAllowOrDeny) {
  EXPECT_EQ(Compare(Of(Outcome::kAllow), Of(Outcome::kAllowWithLimits), false), Bucket::kUnchanged);
  EXPECT_EQ(Compare(Of(Outcome::kDeny), Of(Outcome::kRequireApproval), false), Bucket::kUnchanged);
  EXPECT_EQ(Compare(Of(Outcome::kDeny), Of(Outcome::kAllowWithLimits), false), Bucket::kLooser);
  EXPECT_EQ(Compare(Of(Outcome::kAllow), Of(Outcome::kSuggest), false), Bucket::kStricter);
  EXPECT_EQ(Compare(Of(Outcome::kAllow), Of(Outcome::kDeny, Why::kError), false), Bucket::kError);
}

TEST(Compare, NamesRules) {
  Decision d;
  d.reasons = {"b"};
  d.limits["t"] = {data::Value(int64_t{1}), {"a"}};
  d.errors = {{"", "m"}, {"c", "m"}};
  EXPECT_THAT(RulesOf(d), testing::ElementsAre("a", "b", "c"));
  EXPECT_EQ(OutcomeText(d), "deny (no_grant)");
}

}  // namespace
}  // namespace polc::simulate
