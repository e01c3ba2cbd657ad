// `polc explain`: why one request was decided as it was, why not otherwise, and what would change it.
#include "cli/command_line.h"
#include "cli/decide.h"
#include "cli/inputs.h"
#include "cli/log_input.h"
#include "cli/report.h"
#include "compiler/explain/render.h"
#include "compiler/log/reads.h"
#include "compiler/log/request.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

using explain::Audience;

struct ExplainFlags {
  InputFlags inputs;
  LogFlags log;
  std::optional<uint32_t> line, up_to;
  std::string format, audience, want;
  bool bytecode = false;
};

constexpr Audience kAudiences[] = {Audience::kEngineer, Audience::kReviewer, Audience::kAgent,
                                   Audience::kAuditor};
constexpr data::Outcome kOutcomes[] = {data::Outcome::kAllow, data::Outcome::kAllowWithLimits,
                                       data::Outcome::kRequireApproval, data::Outcome::kSuggest,
                                       data::Outcome::kDeny};

std::string Render(const ExplainFlags& flags, const explain::Document& document,
                   const explain::Explanation& explanation, const explain::Changes* changes) {
  if (flags.format == "json") return ToJson(document, explanation, changes);
  if (flags.format == "html") return ToHtml(document);
  if (flags.format == "svg") return ToSvg(document);
  return ToText(document);
}

// The record that --line chooses. The exit code, all said, if there is none.
std::optional<int> ReadRecord(const ExplainFlags& flags, Shell& shell, std::optional<log::Record>* out) {
  const std::string& path = flags.log.path;
  if (!flags.inputs.request.empty() || !flags.inputs.requests.empty())
    return shell.Usage("--log has the requests: leave out --request and --requests");
  if (!flags.line || *flags.line == 0)
    return shell.Usage("which decision of the log: choose its line with --line");
  std::optional<LogInput> input;
  if (std::optional<int> code = LogInput::Open(flags.log, shell, &input)) return *code;
  const log::Reader reader = input->reader();
  log::Splitter splitter([&](char* to, size_t size) { return input->Read(to, size); });
  std::vector<log::Problem> problems;
  uint64_t lines = 0;
  log::Batch batch;
  while (lines < *flags.line) {
    const std::optional<log::Chunk> chunk = splitter.Next(problems);
    if (!chunk) break;
    std::string_view rest = chunk->text;
    for (lines = chunk->first_line; lines < *flags.line && rest.find('\n') < rest.size() - 1; ++lines)
      rest.remove_prefix(rest.find('\n') + 1);
    if (lines == *flags.line) batch = log::ReadLine(reader, rest.substr(0, rest.find('\n')), lines);
  }
  if (input->failed()) {
    shell.Err(fmt::format("polc: `{}` cannot be read to its end\n", source::Printable(path)));
    return kExitUnreadable;
  }
  problems.insert(problems.end(), batch.problems.begin(), batch.problems.end());
  if (!batch.records.empty()) {
    *out = std::move(batch.records.front());
    if (batch.records.size() > 1) {
      shell.Err(fmt::format("polc: line {} of `{}` has {} decisions, and the first is explained\n",
                            *flags.line, source::Printable(path), batch.records.size()));
    }
    return std::nullopt;
  }
  bool said = false;
  for (const log::Problem& problem : problems) {
    if (problem.line != *flags.line) continue;
    shell.Err(log::Text(problem, path));
    said = true;
  }
  if (said) return kExitFindings;
  return shell.Usage(lines < *flags.line ? fmt::format("--line {}: the log has {} lines", *flags.line, lines)
                                         : fmt::format("--line {}: there is no decision", *flags.line));
}

// The request of a record, if it is enough to decide again.
std::optional<data::Request> Logged(const ExplainFlags& flags, const log::Record& record,
                                    const Inputs& inputs, std::optional<Failure>& failure) {
  const auto fail = [&](std::string message) {
    failure = Failure{"NotReplayable", std::move(message), fmt::format("{}:{}", flags.log.path, record.line)};
    return std::nullopt;
  };
  if (record.request.empty())
    return fail(record.failure.empty() ? "there was no request that could be read" : record.failure);
  log::LoggedRequest read =
      log::ReadRequest(record, inputs.declared(), inputs.schema(), inputs.validates_requests());
  if (!read.request) return fail(std::move(read.problem));
  if (record.masked.empty()) return std::move(read.request);
  // A bundle has no rules to look at before they are run.
  if (!flags.inputs.bundle.empty())
    return fail(
        fmt::format("`{}` was masked: name the policies instead of the bundle, to see whether they read it",
                    record.masked.front()));
  log::ReadIndex reads(inputs.policies().program);
  std::string missing = log::ReadsMasked(record, *read.request, reads, inputs.policies().program.pol);
  if (!missing.empty()) return fail(std::move(missing));
  return std::move(read.request);
}

std::optional<size_t> IndexOf(const ExplainFlags& flags, const Inputs& inputs) {
  const size_t count = inputs.requests().size();
  if (!flags.line) return count == 1 ? std::optional<size_t>(0) : std::nullopt;
  return *flags.line >= 1 && *flags.line <= count ? std::optional<size_t>(*flags.line - 1) : std::nullopt;
}
std::optional<data::Request> Chosen(const ExplainFlags& flags, Inputs& inputs,
                                    std::optional<Failure>& failure) {
  const std::optional<size_t> index = IndexOf(flags, inputs);
  if (!index) return std::nullopt;
  return inputs.ReadRequest(inputs.requests()[*index], *index, failure);
}
int WhichRequest(const ExplainFlags& flags, const Inputs& inputs, Shell& shell) {
  const size_t count = inputs.requests().size();
  return shell.Usage(
      flags.line
          ? fmt::format("--line {}: there are {} requests, counted from 1", *flags.line, count)
          : fmt::format("one request is explained at a time, and there are {}: choose with --line", count));
}

// How what was explained is not what is on record.
std::vector<std::string> Differences(const log::Record& record, const data::Decision& now,
                                     const Inputs& inputs) {
  std::vector<std::string> out;
  if (!record.entities.empty() && record.entities != inputs.entities_digest())
    out.push_back("it was decided with other entities, and is explained with these");
  if (!record.decision) return out;
  const data::Decision& then = *record.decision;
  if (record.whole_decision && then.snapshot != now.snapshot)
    out.push_back(
        fmt::format("it was decided by the policy {}, and is explained by {}", then.snapshot, now.snapshot));
  const bool same = record.whole_decision ? then.outcome == now.outcome : then.allowed() == now.allowed();
  if (!same)
    out.push_back(fmt::format("the log says {}, and here it is {}", OutcomeName(then.outcome),
                              OutcomeName(now.outcome)));
  return out;
}

int Explain(const ExplainFlags& flags, Shell& shell) {
  if (flags.up_to && flags.want.empty()) return shell.Usage("--changes is for --want");
  if (flags.up_to && (*flags.up_to == 0 || *flags.up_to > explain::kMaxChanges))
    return shell.Usage(fmt::format("--changes {}: from 1 to {}", *flags.up_to, explain::kMaxChanges));
  if (flags.bytecode && flags.audience != "engineer") return shell.Usage("--bytecode is for engineers");
  InputFlags input_flags = flags.inputs;
  std::optional<log::Record> record;
  if (!flags.log.path.empty()) {
    if (std::optional<int> code = ReadRecord(flags, shell, &record)) return *code;
    // What was left out cannot be held against the request.
    if (!record->masked.empty()) input_flags.request_validation = "off";
  } else if (flags.log.format != "auto" || !flags.log.mapping.empty()) {
    return shell.Usage("--log-format and --log-mapping say how to read a log: name it with --log");
  }
  Inputs inputs(input_flags, shell);
  if (std::optional<int> code = inputs.Read({.requests = !record})) return *code;
  std::optional<Failure> failure;
  std::optional<data::Request> request =
      record ? Logged(flags, *record, inputs, failure) : Chosen(flags, inputs, failure);
  if (!request && !failure) return WhichRequest(flags, inputs, shell);
  Machine machine(inputs);
  std::optional<vm::Request> taken;
  if (request) taken = machine.Take(*request, failure);
  if (!taken) {
    shell.Err(
        source::Printable(fmt::format("{}: error: {} [{}]", failure->at, failure->message, failure->code)) +
        "\n");
    return kExitFindings;
  }
  const explain::Explanation explanation = explain::Explain(machine.engine(), *taken, &machine.scratch());
  std::optional<explain::Changes> changes;
  for (const data::Outcome want : kOutcomes) {
    if (flags.want != data::OutcomeName(want)) continue;
    explain::ChangeOptions options{.want = want, .validate_request = inputs.validates_requests()};
    if (flags.up_to) options.up_to = *flags.up_to;
    // A Cedar schema says what each action's context has, and the bundle does not.
    options.keeps_action = inputs.schema() != nullptr && !inputs.declared().pol;
    changes = explain::FindChanges(machine.engine(), *request, &machine.scratch(), options);
  }
  explain::DocumentOptions options;
  for (const Audience audience : kAudiences) {
    if (flags.audience == explain::AudienceName(audience)) options.audience = audience;
  }
  if (changes) options.changes = &*changes;
  if (flags.bytecode) options.bytecode = &inputs.bundle().bundle();
  const explain::Document document = Compose(explanation, options);
  shell.Out(Render(flags, document, explanation, options.changes));
  if (!record) return kExitOk;
  const std::vector<std::string> differences = Differences(*record, explanation.decision, inputs);
  for (const std::string& difference : differences) {
    shell.Err(source::Printable(
                  fmt::format("{}:{}: warning: {} [NotAsLogged]", flags.log.path, record->line, difference)) +
              "\n");
  }
  return differences.empty() ? kExitOk : kExitFindings;
}

}  // namespace

void RegisterExplain(CommandLine& line) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App* app = line.AddCommand("explain", "Explain a decision: why, why not, and what would change it",
                                  [flags](Shell& shell) { return Explain(*flags, shell); });
  AddInputOptions(line, app, flags->inputs);
  AddLogOptions(line, app, flags->log, "Explain a decision of this log, the one on --line");
  app->add_option("--line", flags->line,
                  "Which of the requests, counted from 1 without blank lines; of a log, the line")
      ->option_text("N");
  std::vector<std::string> audiences, outcomes;
  for (const Audience audience : kAudiences) audiences.emplace_back(explain::AudienceName(audience));
  for (const data::Outcome outcome : kOutcomes) outcomes.emplace_back(data::OutcomeName(outcome));
  line.AddChoiceWithDefault(app, "--for", flags->audience, audiences, "Who reads it");
  line.AddChoice(app, "--want", flags->want, outcomes, "Say what would make it this outcome");
  app->add_option("--changes", flags->up_to, "With --want: how many facts may change; 3 by default")
      ->option_text("N");
  app->add_flag("--bytecode", flags->bytecode, "Show the code of each test");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json", "html", "svg"},
                            "How to print it");
}

}  // namespace polc::cli
