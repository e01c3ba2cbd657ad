// How deciding scales from one thread to two, beside a loop that touches nothing but registers: what the loop
// loses, the machine takes; what deciding loses beyond that, polc does. Each thread has a processor of its
// own, and two are compared with what each did alone on its own: processors of a virtual machine are not
// alike.
//
//   polc_threads CASE-FOLDER SECONDS

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "api.h"

namespace polc_bench {
namespace {

using Work = std::function<uint64_t()>;  // does some rounds and says how many

// The first two processors that this process may use.
std::vector<int> TwoProcessors() {
  cpu_set_t mine;
  std::vector<int> out;
  if (sched_getaffinity(0, sizeof mine, &mine) != 0) Die("threads: no telling which processors there are");
  for (int cpu = 0; cpu < CPU_SETSIZE && out.size() < 2; ++cpu) {
    if (CPU_ISSET(cpu, &mine)) out.push_back(cpu);
  }
  if (out.size() < 2) Die("threads: there is one processor only");
  return out;
}

void StayOn(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (pthread_setaffinity_np(pthread_self(), sizeof one, &one) != 0) Die("threads: cannot be bound");
}

// Rounds per second that threads on these processors get done together, once they are warm.
double Rate(const std::vector<int>& cpus, double seconds, const std::function<Work()>& make) {
  struct alignas(64) Done {
    std::atomic<uint64_t> rounds = 0;
  };
  std::vector<Done> done(cpus.size());
  std::atomic<bool> stop = false;
  std::vector<std::thread> all;
  for (size_t t = 0; t < cpus.size(); ++t) {
    all.emplace_back([&, t] {
      StayOn(cpus[t]);
      const Work work = make();
      while (!stop) done[t].rounds.fetch_add(work(), std::memory_order_relaxed);
    });
  }
  auto sum = [&] {
    uint64_t rounds = 0;
    for (const Done& d : done) rounds += d.rounds.load(std::memory_order_relaxed);
    return rounds;
  };
  std::this_thread::sleep_for(std::chrono::duration<double>(kWarmUp));
  const uint64_t before = sum();
  const double begin = Seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const uint64_t after = sum();
  const double took = Seconds() - begin;
  stop = true;
  for (std::thread& t : all) t.join();
  return static_cast<double>(after - before) / took;
}

// What two do together, of the mean of what each does alone.
double Scaling(const std::vector<int>& cpus, double seconds, const std::function<Work()>& make) {
  const double one = (Rate({cpus[0]}, seconds, make) + Rate({cpus[1]}, seconds, make)) / 2;
  return Rate(cpus, seconds, make) / one;
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
    return Work([caller, &loaded, at = size_t{0}]() mutable {
      for (int i = 0; i < 256; ++i, ++at) {
        if (at == loaded.handles.size()) at = 0;
        caller->ByHandles(at);
      }
      return uint64_t{256};
    });
  };
  auto registers = [] { return Work(Registers); };
  const std::vector<int> cpus = TwoProcessors();
  // Turn by turn and in short turns, so that what else the machine does falls on all alike.
  constexpr double kEach = 0.05;
  std::vector<double> ours, theirs, relative;
  for (double spent = 0; spent < seconds; spent += 6 * (kWarmUp + kEach)) {
    ours.push_back(Scaling(cpus, kEach, deciding));
    theirs.push_back(Scaling(cpus, kEach, registers));
    relative.push_back(ours.back() / theirs.back());
  }
  std::printf("{\"decide\":%.3f,\"registers\":%.3f,\"relative\":%.3f}\n", Quantile(ours, 0.5),
              Quantile(theirs, 0.5), Quantile(relative, 0.5));
  return 0;
}
