// Lines of a file or of standard input, one in memory at a time.
//
// A line is what a line feed ends, or the end of the input; blank ones are lines. One above the limit is
// passed over, and told of in its place. Tested by tests/cases/eval and tests/simulate/resume_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/command_line.h"

namespace polc::cli {

class LineInput {
 public:
  struct Line {
    std::string text;       // without its line feed
    uint64_t number = 1;    // from 1
    bool too_long = false;  // and then there is no text
  };

  // `-` is standard input. Nothing after saying why it cannot be read.
  static std::optional<LineInput> Open(const std::string& path, size_t most_bytes, Shell& shell);
  LineInput(LineInput&& other) noexcept;
  LineInput& operator=(LineInput&&) = delete;
  ~LineInput();

  // Nothing at the end. `waiting` is called before more is read, which may take as long as it likes.
  std::optional<Line> Next(const std::function<void()>& waiting);
  bool failed() const { return failed_; }

 private:
  LineInput(int fd, size_t most_bytes) : fd_(fd), most_bytes_(most_bytes) {}
  // False at the end.
  bool Pull();

  int fd_;
  size_t most_bytes_;
  std::string buffer_;
  size_t at_ = 0;  // in the buffer
  uint64_t number_ = 0;
  bool ended_ = false, failed_ = false;
};

}  // namespace polc::cli
