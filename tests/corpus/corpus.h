// The reference corpora: inputs with known answers, kept beside the project and never copied into it.
//
// They are looked for in $POLC_CORPORA, else in ../shared/corpora beside the source folder. An archive is
// unpacked once per build folder; tests may run at the same time.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace polc::tests {

struct Corpus {
  std::filesystem::path root;  // what the archive holds; empty if it cannot be had
  std::string missing;         // it is not here: the test skips, saying this
  std::string broken;          // it is here and cannot be unpacked: the test fails, saying this
  explicit operator bool() const { return missing.empty() && broken.empty(); }
};

// `archive` as the corpora's README names it: "cedar/validation.tar.xz".
Corpus FindCorpus(std::string_view archive);

// All files below `root` whose names end so, sorted.
std::vector<std::filesystem::path> FilesEndingWith(const std::filesystem::path& root, std::string_view end);

std::string ReadFile(const std::filesystem::path& path);

}  // namespace polc::tests
