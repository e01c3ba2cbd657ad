// A gateway that follows its policies: whenever the bundle on disk is another, or the update beside it is, it
// opens, verifies and swaps in what is new and decides one request by it.
//
//   polc_follow CASE-FOLDER BUNDLE
//
// Decides the first request of the case. One line for the bundle it starts with and one for each change
// after:
// {"outcome", "update", "at_ns", "open_ns", "verify_ns", "swap_ns", "decide_ns"}; at_ns is CLOCK_MONOTONIC
// when the decision was there; an update is opened and verified in one call, which counts as verifying. Ends
// when standard input does.

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
  polc_bundle* base = nullptr;
  const std::string update_path = path + ".update";
  for (Identity seen, seen_update;;) {
    const Identity now = Look(path), now_update = Look(update_path);
    if (now == seen && now_update == seen_update) {
      pollfd input{0, POLLIN, 0};
      char byte = 0;
      if (poll(&input, 1, 1) > 0 && read(0, &byte, 1) <= 0) break;
      continue;
    }
    double at = Seconds();
    auto lap = [&] {
      const double before = at;
      at = Seconds();
      return (at - before) * 1e9;
    };
    // The bundle first: what the update is of.
    double open = 0, verify = 0;
    if (!(now == seen)) {
      polc_bundle_free(base);
      Check(polc_bundle_open(path.c_str(), &base, &error), error, "open");
      open = lap();
      Check(polc_bundle_verify(base, &error), error, "verify");
      verify = lap();
    }
    polc_bundle* updated = nullptr;
    const bool is_same_base = now == seen;
    seen = now;
    seen_update = now_update;
    if (!(now_update == Identity{})) {
      const polc_status status = polc_bundle_update(base, update_path.c_str(), &updated, &error);
      verify += lap();
      // Of a bundle that is not there yet: it will be, and until then all stays as it is.
      if (status == POLC_ERROR_BASE && is_same_base) continue;
      // Of the bundle before, or gone since.
      if (status != POLC_ERROR_BASE && status != POLC_ERROR_FILE) Check(status, error, "update");
    }
    polc_bundle* const bundle = updated != nullptr ? updated : base;
    if (engine == nullptr) {
      Check(polc_engine_new(bundle, store, &engine, &error), error, "engine");
      Check(polc_request_new(engine, &request, &error), error, "request");
    } else {
      Check(polc_engine_swap_bundle(engine, bundle, &error), error, "swap");
    }
    const double swap = lap();
    polc_bundle_free(updated);
    const polc_outcome outcome = DecideByName(engine, request, wanted);
    const double decide = lap();
    std::printf(
        "{\"outcome\":\"%s\",\"update\":%s,\"at_ns\":%.0f,\"open_ns\":%.0f,\"verify_ns\":%.0f,\"swap_ns\":%."
        "0f,"
        "\"decide_ns\":%.0f}\n",
        polc_outcome_name(outcome), updated != nullptr ? "true" : "false", at * 1e9, open, verify, swap,
        decide);
    std::fflush(stdout);
  }
  polc_request_free(request);
  polc_engine_free(engine);
  polc_bundle_free(base);
  polc_store_free(store);
  return 0;
}
