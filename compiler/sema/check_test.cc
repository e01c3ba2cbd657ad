#include "compiler/sema/check.h"

#include "compiler/sema/check_test_util.h"

namespace polc::sema {
namespace {

TEST_F(CheckTest, VerdictsPerRule) {
  core::Program program = Lower(
      "permit (principal is User, action == Action::\"view\", resource) when { principal.on };\n"
      "permit (principal is User, action == Action::\"view\", resource) when { principal.nosuch };\n"
      "permit (principal == ?principal, action, resource);\n"
      "forbid (principal, action, resource) when { false };");
  CheckResult result = Run(program);
  EXPECT_FALSE(result.valid);
  ASSERT_EQ(result.rules.size(), 3u);
  ASSERT_EQ(result.templates.size(), 1u);
  EXPECT_EQ(result.rules[0].id, "policy0");
  EXPECT_TRUE(result.rules[0].valid);
  EXPECT_EQ(result.rules[1].id, "policy1");
  EXPECT_FALSE(result.rules[1].valid);
  EXPECT_EQ(result.templates[0].id, "policy2");
  EXPECT_TRUE(result.templates[0].valid);
  EXPECT_TRUE(result.rules[2].valid);  // impossible, which is a warning
  ASSERT_EQ(sink_.diagnostics().size(), 2u);
  EXPECT_EQ(First().rule, "policy1");
  EXPECT_EQ(Text(First()), "principal.nosuch");
  EXPECT_EQ(sink_.diagnostics()[1].code, source::Code::kImpossiblePolicy);
  EXPECT_EQ(sink_.diagnostics()[1].severity, source::Severity::kWarning);
  EXPECT_EQ(sink_.diagnostics()[1].rule, "policy3");
}

TEST_F(CheckTest, NothingIsPossibleWithoutActions) {
  EXPECT_EQ(Codes("permit (principal, action, resource);", {}, "entity User;"),
            "InvalidActionApplication ImpossiblePolicy");
  EXPECT_EQ(Codes("", {}, "entity User;"), "");
}

TEST_F(CheckTest, ThreadsChangeNothing) {
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += "permit (principal, action, resource) when { principal.age == " + std::to_string(i) +
            (i % 7 == 0    ? " && principal.nosuch"
             : i % 11 == 0 ? " + \"a\""
                           : "") +
            " };\n";
  }
  core::Program program = Lower(text);
  CheckOptions options;
  CheckResult one = Run(program, options);
  std::vector<source::Diagnostic> expected = sink_.diagnostics();
  for (unsigned jobs : {0u, 2u, 5u}) {
    options.jobs = jobs;
    CheckResult many = Run(program, options);
    ASSERT_EQ(many.rules.size(), one.rules.size());
    for (size_t i = 0; i < one.rules.size(); ++i) {
      EXPECT_EQ(many.rules[i].id, one.rules[i].id);
      EXPECT_EQ(many.rules[i].valid, one.rules[i].valid);
    }
    ASSERT_EQ(sink_.diagnostics().size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(sink_.diagnostics()[i].message, expected[i].message);
      EXPECT_EQ(sink_.diagnostics()[i].rule, expected[i].rule);
    }
  }
}

TEST_F(CheckTest, AnnotatesWhatIsProved) {
  core::Program program = Lower(
      "permit (principal is User, action == Action::\"view\", resource) "
      "when { principal.name == \"x\" || false && principal.age == 1 };\n"
      "permit (principal is User, action == Action::\"view\", resource) when { principal.nosuch };");
  source::DiagnosticSink sink;
  CheckResult result = CheckAndAnnotate(program, Schema(kSchema), {}, sink);
  EXPECT_TRUE(result.rules[0].valid);
  EXPECT_FALSE(result.rules[1].valid);
  for (const core::Expr& e : program.rules[0].exprs) {
    switch (e.op) {
      case core::Op::kGetAttr:
        // `principal.age` is on a dead side: nothing is known about it.
        EXPECT_EQ(e.kind, program.rules[0].name(e) == "name" ? core::Kind::kString : core::Kind::kUnknown);
        break;
      case core::Op::kOr:
      case core::Op::kAnd:
        EXPECT_EQ(e.kind, core::Kind::kBool);
        break;
      default:
        break;
    }
  }
  for (const core::Expr& e : program.rules[1].exprs) EXPECT_EQ(e.kind, core::Kind::kUnknown);
}

TEST_F(CheckTest, AnnotatesOnlyWhatIsProvedEverywhere) {
  // `x` is a Long for a User and a String for a Bot.
  const char* schema =
      "entity User { x: Long }; entity Bot { x: String }; entity Doc; "
      "action view appliesTo { principal: [User, Bot], resource: Doc };";
  core::Program program =
      Lower("permit (principal, action, resource) when { principal has x && principal.x == principal.x };");
  source::DiagnosticSink sink;
  EXPECT_TRUE(CheckAndAnnotate(program, Schema(schema), {}, sink).valid);
  for (const core::Expr& e : program.rules[0].exprs) {
    if (e.op == core::Op::kGetAttr) {
      EXPECT_EQ(e.kind, core::Kind::kUnknown);
    }
    if (e.op == core::Op::kVar) {
      EXPECT_EQ(e.kind, core::Kind::kEntity);
    }
    if (e.op == core::Op::kEq) {
      EXPECT_EQ(e.kind, core::Kind::kBool);
    }
  }
}

}  // namespace
}  // namespace polc::sema
