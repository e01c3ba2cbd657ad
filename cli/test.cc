// `polc test`: runs the tests of a policy set; what they cover, what they miss, and tests for that.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "cli/artifact.h"
#include "cli/command_line.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "cli/watch.h"
#include "compiler/coverage/coverage.h"
#include "compiler/coverage/find.h"
#include "compiler/coverage/report.h"
#include "compiler/mutate/run.h"
#include "compiler/policytest/cedar_tests.h"
#include "compiler/policytest/machine.h"
#include "compiler/policytest/report.h"
#include "compiler/simulate/emit_tests.h"
#include "compiler/source/quote.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "llvm/Support/Regex.h"

namespace polc::cli {
namespace {

using policytest::Ran;
using policytest::TestCase;

struct TestFlags {
  std::vector<std::string> paths, schemas, tests;
  std::string filter, format, ids, lcov, html, fresh;
  bool coverage = false, mutate = false, watch = false;
  std::optional<double> min, min_killed;
  size_t max_mutants = 2000;
  unsigned jobs = 0;
  PolFlags pol;

  bool covers() const { return coverage || min || !lcov.empty() || !html.empty() || !fresh.empty(); }
  bool mutates() const { return mutate || min_killed; }
  size_t threads() const { return jobs > 0 ? jobs : std::max(1u, std::thread::hardware_concurrency()); }
};

// One run: what was read, and what came of it.
class Session {
 public:
  Session(const TestFlags& flags, driver::Sources& sources, Shell& shell)
      : flags_(flags), sources_(sources), shell_(shell) {}

  int Run(const std::vector<std::string>& paths, const std::vector<std::string>& schemas) {
    if (const std::optional<int> code = Read(paths, schemas)) return *code;
    if (const std::optional<int> code = RunAll(paths)) return *code;
    bool failed = policytest::Failed(ran_) > 0;
    if (flags_.covers()) {
      if (!Cover()) return kExitFindings;
      if (const std::optional<int> code = WriteCoverage()) return *code;
      const double percent = collector_->coverage().Outcomes().percent();
      if (flags_.min && percent < *flags_.min) {
        below_ +=
            fmt::format("polc: {:.2f}% of outcomes are covered, and --min is {:g}%\n", percent, *flags_.min);
        failed = true;
      }
    }
    if (flags_.mutates()) {
      if (policytest::Failed(ran_) > 0) {
        below_ += "polc: mutants tell nothing while tests fail\n";
      } else {
        Mutate();
        if (flags_.min_killed && mutation_->percent() < *flags_.min_killed) {
          below_ += fmt::format("polc: {:.2f}% of mutants are killed, and --min-killed is {:g}%\n",
                                mutation_->percent(), *flags_.min_killed);
          failed = true;
        }
      }
    }
    Print();
    shell_.Err(below_);
    if (!flags_.fresh.empty()) {
      if (const std::optional<int> code = WriteFresh(paths, schemas)) return *code;
    }
    return failed ? kExitFindings : kExitOk;
  }

 private:
  std::optional<int> Read(const std::vector<std::string>& paths, const std::vector<std::string>& schemas) {
    schema_ = driver::ReadSchema(sources_, schemas);
    const std::optional<driver::PolOptions> pol =
        PolOptionsOf(flags_.pol, schema_ ? &*schema_ : nullptr, shell_);
    if (!pol) return kExitUsage;
    policies_ = driver::ReadPolicies(sources_, paths, "", IdSourceOf(flags_.ids, shell_), *pol);
    for (const std::string& path : flags_.tests) {
      const std::optional<source::FileId> file = sources_.Load(path);
      if (!file) continue;
      if (policies_.pol) {
        sources_.sink.Report(source::Code::kInvalidTest, source::Span{*file, 0, 0},
                             "tests in JSON are for sets of Cedar files alone");
        continue;
      }
      for (TestCase& test : policytest::ReadCedarTests(
               sources_.map, *file, policies_.program, schema_ ? &*schema_ : nullptr,
               [&](const std::string& p) { return sources_.Load(p); }, sources_.sink)) {
        tests_.push_back(std::move(test));
      }
    }
    Settle(sources_, policies_, shell_);
    PrintFindings(sources_, shell_);
    if (const int code = ExitCode(sources_); code != kExitOk) return code;
    if (policies_.pol) tests_ = policies_.pol->tests;
    if (!flags_.filter.empty()) {
      const llvm::Regex filter(flags_.filter);
      std::erase_if(tests_, [&](const TestCase& test) { return !filter.match(policytest::NameOf(test)); });
    }
    // New tests may be the first.
    if (tests_.empty() && (flags_.fresh.empty() || !flags_.filter.empty())) {
      shell_.Err(flags_.filter.empty() ? "polc: there are no tests\n"
                                       : "polc: no test has that in its name\n");
      return kExitFindings;
    }
    files_.insert(policies_.pol_files.begin(), policies_.pol_files.end());
    files_.insert(policies_.cedar_files.begin(), policies_.cedar_files.end());
    return std::nullopt;
  }

  // The tests on the VM, several at once.
  std::optional<int> RunAll(const std::vector<std::string>& paths) {
    std::optional<std::vector<uint8_t>> bytes =
        driver::MakeBundle(sources_, policies_.program, {.arguments = shell_.StartsOf(paths)});
    store_ = policytest::ActionStore(policies_.program);
    if (bytes && store_) judge_ = simulate::Judge::Make(policies_.program, store_, std::move(*bytes));
    if (!judge_) {
      PrintFindings(sources_, shell_);
      return kExitFindings;
    }
    ran_.resize(tests_.size());
    std::atomic<size_t> next = 0;
    auto work = [&] {
      policytest::Machine machine(judge_);
      const policytest::Decide decide = [&](const data::Request& request) { return machine.Decide(request); };
      for (size_t i = next++; i < tests_.size(); i = next++) {
        Ran& r = ran_[i];
        r.test = &tests_[i];
        const auto start = std::chrono::steady_clock::now();
        r.result = policytest::RunTest(tests_[i], decide, policies_.program);
        r.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        if (!r.result.passed()) r.seen = machine.Seen(r.result.decided.back().request, r.result.rules);
      }
    };
    // A thread costs more than a few tests.
    constexpr size_t kTestsAThread = 16;
    std::vector<std::thread> threads;
    for (size_t i = 1; i < std::min(flags_.threads(), tests_.size() / kTestsAThread + 1); ++i)
      threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    return std::nullopt;
  }

  // What was decided once more by the oracle, part by part. False if it decides anything otherwise.
  bool Cover() {
    collector_.emplace(policies_.program, files_);
    data::EntityStore actions;
    core::PutActions(policies_.program.model, actions);
    actions.Close();
    for (const Ran& r : ran_) {
      for (const policytest::Result::Decided& decided : r.result.decided) {
        const data::Decision decision =
            collector_->Add(decided.request, actions, {.snapshot = judge_->snapshot()});
        if (Same(decision, decided.decision)) continue;
        shell_.Err(fmt::format("polc: engine and oracle disagree on the test {}: this is a fault of polc\n",
                               source::Printable(policytest::NameOf(*r.test))));
        return false;
      }
    }
    collector_->Prove(policies_.SchemaOr(schema_ ? &*schema_ : nullptr));
    return true;
  }

  // What both say; of Cedar the engine gives less, and what is wrong each says in its own words.
  bool Same(const data::Decision& oracle, const data::Decision& engine) const {
    const bool invalid = oracle.why == data::Why::kInvalidRequest && engine.why == data::Why::kInvalidRequest;
    if (policies_.program.pol) {
      data::Decision a = oracle, b = engine;
      for (data::Decision* decision : {&a, &b}) {
        for (data::RuleError& error : decision->errors) error.message.clear();
      }
      return invalid || a == b;
    }
    return oracle.outcome == engine.outcome && oracle.reasons == engine.reasons &&
           oracle.errors == engine.errors;
  }

  std::optional<int> WriteCoverage() {
    auto write = [&](const std::string& path, const std::string& text) {
      if (path.empty()) return true;
      const std::optional<std::string> problem = WriteWhole(path, text, shell_);
      if (problem) shell_.Err(fmt::format("polc: {}\n", source::Printable(*problem)));
      return !problem;
    };
    const coverage::Coverage& coverage = collector_->coverage();
    const bool good = write(flags_.lcov, flags_.lcov.empty() ? "" : ToLcov(coverage, sources_.map)) &&
                      write(flags_.html, flags_.html.empty() ? "" : ToHtml(coverage, sources_.map));
    return good ? std::nullopt : std::optional(kExitUnreadable);
  }

  // Tests of what no test shows, each decided before it is written; then read again and run as what they are.
  std::optional<int> WriteFresh(const std::vector<std::string>& paths,
                                const std::vector<std::string>& schemas) {
    if (!policies_.program.pol) return shell_.Usage("--new writes tests in Pol: the set has none");
    std::vector<simulate::EmittedTest> tests = FindTests();
    if (tests.empty()) {
      shell_.Err("polc: no request was found that shows more than the tests do\n");
      return std::nullopt;
    }
    const std::string policy = sema::pol::PolicyNameOf(flags_.fresh);
    constexpr std::string_view kAbout =
        "What no test showed, written by `polc test --new`. Read what is expected before you rely on it.";
    auto text = [&] { return simulate::TestFile(tests, policy, sources_.map, kAbout); };
    auto fail = [&](const std::optional<std::string>& problem) -> std::optional<int> {
      if (!problem) return std::nullopt;
      shell_.Err(fmt::format("polc: {}\n", source::Printable(*problem)));
      return kExitUnreadable;
    };
    if (flags_.fresh == "-") {
      shell_.Out(text());
      return std::nullopt;
    }
    constexpr unsigned kForAll = 0666;
    if (const std::optional<int> code = fail(WriteNew(flags_.fresh, text(), kForAll))) return code;
    std::vector<std::string> with_new = paths;
    if (std::ranges::count(with_new, flags_.fresh) == 0) with_new.push_back(flags_.fresh);
    driver::Sources sources;
    sources.limits = shell_.project().limits;
    TestFlags plain;
    plain.ids = flags_.ids;
    plain.pol = flags_.pol;
    Session again(plain, sources, shell_);
    if (const std::optional<int> code = again.Read(with_new, schemas)) return code;
    if (const std::optional<int> code = again.RunAll(with_new)) return code;
    const size_t before = tests.size();
    for (const Ran& r : again.ran_) {
      if (r.test->policy != policy || r.result.passed()) continue;
      std::erase_if(tests, [&](const simulate::EmittedTest& test) { return test.title == r.test->title; });
    }
    if (tests.size() < before) {
      if (const std::optional<int> code = fail(WriteWhole(flags_.fresh, text(), shell_))) return code;
    }
    shell_.Err(fmt::format("polc: {} tests written to {}\n", tests.size(), source::Printable(flags_.fresh)));
    return std::nullopt;
  }

  std::vector<simulate::EmittedTest> FindTests() {
    data::EntityStore actions;
    core::PutActions(policies_.program.model, actions);
    actions.Close();
    std::vector<data::Request> seeds;
    for (const Ran& r : ran_) {
      for (const policytest::Result::Decided& decided : r.result.decided) seeds.push_back(decided.request);
    }
    const coverage::Finder finder(policies_.program, actions, std::move(seeds));
    policytest::Machine machine(judge_);
    const policytest::Decide decide = [&](const data::Request& request) { return machine.Decide(request); };
    const data::EntityStore nothing;
    std::vector<simulate::EmittedTest> out;
    std::set<std::string> titles;
    for (const coverage::Collector::Goal& goal : collector_->Open()) {
      const coverage::Unit& unit = collector_->coverage().units[goal.unit];
      const coverage::Condition* condition = goal.condition ? &unit.conditions[*goal.condition] : nullptr;
      // A test before may show it, too.
      auto open = [&] {
        if (!condition) return unit.held == 0;
        return (goal.outcome ? condition->is_true : condition->is_false).open();
      };
      if (!open()) continue;
      const std::optional<data::Request> found = finder.Find(*collector_, goal);
      if (!found) continue;
      TestCase test;
      test.request = *found;
      policytest::Result result = policytest::RunTest(test, decide, policies_.program);
      const bool approved = condition && goal.outcome &&
                            (condition->of == coverage::Condition::Of::kNeeds ||
                             condition->of == coverage::Condition::Of::kLift);
      if (approved) {
        const auto complete = finder.Complete(*found, result.decision);
        if (!complete) continue;
        test.request = complete->request;
        for (const data::EntityUid& person : complete->approvers)
          test.approvals.push_back({person, 60'000, {}});
        result = policytest::RunTest(test, decide, policies_.program);
      }
      const data::Request& request = result.decided.back().request;
      collector_->Add(request, actions, {.snapshot = judge_->snapshot()});
      if (open()) continue;  // it was not what it seemed
      std::string what = "holds";
      if (condition) {
        what = fmt::format("{} {}", source::Excerpt(sources_.map.text(condition->span)),
                           condition->of == coverage::Condition::Of::kNeeds ||
                                   condition->of == coverage::Condition::Of::kLift
                               ? OutcomeName(condition->of, goal.outcome)
                               : fmt::format("is {}", OutcomeName(condition->of, goal.outcome)));
      }
      std::string title = fmt::format("{}: {}", unit.id, what);
      for (size_t n = 2; !titles.insert(title).second; ++n)
        title = fmt::format("{}: {} ({})", unit.id, what, n);
      std::optional<std::string> text =
          simulate::WriteTest(policies_.program, nothing, WithoutDefaults(request), result.decision, title);
      if (text) out.push_back({std::move(title), std::move(*text)});
    }
    return out;
  }

  // What a test need not say: state that nothing has moved, and the time of a test that gives none.
  static data::Request WithoutDefaults(const data::Request& request) {
    data::Request out = request;
    auto host = std::make_shared<data::Host>(*request.host);
    std::erase_if(host->state, [](const data::StateItem& item) {
      return item.value == data::Value(false) || item.value == data::Value(int64_t{0}) ||
             item.value == data::Value(data::Decimal{0});
    });
    constexpr int64_t kTimeNotGiven = 946684800000;
    if (host->now && host->now->ms == kTimeNotGiven && host->approvals.empty() && host->refusals.empty())
      host->now.reset();
    out.host = std::move(host);
    return out;
  }

  void Mutate() {
    mutation_ = mutate::Run(policies_.program, mutate::MakeMutants(policies_.program, sources_.map, files_),
                            tests_, store_,
                            {.jobs = static_cast<unsigned>(flags_.threads()),
                             .max_mutants = flags_.max_mutants,
                             .schema = policies_.SchemaOr(schema_ ? &*schema_ : nullptr)});
  }

  void Print() {
    const source::SourceMap& map = sources_.map;
    if (flags_.format == "json") {
      shell_.Out(JsonLine([&](llvm::json::OStream& json) {
        policytest::ToJson(ran_, map, json);
        if (collector_) {
          json.attributeObject("coverage", [&] { coverage::ToJson(collector_->coverage(), map, json); });
        }
        if (!mutation_) return;
        std::vector<std::string> names;
        for (const TestCase& test : tests_) names.push_back(policytest::NameOf(test));
        json.attributeObject("mutation", [&] { mutate::ToJson(*mutation_, map, names, json); });
      }));
      return;
    }
    if (flags_.format == "github") {
      shell_.Out(policytest::ToGithub(ran_, map));
      if (collector_) shell_.Out(coverage::ToGithub(collector_->coverage(), map));
      if (mutation_) shell_.Out(mutate::ToGithub(*mutation_, map));
    } else {
      shell_.Out(flags_.format == "junit" ? policytest::ToJUnit(ran_, map)
                 : flags_.format == "tap" ? policytest::ToTap(ran_, map)
                                          : policytest::ToText(ran_, map));
    }
    if (flags_.format == "text") {
      if (collector_) shell_.Out(coverage::ToText(collector_->coverage(), map));
      if (mutation_) shell_.Out(mutate::ToText(*mutation_, map));
    } else {
      // The answer is the format's; people get the figures.
      if (collector_) shell_.Err(coverage::Summary(collector_->coverage()));
      if (mutation_) shell_.Err(mutate::Summary(*mutation_));
    }
  }

  const TestFlags& flags_;
  driver::Sources& sources_;
  Shell& shell_;
  std::optional<model::Schema> schema_;
  driver::PolicySet policies_;
  std::vector<TestCase> tests_;
  std::set<source::FileId> files_;  // of policies
  std::shared_ptr<const entities::Snapshot> store_;
  std::shared_ptr<const simulate::Judge> judge_;
  std::vector<Ran> ran_;  // of each test
  std::optional<coverage::Collector> collector_;
  std::optional<mutate::Report> mutation_;
  std::string below_;  // what did not reach its figure
};

int Test(const TestFlags& flags, Shell& shell) {
  const std::vector<std::string> paths = shell.FilesOr(flags.paths), schemas = shell.SchemasOr(flags.schemas);
  if (paths.empty()) return shell.Usage("name policy files or directories");
  if (!OneStdin({paths, schemas, flags.tests}))
    return shell.Usage("standard input can be only one of the inputs");
  if (std::string why; !flags.filter.empty() && !llvm::Regex(flags.filter).isValid(why))
    return shell.Usage(fmt::format("--filter is no regular expression: {}", why));
  driver::Sources sources;
  sources.limits = shell.project().limits;
  if (!flags.watch) return Session(flags, sources, shell).Run(paths, schemas);

  std::vector<std::string> inputs = paths;
  inputs.insert(inputs.end(), schemas.begin(), schemas.end());
  inputs.insert(inputs.end(), flags.tests.begin(), flags.tests.end());
  if (std::ranges::count(inputs, "-") > 0)
    return shell.Usage("--watch needs files: standard input does not change");
  // Watching comes first: what changes during a run starts the next.
  Watcher watcher(inputs, {".cedar", ".pol", ".cedarschema", ".json"});
  sources.keep = true;
  for (;;) {
    const int code = Session(flags, sources, shell).Run(paths, schemas);
    if (shell.Finish(code) != code || !watcher.good()) return kExitUnreadable;
    watcher.Wait();
    sources.StartOver();
  }
}

}  // namespace

void RegisterTest(CommandLine& line) {
  auto flags = std::make_shared<TestFlags>();
  CLI::App* app = line.AddCommand("test", "Run the tests of a policy set",
                                  [flags](Shell& shell) { return Test(*flags, shell); });
  line.AddRepeated(app, "PATH", flags->paths, "PATH", "Policy files and directories")->allow_extra_args();
  line.AddRepeated(app, "--schema", flags->schemas, "FILE", "A schema in either syntax; may repeat");
  line.AddRepeated(app, "--tests", flags->tests, "FILE", "Tests of Cedar policies, in JSON; may repeat");
  app->add_option("--filter", flags->filter,
                  "Only tests whose name, policy/title, this regular expression matches somewhere")
      ->option_text("REGEX");
  app->add_flag("--coverage", flags->coverage, "Say which rules and outcomes of conditions no test shows");
  app->add_option("--lcov", flags->lcov, "Write coverage for other tools")->option_text("FILE");
  app->add_option("--html", flags->html, "Write coverage as a page")->option_text("FILE");
  app->add_option("--min", flags->min,
                  "Exit with 1 if less of the outcomes of conditions is covered, in percent")
      ->option_text("N")
      ->check(CLI::Range(0.0, 100.0));
  app->add_flag("--mutate", flags->mutate,
                "Change the policies here and there, and list what no test notices");
  app->add_option("--min-killed", flags->min_killed,
                  "Exit with 1 if tests notice fewer of the changes, in percent")
      ->option_text("N")
      ->check(CLI::Range(0.0, 100.0));
  app->add_option("--max-mutants", flags->max_mutants,
                  "How many changes to try, evenly over the source; default 2000")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  app->add_option("--new", flags->fresh,
                  "Write tests of what no test shows to this file, which must not exist")
      ->option_text("FILE");
  app->add_option("--jobs", flags->jobs, "How many threads; 0, the default, is one a core")->option_text("N");
  app->add_flag("--watch", flags->watch, "Run again whenever an input changes, until interrupted");
  line.AddIds(app, flags->ids);
  AddPolOptions(line, app, flags->pol);
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json", "junit", "tap", "github"},
                            "How to print it");
}

}  // namespace polc::cli
