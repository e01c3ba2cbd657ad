// `polc translate`: policies and schemas from one syntax or language to another.
#include "compiler/translate/translate.h"

#include <algorithm>
#include <filesystem>

#include "cli/artifact.h"
#include "cli/command_line.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "compiler/source/load.h"
#include "compiler/source/render.h"
#include "compiler/translate/to_cedar.h"
#include "compiler/translate/to_pol.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

struct TranslateFlags {
  std::vector<std::string> paths, schemas;
  std::string to, schema_output, ids;
  PolFlags pol;
  bool limits_enforced_elsewhere = false;
};

// Prints `text`, if nothing was in its way.
int Finish(driver::Sources& sources, const std::optional<std::string>& text, Shell& shell) {
  Settle(sources, shell);
  PrintFindings(sources, shell);
  const int code = ExitCode(sources);
  if (text && code == kExitOk) shell.Out(*text);
  return code;
}

int BetweenSyntaxes(const TranslateFlags& flags, Shell& shell) {
  if (flags.paths.size() != 1) return shell.Usage("one file is translated at a time");
  driver::Sources sources;
  sources.limits = shell.project().limits;
  std::optional<std::string> text;
  if (std::optional<source::FileId> file = sources.Load(flags.paths.front())) {
    const auto to = flags.to == "json" ? translate::Syntax::kJson : translate::Syntax::kCedar;
    text = translate::Translate(sources.map, *file, to, sources.sink);
  }
  return Finish(sources, text, shell);
}

void Tell(const driver::Sources& sources, const std::vector<translate::Remark>& remarks, Shell& shell) {
  for (const translate::Remark& remark : remarks) {
    shell.Err(
        source::Printable(fmt::format("{}: note: {}", source::Place(sources.map, remark.at), remark.text)) +
        "\n");
  }
}

// The whole set: what a rule means is said by all of its files.
int PolToCedar(const TranslateFlags& flags, Shell& shell) {
  driver::Sources sources;
  sources.limits = shell.project().limits;
  std::optional<model::Schema> schema = driver::ReadSchema(sources, shell.SchemasOr(flags.schemas));
  const std::optional<driver::PolOptions> pol = PolOptionsOf(flags.pol, schema ? &*schema : nullptr, shell);
  if (!pol) return kExitUsage;
  const driver::PolicySet policies =
      driver::ReadPolicies(sources, flags.paths, "", IdSourceOf(flags.ids, shell), *pol);
  std::optional<translate::CedarExport> made;
  if (!sources.sink.has_errors()) {
    // Warnings about the set are `check`'s.
    sources.sink.mutable_diagnostics().clear();
    made =
        translate::ToCedar(policies.program, {.limits_enforced_elsewhere = flags.limits_enforced_elsewhere},
                           sources.map, sources.sink);
  }
  if (made) Tell(sources, made->remarks, shell);
  if (made && !flags.schema_output.empty()) {
    if (const auto problem = WriteWhole(flags.schema_output, made->schema, shell)) {
      shell.Err("polc: " + source::Printable(*problem) + "\n");
      return kExitFindings;
    }
  }
  return Finish(sources, made ? std::optional(made->policies) : std::nullopt, shell);
}

int CedarToPol(const TranslateFlags& flags, Shell& shell) {
  driver::Sources sources;
  sources.limits = shell.project().limits;
  const std::vector<std::string> schemas = shell.SchemasOr(flags.schemas);
  if (schemas.empty()) return shell.Usage("Pol is written for a model: name the policies' --schema");
  const std::optional<model::Schema> schema = driver::ReadSchema(sources, schemas);
  std::vector<translate::CedarPolicy> policies;
  for (const std::string& path : source::ExpandPaths(sources.map, flags.paths, {".cedar"}, sources.sink)) {
    const std::optional<source::FileId> file = sources.Load(path);
    if (!file) continue;
    for (translate::CedarPolicy& policy : translate::ReadCedarPolicies(sources.map, *file, sources.sink))
      policies.push_back(std::move(policy));
  }
  std::optional<std::string> text;
  if (schema && !sources.sink.has_errors()) {
    const translate::PolTranslation made = translate::ToPol(policies, *schema, sources.map);
    Tell(sources, made.remarks, shell);
    if (made.text.empty()) return kExitFindings;
    text = made.text;
  }
  return Finish(sources, text, shell);
}

int Translate(const TranslateFlags& flags, Shell& shell) {
  const bool pol = std::ranges::any_of(flags.paths, [](const std::string& path) {
    std::error_code ignored;
    return path.ends_with(".pol") || std::filesystem::is_directory(path, ignored);
  });
  const bool exports = flags.to == "cedar" && pol;
  if (!exports && (flags.limits_enforced_elsewhere || !flags.schema_output.empty())) {
    return shell.Usage("--limits-enforced-elsewhere and --schema-output are for Pol to Cedar");
  }
  if (flags.to == "pol") return CedarToPol(flags, shell);
  if (flags.to == "json" && pol) return shell.Usage("Pol has no JSON form: translate it to Cedar first");
  return exports ? PolToCedar(flags, shell) : BetweenSyntaxes(flags, shell);
}

}  // namespace

void RegisterTranslate(CommandLine& line) {
  auto flags = std::make_shared<TranslateFlags>();
  CLI::App* app = line.AddCommand("translate", "Translate between Cedar, its JSON and Pol",
                                  [flags](Shell& shell) { return Translate(*flags, shell); });
  line.AddRepeated(app, "PATH", flags->paths, "PATH",
                   "A policy or schema file; for Pol the files and directories of a set")
      ->allow_extra_args()
      ->required();
  line.AddChoice(app, "--to", flags->to, {"cedar", "json", "pol"}, "What to print")->required();
  line.AddRepeated(app, "--schema", flags->schemas, "FILE", "The schema of the set; may repeat");
  app->add_option("--schema-output", flags->schema_output, "Pol to Cedar: write the model here, as a schema")
      ->option_text("FILE");
  app->add_flag("--limits-enforced-elsewhere", flags->limits_enforced_elsewhere,
                "Pol to Cedar: leave limits out, instead of forbidding what is limited");
  line.AddIds(app, flags->ids);
  AddPolOptions(line, app, flags->pol);
}

}  // namespace polc::cli
