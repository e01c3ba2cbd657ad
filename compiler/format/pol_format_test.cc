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

TEST(PolFormat, Sample) { printf("%s", Checked(ReadInput("sample.pol")).c_str()); }
TEST(PolFormat, Forms) { printf("%s", Checked(ReadInput("forms.pol")).c_str()); }

}  // namespace
}  // namespace polc::format
