// The reference corpora: inputs with the answers of the reference engine, which polc's must equal.
//
//   polc_corpus_run SUITE
//
// SUITE is decisions, validation, validation-hand, handwritten, use-cases, entity-parsing, format or oopsla; the
// archives are found as corpus.h says. Exit 0: all equal; 1: mismatches; 2: usage; 77: the archive is not
// there, with the reason on stdout (ctest then reports the test as skipped). Schemas have a test of their
// own, schema_corpus_test.cc.
//
// Environment: POLC_CORPUS_SHARD=i/n runs the cases whose name hashes to i-1 modulo n (sanitizer runs take a
// tenth); POLC_ENGINES=a,b the engines named (tests/engine/engine.h).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/json/json.h"
#include "compiler/model/entities_json.h"
#include "compiler/model/schema.h"
#include "compiler/sema/check.h"
#include "compiler/sema/lower.h"
#include "compiler/source/diagnostic.h"
#include "tests/corpus/corpus.h"
#include "tests/engine/engine.h"

namespace polc::tests {

namespace fs = std::filesystem;

// What a run counted. Mismatches are printed as they are found, up to a limit.
class Report {
 public:
  void Mismatch(const std::string& where, const std::string& what);
  // "decision", "strict verdict", …: what was compared, one more time.
  void Count(const std::string& what, size_t n = 1) { counts_[what] += n; }
  size_t mismatches() const { return mismatches_; }
  bool nothing() const { return counts_.empty(); }
  // One line: every count, then the mismatches.
  std::string Summary() const;

 private:
  std::map<std::string, size_t> counts_;
  size_t mismatches_ = 0;
};

// Everything one suite is given.
struct Suite {
  fs::path root;  // the unpacked archive
  std::vector<std::unique_ptr<Engine>> engines;
  Report report;
  size_t shard = 0;
  size_t shards = 1;

  // Whether the case of this name belongs to this run.
  bool Takes(std::string_view name) const;
};

// The inputs of one case, each read with its own diagnostics.
class Inputs {
 public:
  // Why something failed to load: the diagnostics, one a line.
  std::string Problems() const;

  std::optional<source::FileId> File(const fs::path& path);
  std::optional<json::Document> Json(const fs::path& path);
  std::optional<model::Schema> Schema(const fs::path& path);
  // Nothing if anything is wrong with the text or, with links, with them.
  std::optional<core::Program> Policies(const fs::path& path, sema::IdSource ids = sema::IdSource::kPosition,
                                        const std::optional<fs::path>& links = std::nullopt);

  source::SourceMap map;
  source::DiagnosticSink sink;
};

// Decides on every engine and compares with what is expected; `reasons` and `errors` only where given.
struct Expected {
  bool allow = false;
  std::optional<std::vector<std::string>> reasons;
  std::optional<std::vector<std::string>> errors;
  std::optional<size_t> error_count;
};
void CompareDecision(Suite& suite, const std::string& where, const Engine& engine, Loaded& loaded,
                     const data::Request& request, const Expected& expected);

std::vector<std::string> SortedStrings(json::Value array);

void RunDecisions(Suite& suite);       // decisions.cc
void RunHandwritten(Suite& suite);     // decisions.cc
void RunUseCases(Suite& suite);        // use_cases.cc
void RunOopsla(Suite& suite);          // use_cases.cc
void RunFormat(Suite& suite);          // format.cc
void RunValidation(Suite& suite);      // validation.cc
void RunValidationHand(Suite& suite);  // validation.cc
void RunEntityParsing(Suite& suite);   // validation.cc

}  // namespace polc::tests
