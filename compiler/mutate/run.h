// Runs tests against mutants: which of them no test notices.
//
// A mutant is killed by the first test that fails on it. One that none does is a test that is missing, unless
// no test could notice: its bundle is the same, or the prover shows that the rule holds, and errs, for
// exactly the same requests. Then it is equivalent and does not count. What cannot be proved survives, so the
// score is never too good.
//
// Mutants run in parallel, each in an engine of its own. Tested by run_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/model/schema.h"
#include "compiler/mutate/mutants.h"
#include "compiler/policytest/run.h"
#include "compiler/source/source_map.h"
#include "llvm/Support/JSON.h"
#include "runtime/entities/snapshot.h"

namespace polc::mutate {

struct Verdict {
  enum class Kind : uint8_t {
    kKilled,
    kSurvived,
    kEquivalent,
    kNotRun,  // it does not stand by itself
  } kind = Kind::kNotRun;
  size_t test = 0;  // kKilled: which of them
};
std::string_view VerdictName(Verdict::Kind kind);  // "killed", "survived", "equivalent", "not_run"

struct Options {
  unsigned jobs = 1;
  size_t max_mutants = 2000;  // above it every n-th is taken, evenly over the source
  const model::Schema* schema = nullptr;
};

struct Report {
  std::vector<Mutant> mutants;
  std::vector<Verdict> verdicts;  // of each
  size_t made = 0;                // before some were left out

  size_t Count(Verdict::Kind kind) const;
  // Killed of those that count, floored to a hundredth; of none, 100.
  double percent() const;
};

// `tests` pass on `program`. `store` is what a test's entities are added to.
Report Run(const core::Program& program, std::vector<Mutant> mutants,
           const std::vector<policytest::TestCase>& tests, std::shared_ptr<const entities::Snapshot> store,
           const Options& options);

// One line.
std::string Summary(const Report& report);
// Annotations, one for each survivor.
std::string ToGithub(const Report& report, const source::SourceMap& map);
// Survivors with place and source, then one line.
std::string ToText(const Report& report, const source::SourceMap& map);
// The members of an object; `names` of the tests.
void ToJson(const Report& report, const source::SourceMap& map, const std::vector<std::string>& names,
            llvm::json::OStream& json);

}  // namespace polc::mutate
