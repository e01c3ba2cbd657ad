// The pipeline: from the files that a command names to everything that can be said about them.
//
// Each function is one stretch of the way of the data and calls one stage after the other: load, parse,
// lower, link, resolve, check. Whatever is wrong goes into the sink of Sources, with the policy it is about;
// one bad file or policy never hides the others.
// Used by the command line and by the tests; not part of the runtime.
// Tested by driver_test.cc, tests/cases and the corpus tests.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/model/entities_json.h"
#include "compiler/model/schema.h"
#include "compiler/project/project.h"
#include "compiler/sema/check.h"
#include "compiler/sema/lower.h"
#include "compiler/sema/pol.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/cedar_parser.h"

namespace polc::driver {

// What happens to policies that do not validate: with kOff what the checker finds goes aside.
enum class Checking : uint8_t { kOff, kStrict, kPermissive };

// The texts read so far, what was found in them, and what polc is willing to read.
struct Sources {
  source::SourceMap map;
  source::DiagnosticSink sink;
  source::DiagnosticSink aside;  // what was found and decides nothing, whatever its severity
  project::Limits limits;

  bool unreadable = false;                   // some input could not be read at all
  std::vector<source::FileId> schema_files;  // read by ReadSchema, in the order given

  // Loads one file within the limits.
  std::optional<source::FileId> Load(const std::string& path);

  // A text that is no file's, under the path that messages will show.
  source::FileId Own(const std::string& path, std::string_view text);

  // For who reads the same files again and again: keeps texts, what was parsed and which policies are known
  // to validate, so that only files that have changed since are read, parsed and checked again. The result is
  // the same as without, except that a file that has changed stands behind the others in the order of
  // messages.
  bool keep = false;
  // Before everything is read again: forgets what was found. Every FileId may be another afterwards, and is
  // if the epoch is.
  void StartOver();
  uint64_t epoch() const { return epoch_; }

  // Hands the policies of a file in Cedar syntax on, as syntax::ParseCedarParts; what is found goes into
  // `sink`.
  void Parse(source::FileId file, const std::function<void(const syntax::ParsedPart&)>& take);
  // With `keep`: the whole file, whose findings go into `sink`, too.
  struct ParsedFile {
    syntax::ParsedPart whole;
    std::vector<source::Diagnostic> found;
  };
  const ParsedFile& ParseWhole(source::FileId file);

  // With `keep`: files in which all policies were checked and nothing was found, and against what. Policies
  // are checked each by itself, so as long as neither changes it stays so; linked ones hang on their
  // template, which may be in another file, and are not spoken of here.
  struct Validated {
    struct Against {
      std::vector<source::FileId> schema_files;
      Checking checking = Checking::kOff;
      std::optional<uint32_t> level;
      friend bool operator==(const Against&, const Against&) = default;
    } against;
    std::set<source::FileId> files;
  };
  Validated validated;

 private:
  struct Loaded {
    source::FileId file;
    std::optional<std::array<int64_t, 5>> stamp;  // what the system said of it; nothing: read it again
  };
  std::unordered_map<std::string, Loaded> loaded_;         // by path, if `keep`
  std::unordered_map<std::string, source::FileId> own_;    // by path, if `keep`
  std::unordered_map<source::FileId, ParsedFile> parsed_;  // if `keep`
  size_t stale_bytes_ = 0;                                 // of texts that nothing refers to any more
  uint64_t epoch_ = 0;
};

// A policy, template or link as it was met, whether or not it made it into the program.
struct PolicyEntry {
  std::string id;
  source::Span span;
};

struct PolicySet {
  core::Program program;
  std::vector<PolicyEntry> entries;                    // in source order, links last; Pol's after Cedar's
  std::vector<source::FileId> cedar_files, pol_files;  // that were read, modules left out
  // What Pol files declare besides, the given schema with it; null without Pol files. The program is Pol's
  // then (core::Program::pol), and its rules stand in the order of their ids.
  std::shared_ptr<const sema::pol::Set> pol;

  // What Cedar policies, entities and requests are read against: Pol's model, or else `given`.
  const model::Schema* SchemaOr(const model::Schema* given) const { return pol ? &pol->schema : given; }
};

// What Pol files, and Cedar files beside them, are read with.
struct PolOptions {
  const model::Schema* schema = nullptr;                      // of Cedar schemas; null: none
  std::vector<std::pair<std::string, std::string>> settings;  // `--set NAME=VALUE`
  // Beside Pol: a Cedar forbid that errs holds (docs/language.md); otherwise it is skipped, as Cedar does.
  bool cedar_errors_hold = false;
};

// Whether a text that is either JSON or Cedar syntax is JSON: no Cedar text starts with a bracket.
bool LooksLikeJson(std::string_view text);

// Reads schema files, in either syntax each, as one schema. Nothing if there is an error or no file.
std::optional<model::Schema> ReadSchema(Sources& sources, const std::vector<std::string>& files);

// Reads policy files and directories, and the links file if `links` is not empty. Files that end in .pol are
// Pol and are checked as they are read; in a set with any, a Cedar policy without an id of its own is
// `file/policyN`.
PolicySet ReadPolicies(Sources& sources, const std::vector<std::string>& paths, const std::string& links,
                       sema::IdSource ids, const PolOptions& pol = {});

// Reads an entities file, or none if `path` is empty; against `schema` unless that is null. The schema's
// actions are in the store either way.
model::EntitiesResult ReadEntities(Sources& sources, const std::string& path, const model::Schema* schema);
// By the model of a Pol program: Percents, levels and bounds as it declares them.
model::EntitiesResult ReadEntities(Sources& sources, const std::string& path, const core::Program& program);

// The policies of a program that are Cedar's: what sema::Check is for.
core::Program CedarPart(const core::Program& program);

// Checks Cedar policies against the schema; Pol's were checked when they were read. Whether they validate:
// strictly, or permissively if that was asked.
bool CheckPolicies(Sources& sources, const core::Program& program, const model::Schema& schema,
                   Checking checking, std::optional<uint32_t> level = std::nullopt);

struct BundleOptions {
  std::vector<std::string> arguments = {};  // what ReadPolicies was given: paths in the bundle start there
  bool include_source = true;
  uint32_t opt_level = 2;  // how far decisions go by the tree; runtime/tree/tree.h has the levels
  // How the policies validated against the schema, kOff if they did not; the bundle says so, and names the
  // schema by its digest: SHA-256 over the SHA-256 of each schema file, ascending.
  Checking validated = Checking::kOff;
  std::optional<uint32_t> level = std::nullopt;
};

// The policies as a bundle's bytes, unsigned; the same sources give the same bytes wherever they lie.
// Nothing, with diagnostics, if they do not fit the format.
std::optional<std::vector<uint8_t>> MakeBundle(Sources& sources, const core::Program& program,
                                               const BundleOptions& options);

// How a bundle names a file: relative to the argument it was found under, or its own name if it was named
// itself.
std::string PathInBundle(const std::string& path, const std::vector<std::string>& arguments);

// Gives every diagnostic from `first` on that stands inside a policy the id of that policy.
void NameRules(const std::vector<PolicyEntry>& entries, source::DiagnosticSink& sink, size_t first = 0);

// Warnings become errors.
void DenyWarnings(source::DiagnosticSink& sink);

}  // namespace polc::driver
