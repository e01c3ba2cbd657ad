// polc_file_test [--update] [GLOB]: checks, or rewrites, the golden cases of tests/cases.
//
// GLOB is matched against the path below tests/cases (`*` also matches slashes). --update refuses to run
// under CI=true, and never turns a case that passes into one that fails or back: that takes a rename.
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "compiler/source/diff.h"
#include "tests/file_test/case.h"

namespace {

namespace fs = std::filesystem;
using namespace polc::file_test;

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

enum class Verdict { kPass, kUpdated, kFail };

struct Result {
  Verdict verdict;
  std::string message;
};

Result Check(const fs::path& path, const std::string& shown, bool update, const fs::path& folder) {
  std::string text = ReadAll(path), problem;
  // An updated case may have any exit code yet; the name decides below.
  std::optional<Case> c = ParseCase(path.filename().string(), text, &problem);
  if (!c && update && problem.starts_with("the name")) {
    text = WithOutcome(text,
                       {.exit = path.filename().string().starts_with("fail_") ? 1 : 0, .out = "", .err = ""});
    c = ParseCase(path.filename().string(), text, &problem);
  }
  if (!c) return {Verdict::kFail, problem + "\n"};
  Outcome actual = RunCase(*c, folder, POLC_BINARY_DIR "/bin");
  std::string updated = WithOutcome(text, actual);
  bool failed = actual.exit != 0;
  if (failed != c->name.starts_with("fail_")) {
    return {Verdict::kFail, "exit code " + std::to_string(actual.exit) + ", but the name " +
                                (failed ? "has no" : "has a") + " fail_ prefix\n" +
                                polc::source::UnifiedDiff(text, updated, shown, "actual")};
  }
  // The parsed expectations decide, not the layout of the file.
  if (actual == c->expected) return {Verdict::kPass, ""};
  if (!update) return {Verdict::kFail, polc::source::UnifiedDiff(text, updated, shown, "actual")};
  std::ofstream(path, std::ios::binary) << updated;
  return {Verdict::kUpdated, ""};
}

// The reader and the writer of cases agree on awkward outputs; a runner that compared nothing would pass.
bool SelfTest() {
  std::string text = "// RUN: polc x %s\nbody\n// --- other\nmore\n", problem;
  for (const std::string& out :
       {std::string(""), std::string("\n"), std::string("a"), std::string("a\n\n// b\n"),
        std::string("// EXPECT-STDERR:\n"), std::string("\\ no newline at end\n")}) {
    for (int exit : {0, 1}) {
      Outcome outcome{exit, out, "e\n"};
      std::string name = exit ? "fail_x" : "x";
      std::optional<Case> c = ParseCase(name, WithOutcome(text, outcome), &problem);
      if (!c || !(c->expected == outcome) || c->files.size() != 2 || c->files[1].second != "more\n") {
        std::printf("self-test: `%s` does not read back: %s\n", out.c_str(), problem.c_str());
        return false;
      }
      if (ParseCase(exit ? "x" : "fail_x", WithOutcome(text, outcome), &problem)) {
        std::printf("self-test: a wrong fail_ prefix is accepted\n");
        return false;
      }
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  bool update = false;
  std::string glob = "*";
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--update") == 0) {
      update = true;
    } else {
      glob = argv[i];
    }
  }
  const char* ci = std::getenv("CI");
  if (update && ci && std::strcmp(ci, "true") == 0) {
    std::fprintf(stderr, "polc_file_test: --update is refused under CI=true\n");
    return 2;
  }
  if (!SelfTest()) return 1;

  // Where cases find the examples that the documentation shows.
  setenv("POLC_EXAMPLES", (fs::path(POLC_SOURCE_DIR) / "examples").c_str(), 1);
  const fs::path top = fs::path(POLC_SOURCE_DIR) / "tests/cases";
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
    std::string below = entry.path().lexically_relative(top).string();
    if (!entry.is_regular_file() || entry.path().filename() == "README.md") continue;
    if (fnmatch(glob.c_str(), below.c_str(), 0) == 0) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) {
    std::fprintf(stderr, "polc_file_test: no case matches `%s`\n", glob.c_str());
    return 2;
  }

  std::vector<Result> results(paths.size());
  std::atomic<size_t> next = 0;
  auto work = [&](unsigned worker) {
    fs::path folder = fs::temp_directory_path() /
                      ("polc_file_test." + std::to_string(getpid()) + "." + std::to_string(worker));
    for (size_t i = next++; i < paths.size(); i = next++) {
      results[i] = Check(paths[i], paths[i].lexically_relative(top).string(), update, folder);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();

  size_t failed = 0, updated = 0;
  for (size_t i = 0; i < paths.size(); ++i) {
    std::string shown = paths[i].lexically_relative(top).string();
    if (results[i].verdict == Verdict::kFail) {
      ++failed;
      std::printf("FAIL %s\n%s\n", shown.c_str(), results[i].message.c_str());
    } else if (results[i].verdict == Verdict::kUpdated) {
      ++updated;
      std::printf("updated %s\n", shown.c_str());
    }
  }
  std::printf("%zu cases, %zu updated, %zu failed\n", paths.size(), updated, failed);
  return failed == 0 ? 0 : 1;
}
