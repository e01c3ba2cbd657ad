#include "cli/command_line.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "compiler/source/load.h"
#include "compiler/source/render.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::cli {
namespace {

// Column at which descriptions start: fits the longest option with its choices.
constexpr size_t kDescriptionColumn = 38;

bool IsTerminal(int fd) {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org: any non-empty value
  const char* term = std::getenv("TERM");
  return isatty(fd) && (!no_color || !*no_color) && (!term || std::string_view(term) != "dumb");
}

// Every option name of `app`, as typed.
std::vector<std::string> OptionNames(const CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace

Shell::Shell() : color_out_(IsTerminal(STDOUT_FILENO)), color_err_(IsTerminal(STDERR_FILENO)) {
  std::error_code error;
  cwd_ = std::filesystem::current_path(error).string();
}

std::optional<int> Shell::LoadProject() {
  std::optional<std::string> path = project::Find(cwd_);
  if (!path) return std::nullopt;
  std::string shown = std::filesystem::path(*path).lexically_relative(cwd_).string();
  source::SourceMap map;
  source::DiagnosticSink sink;
  std::optional<source::FileId> file = source::LoadFile(map, shown, source::kMaxFileBytes, sink);
  std::optional<project::Project> read;
  if (file) read = project::Parse(map, *file, sink);
  if (!read) {
    sink.Sort();
    Err(source::RenderText(map, sink.diagnostics(), {.color = color_err_}));
    return file ? kExitFindings : kExitUnreadable;
  }
  project_ = std::move(*read);
  return std::nullopt;
}

void Shell::Out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) write_failed_ = true;
}

void Shell::Err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

int Shell::Usage(std::string_view message) {
  Err(fmt::format("polc: {}\n", source::Printable(message)));
  return kExitUsage;
}

std::vector<std::string> Shell::FilesOr(const std::vector<std::string>& given) const {
  if (!given.empty()) return given;
  std::vector<std::string> files;
  for (const std::string& path : project_.files) files.push_back(project_.Resolve(path, cwd_));
  return files;
}

std::vector<std::string> Shell::SchemasOr(const std::vector<std::string>& given) const {
  if (!given.empty()) return given;
  std::vector<std::string> files;
  for (const std::string& path : project_.schema) files.push_back(project_.Resolve(path, cwd_));
  return files;
}

std::vector<std::string> Shell::StartsOf(const std::vector<std::string>& paths) const {
  std::vector<std::string> starts = paths;
  if (!project_.file.empty()) starts.push_back((std::filesystem::path(cwd_) / project_.file).parent_path());
  return starts;
}

int Shell::Finish(int code) {
  if (std::fflush(stdout) != 0) write_failed_ = true;
  if (!write_failed_) return code;
  Err("polc: the answer could not be written to standard output\n");
  return kExitUnreadable;
}

CommandLine::CommandLine()
    : root_("Decide what autonomous agents may do to production, before they do it.", "polc") {
  root_.get_formatter()->column_width(kDescriptionColumn);
  root_.get_formatter()->label("SUBCOMMAND", "COMMAND");
  root_.get_formatter()->label("OPTIONS", "OPTION...");
  // One command: without the upper limit, an argument that is called like a command would start it.
  root_.require_subcommand(0, 1);
  root_.set_help_flag("-h,--help", "Print this help and exit");
  root_.add_flag("--version", version_, "Print the version and exit");
  root_.add_flag("--json", json_, "With --version: as JSON");
  root_.footer(
      "Exit codes: 0 fine, 1 findings, 2 usage, 3 an input cannot be read at all.\n"
      "`polc COMMAND --help` describes a command, `polc help CODE` a diagnostic.");
}

CLI::App* CommandLine::AddCommand(const std::string& name, const std::string& description, Run run,
                                  bool needs_project) {
  CLI::App* app = root_.add_subcommand(name, description);
  app->group("Commands");
  app->footer("");
  app->callback([this, run = std::move(run), needs_project] {
    run_ = run;
    needs_project_ = needs_project;
  });
  return app;
}

CLI::Option* CommandLine::AddIds(CLI::App* app, std::string& value) {
  return AddChoice(app, "--ids", value, {"source", "annotation"},
                   "Where policy ids come from (default: what polc.toml says, else source)");
}

CLI::Option* CommandLine::AddChoiceWithDefault(CLI::App* app, const std::string& names, std::string& value,
                                               std::vector<std::string> choices,
                                               const std::string& description) {
  value = choices.front();
  std::string text = fmt::format("{} (default {})", description, value);
  return AddChoice(app, names, value, std::move(choices), text);
}

CLI::Option* CommandLine::AddChoice(CLI::App* app, const std::string& names, std::string& value,
                                    std::vector<std::string> choices, const std::string& description) {
  CLI::Option* option = app->add_option(names, value, description);
  option->option_text(fmt::format("{}", fmt::join(choices, "|")));
  option->check([choices](const std::string& word) -> std::string {
    for (const std::string& choice : choices) {
      if (word == choice) return "";
    }
    return fmt::format("`{}` is not one of {}", source::Printable(word), fmt::join(choices, ", "));
  });
  choices_[option] = std::move(choices);
  return option;
}

CLI::Option* CommandLine::AddRepeated(CLI::App* app, const std::string& names,
                                      std::vector<std::string>& values, const std::string& type,
                                      const std::string& description) {
  CLI::Option* option = app->add_option(names, values, description);
  option->type_name(type)->take_all()->allow_extra_args(false);
  option->option_text(option->get_positional() ? "..." : type + "...");
  return option;
}

const std::vector<std::string>* CommandLine::Choices(const CLI::Option* option) const {
  auto found = choices_.find(option);
  return found == choices_.end() ? nullptr : &found->second;
}

// CLI11's message, with what was probably meant.
std::string CommandLine::Explain(const CLI::ParseError& error,
                                 const std::vector<std::string>& arguments) const {
  std::vector<std::string> words;
  const CLI::App* at = &root_;
  size_t next = 0;
  for (const CLI::App* command : root_.get_subcommands({})) {
    words.push_back(command->get_name());
    if (!arguments.empty() && arguments[0] == command->get_name()) {
      at = command;
      next = 1;
    }
  }
  if (at != &root_) words.clear();
  for (std::string& name : OptionNames(at)) words.push_back(std::move(name));
  for (size_t i = next; i < arguments.size(); ++i) {
    std::string word = arguments[i].substr(0, arguments[i].find('='));
    bool option = word.starts_with("--");
    if (!option && (at != &root_ || word.starts_with('-'))) continue;
    if (std::find(words.begin(), words.end(), word) != words.end()) continue;
    std::string message = at == &root_ && !option ? fmt::format("there is no command `{}`", word)
                                                  : fmt::format("there is no option `{}`", word);
    if (std::optional<std::string> near = source::DidYouMean(word, words)) {
      message += fmt::format("; did you mean `{}`?", *near);
    }
    return message;
  }
  std::string message = error.what();
  while (!message.empty() && message.back() == '\n') message.pop_back();
  return message;
}

int CommandLine::Parse(int argc, char** argv, Shell& shell) {
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  try {
    root_.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = &root_;
    for (const CLI::App* command : root_.get_subcommands()) asked = command;
    shell.Out(asked == &root_ ? root_.help() : asked->help("polc"));
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    std::string command;
    for (const CLI::App* parsed : root_.get_subcommands()) command = " " + parsed->get_name();
    shell.Usage(Explain(error, arguments));
    shell.Err(fmt::format("`polc{} --help` describes the usage\n", command));
    return kExitUsage;
  }
  if (version_) {
    shell.Out(json_ ? VersionJson() : VersionText());
    return kExitOk;
  }
  if (!run_) {
    shell.Err(root_.help());
    return kExitUsage;
  }
  if (needs_project_) {
    if (std::optional<int> failed = shell.LoadProject()) return *failed;
  }
  return run_(shell);
}

int CommandLine::Main(int argc, char** argv) {
  Shell shell;
  return shell.Finish(Parse(argc, argv, shell));
}

void RegisterAll(CommandLine& line) {
  RegisterCheck(line);
  RegisterCompile(line);
  RegisterEval(line);
  RegisterExplain(line);
  RegisterApprove(line);
  RegisterFmt(line);
  RegisterTest(line);
  RegisterSimulate(line);
  RegisterDiff(line);
  RegisterWhoCan(line);
  RegisterWhatCan(line);
  RegisterTranslate(line);
  RegisterInspect(line);
  RegisterVerify(line);
  RegisterKeygen(line);
  RegisterNew(line);
  RegisterGrid(line);
  RegisterReport(line);
  RegisterHelp(line);
  RegisterCompletion(line);
  RegisterMan(line);
}

}  // namespace polc::cli
