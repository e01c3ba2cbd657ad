#include "compiler/simulate/crew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace polc::simulate {
namespace {

struct Sum {
  uint64_t first_line = 0;
  size_t thread = 0;
};

// Gives `count` chunks, keeps the crew fed, and looks that they come back in order.
void GiveAndTake(size_t jobs, uint64_t count) {
  std::vector<std::vector<uint64_t>> of_thread(jobs);
  std::atomic<uint64_t> worked = 0;
  Crew<Sum> crew(jobs, [&](size_t thread, const log::Chunk& chunk) {
    // The first ones take the longest.
    if (chunk.first_line < 3) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    of_thread[thread].push_back(chunk.first_line);
    ++worked;
    return Sum{chunk.first_line, thread};
  });
  uint64_t given = 0, taken = 0;
  for (;;) {
    for (; given < count && crew.hungry(); ++given) crew.Give({"text", given + 1, 0});
    ASSERT_LE(given - taken, std::max<uint64_t>(1, jobs > 1 ? jobs * Crew<Sum>::kAhead : 1));
    const auto done = crew.Take();
    if (!done) break;
    ++taken;
    EXPECT_EQ(done->result.first_line, taken);
    EXPECT_EQ(done->chunk.first_line, taken);
    EXPECT_EQ(done->chunk.text, "text");
    EXPECT_LT(done->result.thread, jobs);
  }
  EXPECT_EQ(taken, count);
  EXPECT_EQ(worked, count);
  for (const auto& lines : of_thread) EXPECT_TRUE(std::ranges::is_sorted(lines));
}

TEST(Crew, GivesBackInOrder) {
  for (const size_t jobs : {1, 2, 5}) {
    for (const uint64_t count : {0, 1, 2, 3, 50}) GiveAndTake(jobs, count);
  }
}

TEST(Crew, MayBeLeftBeforeItIsDone) {
  std::atomic<int> worked = 0;
  {
    Crew<int> crew(2, [&](size_t, const log::Chunk&) { return ++worked; });
    for (int i = 0; i < 4; ++i) crew.Give({});
    EXPECT_TRUE(crew.Take());
  }
  EXPECT_LE(worked, 4);  // what was given may be worked on or not, and nothing hangs
}

}  // namespace
}  // namespace polc::simulate
