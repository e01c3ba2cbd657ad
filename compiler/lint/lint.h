// Lints: what is well-formed, means something, and is probably not what its author meant.
//
// A lint is one line of lints.def: its code (a warning or note of diagnostics.def, with its page), its
// subject, whether it is on without being asked for, whether `polc check --fix` repairs it. Each subject is
// one file here. Lints look at sets without errors only. What a lint says is proved or plainly visible: a
// finding that is wrong costs more than one that is missed, so where a lint cannot be sure, it keeps silent.
//
// polc.toml decides more: `[severities]` turns lints on and off, and a comment in the source excuses what it
// names (suppress.h). Findings come in the order of lints.def; DiagnosticSink sorts them by place.
// O(size of the set), but for reachability, which is bounded (prover.h, reachability.cc).
// Tested by tests/cases/lint, a case that fires and one that does not for each, and *_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "compiler/model/schema.h"
#include "compiler/sema/pol.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::lint {

struct Lint {
  source::Code code;
  std::string_view subject;  // "reachability", …: the heading in docs/lints.md
  bool on;                   // without being asked for
  bool fixes;                // `--fix` can repair it
};
// In the order of lints.def.
const std::vector<Lint>& AllLints();
const Lint* FindLint(source::Code code);

// One change of the text; `span` is replaced.
struct Edit {
  source::Span span;
  std::string text;
};

struct Finding {
  source::Diagnostic diagnostic;
  std::vector<Edit> fix;  // empty: not to be repaired by a program
};

// What a project asks of its policies, besides which lints are on.
struct Options {
  std::function<bool(const Lint&)> enabled;  // null: those that are on by default
  std::vector<std::string> annotations;      // that every Cedar policy has to carry
  // The kinds of limits each enforcement point of the project declares; empty: not said.
  std::map<std::string, std::vector<std::string>> enforcement_points;
  uint32_t max_tests = 20;  // of one rule: LongRule
  uint64_t max_steps = 0;   // of one decision: OverStepBudget; 0: not said
};

// What deciding requests for an action costs at worst, as tree::Report has it.
struct ActionCost {
  std::string action;  // `Action::"go"`, `in Action::"change"`, or `any other`
  uint64_t steps = 0;
};

// A cell of the grid that nothing answers, as grid::MakeGrid has it.
struct OpenCell {
  std::string action_class;  // "" for actions that are in none
  std::string first_action;
  std::string level, question;
  std::string why;  // "no rule bounds `credential_ttl`"
};

struct Input {
  const source::SourceMap& map;
  const core::Program& program;
  const model::Schema* schema = nullptr;        // what the policies were checked against; null: nothing
  const sema::pol::Set* pol = nullptr;          // null: no Pol files
  const data::EntityStore* entities = nullptr;  // where they were given; closed
  std::vector<source::FileId> cedar_files, pol_files,
      schema_files;                  // whom findings are about, modules left out
  std::vector<ActionCost> costs;     // where Options::max_steps asks for them
  std::vector<OpenCell> open_cells;  // where EmptyGridCell is on
  Options options;
};

// Reports into `sink` what the lints that are on find, after what is in it already, and takes out of it what
// comments excuse, lints' findings or not. Where `sink` has an error, no lint runs. Returns the edits of the
// findings that can be repaired, those of one finding together.
std::vector<std::vector<Edit>> Run(const Input& input, source::DiagnosticSink& sink);

// For who runs no lints: takes out of `sink` what comments in these files excuse, as Run does, and says
// nothing about the comments. O(size of those files that have such comments); nothing if there is no warning.
void DropExcused(const source::SourceMap& map, std::vector<source::FileId> cedar_files,
                 std::vector<source::FileId> pol_files, std::vector<source::FileId> schema_files,
                 source::DiagnosticSink& sink);

}  // namespace polc::lint
