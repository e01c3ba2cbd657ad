// Threads that work on chunks of a log while the next ones are being read.
//
// Chunks are given in the order of the log and come back in it, each with what came of it. Whichever thread
// is free takes the next, so that a thread is given its chunks in order as well. Alone (`jobs` of 1) there
// are no threads: the work is done where its result is asked for. At most kAhead chunks a thread are in
// memory. For one thread to give and take. Tested by crew_test.cc.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "compiler/log/reader.h"

namespace polc::simulate {

template <typename Result>
class Crew {
 public:
  // The number of the thread, below `jobs`, and the chunk.
  using Work = std::function<Result(size_t, const log::Chunk&)>;
  static constexpr size_t kAhead = 2;

  struct Done {
    log::Chunk chunk;
    Result result;
  };

  Crew(size_t jobs, Work work) : jobs_(jobs), work_(std::move(work)) {
    for (size_t i = 0; jobs > 1 && i < jobs; ++i) threads_.emplace_back([this, i] { WorkOn(i); });
  }
  ~Crew() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    given_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Whether another chunk should be given before a result is taken.
  bool hungry() const { return items_.size() < (threads_.empty() ? 1 : kAhead * jobs_); }

  void Give(log::Chunk chunk) {
    {
      const std::lock_guard lock(mutex_);
      items_.push_back({std::move(chunk), std::nullopt});
    }
    given_.notify_one();
  }

  // The next chunk that was given, once it is done; nothing if there is none.
  std::optional<Done> Take() {
    std::unique_lock lock(mutex_);
    if (items_.empty()) return std::nullopt;
    Item& first = items_.front();  // a deque: stays where it is
    if (threads_.empty()) {
      first.result = work_(0, first.chunk);
    } else {
      done_.wait(lock, [&] { return first.result.has_value(); });
      --begun_;
    }
    Done out{std::move(first.chunk), std::move(*first.result)};
    items_.pop_front();
    return out;
  }

 private:
  struct Item {
    log::Chunk chunk;
    std::optional<Result> result;
  };

  void WorkOn(size_t number) {
    std::unique_lock lock(mutex_);
    for (;;) {
      given_.wait(lock, [&] { return over_ || begun_ < items_.size(); });
      if (begun_ >= items_.size()) return;
      Item& item = items_[begun_++];
      lock.unlock();
      Result result = work_(number, item.chunk);
      lock.lock();
      item.result = std::move(result);
      done_.notify_one();
    }
  }

  const size_t jobs_;
  const Work work_;
  std::mutex mutex_;
  std::condition_variable given_, done_;
  std::deque<Item> items_;  // as they were given
  size_t begun_ = 0;        // of these
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace polc::simulate
