// polc.toml: what a project says once instead of on every command line.
//
//   root = "policies"                    # paths below start here; itself relative to polc.toml
//   schema = ["app.cedarschema"]         # one path or several
//   files = ["base.cedar", "teams"]      # policy files and directories
//   ids = "annotation"                   # or "source"
//   [severities]
//   ImpossiblePolicy = "error"           # "error", "warning", "note" or "off"; errors stay errors
//   [limits]
//   file_bytes = 1048576
//   [lint]
//   annotations = ["owner"]              # that every Cedar policy carries
//   rule_tests = 20                      # of one rule at most: LongRule
//   steps = 5000                         # of one decision at most: OverStepBudget; default: not said
//   [enforcement]
//   gateway = ["timeout", "cost"]        # kinds of limits each enforcement point declares
//
// Every command reads the polc.toml of the working directory or the nearest one above it; what the
// command line says wins. docs/commands.md is the reference.
// Tested by project_test.cc.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::project {

// Where policy ids come from: the order of the source (policy0, policy1, …) or the `@id` annotation.
enum class IdSource { kSource, kAnnotation };

// What polc is willing to read. A project may lower any of these; the defaults are the hard limits.
struct Limits {
  // Spans hold 32-bit offsets: see source::kMaxFileBytes.
  size_t file_bytes = source::kMaxFileBytes;
  // Ten times the largest set anybody has shown us; at about 3 KB a policy in memory, 3 GB.
  size_t policies = 1'000'000;
  // At about 1 KB an entity with attributes in memory, 10 GB.
  size_t entities = 10'000'000;
};

// What lints go by (docs/lints.md).
struct Lint {
  std::vector<std::string> annotations;
  size_t rule_tests = 20;
  size_t steps = 0;  // 0: not said
};

struct Project {
  std::string file;                 // path of the polc.toml; empty if there is none
  std::string root;                 // folder that `schema` and `files` start from
  std::vector<std::string> schema;  // as written
  std::vector<std::string> files;   // as written
  std::optional<IdSource> ids;
  // Changed severities; nothing means the message is dropped.
  std::map<source::Code, std::optional<source::Severity>> severities;
  Limits limits;
  Lint lint;
  std::map<std::string, std::vector<std::string>> enforcement;  // by enforcement point; empty: not said

  // A path of this file as seen from the working directory `from`.
  std::string Resolve(const std::string& path, const std::string& from) const;
};

// The polc.toml in `directory` (an absolute path) or the nearest folder above it.
std::optional<std::string> Find(const std::string& directory);

// Reads a polc.toml; reports ProjectSyntax, ProjectUnknownKey and ProjectValue with their places and
// returns nothing if any was reported.
std::optional<Project> Parse(const source::SourceMap& map, source::FileId file, source::DiagnosticSink& sink);

// Applies the changed severities: raises, lowers, drops.
void ApplySeverities(const Project& project, source::DiagnosticSink& sink);

}  // namespace polc::project
