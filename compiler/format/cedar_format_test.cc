#include "compiler/format/cedar_format.h"

#include <gtest/gtest.h>

namespace polc::format {
namespace {

std::string Format(const std::string& text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::optional<std::string> result = FormatCedar(map, map.Add("test.cedar", text), sink);
  return result.value_or("does not parse");
}

TEST(FormatCedar, PlainScopeStaysOnOneLine) {
  EXPECT_EQ(Format("permit(principal,action,resource,);"), "permit (principal, action, resource);\n");
}

TEST(FormatCedar, ConstrainedScopeTakesALineForEachVariable) {
  EXPECT_EQ(Format("forbid(principal is A::B in A::\"x\",action in[Action::\"a\",],resource);"),
            "forbid (\n  principal is A::B in A::\"x\",\n  action in [Action::\"a\"],\n  resource\n);\n");
}

TEST(FormatCedar, ConjunctsBreakAfterTheOperator) {
  EXPECT_EQ(Format("permit(principal,action,resource)when{context.aaaaaaaaaaaaaaaaaaaaaaa&&"
                   "context.bbbbbbbbbbbbbbbbbbbbbbbbbb&&context.c};"),
            "permit (principal, action, resource)\nwhen\n{\n  context.aaaaaaaaaaaaaaaaaaaaaaa &&\n"
            "  context.bbbbbbbbbbbbbbbbbbbbbbbbbb &&\n  context.c\n};\n");
}

TEST(FormatCedar, BranchesBelongToTheirIf) {
  EXPECT_EQ(
      Format("permit(principal,action,resource)when{if principal has aaaaaaaaaaaaaa then if context.b then "
             "context.c else context.d else context.eeeeeeeeeeeeee};"),
      "permit (principal, action, resource)\nwhen\n{\n  if\n    principal has aaaaaaaaaaaaaa\n  then\n"
      "    if context.b then context.c else context.d\n  else\n    context.eeeeeeeeeeeeee\n};\n");
}

TEST(FormatCedar, KeepsEveryComment) {
  std::string formatted = Format(
      "// one\n@id(\"x\") // two\npermit // three\n(principal, // four\n action in [ // five\n "
      "Action::\"a\", // six\n"
      " // seven\n ], resource) // eight\nwhen { // nine\n true // ten\n // eleven\n } // twelve\n; // "
      "thirteen\n"
      "// fourteen\n");
  for (const char* word : {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
                           "eleven", "twelve", "thirteen", "fourteen"}) {
    EXPECT_NE(formatted.find(std::string("// ") + word + "\n"), std::string::npos) << word << " in\n"
                                                                                   << formatted;
  }
  EXPECT_EQ(Format(formatted), formatted) << "idempotent";
}

TEST(FormatCedar, StringsKeepTheirLines) {
  EXPECT_EQ(Format("permit(principal,action,resource)when{context.a==\"x\n\n  y//z\"};"),
            "permit (principal, action, resource)\nwhen { context.a == \"x\n\n  y//z\" };\n");
}

TEST(FormatCedar, NumbersLoseLeadingZeros) {
  EXPECT_EQ(Format("permit(principal,action,resource)when{007==000};"),
            "permit (principal, action, resource)\nwhen { 7 == 0 };\n");
}

TEST(FormatCedar, OnlyComments) { EXPECT_EQ(Format("  // a\n\n// b"), "\n// a\n// b\n"); }

TEST(FormatCedar, ReportsWhatDoesNotParse) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  EXPECT_FALSE(FormatCedar(map, map.Add("test.cedar", "permit(principal, action);"), sink).has_value());
  EXPECT_TRUE(sink.has_errors());
}

}  // namespace
}  // namespace polc::format
