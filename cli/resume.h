// `--resume FILE`: a long command's state, written now and then, from which it goes on when it is run again.
//
// The file is written whole or not at all (artifact.h), so that being stopped at any moment leaves the last
// state or the one before. What it is of is looked at first, and all of the log that was read is read again
// and has to be what it was. Tested by tests/simulate/resume_test.cc and tests/cases/simulate.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/log_input.h"
#include "cli/set.h"
#include "compiler/simulate/checkpoint.h"

namespace polc::cli {

class Resume {
 public:
  // `path` is empty where nothing is to be kept; `every`: seconds.
  Resume(std::string path, double every, Shell& shell)
      : path_(std::move(path)), every_(every), shell_(shell) {}

  bool on() const { return !path_.empty(); }
  // What a run would be of. `before` is null where the log's decisions are. The exit code, all said, if there
  // is no telling.
  std::optional<int> Identify(LoadedSet* before, LoadedSet& after, const LogFlags& log, const LogInput& input,
                              const std::string& split);
  // Reads the file, if there is one, and the part of the log that it covers. The exit code, all said, if it
  // cannot be gone on from.
  std::optional<int> Begin(LogInput& input);
  // How much of the log that was.
  uint64_t bytes() const { return bytes_; }

  // To be called with all that is read of the log.
  size_t Read(LogInput& input, char* to, size_t size);
  simulate::Resuming Hooks();
  // The report is out: the file is not needed any more.
  void Done();

 private:
  using Clock = std::chrono::steady_clock;
  std::optional<int> Refuse(std::string_view why);
  void Save(std::string state, uint64_t bytes);

  const std::string path_;
  const double every_;
  Shell& shell_;
  simulate::Identity identity_;
  std::string state_;
  uint64_t bytes_ = 0;
  uint32_t sum_ = 0;  // of what was read
  Clock::time_point last_ = Clock::now();
  double took_ = 0;  // the last writing, in seconds
  bool failed_ = false;
};

}  // namespace polc::cli
