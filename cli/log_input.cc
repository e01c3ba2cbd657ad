#include "cli/log_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/report.h"
#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {

void AddLogOptions(CommandLine& line, CLI::App* app, LogFlags& flags, const std::string& help) {
  app->add_option("--log", flags.path, help)->option_text("FILE");
  line.AddChoiceWithDefault(app, "--log-format", flags.format, {"auto", "polc", "authzen", "opa", "cerbos"},
                            "Whose log it is; auto goes by its first line");
  app->add_option("--log-mapping", flags.mapping, "Where another log has its requests, in JSON")
      ->option_text("FILE");
}

std::optional<int> LogInput::Open(const LogFlags& flags, Shell& shell, std::optional<LogInput>* out) {
  std::optional<log::Mapping> mapping;
  auto sources = std::make_unique<driver::Sources>();
  if (!flags.mapping.empty()) {
    if (std::optional<source::FileId> file = sources->Load(flags.mapping))
      mapping = log::Mapping::Read(sources->map, *file, sources->sink);
    PrintFindings(*sources, shell);
    if (!mapping) return sources->unreadable ? kExitUnreadable : kExitFindings;
  }
  LogInput in(flags.path == "-" ? dup(STDIN_FILENO) : open(flags.path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about;
  if (in.fd_ < 0 || fstat(in.fd_, &about) != 0 || S_ISDIR(about.st_mode)) {
    shell.Err(
        fmt::format("polc: cannot read `{}`: {}\n", source::Printable(flags.path), std::strerror(errno)));
    return kExitUnreadable;
  }
  if (S_ISREG(about.st_mode)) in.size_ = static_cast<uint64_t>(about.st_size);
  const std::optional<log::Format> format = in.FormatOf(flags);
  if (!format) {
    return shell.Usage(
        "the first line of the log is of no format that polc knows: give --log-format or --log-mapping");
  }
  in.format_ = *format;
  in.mapping_sources_ = std::move(sources);
  in.mapping_ = std::move(mapping);
  out->emplace(std::move(in));
  return std::nullopt;
}

LogInput::LogInput(LogInput&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      failed_(other.failed_),
      head_(std::move(other.head_)),
      format_(other.format_),
      mapping_sources_(std::move(other.mapping_sources_)),
      mapping_(std::move(other.mapping_)) {}

LogInput::~LogInput() {
  if (fd_ >= 0) close(fd_);
}

std::optional<log::Format> LogInput::FormatOf(const LogFlags& flags) {
  if (flags.format == "polc") return log::Format::kPolc;
  if (flags.format == "authzen") return log::Format::kAuthzen;
  if (flags.format == "opa") return log::Format::kOpa;
  if (flags.format == "cerbos") return log::Format::kCerbos;
  if (!flags.mapping.empty()) return log::Format::kMapped;
  const std::string first = FirstLine();
  if (first.find_first_not_of(" \t\r") == first.npos) return log::Format::kPolc;
  return log::DetectFormat(first);
}

std::string LogInput::FirstLine() {
  while (head_.find('\n') == std::string::npos && head_.size() < log::kMaxLineBytes) {
    char buffer[1 << 16];
    const size_t got = Pull(buffer, sizeof(buffer));
    if (got == 0) break;
    head_.append(buffer, got);
  }
  return head_.substr(0, head_.find('\n'));
}

size_t LogInput::Read(char* to, size_t size) {
  if (head_.empty()) return Pull(to, size);
  const size_t n = std::min(size, head_.size());
  std::memcpy(to, head_.data(), n);
  head_.erase(0, n);
  return n;
}

size_t LogInput::Pull(char* to, size_t size) {
  for (;;) {
    const ssize_t got = read(fd_, to, size);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno == EINTR) continue;
    failed_ = true;
    return 0;
  }
}

}  // namespace polc::cli
