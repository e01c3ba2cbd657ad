// The file that decisions are logged to (docs/decision-log.md, "Crashes").
//
// A record is appended with one write of the whole line, so that several processes may log to one file. What
// a crash left unfinished is closed with a line feed when the file is opened, so that it spoils no record
// after it; readers know it by that it is none. Tested by tests/cases/eval/log.cedar.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace polc::cli {

class LogFile {
 public:
  // When records are forced to the disk: each before its decision is given out, all when the run ends, or
  // when the operating system likes.
  enum class Sync : uint8_t { kRecord, kEnd, kNone };

  // Creates the file if there is none, for its owner only. Why it failed goes to `problem`.
  static std::optional<LogFile> Open(const std::string& path, Sync sync, std::string& problem);
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&& other) noexcept;
  ~LogFile();

  // Whether the line, which ends with a line feed, is written; and with kRecord, on the disk.
  bool Append(std::string_view line);
  bool Finish();
  // What went wrong last.
  std::string problem() const;

 private:
  LogFile(int fd, std::string path, Sync sync);
  int fd_;
  std::string path_;
  Sync sync_;
  int error_ = 0;
};

}  // namespace polc::cli
