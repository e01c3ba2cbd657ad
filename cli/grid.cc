// `polc grid` and `polc report`: what a policy set answers about every class of actions, and about every
// control.
#include "compiler/grid/grid.h"

#include <algorithm>
#include <memory>

#include "cli/command_line.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "compiler/grid/controls.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::cli {
namespace {

struct GridFlags {
  std::vector<std::string> paths, schemas, catalogues;
  std::string ids, format, report;
  PolFlags pol;
};

// The set, if it can be read; what was found is printed. `code` says why not.
std::optional<driver::PolicySet> ReadSet(const GridFlags& flags, Shell& shell, int& code) {
  driver::Sources sources;
  sources.limits = shell.project().limits;
  const std::vector<std::string> paths = shell.FilesOr(flags.paths);
  if (paths.empty()) {
    code = shell.Usage("name policy files or directories");
    return std::nullopt;
  }
  std::optional<model::Schema> schema = driver::ReadSchema(sources, shell.SchemasOr(flags.schemas));
  const std::optional<driver::PolOptions> pol = PolOptionsOf(flags.pol, schema ? &*schema : nullptr, shell);
  if (!pol) {
    code = kExitUsage;
    return std::nullopt;
  }
  driver::PolicySet set = driver::ReadPolicies(sources, paths, "", IdSourceOf(flags.ids, shell), *pol);
  Settle(sources, set, shell);
  PrintFindings(sources, shell);
  code = ExitCode(sources);
  if (code == kExitOk && !set.pol) {
    shell.Err("polc: there is no Pol in this set, and only Pol has classes, levels and controls\n");
    code = kExitFindings;
  }
  if (code != kExitOk) return std::nullopt;
  return set;
}

// What a page is called.
std::string Title(std::string_view what, const GridFlags& flags, const Shell& shell) {
  return fmt::format("{} of {}", what, fmt::join(shell.FilesOr(flags.paths), ", "));
}

int PrintGrid(const GridFlags& flags, Shell& shell) {
  int code = kExitOk;
  const std::optional<driver::PolicySet> set = ReadSet(flags, shell, code);
  if (!set) return code;
  const grid::Grid grid = grid::MakeGrid(set->program);
  shell.Out(flags.format == "json"   ? grid::GridJson(grid)
            : flags.format == "html" ? grid::GridHtml(grid, Title("The twelve cells", flags, shell))
                                     : grid::GridText(grid));
  return grid.empty_alone == 0 ? kExitOk : kExitFindings;
}

int PrintReport(const GridFlags& flags, Shell& shell) {
  const std::vector<std::string> known = grid::Catalogues();
  for (const std::string& catalogue : flags.catalogues) {
    if (std::ranges::count(known, catalogue) > 0) continue;
    return shell.Usage(fmt::format("there is no catalogue `{}`: {}", catalogue, fmt::join(known, ", ")));
  }
  int code = kExitOk;
  const std::optional<driver::PolicySet> set = ReadSet(flags, shell, code);
  if (!set) return code;
  const std::vector<grid::ControlRow> rows =
      grid::MapControls(set->program, set->pol->tests, flags.catalogues);
  shell.Out(flags.format == "json"   ? grid::ControlsJson(rows)
            : flags.format == "html" ? grid::ControlsHtml(rows, Title("Controls", flags, shell))
                                     : grid::ControlsText(rows));
  return kExitOk;
}

void AddSetOptions(CommandLine& line, CLI::App* app, GridFlags& flags) {
  line.AddRepeated(app, "--schema", flags.schemas, "FILE", "A schema in either syntax; may repeat");
  line.AddIds(app, flags.ids);
  AddPolOptions(line, app, flags.pol);
  line.AddChoiceWithDefault(app, "--format", flags.format, {"text", "json", "html"}, "How to print it");
}

}  // namespace

void RegisterGrid(CommandLine& line) {
  auto flags = std::make_shared<GridFlags>();
  CLI::App* app =
      line.AddCommand("grid", "Identity, authorization, audit, reversibility, per class of actions",
                      [flags](Shell& shell) { return PrintGrid(*flags, shell); });
  line.AddRepeated(app, "PATH", flags->paths, "PATH", "Policy files and directories");
  AddSetOptions(line, app, *flags);
}

void RegisterReport(CommandLine& line) {
  auto flags = std::make_shared<GridFlags>();
  CLI::App* app = line.AddCommand("report", "Which rules and tests meet which controls, and what meets none",
                                  [flags](Shell& shell) { return PrintReport(*flags, shell); });
  line.AddChoice(app, "REPORT", flags->report, {"controls"}, "What to report")->required();
  line.AddRepeated(app, "PATH", flags->paths, "PATH", "Policy files and directories");
  line.AddRepeated(app, "--catalogue", flags->catalogues, "NAME",
                   "All clauses of this catalogue; may repeat. Without it those that rules name");
  AddSetOptions(line, app, *flags);
}

}  // namespace polc::cli
