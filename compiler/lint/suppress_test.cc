#include "compiler/lint/suppress.h"

#include <gtest/gtest.h>

#include "compiler/sema/lower.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::lint {
namespace {

using source::Code;

// The codes that are left of all lints on a text, each with its line.
std::string Left(const std::string& text, bool broken = false) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  const source::FileId file = map.Add("p.cedar", text);
  sema::Lowerer lowerer(sema::IdSource::kPosition, sink);
  for (const syntax::ParsedPolicy& policy : syntax::ParseCedar(map, file, sink)) lowerer.Add(policy.policy);
  const core::Program program = lowerer.Take();
  if (broken) sink.Report(Code::kUnexpectedToken, {file, 0, 1}, "");
  // Something that sema says, excused like a lint.
  if (text.find("\"mixed\"") != text.npos) {
    const auto at = static_cast<uint32_t>(text.find("\"mixed\""));
    sink.Report(Code::kMixedScriptString, {file, at, at + 7}, "");
  }
  Input input{map, program, nullptr, nullptr, nullptr, {file}, {}, {}, {}, {}, {}};
  Run(input, sink);
  sink.Sort();
  std::string out;
  for (const source::Diagnostic& d : sink.diagnostics()) {
    out += std::to_string(map.Resolve(file, d.span.begin).line) + " " +
           std::string(source::Info(d.code).name) + "\n";
  }
  return out;
}

TEST(Suppress, CoversThePolicyBelow) {
  EXPECT_EQ(Left("permit (principal, action, resource);"), "1 AllowsEverything\n");
  EXPECT_EQ(Left("// polc: allow AllowsEverything: why\npermit (principal, action, resource);"), "");
  EXPECT_EQ(
      Left("// polc: allow EmptyId: why\n\n// more\n@id(\"a\")\npermit (principal,\naction,\nresource == "
           "User::\"\");"),
      "");
}

TEST(Suppress, CoversOneLine) {
  const std::string policy = "permit (principal == User::\"\",\naction, resource == User::\"\");";
  EXPECT_EQ(Left(policy), "1 EmptyId\n2 EmptyId\n");
  EXPECT_EQ(
      Left("permit (principal == User::\"\", // polc: allow EmptyId: why\naction, resource == User::\"\");"),
      "2 EmptyId\n");
  EXPECT_EQ(
      Left("permit (principal == User::\"\",\n// polc: allow EmptyId: why\naction, resource == User::\"\");"),
      "1 EmptyId\n");
}

TEST(Suppress, CoversTheFile) {
  EXPECT_EQ(Left("permit (principal == User::\"\",\naction, resource == User::\"\");\n// polc: allow-file "
                 "EmptyId: why"),
            "");
}

TEST(Suppress, ExcusesWhatSemaSays) {
  EXPECT_EQ(Left("permit (principal, action, resource) when { context.a == \"mixed\" };"),
            "1 MixedScriptString\n");
  EXPECT_EQ(
      Left("// polc: allow MixedScriptString: why\npermit (principal, action, resource) when { context.a == "
           "\"mixed\" };"),
      "");
}

// Who runs no lints sees what sema says as who runs them, and nothing about the comments.
TEST(Suppress, DropsWithoutLints) {
  auto left = [](const std::string& text, Code code) {
    source::SourceMap map;
    source::DiagnosticSink sink;
    const source::FileId file = map.Add("p.cedar", text);
    sink.Report(code, {file, static_cast<uint32_t>(text.find("permit")), 6}, "");
    DropExcused(map, {file}, {}, {}, sink);
    return sink.diagnostics().size();
  };
  const std::string policy = "permit (principal, action, resource);";
  EXPECT_EQ(left(policy, Code::kMixedScriptString), 1u);
  EXPECT_EQ(left("// polc: allow MixedScriptString: why\n" + policy, Code::kMixedScriptString), 0u);
  EXPECT_EQ(left("// polc: allow MixedScriptString\n" + policy, Code::kMixedScriptString), 1u);
  EXPECT_EQ(left("// polc: allow EmptyId: why\n" + policy, Code::kMixedScriptString), 1u);
  EXPECT_EQ(left("// polc: allow UnsafeAttributeAccess: why\n" + policy, Code::kUnsafeAttributeAccess), 1u);
}

TEST(Suppress, NeedsAReason) {
  const std::string policy = "\npermit (principal, action, resource);";
  EXPECT_EQ(Left("// polc: allow AllowsEverything" + policy),
            "1 SuppressionWithoutReason\n2 AllowsEverything\n");
  EXPECT_EQ(Left("// polc: allow AllowsEverything:  " + policy),
            "1 SuppressionWithoutReason\n2 AllowsEverything\n");
}

TEST(Suppress, NamesSomething) {
  const std::string policy = "\npermit (principal, action, resource == User::\"a\");";
  EXPECT_EQ(Left("// polc: allow Nothing: why" + policy), "1 UnknownSuppression\n");
  EXPECT_EQ(Left("// polc: allow : why" + policy), "1 UnknownSuppression\n");
  EXPECT_EQ(Left("// polc: allow UnexpectedToken: why" + policy), "1 UnknownSuppression\n");
  EXPECT_EQ(Left("// polc: disallow EmptyId: why" + policy), "1 UnknownSuppression\n");
  EXPECT_EQ(Left("// polc: allow EmptyId: why" + policy), "1 UnusedSuppression\n");
  // Off, so nobody knows.
  EXPECT_EQ(Left("// polc: allow LongRule: why" + policy), "");
  // A text that only mentions the mark.
  EXPECT_EQ(Left("// see polc: allow Nothing" + policy), "");
}

TEST(Suppress, AnErrorStaysAndNothingIsUnused) {
  EXPECT_EQ(Left("// polc: allow EmptyId: why\npermit (principal, action, resource);", true),
            "1 UnexpectedToken\n");
}

}  // namespace
}  // namespace polc::lint
