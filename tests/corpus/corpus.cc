#include "tests/corpus/corpus.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace polc::tests {
namespace fs = std::filesystem;

Corpus FindCorpus(std::string_view archive) {
  const char* given = std::getenv("POLC_CORPORA");
  fs::path packed = (given ? fs::path(given) : fs::path(POLC_SOURCE_DIR) / "../shared/corpora") / archive;
  if (!fs::exists(packed))
    return {{}, "the reference corpora are not here (set POLC_CORPORA): no " + packed.string(), ""};
  std::string name(archive);
  std::replace(name.begin(), name.end(), '/', '-');
  fs::path root = fs::path(POLC_BINARY_DIR) / "corpora" / name;
  if (fs::exists(root)) return {root, "", ""};
  // Into a folder of our own first: a rename makes it whole or not there at all.
  fs::path fresh = root;
  fresh += "." + std::to_string(getpid());
  fs::create_directories(fresh);
  std::string command = "tar -xJf '" + packed.string() + "' -C '" + fresh.string() + "'";
  if (std::system(command.c_str()) != 0) {
    fs::remove_all(fresh);
    return {{}, "", "cannot unpack " + packed.string()};
  }
  std::error_code failed;
  fs::rename(fresh, root, failed);
  if (failed) fs::remove_all(fresh);  // another test was first
  if (!fs::exists(root)) return {{}, "", "cannot unpack " + packed.string() + ": " + failed.message()};
  return {root, "", ""};
}

std::vector<fs::path> FilesEndingWith(const fs::path& root, std::string_view end) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(end)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace polc::tests
