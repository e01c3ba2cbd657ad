// `polc simulate`: what a change of policies does to recorded requests.
#include "compiler/simulate/simulate.h"

#include <functional>
#include <set>
#include <thread>

#include "cli/artifact.h"
#include "cli/command_line.h"
#include "cli/log_input.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/resume.h"
#include "cli/set.h"
#include "cli/who.h"
#include "compiler/bridge/bridge.h"
#include "compiler/host/decision_json.h"
#include "compiler/log/writer.h"
#include "compiler/policytest/run.h"
#include "compiler/simulate/emit_tests.h"
#include "compiler/simulate/figures.h"
#include "compiler/simulate/judge.h"
#include "compiler/simulate/report.h"
#include "compiler/simulate/stream.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::cli {
namespace {

using simulate::Bucket;

struct SimulateFlags {
  SetFlags set;
  std::vector<std::string> before, after, fail_on, merge;
  LogFlags log;
  std::string format, emit_tests, who, partitioned_by, baseline, split, resume;
  double checkpoint_every = 10;
  int64_t max_looser = -1;
  unsigned jobs = 0;
  bool matrix = false, stream = false, quiet = false;
};

constexpr std::pair<std::string_view, Bucket> kFailOn[] = {{"looser", Bucket::kLooser},
                                                           {"stricter", Bucket::kStricter},
                                                           {"error", Bucket::kError},
                                                           {"terms", Bucket::kTerms},
                                                           {"not_replayable", Bucket::kNotReplayable}};

using Ran = std::function<void(const policytest::TestCase&, const policytest::Result&)>;

// Runs the tests of a set.
void RunTests(const driver::PolicySet& policies, const Ran& ran) {
  if (!policies.pol) return;
  data::EntityStore actions;
  core::PutActions(policies.program.model, actions);
  actions.Close();
  const auto judge = simulate::Judge::Make(policies.program, bridge::MakeSnapshot(actions));
  if (!judge) return;
  simulate::Scratches scratches;
  const policytest::Decide decide = [&](const data::Request& request) {
    return scratches.Decide(judge, request, true).value_or(data::Decision());
  };
  for (const policytest::TestCase& test : policies.pol->tests)
    ran(test, policytest::RunTest(test, decide, policies.program));
}

// The rules that the tests of a set rest on.
std::set<std::string> TestedRules(const driver::PolicySet& policies) {
  std::set<std::string> out;
  RunTests(policies, [&](const policytest::TestCase&, const policytest::Result& result) {
    for (std::string& rule : simulate::RulesOf(result.decision)) out.insert(std::move(rule));
  });
  return out;
}

constexpr std::string_view kAboutTests =
    "What `polc simulate` found the changed policies to decide otherwise.";

// Writes tests of what came out, and runs them: those that do not hold by themselves are left out again. The
// exit code if that failed.
std::optional<int> WriteTests(const SimulateFlags& flags, const simulate::Report& report,
                              const simulate::About& about, const LoadedSet& after,
                              std::vector<std::string> paths, Shell& shell) {
  std::vector<simulate::EmittedTest> tests = EmitTests(report, about, *after.side.store);
  const std::string policy = sema::pol::PolicyNameOf(flags.emit_tests);
  auto write = [&] {
    return WriteWhole(flags.emit_tests, TestFile(tests, policy, *about.new_set.map, kAboutTests), shell);
  };
  std::optional<std::string> problem = write();
  if (!problem && flags.emit_tests != "-" && !tests.empty()) {
    if (std::ranges::find(paths, flags.emit_tests) == paths.end()) paths.push_back(flags.emit_tests);
    LoadedSet with_tests;
    SetFlags no_entities = flags.set;
    no_entities.entities.clear();
    if (std::optional<int> code = with_tests.Read(no_entities, paths, shell)) return code;
    std::set<std::string> failed;
    RunTests(with_tests.policies, [&](const policytest::TestCase& test, const policytest::Result& result) {
      if (test.policy != policy || result.passed()) return;
      failed.insert(test.title);
      shell.Err(fmt::format("polc: left out of the tests: {}: {}\n", source::Printable(test.title),
                            source::Printable(result.differences.front())));
    });
    std::erase_if(tests, [&](const simulate::EmittedTest& test) { return failed.contains(test.title); });
    if (!failed.empty()) problem = write();
  }
  if (!problem) return std::nullopt;
  shell.Err(fmt::format("polc: {}\n", source::Printable(*problem)));
  return kExitUnreadable;
}

std::string Render(const SimulateFlags& flags, const simulate::Report& report, const simulate::About& about,
                   const std::set<Bucket>& fail_on) {
  if (flags.format == "json") return RenderJson(report, about);
  if (flags.format == "markdown") return RenderMarkdown(report, about);
  if (flags.format == "html") return RenderHtml(report, about);
  if (flags.format == "junit") return RenderJUnit(report, about, fail_on);
  if (flags.format == "sarif")
    return source::RenderSarif(*about.new_set.map, Findings(report, about), Version());
  if (flags.format == "github") return source::RenderGithub(*about.new_set.map, Findings(report, about));
  return RenderText(report, about);
}

// Adds up what streams of results say, wherever they were made.
int Merge(const SimulateFlags& flags, Shell& shell) {
  simulate::Sums sums;
  const std::vector<std::string> files(flags.merge.begin() + 1, flags.merge.end());
  for (const std::string& file : files.empty() ? std::vector<std::string>{"-"} : files) {
    std::optional<LogInput> input;
    if (std::optional<int> code = LogInput::Open({file, "polc", ""}, shell, &input)) return *code;
    log::Splitter splitter([&](char* to, size_t size) { return input->Read(to, size); });
    std::vector<log::Problem> problems;
    while (const std::optional<log::Chunk> chunk = splitter.Next(problems)) {
      uint64_t number = chunk->first_line;
      for (size_t at = 0; at < chunk->text.size(); ++number) {
        const size_t end = chunk->text.find('\n', at);
        if (!sums.Add(std::string_view(chunk->text).substr(at, end - at))) {
          shell.Err(fmt::format("polc: {}:{}: the line is no result of `polc simulate --stream`\n",
                                source::Printable(file), number));
          return kExitUnreadable;
        }
        at = end + 1;
      }
    }
    for (const log::Problem& problem : problems) shell.Err(log::Text(problem, file));
    // What is cut off would be missing in the sums.
    if (!problems.empty() || input->failed()) return kExitUnreadable;
  }
  shell.Out(flags.format == "json" ? sums.Json() : sums.Text());
  return kExitOk;
}

// A line for each record, in constant memory.
int RunStream(const simulate::Options& options, const SimulateFlags& flags, const log::Reader& reader,
              log::Splitter& splitter, LogInput& input, Shell& shell) {
  if (std::optional<int> code = KeptApart(simulate::ProgramsOf(options), flags.partitioned_by, shell))
    return *code;
  std::string lines;
  const auto flush = [&] {
    shell.Out(lines);
    lines.clear();
  };
  constexpr size_t kWriteAtOnce = size_t{1} << 16;
  const auto report = simulate::Stream(
      options, reader, splitter,
      [&](const std::vector<simulate::Edit>& edits, const log::Record* record, const simulate::Told* told) {
        lines += simulate::ResultLine(edits, record, told);
        if (lines.size() >= kWriteAtOnce) flush();
      });
  flush();
  if (!report || input.failed()) {
    shell.Err("polc: the log cannot be read to its end, or the policies do not fit a bundle\n");
    return report ? kExitUnreadable : kExitFindings;
  }
  for (const auto& [kind, problem] : report->problems)
    shell.Err(log::Text(problem, flags.log.path.empty() ? "-" : flags.log.path));
  return report->broken > 0 ? kExitFindings : kExitOk;
}

// The log of an earlier window. The exit code, all said, if it cannot be read.
std::optional<int> ReadBaseline(const SimulateFlags& flags, Shell& shell,
                                std::optional<simulate::Window>* out) {
  LogFlags where = flags.log;
  where.path = flags.baseline;
  std::optional<LogInput> input;
  if (std::optional<int> code = LogInput::Open(where, shell, &input)) return code;
  log::Splitter splitter([&](char* to, size_t size) { return input->Read(to, size); });
  uint64_t broken = 0;
  {
    ProgressLine progress(input->size(), 0, flags.quiet, shell);
    *out = simulate::ReadWindow(
        input->reader(), splitter, [&](uint64_t bytes, uint64_t records) { progress.Show(bytes, records); },
        broken);
  }
  if (input->failed()) {
    shell.Err(fmt::format("polc: `{}` cannot be read to its end\n", source::Printable(flags.baseline)));
    return kExitUnreadable;
  }
  if (broken > 0) {
    shell.Err(fmt::format("polc: `{}`: lines that are no records, and are not in the earlier window: {}\n",
                          source::Printable(flags.baseline), broken));
  }
  return std::nullopt;
}

int Simulate(const SimulateFlags& flags, Shell& shell) {
  if (!flags.merge.empty()) {
    if (flags.merge[0] != "merge") {
      return shell.Usage(
          fmt::format("`{}` is no argument of simulate; `merge` is, before result files", flags.merge[0]));
    }
    return Merge(flags, shell);
  }
  if (!flags.who.empty()) {
    LoadedSet set;
    if (std::optional<int> code = set.Read(flags.set, shell.FilesOr(flags.after), shell)) return *code;
    return PrintWhat(set, flags.who, "", "", flags.matrix, flags.format == "json", shell);
  }
  if (flags.log.path.empty() && !flags.stream) return shell.Usage("no log: name it with --log");
  const std::vector<std::string> after_paths = shell.FilesOr(flags.after);
  if (after_paths.empty()) return shell.Usage("no policies: name them with --new");
  const bool from_log = flags.before.empty() || flags.before == std::vector<std::string>{"logged"};
  std::set<Bucket> fail_on;
  for (const std::string& name : flags.fail_on) {
    const auto found = std::ranges::find(kFailOn, name, [](const auto& pair) { return pair.first; });
    if (found == std::end(kFailOn)) {
      return shell.Usage(
          fmt::format("--fail-on takes looser, stricter, error, terms or not_replayable, not `{}`", name));
    }
    fail_on.insert(found->second);
  }
  if (flags.stream && !flags.resume.empty()) {
    return shell.Usage("--stream prints its results as it goes: there is nothing to --resume");
  }
  if (!flags.split.empty() && !flags.baseline.empty()) {
    return shell.Usage(
        "--baseline is the earlier window, and --split makes one of the log: give one of them");
  }
  if (!flags.split.empty() && !host::ReadTimeText(flags.split + "T00:00:00Z")) {
    return shell.Usage(fmt::format("--split takes a day, 2026-11-20, not `{}`", flags.split));
  }
  const bool gate = flags.max_looser >= 0 || !fail_on.empty();

  LoadedSet before, after;
  if (!from_log) {
    if (std::optional<int> code = before.Read(flags.set, flags.before, shell)) return *code;
  }
  if (std::optional<int> code = after.Read(flags.set, after_paths, shell)) return *code;
  if (!flags.emit_tests.empty() && !after.policies.pol) {
    return shell.Usage("--emit-tests writes Pol, and there is no .pol file among the policies");
  }
  std::optional<LogInput> input;
  LogFlags where = flags.log;
  if (where.path.empty()) where.path = "-";
  if (std::optional<int> code = LogInput::Open(where, shell, &input)) return *code;
  const log::Reader reader = input->reader();
  Resume resume(flags.resume, flags.checkpoint_every, shell);
  if (resume.on()) {
    LoadedSet* const old_set = from_log ? nullptr : &before;
    if (std::optional<int> code = resume.Identify(old_set, after, where, *input, flags.split)) return *code;
    if (std::optional<int> code = resume.Begin(*input)) return *code;
  }
  constexpr size_t kReadAtOnce = size_t{1} << 20;
  log::Splitter splitter([&](char* to, size_t size) { return resume.Read(*input, to, size); }, kReadAtOnce);
  const simulate::Resuming resuming = resume.Hooks();
  simulate::Options options;
  if (resume.on()) options.resuming = &resuming;
  options.before = from_log ? nullptr : &before.side;
  options.after = &after.side;
  options.entities_digest = after.entities_digest;
  options.split = flags.split;
  options.jobs = flags.jobs > 0 ? flags.jobs : std::max(1u, std::thread::hardware_concurrency());
  if (flags.stream) return RunStream(options, flags, reader, splitter, *input, shell);
  std::optional<simulate::Window> earlier;
  if (!flags.baseline.empty()) {
    if (std::optional<int> code = ReadBaseline(flags, shell, &earlier)) return *code;
  }
  std::optional<simulate::Report> report;
  {
    ProgressLine progress(input->size(), resume.bytes(), flags.quiet, shell);
    report = simulate::Simulate(options, reader, splitter,
                                [&](uint64_t bytes, uint64_t records) { progress.Show(bytes, records); });
  }
  if (input->failed()) {
    shell.Err(fmt::format("polc: `{}` cannot be read to its end\n", source::Printable(flags.log.path)));
    return kExitUnreadable;
  }
  if (!report) {
    shell.Err(resume.bytes() > 0
                  ? fmt::format("polc: cannot resume from `{}`: what it holds is not of these policies\n",
                                source::Printable(flags.resume))
                  : "polc: the policies do not fit a bundle\n");
    return kExitFindings;
  }
  for (const auto& [kind, problem] : report->problems) {
    shell.Err(log::Text(problem, flags.log.path));
    if (const uint64_t count = report->problem_counts.at(kind); count > 1) {
      shell.Err(fmt::format("  and {} more\n", count - 1));
    }
  }

  simulate::About about;
  if (earlier) {
    report->windows[0] = std::move(*earlier);
    about.earlier = flags.baseline;
  } else if (!flags.split.empty()) {
    about.earlier = "before " + flags.split;
  }
  about.log = flags.log.path;
  about.before = from_log ? "logged" : fmt::format("{}", fmt::join(flags.before, " "));
  about.after = fmt::format("{}", fmt::join(after_paths, " "));
  if (!from_log) about.old_set = before.side.source;
  about.new_set = after.side.source;
  if (after.policies.pol && !after.policies.pol->tests.empty()) about.tested = TestedRules(after.policies);
  shell.Out(Render(flags, *report, about, fail_on));
  if (!flags.emit_tests.empty()) {
    if (std::optional<int> code = WriteTests(flags, *report, about, after, after_paths, shell)) return *code;
  }

  if (shell.Finish(kExitOk) == kExitOk) resume.Done();

  // A gate that cannot see every record does not let anything through.
  const bool blind = gate && report->broken > 0;
  bool failed =
      blind || (flags.max_looser >= 0 && report->looser() > static_cast<uint64_t>(flags.max_looser));
  for (const Bucket bucket : fail_on) failed |= report->buckets[static_cast<size_t>(bucket)] > 0;
  return failed ? kExitFindings : kExitOk;
}

}  // namespace

void RegisterSimulate(CommandLine& line) {
  auto flags = std::make_shared<SimulateFlags>();
  CLI::App* app = line.AddCommand("simulate", "Replay a decision log against changed policies",
                                  [flags](Shell& shell) { return Simulate(*flags, shell); });
  AddLogOptions(line, app, flags->log, "The decision log; - is standard input");
  line.AddRepeated(app, "--new", flags->after, "PATH",
                   "The changed policies, files or a directory; may repeat");
  line.AddRepeated(app, "--old", flags->before, "PATH",
                   "The policies as they were; `logged`, the default, is what the log says; may repeat");
  app->add_option("--max-looser", flags->max_looser, "Exit with 1 if more records than this are looser")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
  line.AddRepeated(app, "--fail-on", flags->fail_on, "BUCKET",
                   "Exit with 1 if there is a record of this bucket: looser, stricter, error, terms, "
                   "not_replayable; may repeat");
  app->add_option("--emit-tests", flags->emit_tests, "Write a test for each kind of change, in Pol")
      ->option_text("FILE");
  app->add_option("--baseline", flags->baseline, "The log of an earlier window, to measure drift from")
      ->option_text("FILE");
  app->add_option("--split", flags->split,
                  "Measure drift from what is before this day, in UTC, to the rest of the log")
      ->option_text("DAY");
  app->add_option("--resume", flags->resume,
                  "Keep in this file how far it is, and go on from there if it exists")
      ->option_text("FILE");
  app->add_option("--checkpoint-every", flags->checkpoint_every,
                  "With --resume: seconds from one writing to the next; 10 if not given")
      ->option_text("SECONDS")
      ->check(CLI::NonNegativeNumber);
  app->add_flag("-q,--quiet", flags->quiet, "Do not show on a terminal how far it is");
  app->add_option("--jobs", flags->jobs, "How many threads; 0, the default, is one a core")->option_text("N");
  app->add_flag(
      "--stream", flags->stream,
      "Print a line of JSON for each record, in constant memory; the log is standard input without --log");
  app->add_option("--partitioned-by", flags->partitioned_by,
                  "With --stream: the log was divided by this key of the state: principal, resource, …")
      ->option_text("KEY");
  app->add_option("merge", flags->merge, "`merge FILE…`: add up what --stream printed, instead of replaying")
      ->option_text("merge");
  app->add_option("--who", flags->who, "Instead of replaying: what this principal may do, as `polc what-can`")
      ->option_text("PRINCIPAL");
  app->add_flag("--matrix", flags->matrix, "With --who: resources down, actions across");
  AddSetOptions(line, app, flags->set);
  line.AddChoiceWithDefault(app, "--format", flags->format,
                            {"text", "json", "markdown", "html", "sarif", "junit", "github"},
                            "How to print the report");
}

}  // namespace polc::cli
