// Every code of diagnostics.def has a page (docs/diagnostics), a line in the index, and a golden case that
// shows it; and there is no page without a code.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "cli/pages.h"
#include "compiler/source/diagnostic.h"

namespace polc {
namespace {

namespace fs = std::filesystem;

// Codes that no case file can show, each with the reason and the test that shows it instead.
const std::map<std::string_view, std::string_view> kNoGolden = {
    {"InvalidUtf8", "a golden is itself UTF-8; tests/hostile writes the bytes"},
    {"TooManyAncestors", "takes a chain of 16,400 entities; tests/hostile makes a longer one"},
    {"UnknownDeclaration", "compiler/syntax/pol_parser_test.cc"},
    {"IncompleteDeclaration", "compiler/syntax/pol_parser_test.cc"},
    {"MissingText", "compiler/syntax/pol_parser_test.cc"},
    {"UnquotedId", "compiler/syntax/pol_parser_test.cc"},
    {"MissingWithin", "compiler/syntax/pol_parser_test.cc"},
    {"MisplacedClause", "compiler/syntax/pol_parser_test.cc"},
    {"InOnText", "compiler/syntax/pol_parser_test.cc"},
    {"InvalidLiteral", "compiler/syntax/pol_parser_test.cc"},
    {"PercentWithoutSign", "compiler/syntax/pol_parser_test.cc"},
    {"InvalidHours", "compiler/syntax/pol_parser_test.cc"},
    {"RuleTooLarge", "takes a set of 65,537 computed elements; compiler/emit/emit_test.cc builds it"},
};

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Diagnostics, EveryCodeHasAPageAndEveryPageACode) {
  std::set<std::string> pages;
  for (const cli::Page& page : cli::DiagnosticPages()) {
    pages.emplace(page.code);
    EXPECT_TRUE(source::FindCode(page.code)) << "docs/diagnostics/" << page.code << ".md has no code";
  }
  for (const source::CodeInfo& info : source::AllCodes()) {
    EXPECT_TRUE(pages.contains(std::string(info.name)))
        << "docs/diagnostics/" << info.name << ".md is missing";
  }
}

TEST(Diagnostics, PagesHaveTheirThreeParts) {
  for (const cli::Page& page : cli::DiagnosticPages()) {
    std::string_view text = page.markdown;
    EXPECT_TRUE(text.starts_with("# " + std::string(page.code) + "\n\n")) << page.code;
    size_t example = text.find("\n## Example\n"), fix = text.find("\n## Fix\n");
    ASSERT_NE(example, text.npos) << page.code << " has no `## Example`";
    ASSERT_NE(fix, text.npos) << page.code << " has no `## Fix`";
    EXPECT_LT(example, fix) << page.code;
    EXPECT_NE(text.substr(example, fix - example).find("```"), text.npos) << page.code << " shows no example";
    EXPECT_GT(text.size() - fix, 20u) << page.code << " has an empty fix";
  }
}

// POLC_UPDATE=1 rewrites the index.
TEST(Diagnostics, TheIndexListsEveryPage) {
  std::string index =
      "# Diagnostics\n\nEvery message of polc ends with a code in brackets. `polc help CODE` prints its "
      "page; the pages are "
      "these.\n\n| code | severity | what it says |\n|---|---|---|\n";
  for (const source::CodeInfo& info : source::AllCodes()) {
    std::string name(info.name);
    index += "| [" + name + "](" + name + ".md) | " + std::string(source::SeverityName(info.severity)) +
             " | " + std::string(info.summary) + " |\n";
  }
  fs::path path = fs::path(POLC_SOURCE_DIR) / "docs/diagnostics/README.md";
  if (std::getenv("POLC_UPDATE")) std::ofstream(path, std::ios::binary) << index;
  EXPECT_TRUE(ReadAll(path) == index) << "run diagnostics_test with POLC_UPDATE=1";
}

TEST(Diagnostics, EveryCodeHasAGolden) {
  std::string expectations;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(POLC_SOURCE_DIR) / "tests/cases")) {
    if (!entry.is_regular_file()) continue;
    std::string text = ReadAll(entry.path());
    size_t begin = std::min(text.find("// EXPECT-STDOUT:\n"), text.find("// EXPECT-STDERR:\n"));
    if (begin != std::string::npos) expectations += text.substr(begin);
  }
  for (const source::CodeInfo& info : source::AllCodes()) {
    std::string name(info.name);
    bool shown = expectations.find("[" + name + "]") != std::string::npos ||
                 expectations.find("\"code\":\"" + name + "\"") != std::string::npos ||
                 expectations.find(",title=" + name + "::") != std::string::npos ||
                 expectations.find(" title=" + name + "::") != std::string::npos;
    if (kNoGolden.contains(info.name)) {
      EXPECT_FALSE(shown) << name << " has a golden now: take it off the list";
    } else {
      EXPECT_TRUE(shown) << name << " has no golden in tests/cases";
    }
  }
  for (const auto& [name, reason] : kNoGolden) EXPECT_TRUE(source::FindCode(name)) << name;
}

}  // namespace
}  // namespace polc
