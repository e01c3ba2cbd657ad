#include "cli/line_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "compiler/source/render.h"
#include "fmt/format.h"

namespace polc::cli {

std::optional<LineInput> LineInput::Open(const std::string& path, size_t most_bytes, Shell& shell) {
  LineInput in(path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC), most_bytes);
  struct stat about;
  const bool there = in.fd_ >= 0 && fstat(in.fd_, &about) == 0;
  if (there && !S_ISDIR(about.st_mode)) return in;
  shell.Err(fmt::format("polc: cannot read `{}`: {}\n", source::Printable(path),
                        std::strerror(there ? EISDIR : errno)));
  return std::nullopt;
}

LineInput::LineInput(LineInput&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      most_bytes_(other.most_bytes_),
      buffer_(std::move(other.buffer_)),
      at_(other.at_),
      number_(other.number_),
      ended_(other.ended_),
      failed_(other.failed_) {}

LineInput::~LineInput() {
  if (fd_ >= 0) close(fd_);
}

std::optional<LineInput::Line> LineInput::Next(const std::function<void()>& waiting) {
  bool too_long = false;
  size_t searched = at_;
  for (;;) {
    const size_t feed = buffer_.find('\n', searched);
    if (feed != buffer_.npos) {
      too_long |= feed - at_ > most_bytes_;
      Line line{too_long ? "" : buffer_.substr(at_, feed - at_), ++number_, too_long};
      at_ = feed + 1;
      return line;
    }
    if (buffer_.size() - at_ > most_bytes_) {
      too_long = true;
      buffer_.clear();
      at_ = 0;
    }
    // What has been given out makes room.
    buffer_.erase(0, std::exchange(at_, 0));
    searched = buffer_.size();
    if (!ended_) waiting();
    if (!ended_ && Pull()) continue;
    if (buffer_.empty() && !too_long) return std::nullopt;
    Line line{too_long ? "" : std::exchange(buffer_, {}), ++number_, too_long};
    buffer_.clear();
    return line;
  }
}

bool LineInput::Pull() {
  constexpr size_t kAtOnce = size_t{1} << 16;
  const size_t before = buffer_.size();
  buffer_.resize(before + kAtOnce);
  ssize_t got;
  do got = read(fd_, buffer_.data() + before, kAtOnce);
  while (got < 0 && errno == EINTR);
  failed_ |= got < 0;
  ended_ = got <= 0;
  buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return !ended_;
}

}  // namespace polc::cli
