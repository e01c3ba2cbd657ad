// One of two engines that are compared: both over the same store, asked the same requests by handles, and
// taking turns in one process, so that both have the same machine.
#pragma once

#include <array>
#include <ctime>
#include <string>
#include <vector>

#include "api.h"

namespace polc_bench {

inline double ProcessorSeconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

inline polc_bundle* OpenBundle(const std::string& path) {
  polc_error error = NoError();
  polc_bundle* bundle = nullptr;
  Check(polc_bundle_open(path.c_str(), &bundle, &error), error, "bundle");
  Check(polc_bundle_verify(bundle, &error), error, "verify");
  return bundle;
}

class Side {
 public:
  // The bundle is the side's from now on.
  Side(polc_bundle* bundle, polc_store* store, const std::vector<RequestText>& requests)
      : requests_(requests), bundle_(bundle) {
    Check(polc_engine_new(bundle_, store, &engine_, &error_), error_, "engine");
    for (const RequestText& r : requests)
      handles_.push_back({Handle(r.principal), Handle(r.action), Handle(r.resource)});
    Check(polc_engine_attribute(engine_, {"risk", 4}, &risk_, &error_), error_, "risk");
    Check(polc_request_new(engine_, &request_, &error_), error_, "request");
    decision_.struct_size = sizeof decision_;
  }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;
  ~Side() {
    polc_request_free(request_);
    polc_engine_free(engine_);
    polc_bundle_free(bundle_);
  }

  polc_request* request() { return request_; }
  const polc_decision& Decide(size_t i) {
    const polc_value risk = polc_value_long(requests_[i].risk);
    Check(polc_decide_handles(request_, handles_[i].data(), &risk_, &risk, 1, &decision_, &error_), error_,
          "decide");
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
    polc_error error = NoError();
    polc_entity handle{};
    Check(polc_engine_entity(engine_, Text(uid.type), Text(uid.id), &handle, &error), error, "handle");
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

// Nanoseconds a decision of each, medians of rounds that take turns for some seconds.
inline std::array<double, 2> TakeTurns(Side* one, Side* other, double seconds) {
  std::vector<double> of_one, of_other;
  const double end = Seconds() + seconds;
  while (Seconds() < end || of_other.size() < 7) {
    of_one.push_back(one->Round());
    of_other.push_back(other->Round());
  }
  return {Quantile(of_one, 0.5), Quantile(of_other, 0.5)};
}

}  // namespace polc_bench
