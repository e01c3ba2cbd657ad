// Golden cases: one self-contained file says what to run, on what, and what comes out.
//
//   // What this shows.
//   // RUN: polc check %s --schema app.cedarschema
//   // EXPECT-EXIT: 1
//   permit (principal, action, resource);
//   // --- app.cedarschema
//   entity User;
//   // EXPECT-STDOUT:
//   // the lines of standard output
//   // EXPECT-STDERR:
//   // the lines of standard error
//
// The text up to the first `// ---` or `// EXPECT-STD…` line becomes a file of the case's own name (%s), so
// the lines in messages are the lines of the case; each `// --- name` starts another file. RUN is one
// command for /bin/sh, in a fresh folder that holds these files, with polc in the path. The three
// expectations default to 0 and nothing. An output that does not end its last line is followed by
// `//\ no newline at end`.
// Tested by the cases themselves, and by --self-test in main.cc.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace polc::file_test {

struct Outcome {
  int exit = 0;
  std::string out;
  std::string err;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

struct Case {
  std::string name;                                        // the file's name
  std::string run;                                         // the command
  std::vector<std::pair<std::string, std::string>> files;  // name, text; first the case's own
  Outcome expected;
};

// What a case file says, or why it is none.
std::optional<Case> ParseCase(const std::string& name, const std::string& text, std::string* problem);

// The text of the case with another outcome: everything but the expectations stays byte for byte.
std::string WithOutcome(const std::string& text, const Outcome& outcome);

// Runs it in `folder` (made anew, removed afterwards), with `bin` first in the path.
Outcome RunCase(const Case& c, const std::filesystem::path& folder, const std::filesystem::path& bin);

}  // namespace polc::file_test
