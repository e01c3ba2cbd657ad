// `polc explain`: why one request was decided as it was, rule by rule.
#include "runtime/vm/explain.h"

#include "cli/command_line.h"
#include "cli/decide.h"
#include "cli/describe.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::cli {
namespace {

struct ExplainFlags {
  InputFlags inputs;
  std::optional<uint32_t> line;
  std::string format;
};

struct Explained {
  data::Decision answer;
  std::vector<vm::RuleExplanation> rules;  // as the bundle's
};

std::string_view VerdictWord(vm::Verdict verdict) {
  switch (verdict) {
    case vm::Verdict::kSatisfied:
      return "satisfied";
    case vm::Verdict::kNotSatisfied:
      return "not_satisfied";
    case vm::Verdict::kErred:
      return "erred";
  }
  return "";
}

std::string_view PartWord(uint8_t kind) {
  switch (static_cast<bundle::PartKind>(kind)) {
    case bundle::PartKind::kPrincipal:
      return "principal";
    case bundle::PartKind::kAction:
      return "action";
    case bundle::PartKind::kResource:
      return "resource";
    case bundle::PartKind::kCondition:
      return "condition";
  }
  return "";
}

llvm::StringRef Ref(std::string_view text) { return {text.data(), text.size()}; }

void JsonPlace(const bundle::Bundle& bundle, const bundle::Place& place, llvm::json::OStream& json) {
  json.attribute("text", Ref(SourceText(bundle, place)));
  json.attribute("at", PlaceName(bundle, place));
}

bool SamePlace(const bundle::Place& a, const bundle::Place& b) {
  return a.file == b.file && a.begin == b.begin && a.end == b.end;
}

// What was seen: a scope test's variable, or an expression's text.
std::string_view What(const bundle::Bundle& bundle, const bundle::PartRow& part,
                      const vm::Observation& seen) {
  return SamePlace(seen.place, part.place) ? PartWord(part.kind) : SourceText(bundle, seen.place);
}

void JsonRule(const bundle::Bundle& bundle, uint32_t index, const vm::RuleExplanation& rule,
              llvm::json::OStream& json) {
  const bundle::RuleRow& row = bundle.rules()[index];
  json.attribute("rule", Ref(bundle.String(row.id)));
  json.attribute("effect", Ref(EffectWord(row.effect)));
  json.attribute("verdict", Ref(VerdictWord(rule.verdict)));
  json.attribute("at", PlaceName(bundle, row.place));
  if (!rule.part) return;
  const bundle::PartRow& part = bundle.parts()[*rule.part];
  json.attributeObject("decided_by", [&] {
    json.attribute("part", Ref(PartWord(part.kind)));
    JsonPlace(bundle, part.place, json);
  });
  if (rule.verdict == vm::Verdict::kErred) json.attribute("message", rule.message);
  json.attributeArray("values", [&] {
    for (const vm::Observation& seen : rule.observations) {
      json.object([&] {
        json.attribute("text", Ref(What(bundle, part, seen)));
        json.attribute("at", PlaceName(bundle, seen.place));
        json.attribute("value", llvm::json::fixUTF8(seen.value));
      });
    }
  });
}

std::string Json(const bundle::Bundle& bundle, const Explained& explained) {
  return JsonLine([&](llvm::json::OStream& json) {
    JsonDecision(explained.answer, json);
    json.attributeArray("rules", [&] {
      for (uint32_t i = 0; i < explained.rules.size(); ++i) {
        json.object([&] { JsonRule(bundle, i, explained.rules[i], json); });
      }
    });
  });
}

// Source text on one line, runs of blanks as one.
std::string OneLine(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return source::Printable(out);
}

std::string RuleText(const bundle::Bundle& bundle, uint32_t index, const vm::RuleExplanation& rule) {
  const bundle::RuleRow& row = bundle.rules()[index];
  std::string out = fmt::format("  {} {}", EffectWord(row.effect), source::Printable(bundle.String(row.id)));
  if (rule.verdict == vm::Verdict::kSatisfied) {
    out += ": satisfied";
    if (row.because != bundle::kNone) out += ": " + OneLine(bundle.String(row.because));
    return out + "\n";
  }
  const bool erred = rule.verdict == vm::Verdict::kErred;
  const std::string message = erred ? ": " + source::Printable(rule.message) : std::string();
  if (!rule.part) return out + (erred ? ": erred" + message : ": not satisfied") + "\n";
  const bundle::PartRow& part = bundle.parts()[*rule.part];
  const std::string text = OneLine(SourceText(bundle, part.place)), at = PlaceName(bundle, part.place);
  out += erred ? fmt::format(": erred in its {}{}\n", PartWord(part.kind), message)
               : fmt::format(": not satisfied: its {} is false\n", PartWord(part.kind));
  if (!at.empty()) out += fmt::format("    {}{}{}\n", source::Printable(at), text.empty() ? "" : ": ", text);
  for (const vm::Observation& seen : rule.observations) {
    const std::string what = OneLine(What(bundle, part, seen));
    out += fmt::format("      {} is {}\n",
                       what.empty() ? source::Printable(PlaceName(bundle, seen.place)) : what,
                       source::Printable(seen.value));
  }
  return out;
}

std::string Text(const bundle::Bundle& bundle, const Explained& explained) {
  const data::Decision& answer = explained.answer;
  std::string out(OutcomeName(answer.outcome));
  if (!answer.reasons.empty()) {
    out += fmt::format(" by {}", fmt::join(answer.reasons, ", "));
  } else {
    out += ": no permit is satisfied";
  }
  out = source::Printable(out) + "\n";
  // What decided comes first.
  for (vm::Verdict verdict : {vm::Verdict::kSatisfied, vm::Verdict::kErred, vm::Verdict::kNotSatisfied}) {
    for (uint32_t i = 0; i < explained.rules.size(); ++i) {
      if (explained.rules[i].verdict == verdict) out += RuleText(bundle, i, explained.rules[i]);
    }
  }
  return out;
}

int Explain(const ExplainFlags& flags, Shell& shell) {
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
  Explained explained{machine.Decide(*taken), {}};
  const bundle::Bundle& bundle = inputs.bundle().bundle();
  for (uint32_t rule = 0; rule < bundle.rules().size(); ++rule) {
    explained.rules.push_back(ExplainRule(machine.engine(), rule, *taken, &machine.scratch()));
  }
  shell.Out(flags.format == "json" ? Json(bundle, explained) : Text(bundle, explained));
  return kExitOk;
}

}  // namespace

void RegisterExplain(CommandLine& line) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App* app = line.AddCommand("explain", "Explain the decision on a request, rule by rule",
                                  [flags](Shell& shell) { return Explain(*flags, shell); });
  AddInputOptions(line, app, flags->inputs);
  app->add_option("--line", flags->line, "Which of the requests, counted from 1 without blank lines")
      ->option_text("N");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json"}, "How to print it");
}

}  // namespace polc::cli
