// Small helps around the C interface for the programs here.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "engine.h"
#include "polc.h"

namespace polc_bench {

inline void Check(polc_status status, const polc_error& error, const char* what) {
  if (status != POLC_OK) Die(std::string("polc: ") + what + ": " + error.message);
}
inline polc_text Text(const std::string& text) { return {text.data(), text.size()}; }
inline polc_error NoError() {
  polc_error error{};
  error.struct_size = sizeof error;
  return error;
}

inline double Quantile(std::vector<double> v, double q) {
  std::sort(v.begin(), v.end());
  return v[std::min(v.size() - 1, static_cast<size_t>(q * static_cast<double>(v.size())))];
}

// Begins the request anew by what the engine has now, fills it in by name and decides.
inline polc_outcome DecideByName(polc_engine* engine, polc_request* request, const RequestText& wanted) {
  polc_error error = NoError();
  Check(polc_request_reset(request, engine, &error), error, "reset");
  polc_request_set(request, POLC_PRINCIPAL, Text(wanted.principal.type), Text(wanted.principal.id), nullptr);
  polc_request_set(request, POLC_ACTION, Text(wanted.action.type), Text(wanted.action.id), nullptr);
  polc_request_set(request, POLC_RESOURCE, Text(wanted.resource.type), Text(wanted.resource.id), nullptr);
  const polc_text name{"risk", 4};
  const polc_value risk = polc_value_long(wanted.risk);
  polc_value context{};
  Check(polc_value_record(polc_request_values(request), &name, &risk, 1, &context, &error), error, "context");
  Check(polc_request_set_context(request, context, &error), error, "context");
  polc_decision decision{};
  decision.struct_size = sizeof decision;
  Check(polc_decide(request, &decision, &error), error, "decide");
  return decision.outcome;
}

// An engine over a case's compiled files, and its requests as handles.
struct Loaded {
  explicit Loaded(const std::string& folder) : requests(ReadRequests(folder + "/requests.jsonl")) {
    polc_error error = NoError();
    Check(polc_bundle_open((folder + "/policies.polb").c_str(), &bundle, &error), error, "bundle");
    Check(polc_bundle_verify(bundle, &error), error, "verify");
    Check(polc_store_open((folder + "/entities.pols").c_str(), &store, &error), error, "store");
    Check(polc_engine_new(bundle, store, &engine, &error), error, "engine");
    for (const RequestText& r : requests) {
      handles.push_back({{Handle(r.principal), Handle(r.action), Handle(r.resource)}, r.risk, r.has_risk});
    }
  }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;
  ~Loaded() {
    polc_engine_free(engine);
    polc_store_free(store);
    polc_bundle_free(bundle);
  }

  // What a caller keeps that decides by handles; a request in one line of the cache.
  struct alignas(64) Handles {
    polc_entity entities[3];  // principal, action, resource
    int64_t risk;
    bool has_risk;
  };
  std::vector<RequestText> requests;
  std::vector<Handles> handles;
  polc_bundle* bundle = nullptr;
  polc_store* store = nullptr;
  polc_engine* engine = nullptr;

 private:
  polc_entity Handle(const Uid& uid) {
    polc_error error = NoError();
    polc_entity handle{};
    Check(polc_engine_entity(engine, Text(uid.type), Text(uid.id), &handle, &error), error, "handle");
    return handle;
  }
};

// One caller with a request of its own.
class Caller {
 public:
  explicit Caller(const Loaded& loaded) : loaded_(loaded) {
    Check(polc_request_new(loaded.engine, &request_, &error_), error_, "request");
    decision_.struct_size = sizeof decision_;
    // Not found: no rule reads it, and nobody needs to give it.
    has_risk_ = polc_engine_attribute(loaded.engine, {"risk", 4}, &risk_, nullptr) == POLC_OK;
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() { polc_request_free(request_); }

  polc_request* request() { return request_; }

  // The usual way of a gateway that keeps handles: all in one call.
  const polc_decision& ByHandles(size_t i) {
    const Loaded::Handles& given = loaded_.handles[i];
    const polc_value risk = polc_value_long(given.risk);
    Check(polc_decide_handles(request_, given.entities, &risk_, &risk, has_risk_ && given.has_risk ? 1 : 0,
                              &decision_, &error_),
          error_, "decide");
    return decision_;
  }

  // Piece by piece.
  void Reset() { polc_request_reset(request_, loaded_.engine, nullptr); }
  void SetEntities(size_t i) { polc_request_set_entities(request_, loaded_.handles[i].entities, nullptr); }
  void SetNames(size_t i) {
    const RequestText& r = loaded_.requests[i];
    polc_request_set(request_, POLC_PRINCIPAL, Text(r.principal.type), Text(r.principal.id), nullptr);
    polc_request_set(request_, POLC_ACTION, Text(r.action.type), Text(r.action.id), nullptr);
    polc_request_set(request_, POLC_RESOURCE, Text(r.resource.type), Text(r.resource.id), nullptr);
  }
  void SetContext(size_t i) {
    const Loaded::Handles& given = loaded_.handles[i];
    if (has_risk_ && given.has_risk)
      polc_request_set_attribute(request_, risk_, polc_value_long(given.risk), nullptr);
  }
  void FillByHandles(size_t i) {
    Reset();
    SetEntities(i);
    SetContext(i);
  }
  void FillByNames(size_t i) {
    Reset();
    SetNames(i);
    SetContext(i);
  }
  const polc_decision& Decide() {
    Check(polc_decide(request_, &decision_, &error_), error_, "decide");
    return decision_;
  }
  polc_outcome Outcome() {
    polc_outcome out = POLC_DENY;
    Check(polc_decide_outcome(request_, &out, &error_), error_, "decide");
    return out;
  }

 private:
  const Loaded& loaded_;
  polc_request* request_ = nullptr;
  polc_decision decision_{};
  polc_error error_ = NoError();
  polc_attribute risk_{};
  bool has_risk_ = false;
};

// A number that depends on all of a decision that callers look at.
inline uint64_t Digest(const polc_decision& d) {
  // Not by a branch, which would be foretold wrong half the time and taken for the cost of a decision.
  // Compilers would make one even of `?:` if they knew what is read where there is no reason.
  static volatile uint32_t none = 0;
  const uintptr_t some = uintptr_t{0} - static_cast<uintptr_t>(d.reason_count > 0);
  const auto from =
      (reinterpret_cast<uintptr_t>(d.reasons) & some) | (reinterpret_cast<uintptr_t>(&none) & ~some);
  return static_cast<uint64_t>(d.outcome) + d.reason_count +
         *reinterpret_cast<const volatile uint32_t*>(from);
}

}  // namespace polc_bench
