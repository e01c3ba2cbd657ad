// `polc diff`: which requests two policy sets decide otherwise.
#include "compiler/diff/diff.h"

#include "cli/set.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

struct DiffFlags {
  SetFlags set;
  std::string before, after, format;
  bool exit_code = false;
};

int RunDiff(const DiffFlags& flags, Shell& shell) {
  LoadedSet before, after;
  if (std::optional<int> code = before.Read(flags.set, {flags.before}, shell)) return *code;
  if (std::optional<int> code = after.Read(flags.set, {flags.after}, shell)) return *code;
  if (!after.side.source.program->pol && !after.side.schema) {
    return shell.Usage("no schema: without one there is no telling what requests there are; give --schema");
  }
  const std::optional<diff::Diff> found = diff::Compare(before.side, after.side);
  if (!found) {
    shell.Err("polc: the policies do not fit a bundle\n");
    return kExitFindings;
  }
  simulate::About about;
  about.before = flags.before;
  about.after = flags.after;
  about.old_set = before.side.source;
  about.new_set = after.side.source;
  shell.Out(flags.format == "json"       ? diff::RenderJson(*found, about)
            : flags.format == "markdown" ? diff::RenderMarkdown(*found, about)
                                         : diff::RenderText(*found, about));
  return flags.exit_code && (!found->classes.empty() || !found->exact()) ? kExitFindings : kExitOk;
}

}  // namespace

void RegisterDiff(CommandLine& line) {
  auto flags = std::make_shared<DiffFlags>();
  CLI::App* app = line.AddCommand("diff", "List the kinds of requests that two policy sets decide otherwise",
                                  [flags](Shell& shell) { return RunDiff(*flags, shell); });
  app->add_option("old", flags->before, "The policies as they were: a file or a directory")
      ->option_text("OLD")
      ->required();
  app->add_option("new", flags->after, "The changed policies")->option_text("NEW")->required();
  AddSetOptions(line, app, flags->set);
  app->add_flag("--exit-code", flags->exit_code, "Exit with 1 if anything differs, or may");
  line.AddChoiceWithDefault(app, "--format", flags->format, {"text", "json", "markdown"},
                            "How to print what differs");
}

}  // namespace polc::cli
