// `polc new`: a project that checks, tests and compiles at once, and allows nothing.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "cli/artifact.h"
#include "cli/command_line.h"
#include "cli/report.h"
#include "compiler/format/pol_format.h"
#include "compiler/scaffold/mcp.h"
#include "compiler/scaffold/openapi.h"
#include "compiler/scaffold/sample.h"
#include "compiler/scaffold/write.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

namespace fs = std::filesystem;

struct NewFlags {
  std::string folder, mcp, schema, openapi;
};

// What is written where. Nothing that is there already is overwritten, and a run that fails leaves nothing
// behind.
class Folder {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {}
  ~Folder() {
    if (keep_) return;
    for (const std::string& file : written_) unlink(file.c_str());
    if (made_) rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // The problem, if there is one.
  std::optional<std::string> Make() {
    std::error_code failed;
    made_ = fs::create_directory(path_, failed);
    if (failed) return fmt::format("cannot make `{}`: {}", path_.string(), failed.message());
    return std::nullopt;
  }
  std::optional<std::string> Write(const std::string& name, std::string_view text) {
    const std::string path = (path_ / name).string();
    struct stat there;
    if (lstat(path.c_str(), &there) == 0) return fmt::format("`{}` exists; nothing is overwritten", path);
    if (auto problem = WriteNew(path, text, 0644)) return problem;
    written_.push_back(path);
    return std::nullopt;
  }
  std::string At(const std::string& name) const { return (path_ / name).string(); }
  void Keep() { keep_ = true; }

 private:
  fs::path path_;
  std::vector<std::string> written_;
  bool made_ = false, keep_ = false;
};

// What comes of the command's input. The texts of Pol are not formatted yet.
struct Source {
  scaffold::Draft draft;
  std::string schema_name, schema_text;
};

std::optional<Source> Read(const NewFlags& flags, const std::string& project, driver::Sources& sources) {
  Source out;
  if (!flags.schema.empty()) {
    const std::optional<model::Schema> schema = driver::ReadSchema(sources, {flags.schema});
    if (!schema) return std::nullopt;
    out.schema_text = sources.map.text(sources.schema_files.front());
    out.schema_name = driver::LooksLikeJson(out.schema_text) ? "schema.json" : "schema.cedarschema";
    out.draft = scaffold::OfSchema(*schema, project, fs::path(flags.schema).filename().string());
    return out;
  }
  const std::string& path = flags.mcp.empty() ? flags.openapi : flags.mcp;
  if (path.empty()) {
    out.draft = scaffold::OfNothing(project);
    return out;
  }
  const std::optional<source::FileId> file = sources.Load(path);
  if (!file) return std::nullopt;
  const std::optional<json::Document> document = json::Document::Parse(sources.map, *file, sources.sink);
  if (!document) return std::nullopt;
  const std::optional<scaffold::ToolList> list = flags.mcp.empty()
                                                     ? scaffold::ReadOpenApi(*document, sources.sink)
                                                     : scaffold::ReadMcp(*document, sources.sink);
  if (!list) return std::nullopt;
  out.draft = scaffold::OfTools(*list, project, fs::path(path).filename().string());
  return out;
}

int New(const NewFlags& flags, Shell& shell) {
  if (!flags.mcp.empty() + !flags.schema.empty() + !flags.openapi.empty() > 1) {
    return shell.Usage("--from-mcp, --from-schema and --from-openapi exclude each other");
  }
  driver::Sources sources;
  sources.limits = shell.project().limits;
  const fs::path path = fs::path(flags.folder).lexically_normal();
  const std::string last =
      path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
  const std::string project = last.empty() || last == "." || last == ".." ? "policies" : last;
  auto settle = [&] {
    Settle(sources, shell);
    PrintFindings(sources, shell);
    return ExitCode(sources);
  };
  auto fail = [&](const std::string& problem) {
    shell.Err(fmt::format("polc: {}\n", source::Printable(problem)));
    return kExitUnreadable;
  };
  const std::optional<Source> source = Read(flags, project, sources);
  if (!source) return std::max(settle(), kExitFindings);

  auto formatted = [&](const std::string& name, const std::string& text) {
    const source::FileId file = sources.Own(name, text);
    return format::FormatPol(sources.map, file, sources.sink).value_or(text);
  };
  Folder folder(path);
  if (auto problem = folder.Make()) return fail(*problem);
  for (const auto& [name, text] :
       {std::pair<std::string, std::string>("polc.toml", scaffold::ProjectFile(source->schema_name)),
        {source->schema_name, source->schema_text},
        {"README.md", source->draft.readme},
        {"model.pol", formatted("model.pol", source->draft.model)},
        {"policy.pol", formatted("policy.pol", source->draft.policy)}}) {
    if (name.empty()) continue;
    if (auto problem = folder.Write(name, text)) return fail(*problem);
  }
  // What the model comes to is read from what was written, as every later command will.
  std::optional<model::Schema> schema;
  if (!source->schema_name.empty()) schema = driver::ReadSchema(sources, {folder.At(source->schema_name)});
  driver::PolOptions options;
  options.schema = schema ? &*schema : nullptr;
  const driver::PolicySet set = driver::ReadPolicies(
      sources, {folder.At("model.pol"), folder.At("policy.pol")}, "", sema::IdSource::kAnnotation, options);
  if (sources.sink.has_errors()) return settle();
  const scaffold::Samples samples = scaffold::MakeSamples(set.program);
  const std::string tests = fmt::format("// What is denied until a rule allows it.\npolicy {}\n\n{}",
                                        data::QuoteCedar(project + "_tests"), samples.tests);
  for (const auto& [name, text] :
       {std::pair<std::string, std::string>("tests.pol", formatted("tests.pol", tests)),
        {"entities.json", samples.entities},
        {"requests.jsonl", samples.requests}}) {
    if (auto problem = folder.Write(name, text)) return fail(*problem);
  }
  if (const int code = settle(); code != kExitOk) return code;
  folder.Keep();
  shell.Out(source::Printable(fmt::format("{}: {} action{}, nothing allowed; README.md says what comes next",
                                          path.string(), samples.actions, samples.actions == 1 ? "" : "s")) +
            "\n");
  return kExitOk;
}

}  // namespace

void RegisterNew(CommandLine& line) {
  auto flags = std::make_shared<NewFlags>();
  CLI::App* app = line.AddCommand(
      "new", "Make a project that checks, tests and compiles, and allows nothing",
      [flags](Shell& shell) { return New(*flags, shell); }, /*needs_project=*/false);
  app->add_option("FOLDER", flags->folder, "Where; files that are there are not overwritten")
      ->option_text("FOLDER")
      ->required();
  app->add_option("--from-mcp", flags->mcp, "An action for each tool of an MCP list")
      ->option_text("TOOLS.json");
  app->add_option("--from-schema", flags->schema, "The types and actions of a Cedar schema")
      ->option_text("SCHEMA");
  app->add_option("--from-openapi", flags->openapi, "An action for each operation of an OpenAPI description")
      ->option_text("API.json");
}

}  // namespace polc::cli
