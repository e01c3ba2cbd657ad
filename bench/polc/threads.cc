// How deciding scales from one thread to two, beside a loop that touches nothing but registers: what the loop
// loses, the machine takes; what deciding loses beyond that, polc does.
//
//   polc_threads CASE-FOLDER SECONDS

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "api.h"

namespace polc_bench {
namespace {

// Rounds of work per second that `threads` of them get done together. Work runs some rounds and says how
// many.
double Rate(int threads, double seconds, const std::function<std::function<uint64_t()>()>& make) {
  std::atomic<int> ready = 0;
  std::atomic<bool> go = false, stop = false;
  std::atomic<uint64_t> total = 0;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      const std::function<uint64_t()> work = make();
      ++ready;
      while (!go) {
      }
      uint64_t done = 0;
      while (!stop) done += work();
      total += done;
    });
  }
  while (ready < threads) {
  }
  const double begin = Seconds();
  go = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  const double took = Seconds() - begin;
  for (std::thread& t : all) t.join();
  return static_cast<double>(total) / took;
}

uint64_t Registers() {
  constexpr uint64_t kRounds = 1 << 16;
  uint64_t x = 1;
  for (uint64_t i = 0; i < kRounds; ++i) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    asm volatile("" : "+r"(x));
  }
  return kRounds;
}

}  // namespace
}  // namespace polc_bench

int main(int argc, char** argv) {
  using namespace polc_bench;
  if (argc != 3) Die("usage: polc_threads CASE-FOLDER SECONDS");
  const Loaded loaded(argv[1]);
  const double seconds = std::strtod(argv[2], nullptr);
  auto deciding = [&] {
    auto caller = std::make_shared<Caller>(loaded);
    return std::function<uint64_t()>([caller, &loaded, at = size_t{0}]() mutable {
      for (int i = 0; i < 256; ++i, ++at) {
        if (at == loaded.handles.size()) at = 0;
        caller->ByHandles(at);
      }
      return uint64_t{256};
    });
  };
  auto registers = [] { return std::function<uint64_t()>(Registers); };
  // Turn by turn and in short turns, so that what else the machine does falls on all alike.
  constexpr double kEach = 0.04;
  std::vector<double> ours, theirs, relative, rates;
  for (double spent = 0; spent < seconds; spent += 4 * kEach) {
    const double one = Rate(1, kEach, deciding), two = Rate(2, kEach, deciding);
    const double one_loop = Rate(1, kEach, registers), two_loops = Rate(2, kEach, registers);
    ours.push_back(two / one);
    theirs.push_back(two_loops / one_loop);
    relative.push_back(ours.back() / theirs.back());
    rates.push_back(one);
  }
  std::printf("{\"decide\":%.3f,\"registers\":%.3f,\"relative\":%.3f,\"one_per_s\":%.0f}\n",
              Quantile(ours, 0.5), Quantile(theirs, 0.5), Quantile(relative, 0.5), Quantile(rates, 0.5));
  return 0;
}
