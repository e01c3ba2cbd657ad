// Runs the built polc on generated inputs and measures it.
#pragma once

#include <string>
#include <vector>

namespace polc::hostile {

struct Ran {
  int exit = 0;  // 128 + signal if a signal ended it
  std::string out;
  std::string err;
  double cpu_seconds = 0;  // the processor's, so that a busy machine does not count
  double peak_mib = 0;     // largest resident set
};

// A fresh folder under the system's temporary one; removed with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string Path(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file and returns `name`: commands run inside the folder.
  std::string Write(const std::string& name, const std::string& text) const;
  Ran Run(const std::vector<std::string>& arguments, const std::string& input = "") const;

 private:
  std::string path_;
};

// Time and memory limits of the hostile tests hold for optimised builds without sanitizers; elsewhere they
// are this many times larger.
double Slack();

}  // namespace polc::hostile
