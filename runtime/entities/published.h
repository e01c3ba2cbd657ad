// A shared pointer that one thread replaces while others take copies.
//
// What std::atomic<std::shared_ptr> is for; libstdc++ 12's gives up its lock without release order (GCC bug
// 101761), which the thread sanitizer rightly reports. The lock here is held for the copy of a pointer and
// nothing else, never while anything is computed or freed.
// Tested by store_test.cc and runtime/api/api_test.cc under the tsan preset.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace polc::entities {

template <typename T>
class Published {
 public:
  Published() = default;
  explicit Published(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  std::shared_ptr<const T> Get() const {
    Lock();
    std::shared_ptr<const T> copy = value_;
    Unlock();
    return copy;
  }

  void Set(std::shared_ptr<const T> next) {
    Lock();
    value_.swap(next);
    Unlock();
    // The value before is let go here, after the lock.
  }

 private:
  void Lock() const {
    while (locked_.test_and_set(std::memory_order_acquire)) locked_.wait(true, std::memory_order_relaxed);
  }
  void Unlock() const {
    locked_.clear(std::memory_order_release);
    locked_.notify_one();
  }

  mutable std::atomic_flag locked_;
  std::shared_ptr<const T> value_;
};

}  // namespace polc::entities
