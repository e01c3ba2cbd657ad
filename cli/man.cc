// `polc man [COMMAND]`: manual pages made from the command line's own definition.
#include <fstream>

#include "cli/command_line.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::cli {
namespace {

// Text for troff: backslashes, hyphens that must stay hyphens, and a dot or quote that starts a line.
std::string Troff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += "\\&";
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string OptionEntry(const CLI::Option* option) {
  std::vector<std::string> names;
  for (const std::string& name : option->get_snames()) names.push_back("\\fB" + Troff("-" + name) + "\\fR");
  for (const std::string& name : option->get_lnames()) names.push_back("\\fB" + Troff("--" + name) + "\\fR");
  if (names.empty()) names.push_back("\\fI" + Troff(option->get_name(true)) + "\\fR");
  std::string value;
  if (option->nonpositional() && option->get_items_expected_max() > 0) {
    value = option->get_option_text().empty() ? option->get_type_name() : option->get_option_text();
    value = " \\fI" + Troff(value) + "\\fR";
  }
  return fmt::format(".TP\n{}{}\n{}\n", fmt::join(names, ", "), value, Troff(option->get_description()));
}

std::string Page(const CommandLine& line, const CLI::App* app) {
  bool is_root = app == &line.root();
  std::string title = is_root ? "polc" : "polc-" + app->get_name();
  std::string upper = title;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  std::string out = fmt::format(".TH {} 1 \"\" \"polc {}\" \"polc manual\"\n", upper, Version());
  out += fmt::format(".SH NAME\n{} \\- {}\n", Troff(title), Troff(app->get_description()));
  out += fmt::format(".SH SYNOPSIS\n.B polc{}\n", is_root ? "" : " " + Troff(app->get_name()));
  out += is_root ? ".RI [ option ...]\n.I command\n.RI [ argument ...]\n" : ".RI [ option ...]\n";
  std::string positionals, options;
  for (const CLI::Option* option : app->get_options()) {
    (option->nonpositional() ? options : positionals) += OptionEntry(option);
    if (option->get_positional()) {
      out += fmt::format(".RI [ {} {}]\n", Troff(option->get_name(true)),
                         option->get_items_expected_max() > 1 ? "..." : "");
    }
  }
  if (!positionals.empty()) out += ".SH ARGUMENTS\n" + positionals;
  if (is_root) {
    out += ".SH COMMANDS\n";
    for (const CLI::App* command : line.root().get_subcommands({})) {
      out += fmt::format(".TP\n.BR {} (1)\n{}\n", Troff("polc-" + command->get_name()),
                         Troff(command->get_description()));
    }
  }
  out += ".SH OPTIONS\n" + options;
  if (!app->get_footer().empty()) out += ".SH NOTES\n.nf\n" + Troff(app->get_footer()) + "\n.fi\n";
  out +=
      ".SH EXIT STATUS\n.TP\n0\nfine\n.TP\n1\nfindings\n.TP\n2\nusage\n.TP\n3\nan input cannot be read at "
      "all\n";
  if (!is_root) out += ".SH SEE ALSO\n.BR polc (1)\n";
  return out;
}

int WriteAll(const CommandLine& line, const std::string& directory, Shell& shell) {
  auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream file(directory + "/" + name, std::ios::binary);
    file << text;
    file.close();
    return static_cast<bool>(file);
  };
  bool ok = write("polc.1", Page(line, &line.root()));
  for (const CLI::App* command : line.root().get_subcommands({})) {
    ok = write("polc-" + command->get_name() + ".1", Page(line, command)) && ok;
  }
  if (ok) return kExitOk;
  shell.Err(fmt::format("polc: cannot write manual pages into `{}`\n", directory));
  return kExitUnreadable;
}

}  // namespace

void RegisterMan(CommandLine& line) {
  auto name = std::make_shared<std::string>();
  auto directory = std::make_shared<std::string>();
  CLI::App* app = line.AddCommand(
      "man", "Print a manual page",
      [name, directory, &line](Shell& shell) {
        if (!directory->empty()) return WriteAll(line, *directory, shell);
        const CLI::App* page = &line.root();
        for (const CLI::App* command : line.root().get_subcommands({})) {
          if (command->get_name() == *name) page = command;
        }
        if (!name->empty() && page == &line.root())
          return shell.Usage(fmt::format("there is no command `{}`", *name));
        shell.Out(Page(line, page));
        return kExitOk;
      },
      /*needs_project=*/false);
  app->add_option("COMMAND", *name, "The command to describe; without it, polc itself")->option_text(" ");
  app->add_option("--output-dir", *directory, "Write the pages of polc and all commands there")
      ->option_text("DIR");
}

}  // namespace polc::cli
