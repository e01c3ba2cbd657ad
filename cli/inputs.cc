#include "cli/inputs.h"

#include "cli/report.h"
#include "compiler/bridge/program.h"
#include "compiler/host/request_json.h"
#include "compiler/json/json.h"
#include "compiler/log/writer.h"
#include "compiler/model/request_json.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

using source::FileId;
using source::Span;

// The first error, with where it stands by `place_of`.
template <typename PlaceOf>
Failure FirstError(const source::DiagnosticSink& sink, PlaceOf place_of) {
  for (const source::Diagnostic& d : sink.diagnostics()) {
    if (d.severity != source::Severity::kError) continue;
    return {std::string(source::Info(d.code).name), d.message, place_of(d.span)};
  }
  return {};
}

Span Whole(const source::SourceMap& map, FileId file) {
  return {file, 0, static_cast<uint32_t>(map.text(file).size())};
}

// Standard input may be one request spread over several lines: then its first line is no document.
std::vector<Span> LinesOrWhole(const source::SourceMap& map, FileId file) {
  std::vector<Span> lines = model::RequestLines(map, file);
  source::DiagnosticSink ignored;
  if (lines.size() < 2 || json::Document::Parse(map, lines.front(), ignored)) return lines;
  if (!json::Document::Parse(map, Whole(map, file), ignored)) return lines;
  return {Whole(map, file)};
}

}  // namespace

void AddPolOptions(CommandLine& line, CLI::App* app, PolFlags& flags) {
  line.AddRepeated(app, "--set", flags.settings, "NAME=VALUE", "Set a setting of a Pol module; may repeat");
  line.AddChoiceWithDefault(app, "--cedar-errors", flags.cedar_errors, {"skip", "fail-closed"},
                            "What a Cedar policy beside Pol does when it errs");
}

std::optional<driver::PolOptions> PolOptionsOf(const PolFlags& flags, const model::Schema* schema,
                                               Shell& shell) {
  driver::PolOptions options;
  options.schema = schema;
  options.cedar_errors_hold = flags.cedar_errors == "fail-closed";
  for (const std::string& setting : flags.settings) {
    const size_t equals = setting.find('=');
    if (equals == 0 || equals == setting.npos) {
      shell.Usage(fmt::format("--set takes NAME=VALUE, not `{}`", setting));
      return std::nullopt;
    }
    options.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  return options;
}

void AddInputOptions(CommandLine& line, CLI::App* app, InputFlags& flags) {
  line.AddRepeated(app, "PATH", flags.paths, "PATH",
                   "Policy files and directories; - reads requests from standard input")
      ->allow_extra_args();
  app->add_option("--bundle", flags.bundle, "Decide by this bundle instead of policies")->option_text("FILE");
  line.AddRepeated(app, "--schema", flags.schemas, "FILE", "A schema, in Cedar or JSON syntax; may repeat");
  app->add_option("--entities", flags.entities, "Entities, in JSON or a compiled store")->option_text("FILE");
  app->add_option("--links", flags.links, "Template links, in JSON")->option_text("FILE");
  app->add_option("--request", flags.request, "One request, in JSON")->option_text("FILE");
  app->add_option("--requests", flags.requests, "Requests, one JSON object a line")->option_text("FILE");
  line.AddChoiceWithDefault(app, "--check", flags.check, {"off", "strict", "permissive"},
                            "Refuse policies that do not validate; off only warns");
  line.AddChoiceWithDefault(app, "--request-validation", flags.request_validation, {"on", "off"},
                            "Refuse requests that the schema does not allow");
  line.AddIds(app, flags.ids);
  AddPolOptions(line, app, flags.pol);
}

Inputs::Inputs(const InputFlags& flags, Shell& shell) : flags_(flags), shell_(shell) {
  sources_.limits = shell.project().limits;
}

std::optional<int> Inputs::CheckFlags(const Needs& needs) {
  paths_ = flags_.paths;
  const bool given = !flags_.request.empty() || !flags_.requests.empty();
  if (!flags_.request.empty() && !flags_.requests.empty()) {
    return shell_.Usage("--request and --requests exclude each other");
  }
  // `-` means the requests, unless they come from elsewhere.
  auto dash = std::find(paths_.begin(), paths_.end(), "-");
  from_stdin_ = !given && needs.requests && dash != paths_.end();
  if (from_stdin_) paths_.erase(dash);
  if (!flags_.bundle.empty()) {
    if (!paths_.empty()) return shell_.Usage("--bundle stands in place of policies: name one or the other");
    if (!flags_.links.empty() || !flags_.ids.empty() || flags_.check != "off") {
      return shell_.Usage("--links, --ids and --check are for policies: a bundle is compiled already");
    }
  } else if (needs.policies) {
    paths_ = shell_.FilesOr(paths_);
    if (paths_.empty()) return shell_.Usage("no policies: name files or directories");
  }
  schemas_ = shell_.SchemasOr(flags_.schemas);
  if (needs.stream && !flags_.request.empty()) {
    return shell_.Usage("--stream takes --requests or standard input, not one --request");
  }
  if (needs.stream && !given) from_stdin_ = true;
  if (needs.requests && !given && !from_stdin_) {
    return shell_.Usage("no requests: give --request, --requests, or - for standard input");
  }
  requests_path_ = from_stdin_ ? "-" : flags_.request.empty() ? flags_.requests : flags_.request;
  if (!OneStdin({paths_, schemas_, {flags_.entities, flags_.links, flags_.bundle, requests_path_}})) {
    return shell_.Usage("standard input can be only one of the inputs");
  }
  if (!needs.store && IsStore(flags_.entities)) {
    return shell_.Usage("a compiled store is for the VM: give the entities in JSON");
  }
  return std::nullopt;
}

void Inputs::ReadPolicies(const Needs& needs, const driver::PolOptions& pol) {
  if (!flags_.bundle.empty()) {
    bundle_ = LoadBundle(flags_.bundle, sources_);
    if (bundle_) of_bundle_ = bridge::DeclarationsOf(bundle_->verified);
    return;
  }
  policies_ = driver::ReadPolicies(sources_, paths_, flags_.links, IdSourceOf(flags_.ids, shell_), pol);
  driver::BundleOptions options{.arguments = shell_.StartsOf(paths_)};
  if (schema()) {
    const driver::Checking checking = CheckingOf(flags_.check);
    if (driver::CheckPolicies(sources_, policies_.program, *schema(), checking)) {
      options.validated = checking == driver::Checking::kOff ? driver::Checking::kStrict : checking;
    }
  }
  if (!needs.bundle || !needs.policies || sources_.sink.has_errors()) return;
  std::optional<std::vector<uint8_t>> bytes = driver::MakeBundle(sources_, policies_.program, options);
  if (bytes) bundle_ = OpenBundle(std::move(*bytes), "<compiled policies>", sources_);
}

void Inputs::ReadEntities(const Needs& needs) {
  if (needs.store && IsStore(flags_.entities)) {
    snapshot_ = LoadStore(flags_.entities, sources_);
    if (snapshot_) entities_digest_ = log::Digest(FileBytes(flags_.entities));
    return;
  }
  const FileId first = static_cast<FileId>(sources_.map.size());
  store_ = std::move((declared().pol ? driver::ReadEntities(sources_, flags_.entities, declared())
                                     : driver::ReadEntities(sources_, flags_.entities, schema()))
                         .store);
  if (!flags_.entities.empty() && sources_.map.size() > first) {
    entities_digest_ = log::Digest(sources_.map.text(first));
  }
  if (needs.store && !sources_.sink.has_errors()) snapshot_ = MakeStore(store_, flags_.entities, sources_);
}

std::optional<int> Inputs::Read(const Needs& needs) {
  if (std::optional<int> wrong = CheckFlags(needs)) return wrong;
  schema_ = driver::ReadSchema(sources_, schemas_);
  const std::optional<driver::PolOptions> pol =
      PolOptionsOf(flags_.pol, schema_ ? &*schema_ : nullptr, shell_);
  if (!pol) return kExitUsage;
  // Without the schema, everything after would only follow from that.
  if (schemas_.empty() || schema_) {
    ReadPolicies(needs, *pol);
    ReadEntities(needs);
  }
  std::optional<FileId> file;
  if (!requests_path_.empty() && !needs.stream) file = sources_.Load(requests_path_);
  Settle(sources_, policies_, shell_);
  PrintFindings(sources_, shell_);
  if (int code = ExitCode(sources_); code != kExitOk) return code;
  if (file) {
    requests_ = from_stdin_              ? LinesOrWhole(sources_.map, *file)
                : flags_.request.empty() ? model::RequestLines(sources_.map, *file)
                                         : std::vector{Whole(sources_.map, *file)};
  }
  return std::nullopt;
}

std::optional<data::Request> Inputs::ReadRequest(Span span, size_t index, std::optional<Failure>& failure) {
  source::DiagnosticSink sink;
  auto validation =
      flags_.request_validation == "off" ? model::RequestValidation::kOff : model::RequestValidation::kOn;
  model::RequestResult read =
      host::ReadRequest(request_map(), span, index, declared(), schema(), validation, sink);
  if (read.valid) return std::move(read.request);
  sink.Sort();
  failure = FirstError(sink, [&](Span at) { return PlaceOf(at); });
  return std::nullopt;
}

Span Inputs::TakeLine(std::string text, uint64_t number) {
  const auto size = static_cast<uint32_t>(text.size());
  line_number_ = number;
  const FileId file = line_map_.emplace().Add(requests_path_, std::move(text));
  return {file, 0, size};
}

std::string Inputs::PlaceOf(Span of_request) const {
  if (!of_request.valid()) return "";
  const source::LineColumn at = request_map().Resolve(of_request.file, of_request.begin);
  return fmt::format("{}:{}:{}", request_map().path(of_request.file),
                     line_map_ ? line_number_ + at.line - 1 : at.line, at.column);
}

const data::EntityStore* Inputs::StoreFor(const data::Request& request, data::EntityStore& own,
                                          std::optional<Failure>& failure) {
  if (request.entities.empty()) return &store_;
  own = data::EntityStore(&store_);
  for (const data::Entity& entity : request.entities) own.Put(entity);
  if (std::optional<data::StoreError> error = own.Close()) {
    failure = Failure{"EntityCycle", fmt::format("`{}` is its own ancestor", data::ToString(error->uid)),
                      PlaceOf(error->span)};
    return nullptr;
  }
  return &own;
}

}  // namespace polc::cli
