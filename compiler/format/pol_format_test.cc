#include "compiler/format/pol_format.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "compiler/syntax/pol_dump.h"
#include "compiler/syntax/pol_parser.h"

namespace polc::format {
namespace {

std::string Format(const std::string& text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  auto formatted = FormatPol(map, map.Add("t.pol", text), sink);
  for (const source::Diagnostic& d : sink.diagnostics()) ADD_FAILURE() << d.message << "\n" << text;
  return formatted.value_or("");
}

std::string Meaning(const std::string& text) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  syntax::pol::File file = syntax::ParsePol(map, map.Add("t.pol", text), sink);
  for (const source::Diagnostic& d : sink.diagnostics()) ADD_FAILURE() << d.message << "\n" << text;
  return syntax::pol::Dump(file);
}

// Formats, and checks what holds of every text.
std::string Checked(const std::string& text) {
  std::string once = Format(text);
  EXPECT_EQ(Format(once), once) << text;
  EXPECT_EQ(Meaning(once), Meaning(text)) << once;
  return once;
}

std::string ReadInput(const char* name) {
  std::ifstream in(std::filesystem::path(POLC_SOURCE_DIR) / "tests/pol" / name, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(PolFormat, KeepsTheMeaningOfTheSampleAndEveryForm) {
  for (const char* name : {"sample.pol", "forms.pol"}) EXPECT_NE(Checked(ReadInput(name)), "") << name;
}

TEST(PolFormat, HasOneForm) {
  EXPECT_EQ(Checked("rule a\"t\"allow any Agent in Team\"x\"to y,z on S when a==1&&!b.c unless d!=2||e>=5%"),
            "rule a \"t\"\n"
            "  allow Agent in Team \"x\" to y, z on S\n"
            "  when a is 1 and not b.c\n"
            "  unless d is not 2 or e is at least 5%\n");
  EXPECT_EQ(Checked("agent A in T owned by H has a?:Text long_one:Set of Text,at most 3 from host,[1,]if "
                    "missing,varies"),
            "agent A in T owned by H has\n"
            "  a?       : Text\n"
            "  long_one : Set of Text, at most 3 from host, [1] if missing, varies\n");
  EXPECT_EQ(Checked("fact f:T is the highest of a when b,ccc when d,otherwise e"),
            "fact f : T is the highest of\n  a   when b,\n  ccc when d,\n  otherwise e\n");
}

TEST(PolFormat, ExclamationMarksGetParenthesesWhereTheyBindTighter) {
  EXPECT_EQ(Checked("assume a !b == c"), "assume a (not b) is c\n");
  EXPECT_EQ(Checked("assume a !!b and -!c is 1"), "assume a not not b and -(not c) is 1\n");
}

TEST(PolFormat, TimesAreBeforeAndAfter) {
  EXPECT_EQ(Checked("assume a now < 2026-01-01 and x.t > now and n > 3"),
            "assume a now is before 2026-01-01 and x.t is after now and n is above 3\n");
}

TEST(PolFormat, LongLinesBreakAtAndOrAndCommas) {
  std::string text = "rule a allow Agent to x when ";
  for (int i = 0; i < 8; ++i)
    text += (i > 0 ? " and " : "") + std::string("context.attribute_") + std::to_string(i) + " is 1";
  std::string formatted = Checked(text);
  EXPECT_NE(formatted.find("\n    and context.attribute_7 is 1\n"), std::string::npos) << formatted;
}

TEST(PolFormat, CommentsStayWhereTheyWere) {
  EXPECT_EQ(Checked("// top\n\n// second\ngroup A // a\n// before b\ngroup B\n\n\n// end"),
            "// top\n\n// second\ngroup A // a\n// before b\ngroup B\n\n// end\n");
  EXPECT_EQ(Checked("rule a // why\n allow A to x // who\n // cond\n when p // one\n and q // two"),
            "rule a // why\n"
            "  allow A to x // who\n"
            "  // cond\n"
            "  when p // one\n"
            "    and q // two\n");
}

// A comment in every place where one can stand.
TEST(PolFormat, EveryPlaceForACommentKeepsIt) {
  for (const char* name : {"sample.pol", "forms.pol"}) {
    std::string text = ReadInput(name);
    source::SourceMap map;
    source::DiagnosticSink sink;
    auto tokens = syntax::TokenizePol(map, map.Add(name, text), sink);
    ASSERT_TRUE(tokens);
    for (bool own_line : {false, true}) {
      std::string commented;
      size_t at = 0, count = 0;
      for (const syntax::SyntaxToken& token : *tokens) {
        if (token.kind == syntax::TokenKind::kComment) continue;
        commented += text.substr(at, token.span.end - at);
        commented += (own_line ? "\n  // c" : " // c") + std::to_string(count++) + ";\n  ";
        at = token.span.end;
      }
      commented += text.substr(at);
      std::string formatted = Checked(commented);
      for (size_t i = 0; i < count; ++i) {
        EXPECT_NE(formatted.find("// c" + std::to_string(i) + ";\n"), std::string::npos) << name << " " << i;
      }
    }
  }
}

TEST(PolFormat, ReportsWhatItCannotRead) {
  source::SourceMap map;
  source::DiagnosticSink sink;
  EXPECT_EQ(FormatPol(map, map.Add("t.pol", "rule"), sink), std::nullopt);
  EXPECT_EQ(sink.error_count(), 1u);
}

TEST(PolFormat, NothingIsNothing) { EXPECT_EQ(Format(""), ""); }

}  // namespace
}  // namespace polc::format
