#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "fmt/format.h"

namespace polc::cli {
namespace {

size_t TerminalWidth() {
  constexpr size_t kUsual = 80;
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

std::string BarText(double share, size_t width) {
  const auto full = static_cast<size_t>(share * static_cast<double>(width));
  std::string out = "[" + std::string(full, '=');
  if (full < width) out += '>' + std::string(width - full - 1, ' ');
  return out + "]";
}

}  // namespace

std::string TimeLeftText(double seconds) {
  constexpr double kMost = 100.0 * 24 * 3600;
  if (!(seconds < kMost)) return "days";
  const auto s = static_cast<uint64_t>(std::ceil(std::max(seconds, 0.0)));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
}

std::string ProgressText(const HowFar& far, size_t width) {
  const double seconds = std::max(far.seconds, 1e-3);
  std::string counts =
      fmt::format("{} records  {:.0f}/s", far.records, static_cast<double>(far.records) / seconds);
  std::string out;
  if (far.total == 0) {
    out = counts;
  } else {
    const uint64_t done = std::min(far.done, far.total);
    const double share = static_cast<double>(done) / static_cast<double>(far.total);
    std::string text = fmt::format("{:3.0f} %  {}", std::floor(100 * share), counts);
    if (done > far.begun) {
      const double rate = static_cast<double>(done - far.begun) / seconds;
      text += fmt::format("  {} left", TimeLeftText(static_cast<double>(far.total - done) / rate));
    }
    constexpr size_t kLeastBar = 8, kMostBar = 40, kAround = 4;
    const size_t room = width > text.size() + kAround ? width - text.size() - kAround : 0;
    out = room < kLeastBar ? text : BarText(share, std::min(room, kMostBar)) + "  " + text;
  }
  return out.substr(0, width);
}

ProgressLine::ProgressLine(uint64_t total, uint64_t begun, bool quiet, Shell& shell)
    : total_(total),
      begun_(begun),
      shell_(shell),
      on_(!quiet && isatty(STDERR_FILENO) == 1),
      start_(Clock::now()) {}

ProgressLine::~ProgressLine() {
  if (shown_) shell_.Err("\r\x1b[K");
}

void ProgressLine::Show(uint64_t done, uint64_t records) {
  const auto now = Clock::now();
  if (!on_ || now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  // A terminal that is written to in its last column may begin a new line.
  shell_.Err("\r\x1b[K" + ProgressText({.done = done,
                                        .total = total_,
                                        .begun = begun_,
                                        .records = records,
                                        .seconds = std::chrono::duration<double>(now - start_).count()},
                                       TerminalWidth() - 1));
  shown_ = true;
}

}  // namespace polc::cli
