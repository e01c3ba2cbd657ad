// A file being written; whatever goes wrong ends the program, which has nothing else to do.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace polc_bench {

class Output {
 public:
  explicit Output(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "w")) {
    if (file_ == nullptr) Fail();
  }
  ~Output() {
    if (std::fclose(file_) != 0) Fail();
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  Output& operator<<(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) Fail();
    return *this;
  }

 private:
  void Fail() {
    std::perror(path_.c_str());
    std::exit(1);
  }
  std::string path_;
  std::FILE* file_;
};

}  // namespace polc_bench
