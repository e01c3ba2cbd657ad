// `polc compile`: policies become a bundle, entities a compiled store.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "cli/artifact.h"
#include "cli/describe.h"
#include "cli/inputs.h"
#include "cli/report.h"
#include "cli/watch.h"
#include "compiler/baseline.h"
#include "compiler/source/load.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "runtime/entities/store_file.h"
#include "runtime/sign/bundle_signature.h"

namespace polc::cli {
namespace {

struct CompileFlags {
  std::vector<std::string> paths, schemas, secrets;
  std::string links, ids, check, output, entities, format;
  std::optional<uint32_t> level;
  std::string opt_level;
  bool report = false, no_source = false, watch = false, updates = false;
  PolFlags pol;
};

std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Writes a file, and says why if that fails.
bool Write(const std::string& path, std::span<const uint8_t> bytes, Appears appears, Shell& shell) {
  const std::optional<std::string> problem = WriteWhole(path, AsText(bytes), shell, appears);
  if (problem) shell.Err(fmt::format("polc: {}\n", source::Printable(*problem)));
  return !problem;
}

// Where updates of a bundle are written.
std::string UpdatePath(const std::string& output) { return output + ".update"; }

// Takes away the update of an earlier bundle of this name: were the new one the same, the update would still
// be taken for a newer one.
void RemoveUpdate(const std::string& output) {
  if (output == "-") return;
  const std::string path = UpdatePath(output);
  std::array<uint8_t, sizeof bundle::kUpdateMagic> begin{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(begin.data()), begin.size()) || !bundle::IsUpdate(begin)) return;
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

// The same; what the answer says about itself goes to standard output unless the answer does.
int Deliver(const CompileFlags& flags, std::span<const uint8_t> bytes, const std::string& summary,
            Shell& shell) {
  if (!Write(flags.output, bytes, Appears::kOnceOnDisk, shell)) return kExitUnreadable;
  if (flags.output != "-") shell.Out(summary);
  return kExitOk;
}

std::string Summary(const CompileFlags& flags, const bundle::VerifiedBundle& verified) {
  const bundle::Bundle& bundle = verified.bundle();
  const std::vector<sign::PublicKey> signers = sign::ClaimedSigners(bundle);
  if (flags.format == "json") {
    return JsonLine([&](llvm::json::OStream& json) {
      json.attribute("output", llvm::json::fixUTF8(flags.output));
      json.attribute("snapshot", DigestName(verified.snapshot_id()));
      json.attribute("rules", static_cast<uint64_t>(bundle.rules().size()));
      json.attributeArray("signatures", [&] {
        for (const sign::PublicKey& key : signers) json.value(sign::KeyId(key));
      });
      if (flags.report) json.attributeObject("report", [&] { FiguresJson(bundle, json); });
    });
  }
  std::string out =
      fmt::format("{}: {} {}, {}\n", source::Printable(flags.output), bundle.rules().size(),
                  bundle.rules().size() == 1 ? "rule" : "rules", DigestName(verified.snapshot_id()));
  for (const sign::PublicKey& key : signers) out += fmt::format("signed by key {}\n", sign::KeyId(key));
  if (flags.report) out += FiguresText(bundle);
  return out;
}

// A bundle that was written, and what it was made of: what updates are of.
struct Whole {
  BundleFile file;
  driver::Baseline baseline;
};

// Writes what has changed since the whole was written, if that can be said by an update.
std::optional<int> Update(const CompileFlags& flags, const Whole& whole, driver::Sources& sources,
                          Shell& shell) {
  const std::optional<driver::Amendment> made = whole.baseline.Amend(sources);
  if (!made) return std::nullopt;
  const std::string path = UpdatePath(flags.output);
  if (!Write(path, made->bytes, Appears::kAtOnce, shell)) return kExitUnreadable;
  if (flags.format == "json") {
    shell.Out(JsonLine([&](llvm::json::OStream& json) {
      json.attribute("output", llvm::json::fixUTF8(path));
      json.attribute("snapshot", DigestName(made->snapshot_id));
      json.attribute("base", DigestName(whole.file.verified.snapshot_id()));
      json.attribute("added", static_cast<uint64_t>(made->added));
      json.attribute("removed", static_cast<uint64_t>(made->removed));
    }));
  } else {
    shell.Out(fmt::format("{}: {} in, {} out, {}\n", source::Printable(path), made->added, made->removed,
                          DigestName(made->snapshot_id)));
  }
  return kExitOk;
}

// `whole`: where to keep what updates can be of; null: none are made. What is wrong leaves it, as it leaves
// the bundle.
int CompileOnce(const CompileFlags& flags, const std::vector<std::string>& paths,
                const std::vector<std::string>& schemas, driver::Sources& sources,
                std::optional<Whole>* whole, Shell& shell) {
  // Updates of the bundle before are of no use any more.
  auto written = [&] {
    if (whole) whole->reset();
    RemoveUpdate(flags.output);
  };
  sources.limits = shell.project().limits;
  std::vector<sign::SecretKey> secrets;
  for (const std::string& path : flags.secrets) {
    if (std::optional<sign::SecretKey> secret = LoadSecretKey(path, sources)) secrets.push_back(*secret);
  }
  std::optional<model::Schema> schema = driver::ReadSchema(sources, schemas);
  const std::optional<driver::PolOptions> pol = PolOptionsOf(flags.pol, schema ? &*schema : nullptr, shell);
  if (!pol) return kExitUsage;
  driver::PolicySet policies =
      driver::ReadPolicies(sources, paths, flags.links, IdSourceOf(flags.ids, shell), *pol);
  const model::Schema* against = policies.SchemaOr(schema ? &*schema : nullptr);
  driver::BundleOptions options{.arguments = shell.StartsOf(paths),
                                .include_source = !flags.no_source,
                                .opt_level = static_cast<uint32_t>(flags.opt_level[0] - '0'),
                                .level = flags.level};
  if (against) {
    const driver::Checking checking = CheckingOf(flags.check.empty() ? "strict" : flags.check);
    if (driver::CheckPolicies(sources, policies.program, *against, checking, flags.level)) {
      options.validated = checking == driver::Checking::kOff ? driver::Checking::kStrict : checking;
    }
  }
  std::optional<BundleFile> bundle;
  // Who follows the file verifies it anyway, and need not wait until it was verified here, too. What is
  // signed is verified before, and what has findings is not written before they are weighed.
  const bool first_written = flags.watch && secrets.empty() && !sources.unreadable &&
                             sources.sink.diagnostics().empty() && sources.aside.diagnostics().empty();
  if (!sources.sink.has_errors()) {
    if (auto bytes = driver::MakeBundle(sources, policies.program, options)) {
      if (first_written) {
        if (!Write(flags.output, *bytes, Appears::kAtOnce, shell)) return kExitUnreadable;
        written();
      }
      bundle = OpenBundle(std::move(*bytes), flags.output, sources);
    }
  }
  Settle(sources, policies, shell);
  PrintFindings(sources, shell);
  if (int code = ExitCode(sources); code != kExitOk) return code;

  for (const sign::SecretKey& secret : secrets) {
    std::vector<uint8_t> bytes = *bundle->bytes;
    const sign::SignError error = sign::AddSignature(bundle->verified, secret, &bytes);
    if (error != sign::SignError::kOk) {
      shell.Err(fmt::format("polc: cannot sign: {}\n", SignErrorMessage(error)));
      return kExitFindings;
    }
    bundle = OpenBundle(std::move(bytes), flags.output, sources);
  }
  const std::string summary = Summary(flags, bundle->verified);
  if (!first_written) {
    if (const int code = Deliver(flags, *bundle->bytes, summary, shell); code != kExitOk) return code;
    written();
  } else {
    shell.Out(summary);
  }
  if (!whole) return kExitOk;
  std::optional<driver::Baseline> baseline = driver::Baseline::Of(
      sources, policies,
      {paths, schemas, IdSourceOf(flags.ids, shell), CheckingOf(flags.check.empty() ? "strict" : flags.check),
       std::move(schema), std::move(options)},
      bundle->verified);
  if (baseline) whole->emplace(std::move(*bundle), std::move(*baseline));
  return kExitOk;
}

int CompilePolicies(const CompileFlags& flags, Shell& shell) {
  std::vector<std::string> paths = shell.FilesOr(flags.paths), schemas = shell.SchemasOr(flags.schemas);
  if (paths.empty()) return shell.Usage("nothing to compile: name policies, or give --entities");
  if (schemas.empty() && (flags.level || flags.check == "strict" || flags.check == "permissive")) {
    return shell.Usage("--check and --level need a schema to check against");
  }
  if (flags.level && flags.check == "off") return shell.Usage("--level needs --check strict or permissive");
  if (!OneStdin({paths, schemas, flags.secrets, {flags.links}})) {
    return shell.Usage("standard input can be only one of the inputs");
  }
  if (flags.updates && !flags.watch) return shell.Usage("--updates goes with --watch");
  if (flags.updates && !flags.secrets.empty()) {
    return shell.Usage("updates are not signed: --updates and --sign do not go together");
  }
  if (!flags.watch) {
    driver::Sources sources;
    return CompileOnce(flags, paths, schemas, sources, nullptr, shell);
  }
  std::vector<std::string> inputs = paths;
  inputs.insert(inputs.end(), schemas.begin(), schemas.end());
  if (!flags.links.empty()) inputs.push_back(flags.links);
  if (std::ranges::count(inputs, "-") > 0 || flags.output == "-") {
    return shell.Usage("--watch needs files: standard input and output do not change");
  }
  // Watching comes first: what changes during a compilation starts the next.
  Watcher watcher(inputs, {".cedar", ".pol"});
  driver::Sources sources;
  sources.keep = true;
  std::optional<Whole> whole;
  std::optional<int> code;
  for (;;) {
    if (whole) code = Update(flags, *whole, sources, shell);
    if (!code) {
      // What looking for an update found is found again.
      if (whole) sources.StartOver();
      code = CompileOnce(flags, paths, schemas, sources, flags.updates ? &whole : nullptr, shell);
    }
    if (shell.Finish(*code) != *code || !watcher.good()) return kExitUnreadable;
    watcher.Wait();
    code.reset();
    sources.StartOver();
  }
}

int CompileEntities(const CompileFlags& flags, Shell& shell) {
  if (!flags.links.empty() || !flags.ids.empty() || !flags.check.empty() || flags.level ||
      !flags.secrets.empty() || flags.no_source || flags.report || flags.watch || flags.updates ||
      flags.opt_level != "2") {
    return shell.Usage(
        "--entities compiles a store: of the options, only --schema, --set, --format and -o go with it");
  }
  const std::vector<std::string> paths = shell.FilesOr(flags.paths), schemas = shell.SchemasOr(flags.schemas);
  if (!OneStdin({paths, schemas, {flags.entities}})) {
    return shell.Usage("standard input can be only one of the inputs");
  }
  driver::Sources sources;
  sources.limits = shell.project().limits;
  std::optional<model::Schema> schema = driver::ReadSchema(sources, schemas);
  const std::optional<driver::PolOptions> pol = PolOptionsOf(flags.pol, schema ? &*schema : nullptr, shell);
  if (!pol) return kExitUsage;
  // Of policies, only what Pol files declare says how entities are read.
  source::DiagnosticSink ignored;  // ReadPolicies says it again
  const bool by_model =
      std::ranges::any_of(source::ExpandPaths(sources.map, paths, {".cedar", ".pol"}, ignored),
                          [](const std::string& path) { return path.ends_with(".pol"); });
  if (!flags.paths.empty() && !by_model) {
    return shell.Usage(
        "--entities compiles a store, and policies in Cedar do not say how entities are read: name "
        "their schema with --schema");
  }
  model::EntitiesResult read;
  driver::PolicySet policies;
  if (by_model) {
    policies = driver::ReadPolicies(sources, paths, "", IdSourceOf("", shell), *pol);
    if (!sources.sink.has_errors()) read = driver::ReadEntities(sources, flags.entities, policies.program);
  } else if (schema || schemas.empty()) {
    read = driver::ReadEntities(sources, flags.entities, schema ? &*schema : nullptr);
  }
  std::shared_ptr<const entities::Snapshot> snapshot;
  if (!sources.sink.has_errors()) snapshot = MakeStore(read.store, flags.entities, sources);
  Settle(sources, policies, shell);
  PrintFindings(sources, shell);
  if (int code = ExitCode(sources); code != kExitOk) return code;

  const std::vector<uint8_t> bytes = entities::WriteStore(*snapshot);
  std::string summary;
  if (flags.format == "json") {
    summary = JsonLine([&](llvm::json::OStream& json) {
      json.attribute("output", llvm::json::fixUTF8(flags.output));
      json.attribute("entities", snapshot->present_count());
      json.attribute("bytes", static_cast<uint64_t>(bytes.size()));
    });
  } else {
    summary = fmt::format("{}: {} {}, {} bytes\n", source::Printable(flags.output), snapshot->present_count(),
                          snapshot->present_count() == 1 ? "entity" : "entities", bytes.size());
  }
  return Deliver(flags, bytes, summary, shell);
}

int Compile(const CompileFlags& flags, Shell& shell) {
  return flags.entities.empty() ? CompilePolicies(flags, shell) : CompileEntities(flags, shell);
}

}  // namespace

void RegisterCompile(CommandLine& line) {
  auto flags = std::make_shared<CompileFlags>();
  CLI::App* app = line.AddCommand("compile", "Compile policies to a bundle, or entities to a store",
                                  [flags](Shell& shell) { return Compile(*flags, shell); });
  line.AddRepeated(app, "PATH", flags->paths, "PATH", "Policy files and directories; - is standard input")
      ->allow_extra_args();
  app->add_option("-o,--output", flags->output, "Where to write; - is standard output")
      ->option_text("FILE")
      ->required();
  line.AddRepeated(app, "--schema", flags->schemas, "FILE", "A schema, in Cedar or JSON syntax; may repeat");
  app->add_option("--entities", flags->entities, "Compile these entities, in JSON, instead of policies")
      ->option_text("FILE");
  app->add_option("--links", flags->links, "Template links, in JSON")->option_text("FILE");
  line.AddIds(app, flags->ids);
  AddPolOptions(line, app, flags->pol);
  line.AddChoice(app, "--check", flags->check, {"strict", "permissive", "off"},
                 "Refuse policies that do not validate; off only warns (default: strict with a schema)");
  app->add_option("--level", flags->level, "Allow policies to follow entities N steps")->option_text("N");
  line.AddRepeated(app, "--sign", flags->secrets, "FILE", "Sign with this secret key; may repeat");
  app->add_flag("--no-source", flags->no_source, "Leave the text of the policies out");
  line.AddChoiceWithDefault(app, "--opt-level", flags->opt_level, {"2", "1", "0"},
                            "Find rules one by one, by scope, or by the whole decision tree");
  app->add_flag("--report", flags->report, "Print sizes, bounds and what the decision tree comes to");
  app->add_flag("--watch", flags->watch, "Compile again whenever an input changes, until interrupted");
  app->add_flag("--updates", flags->updates,
                "With --watch: write small changes to FILE.update, as updates of FILE");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json"}, "How to print the summary");
}

}  // namespace polc::cli
