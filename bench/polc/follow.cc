// A gateway that follows its policies: whenever the bundle on disk is another, it opens, verifies and swaps
// it in and decides one request by it.
//
//   polc_follow CASE-FOLDER BUNDLE
//
// Decides the first request of the case. One line for the bundle it starts with and one for each after:
// {"outcome", "at_ns", "open_ns", "verify_ns", "swap_ns", "decide_ns"}; at_ns is CLOCK_MONOTONIC when the
// decision was there. Ends when standard input does.

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "api.h"

namespace {

using namespace polc_bench;

// Which file lies under the name now.
struct Identity {
  ino_t inode = 0;
  time_t seconds = 0;
  long nanoseconds = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};
Identity Look(const std::string& path) {
  struct stat s{};
  if (stat(path.c_str(), &s) != 0) return {};
  return {s.st_ino, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Die("usage: polc_follow CASE-FOLDER BUNDLE");
  const std::string folder = argv[1], path = argv[2];
  const RequestText wanted = ReadRequests(folder + "/requests.jsonl").at(0);
  polc_error error = NoError();
  polc_store* store = nullptr;
  polc_engine* engine = nullptr;
  polc_request* request = nullptr;
  Check(polc_store_open((folder + "/entities.pols").c_str(), &store, &error), error, "store");
  for (Identity seen;;) {
    const Identity now = Look(path);
    if (now == seen) {
      pollfd input{0, POLLIN, 0};
      char byte = 0;
      if (poll(&input, 1, 1) > 0 && read(0, &byte, 1) <= 0) break;
      continue;
    }
    seen = now;
    double at = Seconds();
    auto lap = [&] {
      const double before = at;
      at = Seconds();
      return (at - before) * 1e9;
    };
    polc_bundle* bundle = nullptr;
    Check(polc_bundle_open(path.c_str(), &bundle, &error), error, "open");
    const double open = lap();
    Check(polc_bundle_verify(bundle, &error), error, "verify");
    const double verify = lap();
    if (engine == nullptr) {
      Check(polc_engine_new(bundle, store, &engine, &error), error, "engine");
      Check(polc_request_new(engine, &request, &error), error, "request");
    } else {
      Check(polc_engine_swap_bundle(engine, bundle, &error), error, "swap");
    }
    const double swap = lap();
    polc_bundle_free(bundle);
    const polc_outcome outcome = DecideByName(engine, request, wanted);
    const double decide = lap();
    std::printf(
        "{\"outcome\":\"%s\",\"at_ns\":%.0f,\"open_ns\":%.0f,\"verify_ns\":%.0f,\"swap_ns\":%.0f,"
        "\"decide_ns\":%.0f}\n",
        polc_outcome_name(outcome), at * 1e9, open, verify, swap, decide);
    std::fflush(stdout);
  }
  polc_request_free(request);
  polc_engine_free(engine);
  polc_store_free(store);
  return 0;
}
