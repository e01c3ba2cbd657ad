// Which tests are a few questions, and where each answer leads.
#include "runtime/tree/formula.h"

#include <gtest/gtest.h>

#include "runtime/bundle/test_images.h"

namespace polc::tree {
namespace {

class FormulaTest : public ::testing::Test {
 protected:
  std::string S(const char* s) { return std::to_string(b_.String(s)); }
  std::string Long(int64_t n) { return std::to_string(b_.AddConstant(bundle::LongConstant(n))); }

  static std::string Show(const Source& s) {
    static constexpr const char* kNames[] = {"principal", "action", "resource", "context", "const", "fact"};
    std::string out = kNames[static_cast<size_t>(s.from)];
    out += std::string(s.steps, '.');
    return out;
  }
  static std::string Target(uint32_t next, uint32_t base) {
    return next == kYes ? "yes" : next == kNo ? "no" : std::to_string(next - base);
  }
  // "principal in resource. ? yes : 1; ...", a dot for each attribute, or "none".
  std::string Of(const std::string& assembly) {
    b_.image.rules.push_back(bundle::MakeRule(b_.String("r"), bundle::Effect::kAllow,
                                              AddBlock(&b_.image, assembly + "\n return")));
    std::vector<uint8_t> file;
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    EXPECT_TRUE(Write(b_.Finish(), &file).ok());
    EXPECT_TRUE(bundle::Bundle::Open(file, &opened).ok());
    EXPECT_TRUE(Verify(opened, &verified).ok()) << assembly;
    const bundle::Block block = opened.rules().back().condition;
    std::vector<Question> questions(3);  // of other tests
    const bool simple = MakeQuestions(opened, {block.first, block.count - 1}, &questions);
    EXPECT_EQ(simple, questions.size() > 3);
    if (!simple) return "none";
    std::string out;
    static constexpr const char* kOps[] = {"",         "compare",  "==",  "<",          "<=", "in",
                                           "instrict", "contains", "has", "has_strict", "is"};
    for (size_t i = 3; i < questions.size(); ++i) {
      const Question& q = questions[i];
      const bool two = q.op >= Question::Op::kEqual && q.op <= Question::Op::kContains;
      if (i > 3) out += "; ";
      out += Show(q.subject);
      if (q.op != Question::Op::kIsTrue) out += std::string(" ") + kOps[static_cast<size_t>(q.op)];
      if (two) out += " " + Show(q.object);
      out += " ? " + Target(q.if_true, 3) + " : " + Target(q.if_false, 3);
      for (const uint32_t next : {q.if_true, q.if_false}) EXPECT_GT(next, i) << "not later";
    }
    return out;
  }

  bundle::ImageBuilder b_;
};

TEST_F(FormulaTest, OneQuestion) {
  const std::string n = S("n");
  EXPECT_EQ(Of("var resource\n attr " + n + "\n check_bool"), "resource. ? yes : no");
  EXPECT_EQ(Of("var principal\n var resource\n attr " + n + "\n attr " + n + "\n in"),
            "principal in resource.. ? yes : no");
  EXPECT_EQ(Of("var principal\n attr " + n + "\n var resource\n contains"),
            "principal. contains resource ? yes : no");
  EXPECT_EQ(Of("var context\n attr " + n + "\n has " + n), "context. has ? yes : no");
  EXPECT_EQ(Of("var context\n attr " + n + "\n const " + Long(5) + "\n le"), "context. <= const ? yes : no");
  EXPECT_EQ(Of("var resource\n attr " + n + "\n is " + std::to_string(b_.Type("User"))),
            "resource. is ? yes : no");
}
TEST_F(FormulaTest, ANegationTurnsTheAnswersRound) {
  const std::string n = S("n");
  EXPECT_EQ(Of("var resource\n attr " + n + "\n check_bool\n not"), "resource. ? no : yes");
  EXPECT_EQ(Of("var resource\n has " + n + "\n not\n not\n not"), "resource has ? no : yes");
}
TEST_F(FormulaTest, JoinedQuestionsLeadOnOrOut) {
  const std::string n = S("n");
  const std::string has = " var resource\n has " + n;  // two words
  EXPECT_EQ(Of(has + "\n or 6\n var context\n has " + n + "\n check_bool"),
            "resource has ? yes : 1; context has ? yes : no");
  EXPECT_EQ(Of(has + "\n and 6\n var context\n has " + n + "\n check_bool"),
            "resource has ? 1 : no; context has ? yes : no");
  // !(a && b) || c
  EXPECT_EQ(Of(has + "\n and 5\n" + has + "\n not\n or 9\n" + has),
            "resource has ? 1 : yes; resource has ? 2 : yes; resource has ? yes : no");
  // (a || b) && c
  EXPECT_EQ(Of(has + "\n or 5\n" + has + "\n and 8\n" + has),
            "resource has ? 2 : 1; resource has ? 2 : no; resource has ? yes : no");
  // if a then b else !c
  EXPECT_EQ(Of(has + "\n br_false 6\n" + has + "\n jump 9\n" + has + "\n not"),
            "resource has ? 1 : 2; resource has ? yes : no; resource has ? no : yes");
}
TEST_F(FormulaTest, WhatIsNotThatSimple) {
  const std::string n = S("n");
  const std::string path = "var resource\n attr " + n + "\n attr " + n + "\n attr " + n;
  EXPECT_EQ(Of(path + "\n check_bool"), "resource... ? yes : no");
  EXPECT_EQ(Of(path + "\n attr " + n + "\n check_bool"), "none") << "further than sources reach";
  EXPECT_EQ(Of("var context\n attr " + n + "\n const " + Long(1) + "\n add\n const " + Long(2) + "\n eq"),
            "none");
  // (a == b) == c
  EXPECT_EQ(Of("var context\n var resource\n eq\n var resource\n eq"), "none");
  // c == (a && b)
  EXPECT_EQ(Of("var context\n var resource\n has " + n + "\n and 5\n var resource\n has " + n + "\n eq"),
            "none");
  EXPECT_EQ(Of("var context\n set 1\n is_empty"), "none");
}
TEST_F(FormulaTest, LongTestsAreNotThatSimple) {
  const std::string n = S("n");
  for (const bool fits : {true, false}) {
    // As many questions as fit, of three instructions each but for the last, and one more.
    const int questions = fits ? 85 : 86;
    std::string code;
    for (int i = 0; i < questions; ++i) {
      code += "var resource\n has " + n + "\n";
      if (i + 1 < questions) code += "or " + std::to_string(3 * questions - 1) + "\n";
    }
    EXPECT_EQ(Of(code) != "none", fits);
  }
}

}  // namespace
}  // namespace polc::tree
