// `polc fmt`: Cedar's own layout for .cedar, Pol's one form for .pol.
#include <fstream>

#include "cli/command_line.h"
#include "cli/report.h"
#include "compiler/format/cedar_format.h"
#include "compiler/format/pol_format.h"
#include "compiler/source/diff.h"
#include "compiler/source/load.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

struct FmtFlags {
  std::vector<std::string> paths;
  std::string input;  // language of standard input
  bool check = false, write = false, diff = false;
};

bool IsPol(const std::string& path, const FmtFlags& flags) {
  return path == "-" ? flags.input == "pol" : path.ends_with(".pol");
}

int Fmt(const FmtFlags& flags, Shell& shell) {
  std::vector<std::string> arguments = shell.FilesOr(flags.paths);
  if (arguments.empty())
    return shell.Usage("nothing to format: name files or directories, or - for standard input");
  if (flags.check + flags.write + flags.diff > 1)
    return shell.Usage("--check, --write and --diff exclude each other");
  driver::Sources sources;
  sources.limits = shell.project().limits;
  bool differs = false, write_failed = false;
  std::vector<std::string> paths =
      source::ExpandPaths(sources.map, arguments, {".cedar", ".pol"}, sources.sink);
  sources.unreadable = sources.sink.has_errors();
  for (const std::string& path : paths) {
    std::optional<source::FileId> file = sources.Load(path);
    if (!file) continue;
    std::optional<std::string> formatted = IsPol(path, flags)
                                               ? format::FormatPol(sources.map, *file, sources.sink)
                                               : format::FormatCedar(sources.map, *file, sources.sink);
    if (!formatted) continue;
    std::string_view before = sources.map.text(*file);
    const std::string& shown = sources.map.path(*file);
    if (!flags.check && !flags.diff && (!flags.write || path == "-")) {
      shell.Out(*formatted);
      continue;
    }
    if (*formatted == before) continue;
    differs = true;
    if (flags.check) {
      shell.Out(shown + "\n");
    } else if (flags.diff) {
      shell.Out(source::UnifiedDiff(before, *formatted, shown, shown));
    } else {
      std::ofstream out(path, std::ios::binary | std::ios::trunc);
      out << *formatted;
      out.close();
      if (!out) {
        shell.Err(fmt::format("polc: cannot write `{}`\n", path));
        write_failed = true;
      }
    }
  }
  Settle(sources, shell);
  PrintFindings(sources, shell);
  if (write_failed) return kExitUnreadable;
  int code = ExitCode(sources);
  return code == kExitOk && differs && !flags.write ? kExitFindings : code;
}

}  // namespace

void RegisterFmt(CommandLine& line) {
  auto flags = std::make_shared<FmtFlags>();
  CLI::App* app =
      line.AddCommand("fmt", "Format policies", [flags](Shell& shell) { return Fmt(*flags, shell); });
  line.AddRepeated(app, "PATH", flags->paths, "PATH", "Policy files and directories; - is standard input")
      ->allow_extra_args();
  line.AddChoiceWithDefault(app, "--input", flags->input, {"cedar", "pol"},
                            "Language of standard input; files go by their names");
  app->add_flag("--check", flags->check, "Name the files that differ, and exit with 1");
  app->add_flag("--write", flags->write, "Rewrite the files that differ");
  app->add_flag("--diff", flags->diff, "Print the difference, and exit with 1 if there is one");
}

}  // namespace polc::cli
