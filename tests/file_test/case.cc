#include "tests/file_test/case.h"

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace polc::file_test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRun = "// RUN: ";
constexpr std::string_view kExit = "// EXPECT-EXIT: ";
constexpr std::string_view kOut = "// EXPECT-STDOUT:\n";
constexpr std::string_view kErr = "// EXPECT-STDERR:\n";
constexpr std::string_view kSplit = "// --- ";
constexpr std::string_view kNoNewline = "//\\ no newline at end\n";

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    end = end == std::string::npos ? text.size() : end + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

std::string Expectation(std::string_view heading, const std::string& text) {
  if (text.empty()) return "";
  std::string out(heading);
  for (const std::string& line : Lines(text)) {
    out += line == "\n" ? "//" : "// ";
    out += line;
  }
  if (!text.ends_with('\n')) out += "\n" + std::string(kNoNewline);
  return out;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string ReplaceAll(std::string text, std::string_view what, std::string_view with) {
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace

std::optional<Case> ParseCase(const std::string& name, const std::string& text, std::string* problem) {
  Case c;
  c.name = name;
  c.files.emplace_back(name, "");
  std::string* expecting = nullptr;
  for (const std::string& line : Lines(text)) {
    if (line == kOut || line == kErr) {
      expecting = line == kOut ? &c.expected.out : &c.expected.err;
      continue;
    }
    if (expecting) {
      if (line == kNoNewline && expecting->ends_with('\n')) {
        expecting->pop_back();
      } else if (line == "//\n") {
        *expecting += "\n";
      } else if (line.starts_with("// ")) {
        *expecting += line.substr(3);
      } else {
        *problem = "only `//` lines may follow an expectation, not: " + line;
        return std::nullopt;
      }
      continue;
    }
    if (line.starts_with(kSplit)) {
      std::string file = line.substr(kSplit.size());
      while (!file.empty() && (file.back() == '\n' || file.back() == ' ')) file.pop_back();
      c.files.emplace_back(file, "");
      continue;
    }
    if (c.files.size() == 1 && line.starts_with(kRun)) {
      if (!c.run.empty()) {
        *problem = "two RUN lines";
        return std::nullopt;
      }
      c.run = line.substr(kRun.size(), line.size() - kRun.size() - (line.ends_with('\n') ? 1 : 0));
    }
    if (c.files.size() == 1 && line.starts_with(kExit))
      c.expected.exit = std::atoi(line.c_str() + kExit.size());
    c.files.back().second += line;
  }
  if (c.run.empty()) {
    *problem = "no RUN line";
    return std::nullopt;
  }
  if ((c.expected.exit != 0) != name.starts_with("fail_")) {
    *problem = "the name must start with fail_ exactly if the command fails";
    return std::nullopt;
  }
  return c;
}

std::string WithOutcome(const std::string& text, const Outcome& outcome) {
  std::string exit_line = outcome.exit == 0 ? "" : std::string(kExit) + std::to_string(outcome.exit) + "\n";
  std::string out;
  bool in_case = true;  // before the first split
  for (const std::string& line : Lines(text)) {
    if (line == kOut || line == kErr) break;
    if (line.starts_with(kSplit)) in_case = false;
    if (in_case && line.starts_with(kExit)) continue;
    out += line;
    if (in_case && line.starts_with(kRun)) out += exit_line;
  }
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  return out + Expectation(kOut, outcome.out) + Expectation(kErr, outcome.err);
}

Outcome RunCase(const Case& c, const fs::path& folder, const fs::path& bin) {
  fs::remove_all(folder);
  fs::create_directories(folder / "work");
  for (const auto& [name, text] : c.files) {
    fs::path path = folder / "work" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ofstream(folder / "run.sh") << "cd '" << (folder / "work").string() << "'\nexport PATH='"
                                   << bin.string() << "':$PATH LC_ALL=C.UTF-8\nunset NO_COLOR\n"
                                   << ReplaceAll(c.run, "%s", c.name) << "\n";
  std::string command = "/bin/sh '" + (folder / "run.sh").string() + "' </dev/null >'" +
                        (folder / "out").string() + "' 2>'" + (folder / "err").string() + "'";
  int status = std::system(command.c_str());
  Outcome outcome;
  outcome.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = ReadAll(folder / "out");
  outcome.err = ReadAll(folder / "err");
  fs::remove_all(folder);
  return outcome;
}

}  // namespace polc::file_test
