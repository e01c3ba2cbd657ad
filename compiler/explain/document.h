// An explanation as its reader needs it: what to say, in which order, and what to keep from them.
//
//   engineer  everything: rules, tests, values, source places, bytecode if wished
//   reviewer  the same in the policy's own titles and reasons, without the machinery
//   agent     `because`, what it can still do, and nothing else: no rule, no test, no value of an attribute
//   that
//             is not its own word, no way past a forbid
//   auditor   who asked, what was decided and why, who approved, what may happen within which limits, and
//             where the evidence is
//
// What is not in the document is in no rendering of it: text, HTML and picture are made from here alone, and
// the JSON of an agent, too. Tested by tests/explain/agent_test.cc and tests/cases/explain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/explain/changes.h"
#include "compiler/explain/explanation.h"

namespace polc::explain {

enum class Audience : uint8_t { kEngineer, kReviewer, kAgent, kAuditor };
std::string_view AudienceName(Audience audience);

enum class Mark : uint8_t { kPlain, kYes, kNo, kError };
// "plain", "yes", "no", "error".
std::string_view MarkName(Mark mark);

struct Line {
  std::string text{};
  Mark mark = Mark::kPlain;
  std::string at{};    // where in the source
  std::string code{};  // source text, or an instruction
  std::vector<Line> below{};
};

struct Section {
  std::string heading;
  std::vector<Line> lines;
};

// A step on the path to the decision, for the picture.
struct Step {
  std::string question;
  std::string answer;
  Mark mark = Mark::kPlain;
  std::vector<Line> tests;
};

struct Document {
  Audience audience = Audience::kEngineer;
  std::string asked;    // "Agent "oncall" asks to restart_pod on Service "checkout""
  std::string outcome;  // "require_approval"
  Mark mark = Mark::kPlain;
  std::string lead;  // the decision in a sentence
  std::vector<Section> sections;
  std::vector<Step> path;
};

struct DocumentOptions {
  Audience audience = Audience::kEngineer;
  const Changes* changes = nullptr;          // what would change it, if that was asked
  const bundle::Bundle* bytecode = nullptr;  // engineer: shows the code of tests
};

Document Compose(const Explanation& explanation, const DocumentOptions& options);

}  // namespace polc::explain
