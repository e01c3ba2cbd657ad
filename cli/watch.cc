#include "cli/watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace polc::cli {

namespace fs = std::filesystem;

Watcher::Watcher(const std::vector<std::string>& paths, std::vector<std::string> suffixes)
    : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), suffixes_(std::move(suffixes)) {
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      AddFolder(path, true);
    } else {
      names_.insert(fs::path(path).filename().string());
      const std::string folder = fs::path(path).parent_path().string();
      AddFolder(folder.empty() ? "." : folder, false);
    }
  }
}

Watcher::~Watcher() {
  if (fd_ >= 0) close(fd_);
}

void Watcher::AddOne(const std::string& folder, bool below) {
  constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE;
  const int watch = fd_ < 0 ? -1 : inotify_add_watch(fd_, folder.c_str(), kEvents);
  if (watch < 0) return;
  // A file named itself may lie in a folder that is watched already.
  Folder& known = folders_.try_emplace(watch, Folder{folder, below}).first->second;
  known.below |= below;
}

void Watcher::AddFolder(const std::string& folder, bool below) {
  AddOne(folder, below);
  std::error_code error;
  if (!below) return;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->path().filename().string().starts_with('.')) {
      at.disable_recursion_pending();
    } else if (at->is_directory(ignored)) {
      AddOne(at->path().string(), true);
    }
  }
}

bool Watcher::Counts(std::string_view name) const {
  return names_.contains(name) || std::any_of(suffixes_.begin(), suffixes_.end(),
                                              [&](const std::string& s) { return name.ends_with(s); });
}

bool Watcher::Drain() {
  bool counts = false;
  alignas(inotify_event) char buffer[1 << 14];
  for (;;) {
    const ssize_t size = read(fd_, buffer, sizeof buffer);
    if (size <= 0) return counts;
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      // Too many to be told one by one.
      counts |= (event->mask & IN_Q_OVERFLOW) != 0;
      if ((event->mask & IN_IGNORED) != 0) folders_.erase(event->wd);
      if (event->len == 0) continue;
      if ((event->mask & IN_ISDIR) != 0) {
        counts |= FolderChanged(*event);
        continue;
      }
      // A file that is being written: its end will be told, too.
      if ((event->mask & IN_CREATE) != 0) continue;
      counts |= Counts(event->name);
    }
  }
}

bool Watcher::FolderChanged(const inotify_event& event) {
  const auto parent = folders_.find(event.wd);
  if (parent == folders_.end() || !parent->second.below || event.name[0] == '.') return false;
  // What was in it before it was watched is not told, so it counts whatever it holds.
  if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
    AddFolder((fs::path(parent->second.path) / event.name).string(), true);
  }
  return true;
}

bool Watcher::Wait(int timeout_ms) {
  constexpr int kTogetherMs = 1;
  bool changed = false;
  for (;;) {
    pollfd wait{fd_, POLLIN, 0};
    const int ready = poll(&wait, 1, changed ? kTogetherMs : timeout_ms);
    if (ready <= 0) return changed;
    changed |= Drain();
  }
}

}  // namespace polc::cli
