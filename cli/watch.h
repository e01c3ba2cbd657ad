// Waits until an input file may have changed, for commands that go on as their inputs do.
//
// Linux's inotify on the folders the inputs lie in: what is saved in place, and what is written aside and
// moved there, both count. Whether something really changed is for the caller to see. Tested by
// watch_test.cc.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct inotify_event;

namespace polc::cli {

class Watcher {
 public:
  // `paths` are files and folders; of what lies below a folder, names that end in one of `suffixes` count.
  // What cannot be watched is passed over.
  Watcher(const std::vector<std::string>& paths, std::vector<std::string> suffixes);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Whether there is anything to wait for.
  bool good() const { return !folders_.empty(); }
  // Returns once something changed after the last call (or the constructor), true; or after `timeout_ms`,
  // false. Negative: no time limit. Changes that come together are one: those within a millisecond of each
  // other.
  bool Wait(int timeout_ms = -1);

 private:
  // `below`: with all folders in it, now and later.
  void AddFolder(const std::string& folder, bool below);
  void AddOne(const std::string& folder, bool below);
  // Reads the events there are; whether one of them counts.
  bool Drain();
  bool Counts(std::string_view name) const;
  // The same of a folder that came, went or moved.
  bool FolderChanged(const inotify_event& event);

  int fd_;
  struct Folder {
    std::string path;
    bool below;
  };
  std::map<int, Folder> folders_;  // by watch
  std::vector<std::string> suffixes_;
  std::set<std::string, std::less<>> names_;  // of files named themselves
};

}  // namespace polc::cli
