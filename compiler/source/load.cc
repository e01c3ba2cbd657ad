#include "compiler/source/load.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace polc::source {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStdin = "-";

struct Closer {
  void operator()(std::FILE* f) const {
    if (f != stdin) std::fclose(f);
  }
};

void ReportAt(SourceMap& map, const std::string& path, Code code, std::string message, DiagnosticSink& sink) {
  sink.Report(code, {map.Add(path, ""), 0, 0}, std::move(message));
}

void ReportCannotRead(SourceMap& map, const std::string& path, std::string_view why, DiagnosticSink& sink) {
  ReportAt(map, path, Code::kCannotRead, fmt::format("cannot read `{}`: {}", path, why), sink);
}

}  // namespace

std::optional<FileId> LoadFile(SourceMap& map, const std::string& path, size_t max_bytes,
                               DiagnosticSink& sink) {
  bool is_stdin = path == kStdin;
  std::string shown = is_stdin ? "<stdin>" : path;
  std::unique_ptr<std::FILE, Closer> file(is_stdin ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) {
    ReportCannotRead(map, shown, std::strerror(errno), sink);
    return std::nullopt;
  }
  std::string text;
  // Room for one byte more than the limit: reading that byte is how we know.
  constexpr size_t kChunk = 1 << 16;
  size_t used = 0;
  while (used <= max_bytes) {
    if (used == text.size()) text.resize(std::min(std::max(kChunk, 2 * used), max_bytes + 1));
    size_t got = std::fread(text.data() + used, 1, text.size() - used, file.get());
    if (got == 0) break;
    used += got;
  }
  if (std::ferror(file.get())) {
    ReportCannotRead(map, shown, std::strerror(errno), sink);  // a directory fails here, with EISDIR
    return std::nullopt;
  }
  if (used > max_bytes) {
    ReportAt(map, shown, Code::kInputTooLarge,
             fmt::format("`{}` has more than {} bytes, the limit", shown, max_bytes), sink);
    return std::nullopt;
  }
  text.resize(used);
  if (text.capacity() > used + used / 8) text.shrink_to_fit();
  return map.Add(std::move(shown), std::move(text));
}

std::vector<std::string> ExpandPaths(SourceMap& map, const std::vector<std::string>& arguments,
                                     const std::vector<std::string_view>& suffixes, DiagnosticSink& sink) {
  std::set<std::string> files;
  for (const std::string& argument : arguments) {
    std::error_code error;
    if (argument == kStdin || !fs::is_directory(argument, error)) {
      files.insert(argument);
      continue;
    }
    size_t found = 0;
    fs::recursive_directory_iterator at(argument, error), end;
    while (!error && at != end) {
      std::string name = at->path().filename().string();
      std::error_code type_error;
      if (name.starts_with('.')) {
        at.disable_recursion_pending();
      } else if (std::ranges::any_of(suffixes, [&](std::string_view s) { return name.ends_with(s); }) &&
                 !at->is_directory(type_error)) {
        files.insert(at->path().lexically_normal().string());
        ++found;
      }
      at.increment(error);
    }
    if (error) {
      ReportCannotRead(map, argument, error.message(), sink);
    } else if (found == 0) {
      ReportAt(map, argument, Code::kNoPolicyFiles,
               fmt::format("no file below `{}` ends in `{}`", argument, fmt::join(suffixes, "` or `")), sink);
    }
  }
  return {files.begin(), files.end()};
}

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

}  // namespace polc::source
