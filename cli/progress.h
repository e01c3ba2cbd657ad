// How far a long command is, on a terminal: a line of standard error that is written over and in the end
// gone.
//
// Silent where standard error is no terminal, and with --quiet. Tested by progress_test.cc and
// tests/cases/simulate.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/command_line.h"

namespace polc::cli {

struct HowFar {
  uint64_t done = 0, total = 0;  // bytes; a total of 0 is not known
  uint64_t begun = 0;            // where this run began
  uint64_t records = 0;          // of this run
  double seconds = 0;            // since it began
};
// `[=====>      ]  43 %  2000 records  1000/s  1 min 3 s left`, in at most `width` columns.
std::string ProgressText(const HowFar& far, size_t width);
// `9 s`, `1 min 3 s`, `2 h 5 min`.
std::string TimeLeftText(double seconds);

class ProgressLine {
 public:
  // `total`: as in HowFar. `begun`: how much of it was done before.
  ProgressLine(uint64_t total, uint64_t begun, bool quiet, Shell& shell);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Shows it if it is a while since it was shown.
  void Show(uint64_t done, uint64_t records);

 private:
  using Clock = std::chrono::steady_clock;
  const uint64_t total_, begun_;
  Shell& shell_;
  const bool on_;
  bool shown_ = false;
  const Clock::time_point start_;
  Clock::time_point last_{};
};

}  // namespace polc::cli
