#include "compiler/mutate/run.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "compiler/core/verify.h"
#include "compiler/lint/prover.h"
#include "compiler/policytest/machine.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/quote.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::mutate {

using lint::Prover;
using source::Printable;
using VK = Verdict::Kind;

std::string_view VerdictName(VK kind) {
  constexpr std::string_view kNames[] = {"killed", "survived", "equivalent", "not_run"};
  return kNames[static_cast<size_t>(kind)];
}

size_t Report::Count(VK kind) const {
  return static_cast<size_t>(std::ranges::count(verdicts, kind, &Verdict::kind));
}

double Report::percent() const {
  const size_t killed = Count(VK::kKilled), all = killed + Count(VK::kSurvived);
  if (all == 0) return 100;
  return std::floor(static_cast<double>(killed) * 10000 / static_cast<double>(all)) / 100;
}

namespace {

// Whether a rule and its mutant hold for exactly the same requests, and err for the same; in Pol, where a
// test cannot tell an error that holds from the rule that holds, hold alone.
bool SameTests(Prover& prover, const core::Rule& rule, const core::Rule& mutant, bool pol) {
  using lint::kErrs;
  using lint::kFalse;
  using lint::kTrue;
  constexpr lint::TruthMask kAll = kTrue | kFalse | kErrs;
  const lint::NodeId a = prover.Of(rule).all, b = prover.Of(mutant).all;
  auto within = [&](lint::NodeId x, lint::NodeId y, lint::TruthMask mask) {
    return !prover.Possible({{x, mask}, {y, static_cast<lint::TruthMask>(kAll & ~mask)}});
  };
  auto same = [&](lint::TruthMask mask) { return within(a, b, mask) && within(b, a, mask); };
  const lint::TruthMask holding = Prover::Holding(rule);
  return pol ? same(holding) : same(kTrue) && same(kErrs);
}

bool Equivalent(const core::Program& program, const core::Program& mutated, const Mutant& mutant,
                const model::Schema* schema) {
  if (!mutant.only_tests) return false;
  Prover prover(program, schema);
  return std::ranges::all_of(mutant.rules, [&](size_t i) {
    const core::Rule &rule = program.rules[i], &other = mutated.rules[i];
    if (other.mode != rule.mode) {  // left out
      const lint::TruthMask shows = program.pol ? Prover::Holding(rule) : lint::kTrue | lint::kErrs;
      return !prover.Possible({{prover.Of(rule).all, shows}});
    }
    return SameTests(prover, rule, other, program.pol);
  });
}

std::vector<Mutant> Thin(std::vector<Mutant> mutants, size_t most) {
  if (mutants.size() <= most) return mutants;
  std::vector<Mutant> out;
  for (size_t i = 0; i < most; ++i) out.push_back(std::move(mutants[i * mutants.size() / most]));
  return out;
}

}  // namespace

Report Run(const core::Program& program, std::vector<Mutant> mutants,
           const std::vector<policytest::TestCase>& tests, std::shared_ptr<const entities::Snapshot> store,
           const Options& options) {
  Report report;
  report.made = mutants.size();
  report.mutants = Thin(std::move(mutants), options.max_mutants);
  report.verdicts.resize(report.mutants.size());
  const std::shared_ptr<const simulate::Judge> original = simulate::Judge::Make(program, store);
  if (!original) return report;
  std::atomic<size_t> next = 0;
  auto work = [&] {
    core::Program mutated = program;
    for (size_t i = next++; i < report.mutants.size(); i = next++) {
      const Mutant& mutant = report.mutants[i];
      Verdict& verdict = report.verdicts[i];
      mutant.apply(mutated);
      const std::shared_ptr<const simulate::Judge> judge =
          core::Verify(mutated) ? nullptr : simulate::Judge::Make(mutated, store);
      if (judge && judge->snapshot() == original->snapshot()) {
        verdict.kind = VK::kEquivalent;
      } else if (judge) {
        policytest::Machine machine(judge);
        const policytest::Decide decide = [&](const data::Request& r) { return machine.Decide(r); };
        verdict.kind = VK::kSurvived;
        for (size_t t = 0; t < tests.size(); ++t) {
          if (policytest::RunTest(tests[t], decide, mutated).passed()) continue;
          verdict = {VK::kKilled, t};
          break;
        }
        if (verdict.kind == VK::kSurvived && Equivalent(program, mutated, mutant, options.schema))
          verdict.kind = VK::kEquivalent;
      }
      Undo(mutant, program, mutated);
    }
  };
  std::vector<std::thread> threads;
  const size_t jobs = std::clamp<size_t>(options.jobs, 1, std::max<size_t>(1, report.mutants.size()));
  for (size_t i = 1; i < jobs; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return report;
}

std::string ToText(const Report& report, const source::SourceMap& map) {
  std::string out;
  for (size_t i = 0; i < report.mutants.size(); ++i) {
    if (report.verdicts[i].kind != VK::kSurvived) continue;
    const Mutant& mutant = report.mutants[i];
    out +=
        fmt::format("{}: no test notices in {} that {}\n  - {}\n", Printable(source::Place(map, mutant.span)),
                    Printable(mutant.rule), Printable(mutant.what), Printable(mutant.was));
    if (!mutant.now.empty()) out += fmt::format("  + {}\n", Printable(mutant.now));
  }
  return out + Summary(report);
}

std::string Summary(const Report& report) {
  std::string out =
      fmt::format("mutation: {} of {} mutants killed: {:.2f}%; {} equivalent", report.Count(VK::kKilled),
                  report.Count(VK::kKilled) + report.Count(VK::kSurvived), report.percent(),
                  report.Count(VK::kEquivalent));
  if (report.made > report.mutants.size())
    out += fmt::format("; {} of {} were tried", report.mutants.size(), report.made);
  return out + "\n";
}

std::string ToGithub(const Report& report, const source::SourceMap& map) {
  source::DiagnosticSink sink;
  for (size_t i = 0; i < report.mutants.size(); ++i) {
    if (report.verdicts[i].kind != VK::kSurvived) continue;
    const Mutant& mutant = report.mutants[i];
    std::string message = fmt::format("no test notices in {} that {}", mutant.rule, mutant.what);
    if (!mutant.now.empty())
      message += fmt::format(": `{}` becomes `{}`", source::Excerpt(mutant.was), source::Excerpt(mutant.now));
    sink.Report(source::Code::kSurvivingMutant, mutant.span, std::move(message));
  }
  return source::RenderGithub(map, sink.diagnostics());
}

void ToJson(const Report& report, const source::SourceMap& map, const std::vector<std::string>& names,
            llvm::json::OStream& json) {
  json.attribute("made", static_cast<int64_t>(report.made));
  for (const VK kind : {VK::kKilled, VK::kSurvived, VK::kEquivalent, VK::kNotRun})
    json.attribute(std::string(VerdictName(kind)), static_cast<int64_t>(report.Count(kind)));
  json.attribute("percent", report.percent());
  json.attributeArray("mutants", [&] {
    for (size_t i = 0; i < report.mutants.size(); ++i) {
      const Mutant& mutant = report.mutants[i];
      const Verdict& verdict = report.verdicts[i];
      json.object([&] {
        json.attribute("verdict", std::string(VerdictName(verdict.kind)));
        json.attribute("kind", std::string(KindName(mutant.kind)));
        json.attribute("rule", llvm::json::fixUTF8(mutant.rule));
        json.attribute("at", source::Place(map, mutant.span));
        json.attribute("what", llvm::json::fixUTF8(mutant.what));
        json.attribute("was", llvm::json::fixUTF8(mutant.was));
        json.attribute("now", llvm::json::fixUTF8(mutant.now));
        if (verdict.kind == VK::kKilled) json.attribute("by", llvm::json::fixUTF8(names[verdict.test]));
      });
    }
  });
}

}  // namespace polc::mutate
