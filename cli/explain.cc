// `polc explain`: why one request was decided as it was, why not otherwise, and what would change it.
#include "cli/command_line.h"
#include "cli/decide.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "compiler/explain/render.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

using explain::Audience;

struct ExplainFlags {
  InputFlags inputs;
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

int Explain(const ExplainFlags& flags, Shell& shell) {
  if (flags.up_to && flags.want.empty()) return shell.Usage("--changes is for --want");
  if (flags.up_to && (*flags.up_to == 0 || *flags.up_to > explain::kMaxChanges))
    return shell.Usage(fmt::format("--changes {}: from 1 to {}", *flags.up_to, explain::kMaxChanges));
  if (flags.bytecode && flags.audience != "engineer") return shell.Usage("--bytecode is for engineers");
  Inputs inputs(flags.inputs, shell);
  if (std::optional<int> code = inputs.Read({})) return *code;
  size_t index = 0;
  if (flags.line) {
    if (*flags.line == 0 || *flags.line > inputs.requests().size()) {
      return shell.Usage(fmt::format("--line {}: there are {} requests, counted from 1", *flags.line,
                                     inputs.requests().size()));
    }
    index = *flags.line - 1;
  } else if (inputs.requests().size() != 1) {
    return shell.Usage(fmt::format("one request is explained at a time, and there are {}: choose with --line",
                                   inputs.requests().size()));
  }
  Machine machine(inputs);
  std::optional<Failure> failure;
  std::optional<data::Request> request = inputs.ReadRequest(inputs.requests()[index], index, failure);
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
  return kExitOk;
}

}  // namespace

void RegisterExplain(CommandLine& line) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App* app = line.AddCommand("explain", "Explain a decision: why, why not, and what would change it",
                                  [flags](Shell& shell) { return Explain(*flags, shell); });
  AddInputOptions(line, app, flags->inputs);
  app->add_option("--line", flags->line, "Which of the requests, counted from 1 without blank lines")
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
