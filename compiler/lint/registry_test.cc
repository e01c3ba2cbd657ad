// Lints are all there: a severity that can change, a case that fires and one that does not, a line in docs.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "compiler/lint/lint.h"

namespace polc::lint {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string Name(const Lint& lint) { return std::string(source::Info(lint.code).name); }

// What the cases of a name print.
std::string Printed(const std::string& name) {
  std::string out;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(POLC_SOURCE_DIR) / "tests/cases/lint")) {
    if (entry.path().stem() != name) continue;
    const std::string text = ReadAll(entry.path());
    const size_t begin = text.find("// EXPECT-STDOUT:");
    out += begin == text.npos ? "" : text.substr(begin);
  }
  return out;
}

TEST(Lints, AreDistinctAndNoErrors) {
  std::set<source::Code> seen;
  for (const Lint& lint : AllLints()) {
    EXPECT_TRUE(seen.insert(lint.code).second) << Name(lint);
    EXPECT_NE(source::Info(lint.code).severity, source::Severity::kError) << Name(lint);
    // A lint that nobody asked for is worth a warning, or is off.
    if (lint.on) {
      EXPECT_EQ(source::Info(lint.code).severity, source::Severity::kWarning) << Name(lint);
    }
    EXPECT_EQ(FindLint(lint.code), &lint);
  }
  EXPECT_EQ(FindLint(source::Code::kUnexpectedToken), nullptr);
}

TEST(Lints, EachHasACaseThatFiresAndOneThatDoesNot) {
  for (const Lint& lint : AllLints()) {
    if (lint.subject == "check") continue;  // sema's, in tests/cases/diagnostics
    const std::string mark = "[" + Name(lint) + "]", silent = Printed(Name(lint) + "_silent");
    EXPECT_NE(Printed(Name(lint)).find(mark), std::string::npos) << Name(lint) << " does not fire";
    EXPECT_NE(silent, "") << Name(lint) << "_silent is missing";
    EXPECT_EQ(silent.find(mark), std::string::npos) << Name(lint) << "_silent fires";
  }
}

// POLC_UPDATE=1 rewrites the tables.
TEST(Lints, DocsListAll) {
  std::string tables;
  std::string_view subject;
  for (const Lint& lint : AllLints()) {
    if (lint.subject != subject) {
      subject = lint.subject;
      tables += "\n### " + std::string(subject) +
                "\n\n| code | default | `--fix` | what it says |\n|---|---|---|---|\n";
    }
    const source::CodeInfo& info = source::Info(lint.code);
    tables += "| [" + Name(lint) + "](diagnostics/" + Name(lint) + ".md) | " +
              (lint.on ? std::string(source::SeverityName(info.severity)) : "off") + " | " +
              (lint.fixes ? "yes" : "") + " | " + std::string(info.summary) + " |\n";
  }
  const fs::path path = fs::path(POLC_SOURCE_DIR) / "docs/lints.md";
  const std::string text = ReadAll(path), begin = "## All lints\n";
  const size_t at = text.find(begin);
  ASSERT_NE(at, text.npos) << "docs/lints.md has no `## All lints`";
  const std::string wanted = text.substr(0, at) + begin + tables;
  if (std::getenv("POLC_UPDATE")) std::ofstream(path, std::ios::binary) << wanted;
  EXPECT_TRUE(ReadAll(path) == wanted) << "run lint_test with POLC_UPDATE=1";
}

}  // namespace
}  // namespace polc::lint
