// Pol policy sets: from the text of .pol files to the model and the typed core, strictly checked.
//
// What docs/language.md says a checker enforces is enforced here, in files split by subject: pol_modules (who
// declares what, who sees it, settings), pol_model (types, actions, levels), pol_state, pol_expr (expressions
// and their types), pol_facts (facts, ladders, caps), pol_rules (scopes, effects, clauses, terms),
// pol_polarity and pol_whose_word (laws over what came out), pol_tests and pol_guarantees. All of them report
// and go on: one mistake never hides another that does not follow from it.
//
// INVARIANT: without an error in the sink the program passes core::Verify.
// O(size of the files) but for name look-ups. Tested by pol_model_test.cc,
// pol_facts_test.cc, pol_rules_test.cc, pol_expr_test.cc, pol_laws_test.cc, pol_sample_test.cc and, message by
// message, tests/cases/diagnostics.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/model/schema.h"
#include "compiler/sema/pol_guarantees.h"
#include "compiler/sema/pol_tests.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::sema::pol {

struct FoundModule {
  source::FileId file = 0;
  bool library = false;  // of the standard library
};

struct Options {
  // What Cedar schemas declare; Pol adds to it. May be null.
  const model::Schema* schema = nullptr;
  // `--set NAME=VALUE`.
  std::vector<std::pair<std::string, std::string>> settings;
  // What modules there are, for proposals.
  std::vector<std::string> module_names;
  // The text of module `name` that the file `from` uses; nothing if there is none. May be null.
  std::function<std::optional<FoundModule>(const std::string& name, source::FileId from)> find_module;
};

struct RuleEntry {
  std::string id;
  source::Span span;
};

struct Set {
  core::Program program;         // `pol` is true
  model::Schema schema;          // the model as Cedar policies and entities see it
  std::vector<RuleEntry> rules;  // in source order, modules last
  std::vector<TestCase> tests;   // of the files of the set, in source order
  std::vector<Guarantee> guarantees;
  std::vector<Assumption> assumptions;
};

// Analyses the .pol files `files` as one set, with the modules they use.
Set Analyze(source::SourceMap& map, const std::vector<source::FileId>& files, const Options& options,
            source::DiagnosticSink& sink);

// Like rule ids: the policy's name where it has no header, the name of its file without folder and ending.
std::string PolicyNameOf(const std::string& path);

}  // namespace polc::sema::pol
