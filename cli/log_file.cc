#include "cli/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/artifact.h"
#include "fmt/format.h"

namespace polc::cli {

LogFile::LogFile(int fd, std::string path, Sync sync) : fd_(fd), path_(std::move(path)), sync_(sync) {}
LogFile::LogFile(LogFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), sync_(other.sync_) {}
LogFile& LogFile::operator=(LogFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(sync_, other.sync_);
  std::swap(error_, other.error_);
  return *this;
}
LogFile::~LogFile() {
  if (fd_ >= 0) close(fd_);
}

std::optional<LogFile> LogFile::Open(const std::string& path, Sync sync, std::string& problem) {
  LogFile file(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600), path, sync);
  struct stat about;
  if (file.fd_ < 0 || fstat(file.fd_, &about) != 0) {
    file.error_ = errno;
    problem = file.problem();
    return std::nullopt;
  }
  char last = '\n';
  const bool torn = S_ISREG(about.st_mode) && about.st_size > 0 &&
                    (pread(file.fd_, &last, 1, about.st_size - 1) != 1 || last != '\n');
  if (torn && !file.Append("\n")) {
    problem = file.problem();
    return std::nullopt;
  }
  return file;
}

bool LogFile::Append(std::string_view line) {
  if (WriteAll(fd_, line) && (sync_ != Sync::kRecord || fdatasync(fd_) == 0)) return true;
  error_ = errno;
  return false;
}

bool LogFile::Finish() {
  // A pipe or a terminal has nothing to be forced to (EINVAL).
  if (sync_ == Sync::kNone || fsync(fd_) == 0 || errno == EINVAL || errno == EROFS) return true;
  error_ = errno;
  return false;
}

std::string LogFile::problem() const {
  return fmt::format("cannot log to `{}`: {}", path_, std::strerror(error_));
}

}  // namespace polc::cli
