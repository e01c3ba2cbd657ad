#include "cli/set.h"

#include "cli/report.h"
#include "compiler/log/writer.h"
#include "compiler/simulate/stream.h"
#include "fmt/format.h"

namespace polc::cli {

void AddSetOptions(CommandLine& line, CLI::App* app, SetFlags& flags) {
  app->add_option("--entities", flags.entities, "Entities, in JSON")->option_text("FILE");
  line.AddRepeated(app, "--schema", flags.schemas, "FILE", "A schema, in Cedar or JSON syntax; may repeat");
  line.AddIds(app, flags.ids);
  AddPolOptions(line, app, flags.pol);
}

std::optional<int> KeptApart(const std::vector<const core::Program*>& programs, const std::string& key,
                             Shell& shell) {
  const std::optional<std::string> state = simulate::NotKeptApart(programs, key);
  if (!state) return std::nullopt;
  if (key.empty()) {
    return shell.Usage(
        fmt::format("decisions depend on {}: results of parts of a log would be wrong; divide it by a key "
                    "and say so with --partitioned-by",
                    *state));
  }
  return shell.Usage(fmt::format("--partitioned-by {} does not keep apart {}", key, *state));
}

std::optional<int> LoadedSet::Read(const SetFlags& flags, const std::vector<std::string>& paths,
                                   Shell& shell) {
  sources.limits = shell.project().limits;
  schema = driver::ReadSchema(sources, shell.SchemasOr(flags.schemas));
  const std::optional<driver::PolOptions> pol = PolOptionsOf(flags.pol, schema ? &*schema : nullptr, shell);
  if (!pol) return kExitUsage;
  policies = driver::ReadPolicies(sources, paths, "", IdSourceOf(flags.ids, shell), *pol);
  const model::Schema* known = policies.SchemaOr(schema ? &*schema : nullptr);
  const auto first = static_cast<source::FileId>(sources.map.size());
  if (!sources.sink.has_errors()) {
    store = std::move((policies.program.pol ? driver::ReadEntities(sources, flags.entities, policies.program)
                                            : driver::ReadEntities(sources, flags.entities, known))
                          .store);
    if (!flags.entities.empty() && sources.map.size() > first) {
      entities_digest = log::Digest(sources.map.text(first));
    }
  }
  std::optional<std::vector<uint8_t>> bundle;
  if (!sources.sink.has_errors() && !sources.unreadable) {
    bundle = driver::MakeBundle(sources, policies.program, {.arguments = shell.StartsOf(paths)});
  }
  Settle(sources, policies, shell);
  PrintFindings(sources, shell);
  if (const int code = ExitCode(sources); code != kExitOk) return code;
  side.source = {&policies.program, &sources.map};
  side.schema = known;
  side.store = &store;
  side.bundle = std::move(*bundle);
  return std::nullopt;
}

}  // namespace polc::cli
