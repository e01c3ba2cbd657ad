// `polc help [CODE|COMMAND]`: the page of a diagnostic, the help of a command, or the list of both.
#include "cli/command_line.h"
#include "cli/pages.h"
#include "compiler/source/diagnostic.h"
#include "fmt/format.h"

namespace polc::cli {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

void ListAll(const CommandLine& line, Shell& shell) {
  shell.Out("Commands (`polc COMMAND --help`):\n");
  for (const CLI::App* command : line.root().get_subcommands({})) {
    shell.Out(fmt::format("  {:32} {}\n", command->get_name(), command->get_description()));
  }
  shell.Out("\nDiagnostics (`polc help CODE`):\n");
  for (const source::CodeInfo& info : source::AllCodes()) {
    shell.Out(fmt::format("  {:32} {}: {}\n", info.name, source::SeverityName(info.severity), info.summary));
  }
}

int Help(const CommandLine& line, const std::string& word, Shell& shell) {
  if (word.empty()) {
    ListAll(line, shell);
    return kExitOk;
  }
  std::vector<std::string> words;
  for (const Page& page : DiagnosticPages()) {
    if (Lower(page.code) == Lower(word)) {
      shell.Out(page.markdown);
      return kExitOk;
    }
    words.emplace_back(page.code);
  }
  for (const CLI::App* command : line.root().get_subcommands({})) {
    if (command->get_name() == word) {
      shell.Out(command->help("polc"));
      return kExitOk;
    }
    words.push_back(command->get_name());
  }
  std::string message = fmt::format("no diagnostic and no command is called `{}`", word);
  if (std::optional<std::string> near = source::DidYouMean(word, words)) {
    message += fmt::format("; did you mean `{}`?", *near);
  }
  return shell.Usage(message + " (`polc help` lists all)");
}

}  // namespace

void RegisterHelp(CommandLine& line) {
  auto word = std::make_shared<std::string>();
  CLI::App* app = line.AddCommand(
      "help", "Explain a diagnostic or a command",
      [word, &line](Shell& shell) { return Help(line, *word, shell); },
      /*needs_project=*/false);
  app->add_option("CODE", *word, "A diagnostic's code or a command; without it, all are listed")
      ->option_text(" ");
}

}  // namespace polc::cli
