// `polc who-can` and `polc what-can`.
#include "cli/who.h"

#include "compiler/host/request_json.h"
#include "compiler/json/json.h"
#include "compiler/model/uid_text.h"
#include "compiler/model/value_json.h"
#include "compiler/simulate/who.h"
#include "compiler/source/quote.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

struct WhoFlags {
  SetFlags set;
  std::vector<std::string> policies;
  std::string principal, action, resource, context, host, format;
  bool matrix = false;
};

// Whoever is put in their place.
const data::EntityUid kNobody{"Nobody", ""};

// The request that everyone is put into. Nothing, after saying why, if it cannot be read.
std::optional<data::Request> Template(const LoadedSet& set, const data::EntityUid& principal,
                                      const data::EntityUid& action, const data::EntityUid& resource,
                                      const std::string& context, const std::string& host, Shell& shell) {
  std::string text = fmt::format(R"({{"principal":{},"action":{},"resource":{})", model::ToJson(principal),
                                 model::ToJson(action), model::ToJson(resource));
  if (!context.empty()) text += ",\"context\":" + context;
  if (!host.empty()) text += ",\"host\":" + host;
  text += "}";
  source::SourceMap map;
  source::DiagnosticSink sink;
  const auto size = static_cast<uint32_t>(text.size());
  const source::FileId file = map.Add("<request>", std::move(text));
  model::RequestResult read = host::ReadRequest(map, {file, 0, size}, 0, set.policies.program,
                                                set.side.schema, model::RequestValidation::kOff, sink);
  if (!read.request || sink.has_errors()) {
    const std::string why =
        sink.diagnostics().empty() ? "it is no request" : sink.diagnostics().front().message;
    shell.Err(fmt::format("polc: --context or --host cannot be used: {}\n", source::Printable(why)));
    return std::nullopt;
  }
  return std::move(read.request);
}

// The action by its whole name, or by its id if one action alone has it.
std::optional<data::EntityUid> FindAction(const LoadedSet& set, const std::string& text) {
  if (std::optional<data::EntityUid> uid = ReadUid(text)) return uid;
  std::optional<data::EntityUid> found;
  const auto look = [&](const data::EntityUid& uid) {
    if (uid.id == text && found != uid) found = found ? data::EntityUid() : uid;
  };
  for (const core::Action& action : set.policies.program.model.actions) look(action.uid);
  if (set.side.schema) {
    for (const auto& [uid, action] : set.side.schema->actions) look(uid);
  }
  if (!found) return data::EntityUid{"Action", text};
  return found->type.empty() ? std::nullopt : found;
}

int WhoCan(const WhoFlags& flags, Shell& shell) {
  LoadedSet set;
  if (std::optional<int> code = set.Read(flags.set, shell.FilesOr(flags.policies), shell)) return *code;
  const auto action = FindAction(set, flags.action);
  const auto resource = ReadUid(flags.resource);
  if (!action || !resource) {
    return shell.Usage(fmt::format("`{}` is no {}: write `Type::\"id\"`",
                                   action ? flags.resource : flags.action, action ? "resource" : "action"));
  }
  const auto request = Template(set, kNobody, *action, *resource, flags.context, flags.host, shell);
  if (!request) return kExitUnreadable;
  const auto list = simulate::ForEach(set.side, *request, core::Var::kPrincipal);
  if (!list) return kExitFindings;
  shell.Out(flags.format == "json" ? simulate::AccessJson(*list)
                                   : simulate::AccessText(*list, core::Var::kPrincipal));
  return kExitOk;
}

int WhatCan(const WhoFlags& flags, Shell& shell) {
  LoadedSet set;
  if (std::optional<int> code = set.Read(flags.set, shell.FilesOr(flags.policies), shell)) return *code;
  return PrintWhat(set, flags.principal, flags.context, flags.host, flags.matrix, flags.format == "json",
                   shell);
}

void AddRequestOptions(CommandLine& line, CLI::App* app, WhoFlags& flags) {
  line.AddRepeated(app, "--policies", flags.policies, "PATH",
                   "The policies, files or a directory; may repeat");
  AddSetOptions(line, app, flags.set);
  app->add_option("--context", flags.context, "The context of the requests, in JSON")->option_text("JSON");
  app->add_option("--host", flags.host, "What the gateway vouches for, in JSON")->option_text("JSON");
  line.AddChoiceWithDefault(app, "--format", flags.format, {"text", "json"}, "How to print the answers");
}

}  // namespace

std::optional<data::EntityUid> ReadUid(std::string_view text) {
  std::string normal(text);
  if (const size_t gap = normal.find(" \""); gap != normal.npos) normal.replace(gap, 1, "::");
  auto read = model::ParseUid(normal);
  if (data::EntityUid* uid = std::get_if<data::EntityUid>(&read)) return std::move(*uid);
  return std::nullopt;
}

int PrintWhat(const LoadedSet& set, const std::string& who, const std::string& context,
              const std::string& host, bool matrix, bool json, Shell& shell) {
  const auto principal = ReadUid(who);
  if (!principal) return shell.Usage(fmt::format("`{}` is no principal: write `Type::\"id\"`", who));
  const auto request = Template(set, *principal, {"Action", ""}, kNobody, context, host, shell);
  if (!request) return kExitUnreadable;
  const auto list = simulate::ForEachActionAndResource(set.side, *request);
  if (!list) return kExitFindings;
  shell.Out(json     ? simulate::AccessJson(*list)
            : matrix ? simulate::MatrixText(*list)
                     : simulate::AccessText(*list, core::Var::kResource));
  return kExitOk;
}

void RegisterWhoCan(CommandLine& line) {
  auto flags = std::make_shared<WhoFlags>();
  CLI::App* app = line.AddCommand("who-can", "List who may do an action on a resource",
                                  [flags](Shell& shell) { return WhoCan(*flags, shell); });
  app->add_option("action", flags->action, "The action: `Action::\"read\"`, or its id")
      ->option_text("ACTION")
      ->required();
  app->add_option("resource", flags->resource, "The resource: `Service::\"checkout\"`")
      ->option_text("RESOURCE")
      ->required();
  AddRequestOptions(line, app, *flags);
}

void RegisterWhatCan(CommandLine& line) {
  auto flags = std::make_shared<WhoFlags>();
  CLI::App* app = line.AddCommand("what-can", "List what a principal may do on which resources",
                                  [flags](Shell& shell) { return WhatCan(*flags, shell); });
  app->add_option("principal", flags->principal, "The principal: `Agent::\"oncall\"`")
      ->option_text("PRINCIPAL")
      ->required();
  app->add_flag("--matrix", flags->matrix, "Resources down, actions across");
  AddRequestOptions(line, app, *flags);
}

}  // namespace polc::cli
