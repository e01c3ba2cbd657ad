#include "compiler/oracle/eval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polc::oracle {
namespace {

using core::ExprId;
using core::Op;
using core::Rule;
using core::Var;
using data::EntityUid;
using data::Value;
using Code = EvalError::Code;
using ::testing::HasSubstr;

Value L(int64_t v) { return Value(v); }
Value B(bool v) { return Value(v); }
Value S(const std::string& v) { return Value(v); }
Value U(const std::string& id) { return Value(EntityUid{"User", id}); }
Value SetOf(std::vector<Value> v) { return Value::MakeSet(std::move(v)); }

class OracleTest : public ::testing::Test {
 protected:
  // alice is in group staff, staff in all; alice has attribute age and tag t. zz is absent.
  OracleTest() {
    data::Entity alice{{"User", "alice"}, {{"age", L(7)}}, {{"t", S("v")}}, {{"User", "staff"}}, {}};
    data::Entity staff{{"User", "staff"}, {}, {}, {{"User", "all"}}, {}};
    EXPECT_FALSE(store_.Add(alice));
    EXPECT_FALSE(store_.Add(staff));
    EXPECT_FALSE(store_.Close());
    request_.principal = {"User", "alice"};
    request_.action = {"Action", "view"};
    request_.resource = {"User", "zz"};
    request_.context = Value::MakeRecord({{"k", L(1)}});
  }

  EvalResult Run(const Rule& rule, ExprId id) { return Evaluate(rule, id, request_, store_); }
  // `op` applied to literals.
  EvalResult Run(Op op, const std::vector<Value>& args, const std::string& name = "") {
    Rule r;
    std::vector<ExprId> ids;
    for (const Value& v : args) ids.push_back(r.AddLiteral(v));
    return Run(r, name.empty() ? r.Add(op, ids) : r.AddNamed(op, ids, name));
  }
  EvalResult RunCall(data::ExtFn fn, const std::vector<Value>& args) {
    Rule r;
    std::vector<ExprId> ids;
    for (const Value& v : args) ids.push_back(r.AddLiteral(v));
    return Run(r, r.AddCall(fn, ids));
  }
  static void ExpectValue(const EvalResult& result, const Value& expected) {
    const auto* error = std::get_if<EvalError>(&result);
    ASSERT_EQ(error, nullptr) << error->message;
    EXPECT_EQ(std::get<Value>(result), expected) << data::ToString(std::get<Value>(result));
  }
  static void ExpectError(const EvalResult& result, Code code, const std::string& message = "") {
    const auto* error = std::get_if<EvalError>(&result);
    ASSERT_NE(error, nullptr) << data::ToString(std::get<Value>(result));
    EXPECT_EQ(error->code, code) << error->message;
    EXPECT_THAT(error->message, HasSubstr(message));
  }

  data::EntityStore store_;
  data::Request request_;
};

TEST_F(OracleTest, AndOrCheckEachOperandTheyEvaluate) {
  ExpectValue(Run(Op::kAnd, {B(true), B(false)}), B(false));
  ExpectValue(Run(Op::kAnd, {B(true), B(true)}), B(true));
  ExpectValue(Run(Op::kAnd, {B(false), L(1)}), B(false));
  ExpectError(Run(Op::kAnd, {B(true), L(1)}), Code::kTypeError, "expected bool, got long");
  ExpectError(Run(Op::kAnd, {L(1), B(true)}), Code::kTypeError);
  ExpectValue(Run(Op::kOr, {B(true), L(1)}), B(true));
  ExpectValue(Run(Op::kOr, {B(false), B(true)}), B(true));
  ExpectError(Run(Op::kOr, {B(false), L(1)}), Code::kTypeError);
  ExpectError(Run(Op::kOr, {L(1), B(true)}), Code::kTypeError);
}

TEST_F(OracleTest, IfEvaluatesOneBranch) {
  for (bool test : {true, false}) {
    Rule r;
    const ExprId condition = r.AddLiteral(B(test));
    const ExprId bad = r.Add(Op::kNot, {r.AddLiteral(L(1))});
    const ExprId good = r.AddLiteral(S("x"));
    ExpectValue(Run(r, r.Add(Op::kIf, {condition, test ? good : bad, test ? bad : good})), S("x"));
  }
  ExpectError(Run(Op::kIf, {L(1), B(true), B(true)}), Code::kTypeError);
}

TEST_F(OracleTest, EqualityNeverErrs) {
  ExpectValue(Run(Op::kEq, {S("1"), L(1)}), B(false));
  ExpectValue(Run(Op::kEq, {SetOf({L(1), L(1)}), SetOf({L(1)})}), B(true));
  ExpectValue(Run(Op::kEq, {Value(data::Datetime{1}), Value(data::Duration{1})}), B(false));
}

TEST_F(OracleTest, Comparisons) {
  ExpectValue(Run(Op::kLess, {L(1), L(2)}), B(true));
  ExpectValue(Run(Op::kLess, {L(2), L(2)}), B(false));
  ExpectValue(Run(Op::kLessEq, {L(2), L(2)}), B(true));
  ExpectValue(Run(Op::kLessEq, {Value(data::Datetime{3}), Value(data::Datetime{2})}), B(false));
  ExpectValue(Run(Op::kLess, {Value(data::Duration{-3}), Value(data::Duration{2})}), B(true));
  ExpectError(Run(Op::kLess, {S("a"), S("b")}), Code::kTypeError, "expected long, datetime or duration");
  ExpectError(Run(Op::kLess, {Value(data::Decimal{1}), Value(data::Decimal{2})}), Code::kTypeError);
  ExpectError(Run(Op::kLess, {Value(data::Datetime{1}), Value(data::Duration{2})}), Code::kTypeError);
  ExpectError(Run(Op::kLess, {L(1), Value(data::Duration{2})}), Code::kTypeError,
              "expected long, got duration");
}

TEST_F(OracleTest, ArithmeticIsChecked) {
  const int64_t min = INT64_MIN;
  const int64_t max = INT64_MAX;
  ExpectValue(Run(Op::kAdd, {L(max - 1), L(1)}), L(max));
  ExpectError(Run(Op::kAdd, {L(max), L(1)}), Code::kIntegerOverflow, "9223372036854775807 + 1");
  ExpectValue(Run(Op::kSub, {L(min + 1), L(1)}), L(min));
  ExpectError(Run(Op::kSub, {L(min), L(1)}), Code::kIntegerOverflow);
  ExpectValue(Run(Op::kMul, {L(-3), L(4)}), L(-12));
  ExpectError(Run(Op::kMul, {L(min), L(-1)}), Code::kIntegerOverflow);
  ExpectValue(Run(Op::kNeg, {L(5)}), L(-5));
  ExpectError(Run(Op::kNeg, {L(min)}), Code::kIntegerOverflow);
  ExpectError(Run(Op::kNeg, {B(true)}), Code::kTypeError, "expected long, got bool");
  ExpectError(Run(Op::kAdd, {L(1), S("a")}), Code::kTypeError, "got string");
}

TEST_F(OracleTest, In) {
  ExpectValue(Run(Op::kIn, {U("alice"), U("all")}), B(true));
  ExpectValue(Run(Op::kIn, {U("all"), U("alice")}), B(false));
  ExpectValue(Run(Op::kIn, {U("zz"), U("zz")}), B(true));
  ExpectValue(Run(Op::kIn, {U("zz"), U("all")}), B(false));
  ExpectValue(Run(Op::kIn, {U("alice"), SetOf({U("zz"), U("staff")})}), B(true));
  ExpectValue(Run(Op::kIn, {U("alice"), SetOf({})}), B(false));
  ExpectError(Run(Op::kIn, {U("alice"), SetOf({U("alice"), L(1)})}), Code::kTypeError,
              "expected entity, got long");
  ExpectError(Run(Op::kIn, {U("alice"), L(1)}), Code::kTypeError);
  ExpectError(Run(Op::kIn, {L(1), U("alice")}), Code::kTypeError);
}

TEST_F(OracleTest, IsLooksAtTheTypeOnly) {
  ExpectValue(Run(Op::kIs, {U("zz")}, "User"), B(true));
  ExpectValue(Run(Op::kIs, {U("zz")}, "N::User"), B(false));
  ExpectError(Run(Op::kIs, {L(1)}, "User"), Code::kTypeError);
}

TEST_F(OracleTest, Attributes) {
  const Value record = Value::MakeRecord({{"colour", L(1)}});
  ExpectValue(Run(Op::kHas, {U("alice")}, "age"), B(true));
  ExpectValue(Run(Op::kHas, {U("alice")}, "t"), B(false));
  ExpectValue(Run(Op::kHas, {U("zz")}, "age"), B(false));
  ExpectValue(Run(Op::kHas, {record}, "colour"), B(true));
  ExpectError(Run(Op::kHas, {L(1)}, "age"), Code::kTypeError, "expected record or entity");
  ExpectValue(Run(Op::kGetAttr, {U("alice")}, "age"), L(7));
  ExpectValue(Run(Op::kGetAttr, {record}, "colour"), L(1));
  ExpectError(Run(Op::kGetAttr, {U("zz")}, "age"), Code::kEntityDoesNotExist,
              "`User::\"zz\"` does not exist");
  ExpectError(Run(Op::kGetAttr, {U("alice")}, "ago"), Code::kAttributeDoesNotExist, "did you mean `age`?");
  ExpectError(Run(Op::kGetAttr, {record}, "color"), Code::kAttributeDoesNotExist, "did you mean `colour`?");
  ExpectError(Run(Op::kGetAttr, {S("x")}, "age"), Code::kTypeError);
}

TEST_F(OracleTest, Tags) {
  ExpectValue(Run(Op::kHasTag, {U("alice"), S("t")}), B(true));
  ExpectValue(Run(Op::kHasTag, {U("alice"), S("age")}), B(false));
  ExpectValue(Run(Op::kHasTag, {U("zz"), S("t")}), B(false));
  ExpectValue(Run(Op::kGetTag, {U("alice"), S("t")}), S("v"));
  ExpectError(Run(Op::kGetTag, {U("alice"), S("age")}), Code::kTagDoesNotExist, "the tag `age`");
  ExpectError(Run(Op::kGetTag, {U("zz"), S("t")}), Code::kEntityDoesNotExist);
  ExpectError(Run(Op::kGetTag, {U("alice"), L(1)}), Code::kTypeError, "expected string");
  ExpectError(Run(Op::kHasTag, {Value::MakeRecord({}), S("t")}), Code::kTypeError,
              "expected entity, got record");
}

TEST_F(OracleTest, Sets) {
  const Value ab = SetOf({S("a"), S("b")});
  ExpectValue(Run(Op::kContains, {ab, S("a")}), B(true));
  ExpectValue(Run(Op::kContains, {ab, L(1)}), B(false));
  ExpectError(Run(Op::kContains, {S("a"), S("a")}), Code::kTypeError, "expected set");
  ExpectValue(Run(Op::kContainsAll, {ab, SetOf({})}), B(true));
  ExpectValue(Run(Op::kContainsAll, {ab, SetOf({S("b"), S("c")})}), B(false));
  ExpectValue(Run(Op::kContainsAny, {ab, SetOf({})}), B(false));
  ExpectValue(Run(Op::kContainsAny, {ab, SetOf({S("b"), S("c")})}), B(true));
  ExpectError(Run(Op::kContainsAny, {ab, S("a")}), Code::kTypeError);
  ExpectValue(Run(Op::kIsEmpty, {SetOf({})}), B(true));
  ExpectValue(Run(Op::kIsEmpty, {ab}), B(false));
  ExpectError(Run(Op::kIsEmpty, {S("")}), Code::kTypeError);
  ExpectValue(Run(Op::kSet, {L(1), S("a"), L(1)}), SetOf({S("a"), L(1)}));
  ExpectValue(Run(Op::kSet, {}), SetOf({}));
}

TEST_F(OracleTest, RecordsEvaluateFieldsBySortedKey) {
  Rule r;
  const ExprId z = r.Add(Op::kNot, {r.AddLiteral(L(1))});
  const ExprId a = r.AddNamed(Op::kGetAttr, r.AddVar(Var::kResource), "x");
  ExpectError(Run(r, r.AddRecord({{"z", z}, {"a", a}})), Code::kEntityDoesNotExist);
  Rule empty;
  ExpectValue(Run(empty, empty.AddRecord({})), Value::MakeRecord({}));
}

TEST_F(OracleTest, Variables) {
  Rule r;
  ExpectValue(Run(r, r.AddVar(Var::kPrincipal)), U("alice"));
  ExpectValue(Run(r, r.AddVar(Var::kAction)), Value(EntityUid{"Action", "view"}));
  ExpectValue(Run(r, r.AddVar(Var::kResource)), U("zz"));
  ExpectValue(Run(r, r.AddVar(Var::kContext)), Value::MakeRecord({{"k", L(1)}}));
}

TEST_F(OracleTest, Calls) {
  ExpectValue(RunCall(data::ExtFn::kDecimal, {S("1.50")}), Value(data::Decimal{15000}));
  ExpectError(RunCall(data::ExtFn::kDecimal, {S("1")}), Code::kExtensionError);
  ExpectError(RunCall(data::ExtFn::kDecimal, {L(1)}), Code::kTypeError, "expected string");
  ExpectError(RunCall(data::ExtFn::kDecimal, {}), Code::kWrongArgumentCount, "takes 1");
  ExpectError(RunCall(data::ExtFn::kLessThan, {Value(data::Decimal{1}), L(1)}), Code::kTypeError);
  ExpectError(Run(Op::kCallUnknown, {L(1)}, "foo"), Code::kUnknownFunction, "`foo`");
  // Arguments are evaluated first: their error wins.
  Rule r;
  const ExprId bad = r.Add(Op::kNot, {r.AddLiteral(L(1))});
  ExpectError(Run(r, r.AddNamed(Op::kCallUnknown, bad, "foo")), Code::kTypeError);
}

TEST_F(OracleTest, BothOperandsAreEvaluatedBeforeKindsAreChecked) {
  Rule r;
  const ExprId bad = r.AddNamed(Op::kGetAttr, r.AddVar(Var::kResource), "x");
  ExpectError(Run(r, r.Add(Op::kAdd, {r.AddLiteral(S("a")), bad})), Code::kEntityDoesNotExist);
}

TEST_F(OracleTest, DepthIsLimitedButChainsAreNot) {
  auto chain = [this](uint32_t length, bool first) {
    Rule r;
    ExprId id = r.AddLiteral(B(true));
    for (uint32_t i = 0; i < length; ++i) {
      const ExprId leaf = r.AddLiteral(B(true));
      id = first ? r.Add(Op::kAnd, {id, leaf}) : r.Add(Op::kAnd, {leaf, id});
    }
    return Run(r, id);
  };
  ExpectValue(chain(core::kMaxExprDepth, false), B(true));
  ExpectError(chain(core::kMaxExprDepth + 1, false), Code::kRecursionLimit);
  ExpectValue(chain(20 * core::kMaxExprDepth, true), B(true));
}

TEST(MatchesPattern, Wildcards) {
  const core::PatternPart star{true, ""};
  auto lit = [](std::string s) { return core::PatternPart{false, std::move(s)}; };
  EXPECT_TRUE(MatchesPattern("", {}));
  EXPECT_FALSE(MatchesPattern("a", {}));
  EXPECT_TRUE(MatchesPattern("", {star}));
  EXPECT_TRUE(MatchesPattern("a\nb", {star}));
  EXPECT_TRUE(MatchesPattern("abc", {lit("abc")}));
  EXPECT_FALSE(MatchesPattern("abcd", {lit("abc")}));
  EXPECT_TRUE(MatchesPattern("abcd", {lit("ab"), star}));
  EXPECT_TRUE(MatchesPattern("abcd", {star, lit("cd")}));
  EXPECT_FALSE(MatchesPattern("abcd", {star, lit("c")}));
  EXPECT_TRUE(MatchesPattern("abab", {star, lit("ab")})) << "the last match counts at the end";
  EXPECT_TRUE(MatchesPattern("axxbyyc", {lit("a"), star, lit("b"), star, lit("c")}));
  EXPECT_FALSE(MatchesPattern("aba", {lit("ab"), star, lit("ba")})) << "parts may not overlap";
  EXPECT_TRUE(MatchesPattern("ab", {lit("a"), star, star, lit("b")}));
  EXPECT_TRUE(MatchesPattern("\u00e9*", {star, lit("*")}));
}

}  // namespace
}  // namespace polc::oracle
