// `polc check`: what can be said about policies, schemas, entities and requests before they are used.
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "cli/artifact.h"
#include "cli/command_line.h"
#include "cli/describe.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "compiler/driver.h"
#include "compiler/grid/grid.h"
#include "compiler/host/request_json.h"
#include "compiler/lint/fix.h"
#include "compiler/lint/lint.h"
#include "compiler/model/entities_json.h"
#include "compiler/source/load.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace polc::cli {
namespace {

struct CheckFlags {
  std::vector<std::string> paths, schemas;
  std::string entities, requests, links, mode, cedar, ids, format;
  std::optional<uint32_t> level;
  std::string lints;
  bool deny_warnings = false, fix = false;
  PolFlags pol;
};

// One repair can show what another one hid; no set needs more rounds than a few.
constexpr int kMaxFixRounds = 8;

// Everything that was checked, item by item.
struct Checked {
  driver::PolicySet policies;
  std::vector<model::EntityVerdict> entities;
  std::vector<model::RequestResult> requests;
  size_t schemas = 0;
};

// The items that a final error is about.
struct Blamed {
  std::set<std::string> rules, entities;
  std::set<size_t> requests;

  explicit Blamed(const source::DiagnosticSink& sink) {
    for (const source::Diagnostic& d : sink.diagnostics()) {
      if (d.severity != source::Severity::kError) continue;
      if (!d.rule.empty()) rules.insert(d.rule);
      if (!d.entity.empty()) entities.insert(d.entity);
      if (d.request) requests.insert(*d.request);
    }
  }
};

std::string Json(const driver::Sources& sources, const Checked& checked) {
  Blamed blamed(sources.sink);
  std::string out;
  llvm::raw_string_ostream stream(out);
  llvm::json::OStream json(stream);
  auto verdict = [&](bool valid) { json.object([&] { json.attribute("valid", valid); }); };
  auto member = [&](const std::string& key, bool valid) {
    json.attributeBegin(key);
    verdict(valid);
    json.attributeEnd();
  };
  json.object([&] {
    json.attribute("valid", !sources.sink.has_errors());
    json.attributeObject("policies", [&] {
      std::set<std::string> seen;  // two policies of one id are one member, which is not valid
      for (const driver::PolicyEntry& entry : checked.policies.entries) {
        if (seen.insert(entry.id).second) member(entry.id, !blamed.rules.contains(entry.id));
      }
    });
    json.attributeObject("entities", [&] {
      std::set<std::string> invalid, seen;
      for (const model::EntityVerdict& entity : checked.entities) {
        if (!entity.valid) invalid.insert(entity.uid);
      }
      for (const model::EntityVerdict& entity : checked.entities) {
        if (entity.uid.empty() || !seen.insert(entity.uid).second) continue;
        member(entity.uid, !invalid.contains(entity.uid) && !blamed.entities.contains(entity.uid));
      }
    });
    json.attributeArray("requests", [&] {
      for (size_t i = 0; i < checked.requests.size(); ++i) {
        verdict(checked.requests[i].valid && !blamed.requests.contains(i));
      }
    });
    json.attributeBegin("diagnostics");
    json.rawValue(source::RenderJson(sources.map, sources.sink.diagnostics()));
    json.attributeEnd();
  });
  return out + "\n";
}

std::string Count(size_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

std::string Summary(const driver::Sources& sources, const Checked& checked) {
  std::vector<std::string> items;
  if (!checked.policies.entries.empty()) {
    items.push_back(Count(checked.policies.entries.size(), "policy", "policies"));
  }
  if (checked.schemas > 0) items.push_back(Count(checked.schemas, "schema file", "schema files"));
  if (!checked.entities.empty()) items.push_back(Count(checked.entities.size(), "entity", "entities"));
  if (!checked.requests.empty()) items.push_back(Count(checked.requests.size(), "request", "requests"));
  if (items.empty()) items.push_back("nothing");
  size_t errors = sources.sink.error_count(), warnings = 0;
  for (const source::Diagnostic& d : sources.sink.diagnostics()) {
    warnings += d.severity == source::Severity::kWarning;
  }
  return fmt::format("checked {}: {}, {}\n", fmt::join(items, ", "), Count(errors, "error", "errors"),
                     Count(warnings, "warning", "warnings"));
}

// What a check of everything came to.
struct Round {
  driver::Sources sources;
  Checked checked;
  std::vector<std::vector<lint::Edit>> fixes;
};

// What decisions cost at worst, by action: of the bundle that the set would be.
std::vector<lint::ActionCost> Costs(driver::Sources& sources, const driver::PolicySet& policies) {
  std::vector<lint::ActionCost> costs;
  std::optional<std::vector<uint8_t>> bytes =
      driver::MakeBundle(sources, policies.program, {.include_source = false});
  const std::optional<BundleFile> bundle =
      bytes ? OpenBundle(std::move(*bytes), "<compiled policies>", sources) : std::nullopt;
  if (!bundle) return costs;
  for (tree::ActionCost& cost : ReportOn(bundle->bundle()).actions) {
    costs.push_back({std::move(cost.action), cost.steps});
  }
  return costs;
}

std::vector<lint::OpenCell> OpenCells(const core::Program& program) {
  std::vector<lint::OpenCell> open;
  if (!program.pol) return open;
  for (const grid::Row& row : grid::MakeGrid(program).rows) {
    for (const grid::Level& level : row.levels) {
      for (size_t i = 0; i < grid::kQuestions && level.granted; ++i) {
        if (level.cells[i].answered()) continue;
        open.push_back({row.action_class, row.actions.front(), level.name,
                        std::string(grid::QuestionName(static_cast<grid::Question>(i))),
                        fmt::format("{}", fmt::join(level.cells[i].missing, "; "))});
      }
    }
  }
  return open;
}

std::vector<std::vector<lint::Edit>> Lint(const CheckFlags& flags, const Shell& shell,
                                          driver::Sources& sources, const driver::PolicySet& policies,
                                          const model::Schema* schema, const data::EntityStore* entities) {
  lint::Input input{sources.map,
                    policies.program,
                    schema,
                    policies.pol.get(),
                    entities,
                    policies.cedar_files,
                    policies.pol_files,
                    sources.schema_files,
                    {},
                    {},
                    {}};
  const project::Project& project = shell.project();
  input.options.enabled = [&](const lint::Lint& lint) {
    auto changed = project.severities.find(lint.code);
    if (changed != project.severities.end()) return changed->second.has_value();
    return flags.lints == "all" || (lint.on && flags.lints != "none");
  };
  input.options.annotations = project.lint.annotations;
  input.options.max_tests = static_cast<uint32_t>(project.lint.rule_tests);
  input.options.enforcement_points = project.enforcement;
  input.options.max_steps = project.lint.steps;
  if (input.options.max_steps > 0 && !sources.sink.has_errors()) input.costs = Costs(sources, policies);
  if (input.options.enabled(*lint::FindLint(source::Code::kEmptyGridCell)))
    input.open_cells = OpenCells(policies.program);
  return lint::Run(input, sources.sink);
}

// Nothing where the flags are wrong.
std::unique_ptr<Round> CheckOnce(const CheckFlags& flags, Shell& shell, const std::vector<std::string>& paths,
                                 const std::vector<std::string>& schemas) {
  auto round = std::make_unique<Round>();
  driver::Sources& sources = round->sources;
  Checked& checked = round->checked;
  sources.limits = shell.project().limits;

  std::optional<model::Schema> schema = driver::ReadSchema(sources, schemas);
  checked.schemas = schemas.size();
  const std::optional<driver::PolOptions> pol = PolOptionsOf(flags.pol, schema ? &*schema : nullptr, shell);
  if (!pol) return nullptr;
  checked.policies = driver::ReadPolicies(sources, paths, flags.links, IdSourceOf(flags.ids, shell), *pol);
  const model::Schema* against = checked.policies.SchemaOr(schema ? &*schema : nullptr);
  if (against) {
    sema::CheckOptions options;
    options.mode = flags.mode == "permissive" ? sema::CheckMode::kPermissive : sema::CheckMode::kStrict;
    options.level = flags.level;
    options.cedar = flags.cedar == "4.13" ? sema::CedarVersion::k413 : sema::CedarVersion::k412;
    options.jobs = 0;
    sema::Check(driver::CedarPart(checked.policies.program), *against, options, sources.sink);
  }
  std::optional<model::EntitiesResult> entities;
  if (!flags.entities.empty()) {
    const core::Program& program = checked.policies.program;
    entities = program.pol ? driver::ReadEntities(sources, flags.entities, program)
                           : driver::ReadEntities(sources, flags.entities, against);
    checked.entities = entities->verdicts;
  }
  if (!flags.requests.empty()) {
    if (std::optional<source::FileId> file = sources.Load(flags.requests)) {
      for (const source::Span& line : model::RequestLines(sources.map, *file)) {
        checked.requests.push_back(host::ReadRequest(sources.map, line, checked.requests.size(),
                                                     checked.policies.program, against,
                                                     model::RequestValidation::kOn, sources.sink));
      }
    }
  }
  round->fixes = Lint(flags, shell, sources, checked.policies, against,
                      entities && entities->valid ? &entities->store : nullptr);
  driver::NameRules(checked.policies.entries, sources.sink);
  return round;
}

bool Write(const std::string& path, std::string_view text, Shell& shell) {
  const std::optional<std::string> failed = WriteWhole(path, text, shell);
  if (failed) shell.Err(fmt::format("polc: {}\n", *failed));
  return !failed;
}

// Writes repaired files; how many findings were repaired in each, or nothing after a file could not be
// written.
std::optional<size_t> WriteFixes(const Round& round, Shell& shell,
                                 std::map<std::string, std::string>& originals,
                                 std::map<std::string, size_t>& counts) {
  std::set<source::FileId> files;
  for (const std::vector<lint::Edit>& fix : round.fixes) files.insert(fix.front().span.file);
  size_t total = 0;
  for (source::FileId file : files) {
    const std::string& path = round.sources.map.path(file);
    const lint::Fixed fixed = lint::ApplyFixes(round.sources.map, file, round.fixes);
    if (fixed.fixes == 0 || !source::IsFile(path)) continue;
    originals.emplace(path, std::string(round.sources.map.text(file)));
    if (!Write(path, fixed.text, shell)) return std::nullopt;
    counts[path] += fixed.fixes;
    total += fixed.fixes;
  }
  return total;
}

// Repairs and checks again until there is nothing to repair. What does not check any more is put back.
std::unique_ptr<Round> Fix(const CheckFlags& flags, Shell& shell, const std::vector<std::string>& paths,
                           const std::vector<std::string>& schemas, std::unique_ptr<Round> round) {
  std::map<std::string, std::string> originals;
  std::map<std::string, size_t> counts;
  const bool valid = !round->sources.sink.has_errors();
  for (int i = 0; i < kMaxFixRounds && !round->fixes.empty(); ++i) {
    const std::optional<size_t> fixed = WriteFixes(*round, shell, originals, counts);
    if (!fixed) return nullptr;
    if (*fixed == 0) break;
    round = CheckOnce(flags, shell, paths, schemas);
    if (valid && round->sources.sink.has_errors()) {
      for (const auto& [path, text] : originals) Write(path, text, shell);
      shell.Err("polc: the repaired files do not check, so they were put back as they were\n");
      return CheckOnce(flags, shell, paths, schemas);
    }
  }
  for (const auto& [path, count] : counts) {
    shell.Err(fmt::format("fixed {} in {}\n", Count(count, "finding", "findings"), source::Printable(path)));
  }
  return round;
}

int Check(const CheckFlags& flags, Shell& shell) {
  std::vector<std::string> paths = shell.FilesOr(flags.paths), schemas = shell.SchemasOr(flags.schemas);
  if (paths.empty() && schemas.empty() && flags.entities.empty() && flags.requests.empty()) {
    return shell.Usage("nothing to check: name policies, or give --schema, --entities or --requests");
  }
  const std::vector<std::vector<std::string>> inputs = {
      paths, schemas, {flags.entities, flags.requests, flags.links}};
  if (!OneStdin(inputs)) return shell.Usage("standard input can be only one of the inputs");
  const bool from_stdin = std::ranges::any_of(inputs, [](const std::vector<std::string>& some) {
    return std::ranges::find(some, "-") != some.end();
  });
  if (flags.fix && from_stdin) return shell.Usage("--fix repairs files, and standard input is none");
  std::unique_ptr<Round> round = CheckOnce(flags, shell, paths, schemas);
  if (!round) return kExitUsage;
  if (flags.fix) round = Fix(flags, shell, paths, schemas, std::move(round));
  if (!round) return kExitUnreadable;
  driver::Sources& sources = round->sources;

  Settle(sources, shell, flags.deny_warnings);
  if (flags.format == "json") {
    shell.Out(Json(sources, round->checked));
  } else if (flags.format == "sarif") {
    shell.Out(source::RenderSarif(sources.map, sources.sink.diagnostics(), Version()));
  } else if (flags.format == "github") {
    shell.Out(source::RenderGithub(sources.map, sources.sink.diagnostics()));
  } else {
    shell.Out(source::RenderText(sources.map, sources.sink.diagnostics(), {.color = shell.color_out()}));
    shell.Out(Summary(sources, round->checked));
  }
  return ExitCode(sources);
}

}  // namespace

void RegisterCheck(CommandLine& line) {
  auto flags = std::make_shared<CheckFlags>();
  CLI::App* app = line.AddCommand("check", "Check policies, schemas, entities and requests",
                                  [flags](Shell& shell) { return Check(*flags, shell); });
  line.AddRepeated(app, "PATH", flags->paths, "PATH", "Policy files and directories; - is standard input")
      ->allow_extra_args();
  line.AddRepeated(app, "--schema", flags->schemas, "FILE", "A schema, in Cedar or JSON syntax; may repeat");
  app->add_option("--entities", flags->entities, "Entities, in JSON")->option_text("FILE");
  app->add_option("--requests", flags->requests, "Requests, one JSON object a line")->option_text("FILE");
  app->add_option("--links", flags->links, "Template links, in JSON")->option_text("FILE");
  line.AddChoiceWithDefault(app, "--mode", flags->mode, {"strict", "permissive"},
                            "How policies are validated");
  app->add_option("--level", flags->level, "Allow policies to follow entities N steps")->option_text("N");
  line.AddChoiceWithDefault(app, "--cedar", flags->cedar, {"4.12", "4.13"}, "Whose verdicts to give");
  app->add_flag("--deny-warnings", flags->deny_warnings, "Make every warning an error");
  line.AddChoiceWithDefault(app, "--lints", flags->lints, {"default", "all", "none"},
                            "Which lints run, where polc.toml does not say");
  app->add_flag("--fix", flags->fix, "Repair what can be repaired without changing a decision");
  line.AddIds(app, flags->ids);
  AddPolOptions(line, app, flags->pol);
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json", "sarif", "github"},
                            "How to print findings");
}

}  // namespace polc::cli
