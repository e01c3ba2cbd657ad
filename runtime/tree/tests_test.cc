// What the analysis sees in a test's code, and what it must not see.
#include "runtime/tree/tests.h"

#include <gtest/gtest.h>

#include "runtime/bundle/test_images.h"

namespace polc::tree {
namespace {

using bundle::EntityConstant;
using bundle::LongConstant;
using bundle::TextConstant;

class TestsTest : public ::testing::Test {
 protected:
  std::string C(const bundle::Constant& c) { return std::to_string(b_.AddConstant(c)); }
  std::string S(const char* s) { return std::to_string(b_.String(s)); }

  // Analyses one test. What is kept in `opened_` lives as long as the fixture.
  Analysis Of(const std::string& assembly, uint32_t max_elements = bundle::kDefaultMaxElements) {
    b_.image.max_elements = max_elements;
    b_.image.rules.push_back(bundle::MakeRule(b_.String("r"), bundle::Effect::kAllow,
                                              AddBlock(&b_.image, assembly + "\n return")));
    const bundle::Status written = Write(b_.Finish(), &file_);
    EXPECT_TRUE(written.ok()) << BundleErrorName(written.error);
    bundle::VerifiedBundle verified;
    EXPECT_TRUE(bundle::Bundle::Open(file_, &opened_).ok());
    EXPECT_TRUE(Verify(opened_, &verified).ok());
    const bundle::Block& block = opened_.rules()[0].condition;
    return Analyze(opened_, {block.first, block.count - 1},
                   [](bundle::Builtin builtin, std::string_view text) {
                     const bool known = builtin == bundle::Builtin::kDecimal && text == "0.5";
                     return known ? std::optional<int64_t>(5000) : std::nullopt;
                   });
  }
  // "scope any", "scope", "safe", "may err".
  static std::string Sort(const Analysis& a) {
    if (a.is_any_of) return "scope any " + std::to_string(a.atoms.size());
    if (a.is_scope) return "scope " + std::to_string(a.atoms.size());
    return a.cannot_err ? "safe" : "may err";
  }
  // "operand < 5": what makes it true, as `first+count` of the operand, direction and key.
  static std::string Show(const Analysis& a) {
    if (!a.comparison) return "none";
    const Comparison& c = *a.comparison;
    std::string out = std::to_string(c.operand.first) + "+" + std::to_string(c.operand.count);
    out += c.is_order ? (c.upward ? " <" : " >") : " ";
    out += c.is_order ? (c.inclusive ? "= " : " ") : "== ";
    return out + std::to_string(c.key.number) + (c.source ? " source" : "");
  }

  bundle::ImageBuilder b_;
  std::vector<uint8_t> file_;
  bundle::Bundle opened_;
};

TEST_F(TestsTest, QuestionsOfScope) {
  const std::string alice = C(EntityConstant("User", "alice"));
  EXPECT_EQ(Sort(Of("var principal\n const " + alice + "\n eq")), "scope any 1");
}
TEST_F(TestsTest, TheConstantMayStandFirst) {
  const std::string alice = C(EntityConstant("User", "alice"));
  EXPECT_EQ(Sort(Of("const " + alice + "\n var resource\n eq")), "scope any 1");
}
TEST_F(TestsTest, ADisjunctionIsAnyOf) {
  const std::string a = C(EntityConstant("User", "a")), b = C(EntityConstant("Team", "b"));
  const std::string is = std::to_string(b_.Type("User"));
  EXPECT_EQ(Sort(Of("0 var principal\n 1 const " + a + "\n 2 eq\n 3 or 7\n 4 var principal\n 5 const " + b +
                    "\n 6 in\n 7 or 10\n 8 var principal\n 9 is " + is)),
            "scope any 3");
}
TEST_F(TestsTest, OfTwoVariablesOrNegatedItIsScopeAndFindsNothing) {
  const std::string a = C(EntityConstant("User", "a"));
  EXPECT_EQ(Sort(Of("0 var principal\n 1 const " + a + "\n 2 eq\n 3 or 7\n 4 var resource\n 5 const " + a +
                    "\n 6 eq")),
            "scope 1");
}
TEST_F(TestsTest, ANegationIsScope) {
  const std::string a = C(EntityConstant("User", "a"));
  EXPECT_EQ(Sort(Of("var principal\n const " + a + "\n in\n not")), "scope 1");
}
TEST_F(TestsTest, AConstantInADisjunctionIsNoScope) {
  const std::string a = C(EntityConstant("User", "a")), yes = C(bundle::BoolConstant(true));
  EXPECT_EQ(Sort(Of("0 var principal\n 1 const " + a + "\n 2 eq\n 3 or 5\n 4 const " + yes)), "safe");
}
TEST_F(TestsTest, InASet) {
  const std::string set =
      C(bundle::SetConstant({EntityConstant("Action", "a"), EntityConstant("Action", "b")}));
  EXPECT_EQ(Sort(Of("var action\n const " + set + "\n in")), "scope any 2");
}
TEST_F(TestsTest, InASetThatIsTooLargeErrs) {
  const std::string set =
      C(bundle::SetConstant({EntityConstant("Action", "a"), EntityConstant("Action", "b")}));
  EXPECT_EQ(Sort(Of("var action\n const " + set + "\n in", 1)), "may err");
}
TEST_F(TestsTest, InASetOfOtherThingsErrs) {
  const std::string set = C(bundle::SetConstant({EntityConstant("Action", "a"), LongConstant(1)}));
  EXPECT_EQ(Sort(Of("var action\n const " + set + "\n in")), "may err");
}
TEST_F(TestsTest, InNothingIsSafe) {
  EXPECT_EQ(Sort(Of("var action\n const " + C(bundle::SetConstant({})) + "\n in")), "safe");
}
TEST_F(TestsTest, AnEntityThatIsNoVariableIsNotFollowed) {
  const std::string a = C(EntityConstant("User", "a")), b = C(EntityConstant("Team", "b"));
  EXPECT_EQ(Sort(Of("const " + a + "\n const " + b + "\n in")), "may err");
}
TEST_F(TestsTest, TheContextIsNoEntity) {
  EXPECT_EQ(Sort(Of("var context\n const " + C(EntityConstant("User", "a")) + "\n eq")), "safe");
}
TEST_F(TestsTest, TwoVariables) {
  const Analysis a = Of("var principal\n var resource\n eq");
  EXPECT_EQ(Sort(a), "safe");
  EXPECT_EQ(a.reads, 0b101);
}
TEST_F(TestsTest, TextsAreComparedAtACost) {
  EXPECT_EQ(Sort(Of("const " + C(TextConstant("a")) + "\n const " + C(TextConstant("b")) + "\n eq")),
            "may err");
}
TEST_F(TestsTest, HasIsSafe) { EXPECT_EQ(Sort(Of("var context\n has " + S("n"))), "safe"); }
TEST_F(TestsTest, AnAttributeMayBeAbsent) {
  EXPECT_EQ(Sort(Of("var context\n attr " + S("n") + "\n check_bool")), "may err");
}
TEST_F(TestsTest, Constants) { EXPECT_EQ(Of("const " + C(bundle::BoolConstant(false))).constant, false); }

TEST_F(TestsTest, OrdersByConstants) {
  const std::string n = "var context\n attr " + S("n") + "\n", five = "const " + C(LongConstant(5)) + "\n";
  EXPECT_EQ(Show(Of(n + five + "lt")), "0+2 < 5 source");
}
// The same question in its other shapes.
TEST_F(TestsTest, OrderNegated) {
  EXPECT_EQ(Show(Of("var context\n attr " + S("n") + "\n const " + C(LongConstant(5)) + "\n lt\n not")),
            "0+2 >= 5 source");
}
TEST_F(TestsTest, OrderWithTheConstantFirst) {
  EXPECT_EQ(Show(Of("const " + C(LongConstant(5)) + "\n var context\n attr " + S("n") + "\n le")),
            "1+2 >= 5 source");
}
TEST_F(TestsTest, OrderWithTheConstantFirstNegated) {
  EXPECT_EQ(Show(Of("const " + C(LongConstant(5)) + "\n var context\n attr " + S("n") + "\n le\n not")),
            "1+2 < 5 source");
}
TEST_F(TestsTest, ALiteralIsAConstant) {
  EXPECT_EQ(Show(Of("var context\n attr " + S("n") + "\n const " + C(TextConstant("0.5")) +
                    "\n call decimal\n call greaterThan")),
            "0+2 > 5000 source");
}
TEST_F(TestsTest, ALiteralThatErrsIsNone) {
  EXPECT_EQ(Show(Of("var context\n attr " + S("n") + "\n const " + C(TextConstant("x")) +
                    "\n call decimal\n call lessThan")),
            "none");
}
TEST_F(TestsTest, EqualityWithAConstant) {
  EXPECT_EQ(Show(Of("var resource\n attr " + S("owner") + "\n attr " + S("n") + "\n const " +
                    C(LongConstant(7)) + "\n eq")),
            "0+3 == 7 source");
}
TEST_F(TestsTest, InequalityIsNoSwitch) {
  EXPECT_EQ(Show(Of("var context\n attr " + S("n") + "\n const " + C(LongConstant(7)) + "\n eq\n not")),
            "none");
}
TEST_F(TestsTest, AConstantInsideTheOperandIsNotWhatIsComparedWith) {
  // getTag("k") == n: the constant is the tag's name.
  EXPECT_EQ(Show(Of("var resource\n const " + C(TextConstant("k")) + "\n get_tag\n var context\n attr " +
                    S("n") + "\n eq")),
            "none");
  // (5 + n) == n: the first constant is used up before the comparison.
}
TEST_F(TestsTest, AConstantThatIsUsedUpBefore) {
  const std::string n = "var context\n attr " + S("n") + "\n";
  EXPECT_EQ(Show(Of("const " + C(LongConstant(5)) + "\n" + n + "add\n" + n + "eq")), "none");
}
TEST_F(TestsTest, OrderOfAnotherKindThanThePredicateTakes) {
  EXPECT_EQ(Show(Of("var context\n attr " + S("n") + "\n const " + C(TextConstant("a")) + "\n lt")), "none");
}
TEST_F(TestsTest, AConditionalOperandIsLeftAlone) {
  const std::string yes = C(bundle::BoolConstant(true)), one = C(LongConstant(1));
  EXPECT_EQ(Show(Of("0 const " + yes + "\n 1 br_false 4\n 2 const " + one + "\n 3 jump 5\n 4 const " + one +
                    "\n 5 const " + one + "\n 6 lt")),
            "none");
}

}  // namespace
}  // namespace polc::tree
