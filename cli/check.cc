// `polc check`: what can be said about policies, schemas, entities and requests before they are used.
#include <set>

#include "cli/command_line.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "compiler/driver.h"
#include "compiler/model/entities_json.h"
#include "compiler/model/request_json.h"
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
  bool deny_warnings = false;
  PolFlags pol;
};

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

int Check(const CheckFlags& flags, Shell& shell) {
  std::vector<std::string> paths = shell.FilesOr(flags.paths), schemas = shell.SchemasOr(flags.schemas);
  if (paths.empty() && schemas.empty() && flags.entities.empty() && flags.requests.empty()) {
    return shell.Usage("nothing to check: name policies, or give --schema, --entities or --requests");
  }
  if (!OneStdin({paths, schemas, {flags.entities, flags.requests, flags.links}})) {
    return shell.Usage("standard input can be only one of the inputs");
  }
  driver::Sources sources;
  sources.limits = shell.project().limits;
  Checked checked;

  std::optional<model::Schema> schema = driver::ReadSchema(sources, schemas);
  checked.schemas = schemas.size();
  const std::optional<driver::PolOptions> pol = PolOptionsOf(flags.pol, schema ? &*schema : nullptr, shell);
  if (!pol) return kExitUsage;
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
  if (!flags.entities.empty()) {
    const core::Program& program = checked.policies.program;
    checked.entities = (program.pol ? driver::ReadEntities(sources, flags.entities, program)
                                    : driver::ReadEntities(sources, flags.entities, against))
                           .verdicts;
  }
  if (!flags.requests.empty()) {
    if (std::optional<source::FileId> file = sources.Load(flags.requests)) {
      checked.requests =
          model::ReadRequestLines(sources.map, *file, against, model::RequestValidation::kOn, sources.sink);
    }
  }

  Settle(sources, shell, flags.deny_warnings);
  if (flags.format == "json") {
    shell.Out(Json(sources, checked));
  } else if (flags.format == "sarif") {
    shell.Out(source::RenderSarif(sources.map, sources.sink.diagnostics(), Version()));
  } else if (flags.format == "github") {
    shell.Out(source::RenderGithub(sources.map, sources.sink.diagnostics()));
  } else {
    shell.Out(source::RenderText(sources.map, sources.sink.diagnostics(), {.color = shell.color_out()}));
    shell.Out(Summary(sources, checked));
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
  line.AddIds(app, flags->ids);
  AddPolOptions(line, app, flags->pol);
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json", "sarif", "github"},
                            "How to print findings");
}

}  // namespace polc::cli
