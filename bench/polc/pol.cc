// What a decision of Pol costs beside one of Cedar: the same scopes and conditions, every allow with a limit
// and a required approval beside it, over the same store, by handles, with reasons and terms. The two take
// turns in one process, so that both have the same machine.
//
//   polc_pol CASE-FOLDER SECONDS
//   polc_pol CASE-FOLDER count N     N decisions by Pol inside polc_bench_counted_pol, for callgrind

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "side.h"

extern "C" __attribute__((noinline)) uint64_t polc_bench_counted_pol(polc_bench::Side* side, size_t first,
                                                                     size_t end) {
  uint64_t sum = 0;
  for (size_t i = first; i < end; ++i) sum += polc_bench::Digest(side->Decide(i));
  return sum;
}

int main(int argc, char** argv) {
  using namespace polc_bench;
  const bool counts = argc == 4 && std::strcmp(argv[2], "count") == 0;
  if (argc != 3 && !counts) Die("usage: polc_pol CASE-FOLDER SECONDS | CASE-FOLDER count N");
  const std::string folder = argv[1];
  const std::vector<RequestText> requests = ReadRequests(folder + "/requests.jsonl");
  polc_error error = NoError();
  polc_store* store = nullptr;
  Check(polc_store_open((folder + "/entities.pols").c_str(), &store, &error), error, "store");
  {
    Side cedar(OpenBundle(folder + "/policies.polb"), store, requests);
    Side pol(OpenBundle(folder + "/pol.polb"), store, requests);
    const polc_text timeout{"timeout", 7};
    for (Side* side : {&cedar, &pol})
      Check(polc_request_set_enforces(side->request(), &timeout, 1, &error), error, "enforces");
    // The same requests are granted, and by Pol wait for somebody.
    size_t granted = 0;
    for (size_t i = 0; i < requests.size(); ++i) {
      const bool allowed = cedar.Decide(i).outcome == POLC_ALLOW;
      const polc_decision& d = pol.Decide(i);
      const bool waits = d.outcome == POLC_REQUIRE_APPROVAL && d.limit_count == 1 && d.need_count >= 1;
      if (allowed != waits || (!waits && d.outcome != POLC_DENY))
        Die("request " + std::to_string(i) + " is not decided alike by Cedar and Pol");
      granted += allowed;
    }
    if (counts) {
      const size_t n = std::min<size_t>(std::strtoull(argv[3], nullptr, 10), requests.size());
      std::printf("{\"counted\":%zu,\"sum\":%llu}\n", n,
                  static_cast<unsigned long long>(polc_bench_counted_pol(&pol, 0, n)));
    } else {
      const auto [cedar_ns, pol_ns] = TakeTurns(&cedar, &pol, std::strtod(argv[2], nullptr));
      std::printf("{\"cedar_ns\":%.1f,\"pol_ns\":%.1f,\"ratio\":%.2f,\"granted\":%zu,\"requests\":%zu}\n",
                  cedar_ns, pol_ns, pol_ns / cedar_ns, granted, requests.size());
    }
  }
  polc_store_free(store);
  return 0;
}
