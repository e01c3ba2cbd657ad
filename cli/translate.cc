// `polc translate`: policies and schemas from one syntax to the other.
#include "compiler/translate/translate.h"

#include "cli/command_line.h"
#include "cli/report.h"

namespace polc::cli {
namespace {

struct TranslateFlags {
  std::string path, to;
};

int Translate(const TranslateFlags& flags, Shell& shell) {
  driver::Sources sources;
  sources.limits = shell.project().limits;
  std::optional<std::string> text;
  if (std::optional<source::FileId> file = sources.Load(flags.path)) {
    translate::Syntax to = flags.to == "json" ? translate::Syntax::kJson : translate::Syntax::kCedar;
    text = translate::Translate(sources.map, *file, to, sources.sink);
  }
  Settle(sources, shell);
  PrintFindings(sources, shell);
  int code = ExitCode(sources);
  if (text && code == kExitOk) shell.Out(*text);
  return code;
}

}  // namespace

void RegisterTranslate(CommandLine& line) {
  auto flags = std::make_shared<TranslateFlags>();
  CLI::App* app = line.AddCommand("translate", "Translate policies and schemas between Cedar and JSON syntax",
                                  [flags](Shell& shell) { return Translate(*flags, shell); });
  app->add_option("PATH", flags->path, "A policy or schema file, in either syntax; - is standard input")
      ->option_text(" ")
      ->required();
  line.AddChoice(app, "--to", flags->to, {"cedar", "json"}, "The syntax to print")->required();
}

}  // namespace polc::cli
