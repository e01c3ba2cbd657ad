// A log to be read: from its file or from standard input, in whatever format (docs/decision-log.md).
// Tested by tests/cases/{simulate,explain}.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/command_line.h"
#include "compiler/driver.h"
#include "compiler/log/reader.h"

namespace polc::cli {

struct LogFlags {
  std::string path, format, mapping;
};
// Declares --log, --log-format and --log-mapping.
void AddLogOptions(CommandLine& line, CLI::App* app, LogFlags& flags, const std::string& help);

class LogInput {
 public:
  // Opens the log and finds out its format. The exit code, all said, if there is no going on.
  static std::optional<int> Open(const LogFlags& flags, Shell& shell, std::optional<LogInput>* out);
  LogInput(LogInput&& other) noexcept;
  LogInput& operator=(LogInput&&) = delete;
  ~LogInput();

  uint64_t size() const { return size_; }  // 0: not known
  bool failed() const { return failed_; }
  // Good for as long as this.
  log::Reader reader() const { return log::Reader(format_, mapping_ ? &*mapping_ : nullptr); }

  // What says how the log is read; nothing where nothing does.
  const source::SourceMap& mapping_texts() const { return mapping_sources_->map; }

  size_t Read(char* to, size_t size);

 private:
  explicit LogInput(int fd) : fd_(fd) {}
  size_t Pull(char* to, size_t size);
  // The first line, which is read again afterwards.
  std::string FirstLine();
  std::optional<log::Format> FormatOf(const LogFlags& flags);

  int fd_;
  uint64_t size_ = 0;
  bool failed_ = false;
  std::string head_;
  log::Format format_ = log::Format::kPolc;
  std::unique_ptr<driver::Sources> mapping_sources_;  // the mapping speaks of
  std::optional<log::Mapping> mapping_;
};

}  // namespace polc::cli
