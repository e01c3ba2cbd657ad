// The command line of polc: one CLI11 tree that the parser, `--help`, the completions and the man pages
// are all made from, and the shell a command runs in.
//
// A subcommand is one file: it declares its options in RegisterX and does its work in a function that
// gets a Shell. Exit codes: 0 fine, 1 findings, 2 usage, 3 an input cannot be read at all.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "compiler/project/project.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"

namespace polc::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFindings = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnreadable = 3;

// Where a command runs: its streams, the terminal they may be, the working directory, polc.toml.
// Standard output carries the answer and nothing else.
class Shell {
 public:
  Shell();

  // Reads the polc.toml of the working directory or above. On an error, prints it and returns an exit code.
  std::optional<int> LoadProject();
  const project::Project& project() const { return project_; }
  // Where paths in a bundle of the files under `paths` may start: the folder of polc.toml, so that a bundle
  // is the same however the project's files were named; and the paths themselves, for files outside it.
  std::vector<std::string> StartsOf(const std::vector<std::string>& paths) const;

  void Out(std::string_view text);
  void Err(std::string_view text);
  bool color_out() const { return color_out_; }
  bool color_err() const { return color_err_; }

  // `polc: message` on standard error, and kExitUsage.
  int Usage(std::string_view message);

  // What the command line names, or else what polc.toml does, as seen from the working directory.
  std::vector<std::string> FilesOr(const std::vector<std::string>& given) const;
  std::vector<std::string> SchemasOr(const std::vector<std::string>& given) const;

  // Flushes the answer; an answer that could not be written turns `code` into kExitUnreadable.
  int Finish(int code);

 private:
  bool color_out_ = false, color_err_ = false;
  bool write_failed_ = false;
  std::string cwd_;
  project::Project project_;
};

class CommandLine {
 public:
  using Run = std::function<int(Shell&)>;

  CommandLine();

  // Parses and runs. The whole program.
  int Main(int argc, char** argv);

  // Adds a subcommand. `needs_project` reads polc.toml before it runs.
  CLI::App* AddCommand(const std::string& name, const std::string& description, Run run,
                       bool needs_project = true);
  // Adds an argument, or an option, that takes one of `choices`.
  CLI::Option* AddChoice(CLI::App* app, const std::string& names, std::string& value,
                         std::vector<std::string> choices, const std::string& description);
  // The same; the first of them is the default.
  CLI::Option* AddChoiceWithDefault(CLI::App* app, const std::string& names, std::string& value,
                                    std::vector<std::string> choices, const std::string& description);
  // `--ids`, and what it says; polc.toml decides where the command line does not.
  CLI::Option* AddIds(CLI::App* app, std::string& value);
  // Adds an option that may be given several times, one value each time.
  CLI::Option* AddRepeated(CLI::App* app, const std::string& names, std::vector<std::string>& values,
                           const std::string& type, const std::string& description);

  CLI::App& root() { return root_; }
  const CLI::App& root() const { return root_; }
  // The words an option takes, or null.
  const std::vector<std::string>* Choices(const CLI::Option* option) const;

 private:
  int Parse(int argc, char** argv, Shell& shell);
  std::string Explain(const CLI::ParseError& error, const std::vector<std::string>& arguments) const;

  CLI::App root_;
  std::map<const CLI::Option*, std::vector<std::string>> choices_;
  bool version_ = false, json_ = false;
  Run run_;
  bool needs_project_ = false;
};

// The commands, in the order of `polc --help`. Each stands in the file of its name.
void RegisterCheck(CommandLine& line);
void RegisterCompile(CommandLine& line);
void RegisterEval(CommandLine& line);
void RegisterExplain(CommandLine& line);
void RegisterApprove(CommandLine& line);
void RegisterFmt(CommandLine& line);
void RegisterTest(CommandLine& line);
void RegisterSimulate(CommandLine& line);
void RegisterDiff(CommandLine& line);
void RegisterWhoCan(CommandLine& line);
void RegisterWhatCan(CommandLine& line);
void RegisterTranslate(CommandLine& line);
void RegisterInspect(CommandLine& line);
void RegisterVerify(CommandLine& line);
void RegisterKeygen(CommandLine& line);
void RegisterNew(CommandLine& line);
void RegisterGrid(CommandLine& line);
void RegisterReport(CommandLine& line);
void RegisterHelp(CommandLine& line);
void RegisterCompletion(CommandLine& line);
void RegisterMan(CommandLine& line);

// All of the above.
void RegisterAll(CommandLine& line);

// `polc --version` and `polc --version --json`.
std::string VersionText();
std::string VersionJson();
std::string_view Version();

}  // namespace polc::cli
