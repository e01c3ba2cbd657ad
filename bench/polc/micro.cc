// The parts of one decision, by Google Benchmark. POLC_BENCH_CASE names the case's folder.
//
//   POLC_BENCH_CASE=build/bench/cases/exact-1000 build/bench/cc/polc_micro

#include <benchmark/benchmark.h>

#include <cstdlib>

#include "api.h"
#include "polc_json.h"

namespace {

using polc_bench::Caller;
using polc_bench::Loaded;

const Loaded& Case() {
  static const Loaded loaded([] {
    const char* folder = std::getenv("POLC_BENCH_CASE");
    if (folder == nullptr) polc_bench::Die("POLC_BENCH_CASE names no folder");
    return std::string(folder);
  }());
  return loaded;
}

// Runs `part(caller, request)` on the requests in turn.
template <typename Part>
void Each(benchmark::State& state, Part part) {
  const Loaded& loaded = Case();
  Caller caller(loaded);
  size_t at = 0;
  for (auto _ : state) {
    part(caller, at);
    if (++at == loaded.requests.size()) at = 0;
  }
}

void Reset(benchmark::State& state) {
  Each(state, [](Caller& c, size_t) { c.Reset(); });
}
BENCHMARK(Reset);

void ResetAndHandles(benchmark::State& state) {
  Each(state, [](Caller& c, size_t i) {
    c.Reset();
    c.SetEntities(i);
  });
}
BENCHMARK(ResetAndHandles);

void ResetAndNames(benchmark::State& state) {
  Each(state, [](Caller& c, size_t i) {
    c.Reset();
    c.SetNames(i);
  });
}
BENCHMARK(ResetAndNames);

void ResetAndContext(benchmark::State& state) {
  Each(state, [](Caller& c, size_t i) {
    c.Reset();
    c.SetContext(i);
  });
}
BENCHMARK(ResetAndContext);

void DecideByHandles(benchmark::State& state) {
  Each(state, [](Caller& c, size_t i) { benchmark::DoNotOptimize(polc_bench::Digest(c.ByHandles(i))); });
}
BENCHMARK(DecideByHandles);

void ResetHandlesAndOutcome(benchmark::State& state) {
  Each(state, [](Caller& c, size_t i) {
    c.FillByHandles(i);
    benchmark::DoNotOptimize(c.Outcome());
  });
}
BENCHMARK(ResetHandlesAndOutcome);

void DecideAgain(benchmark::State& state) {
  Each(state, [](Caller& c, size_t i) {
    if (i == 0) {
      c.Reset();
      c.SetEntities(0);
      c.SetContext(0);
    }
    benchmark::DoNotOptimize(polc_bench::Digest(c.Decide()));
  });
}
BENCHMARK(DecideAgain);

void RequestFromJson(benchmark::State& state) {
  Each(state, [](Caller& c, size_t i) {
    const std::string& line = Case().requests[i].line;
    c.Reset();
    benchmark::DoNotOptimize(polc_request_from_json(c.request(), line.data(), line.size(), nullptr));
  });
}
BENCHMARK(RequestFromJson);

void DecisionToJson(benchmark::State& state) {
  const Loaded& loaded = Case();
  Caller caller(loaded);
  const polc_decision decision = caller.ByHandles(0);
  char buffer[4096];
  for (auto _ : state) {
    benchmark::DoNotOptimize(polc_decision_to_json(caller.request(), &decision, buffer, sizeof buffer));
  }
}
BENCHMARK(DecisionToJson);

}  // namespace

BENCHMARK_MAIN();
