// What a decision costs while an update is in force, beside one by the bundle that it updates: the same
// requests over the same store, by handles, with reasons. The two take turns in one process, so that both
// have the same machine.
//
//   polc_updated CASE-FOLDER BUNDLE SECONDS    the update is BUNDLE.update
//   polc_updated CASE-FOLDER BUNDLE count N    N decisions of each, inside polc_bench_counted_base and
//   _updated, for
//                                              callgrind

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "side.h"

extern "C" __attribute__((noinline)) uint64_t polc_bench_counted_base(polc_bench::Side* side, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += polc_bench::Digest(side->Decide(i));
  return sum;
}
extern "C" __attribute__((noinline)) uint64_t polc_bench_counted_updated(polc_bench::Side* side,
                                                                         size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += polc_bench::Digest(side->Decide(i)) + 1;
  return sum;
}

int main(int argc, char** argv) {
  using namespace polc_bench;
  const bool counts = argc == 5 && std::strcmp(argv[3], "count") == 0;
  if (argc != 4 && !counts)
    Die("usage: polc_updated CASE-FOLDER BUNDLE SECONDS | CASE-FOLDER BUNDLE count N");
  const std::string folder = argv[1], path = argv[2];
  const std::vector<RequestText> requests = ReadRequests(folder + "/requests.jsonl");
  polc_error error = NoError();
  polc_store* store = nullptr;
  Check(polc_store_open((folder + "/entities.pols").c_str(), &store, &error), error, "store");
  {
    polc_bundle* const bundle = OpenBundle(path);
    polc_bundle* after = nullptr;
    Check(polc_bundle_update(bundle, (path + ".update").c_str(), &after, &error), error, "update");
    Side base(bundle, store, requests), updated(after, store, requests);
    // Most are decided alike, since most rules stay.
    size_t same = 0;
    for (size_t i = 0; i < requests.size(); ++i) same += base.Decide(i).outcome == updated.Decide(i).outcome;
    if (2 * same < requests.size()) Die("an update of a few rules changes most decisions");
    if (counts) {
      const size_t n = std::min<size_t>(std::strtoull(argv[4], nullptr, 10), requests.size());
      const uint64_t sum = polc_bench_counted_base(&base, n) + polc_bench_counted_updated(&updated, n);
      std::printf("{\"counted\":%zu,\"sum\":%llu}\n", n, static_cast<unsigned long long>(sum));
    } else {
      const auto [base_ns, updated_ns] = TakeTurns(&base, &updated, std::strtod(argv[3], nullptr));
      std::printf("{\"base_ns\":%.1f,\"updated_ns\":%.1f,\"ratio\":%.2f,\"changed\":%zu,\"requests\":%zu}\n",
                  base_ns, updated_ns, updated_ns / base_ns, requests.size() - same, requests.size());
    }
  }
  polc_store_free(store);
  return 0;
}
