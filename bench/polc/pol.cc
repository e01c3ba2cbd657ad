// What a decision of Pol costs beside one of Cedar: the same scopes and conditions, every allow with a limit
// and a required approval beside it, over the same store, by handles, with reasons and terms. The two take
// turns in one process, so that both have the same machine.
//
//   polc_pol CASE-FOLDER SECONDS
//   polc_pol CASE-FOLDER count N     N decisions by Pol inside polc_bench_counted_pol, for callgrind

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "api.h"

namespace polc_bench {
namespace {

double ProcessorSeconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

class Side {
 public:
  Side(const std::string& bundle, polc_store* store, const std::vector<RequestText>& requests)
      : requests_(requests) {
    Check(polc_bundle_open(bundle.c_str(), &bundle_, &error_), error_, "bundle");
    Check(polc_bundle_verify(bundle_, &error_), error_, "verify");
    Check(polc_engine_new(bundle_, store, &engine_, &error_), error_, "engine");
    for (const RequestText& r : requests)
      handles_.push_back({Handle(r.principal), Handle(r.action), Handle(r.resource)});
    Check(polc_engine_attribute(engine_, {"risk", 4}, &risk_, &error_), error_, "risk");
    Check(polc_request_new(engine_, &request_, &error_), error_, "request");
    const polc_text kTimeout{"timeout", 7};
    Check(polc_request_set_enforces(request_, &kTimeout, 1, &error_), error_, "enforces");
    decision_.struct_size = sizeof decision_;
  }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;
  ~Side() {
    polc_request_free(request_);
    polc_engine_free(engine_);
    polc_bundle_free(bundle_);
  }

  const polc_decision& Decide(size_t i) {
    polc_request_set_entities(request_, handles_[i].data(), nullptr);
    polc_request_set_attribute(request_, risk_, polc_value_long(requests_[i].risk), nullptr);
    Check(polc_decide(request_, &decision_, &error_), error_, "decide");
    return decision_;
  }
  // Nanoseconds of the processor a decision, over all requests once, each chosen by the answer before it.
  // What others on the machine take does not count.
  double Round() {
    uint64_t last = 0;
    const uint64_t zero = Zero();
    const double begin = ProcessorSeconds();
    for (size_t i = 0; i < requests_.size(); ++i) last = Digest(Decide(i + (last & zero)));
    return (ProcessorSeconds() - begin) * 1e9 / static_cast<double>(requests_.size());
  }

 private:
  polc_entity Handle(const Uid& uid) {
    polc_entity handle{};
    Check(polc_engine_entity(engine_, Text(uid.type), Text(uid.id), &handle, &error_), error_, "handle");
    return handle;
  }

  const std::vector<RequestText>& requests_;
  polc_error error_ = NoError();
  polc_bundle* bundle_ = nullptr;
  polc_engine* engine_ = nullptr;
  polc_request* request_ = nullptr;
  std::vector<std::array<polc_entity, 3>> handles_;
  polc_attribute risk_{};
  polc_decision decision_{};
};

}  // namespace
}  // namespace polc_bench

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
    Side cedar(folder + "/policies.polb", store, requests), pol(folder + "/pol.polb", store, requests);
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
      std::vector<double> of_cedar, of_pol;
      const double end = Seconds() + std::strtod(argv[2], nullptr);
      while (Seconds() < end || of_pol.size() < 7) {
        of_cedar.push_back(cedar.Round());
        of_pol.push_back(pol.Round());
      }
      const double cedar_ns = Quantile(of_cedar, 0.5), pol_ns = Quantile(of_pol, 0.5);
      std::printf("{\"cedar_ns\":%.1f,\"pol_ns\":%.1f,\"ratio\":%.2f,\"granted\":%zu,\"requests\":%zu}\n",
                  cedar_ns, pol_ns, pol_ns / cedar_ns, granted, requests.size());
    }
  }
  polc_store_free(store);
  return 0;
}
