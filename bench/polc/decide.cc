// polc, through its installed C interface: the engine that the peers are compared with.
//
// handles   the caller keeps entity handles and makes the context from numbers: reset, set, decide
// strings   the same, with entities named by type and id
// json      a JSON text in, a JSON text out

#include <array>
#include <cstring>

#include "engine.h"
#include "polc.h"
#include "polc_json.h"

namespace polc_bench {
namespace {

void Check(polc_status status, const polc_error& error, const char* what) {
  if (status != POLC_OK) Die(std::string("polc: ") + what + ": " + error.message);
}
polc_text Text(const std::string& text) { return {text.data(), text.size()}; }

class PolcEngine final : public Engine {
 public:
  explicit PolcEngine(const std::string& folder) : requests_(ReadRequests(folder + "/requests.jsonl")) {
    polc_bundle* bundle = nullptr;
    polc_store* store = nullptr;
    Check(polc_bundle_open((folder + "/policies.polb").c_str(), &bundle, &error_), error_, "bundle");
    Check(polc_bundle_verify(bundle, &error_), error_, "verify");
    Check(polc_store_open((folder + "/entities.pols").c_str(), &store, &error_), error_, "store");
    Check(polc_engine_new(bundle, store, &engine_, &error_), error_, "engine");
    polc_store_free(store);
    polc_bundle_free(bundle);
    Check(polc_request_new(engine_, &request_, &error_), error_, "request");
    for (const RequestText& r : requests_) {
      handles_.push_back({Handle(r.principal), Handle(r.action), Handle(r.resource)});
    }
  }
  ~PolcEngine() override {
    polc_request_free(request_);
    polc_engine_free(engine_);
  }

  std::string Name() const override { return "polc"; }
  std::string Version() const override { return polc_version(); }
  std::vector<std::string> Modes() const override { return {"handles", "strings", "json"}; }
  std::vector<Want> Wants() const override { return {Want::kReasons}; }
  size_t RequestCount() const override { return requests_.size(); }

  Answer Explain(size_t i) override {
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    ByHandles(i, &decision);
    const Answer by_handles = AnswerOf(decision);
    ByStrings(i, &decision);
    const Answer by_strings = AnswerOf(decision);
    ByJson(i, &decision);
    const Answer by_json = AnswerOf(decision);
    for (const Answer& other : {by_strings, by_json}) {
      if (other.allowed != by_handles.allowed || other.reasons != by_handles.reasons ||
          other.errors != by_handles.errors) {
        Die("polc: request " + std::to_string(i) + " is decided differently by handles, strings and JSON");
      }
    }
    return by_handles;
  }

  uint64_t Run(const std::string& mode, Want, std::span<const uint32_t> requests) override {
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    uint64_t last = 0, sum = 0;
    const uint64_t zero = Zero();
    if (mode == "handles") {
      for (const uint32_t i : requests) {
        ByHandles(i + (last & zero), &decision);
        sum += last = Digest(decision);
      }
    } else if (mode == "strings") {
      for (const uint32_t i : requests) {
        ByStrings(i + (last & zero), &decision);
        sum += last = Digest(decision);
      }
    } else {
      for (const uint32_t i : requests) sum += last = ByJson(i + (last & zero), &decision);
    }
    return sum;
  }

 private:
  polc_entity Handle(const Uid& uid) {
    polc_entity handle{};
    Check(polc_engine_entity(engine_, Text(uid.type), Text(uid.id), &handle, &error_), error_, "handle");
    return handle;
  }

  void SetContext(size_t i) {
    if (!requests_[i].has_risk) return;
    const polc_text name{"risk", 4};
    const polc_value risk = polc_value_long(requests_[i].risk);
    polc_value context{};
    Check(polc_value_record(polc_request_values(request_), &name, &risk, 1, &context, &error_), error_,
          "context");
    Check(polc_request_set_context(request_, context, &error_), error_, "context");
  }

  void ByHandles(size_t i, polc_decision* out) {
    polc_request_reset(request_, engine_, nullptr);
    polc_request_set_entity(request_, POLC_PRINCIPAL, handles_[i][0], nullptr);
    polc_request_set_entity(request_, POLC_ACTION, handles_[i][1], nullptr);
    polc_request_set_entity(request_, POLC_RESOURCE, handles_[i][2], nullptr);
    SetContext(i);
    Check(polc_decide(request_, out, &error_), error_, "decide");
  }

  void ByStrings(size_t i, polc_decision* out) {
    const RequestText& r = requests_[i];
    polc_request_reset(request_, engine_, nullptr);
    polc_request_set(request_, POLC_PRINCIPAL, Text(r.principal.type), Text(r.principal.id), nullptr);
    polc_request_set(request_, POLC_ACTION, Text(r.action.type), Text(r.action.id), nullptr);
    polc_request_set(request_, POLC_RESOURCE, Text(r.resource.type), Text(r.resource.id), nullptr);
    SetContext(i);
    Check(polc_decide(request_, out, &error_), error_, "decide");
  }

  size_t ByJson(size_t i, polc_decision* out) {
    const RequestText& r = requests_[i];
    polc_request_reset(request_, engine_, nullptr);
    Check(polc_request_from_json(request_, r.line.data(), r.line.size(), &error_), error_, "request");
    Check(polc_decide(request_, out, &error_), error_, "decide");
    const size_t size = polc_decision_to_json(request_, out, buffer_.data(), buffer_.size());
    if (size == 0 || size >= buffer_.size()) Die("polc: a decision does not fit the buffer");
    return size;
  }

  static uint64_t Digest(const polc_decision& d) {
    return static_cast<uint64_t>(d.outcome) + d.reason_count + (d.reason_count > 0 ? d.reasons[0] : 0);
  }

  Answer AnswerOf(const polc_decision& d) {
    Answer out{d.outcome == POLC_ALLOW, {}, {}};
    auto name = [&](uint32_t rule) {
      polc_rule r{};
      r.struct_size = sizeof r;
      Check(polc_request_rule(request_, rule, &r, &error_), error_, "rule");
      return std::string(r.id.data, r.id.size);
    };
    for (size_t i = 0; i < d.reason_count; ++i) out.reasons.push_back(name(d.reasons[i]));
    for (size_t i = 0; i < d.error_count; ++i) out.errors.push_back(name(d.errors[i]));
    return out;
  }

  std::vector<RequestText> requests_;
  polc_engine* engine_ = nullptr;
  polc_request* request_ = nullptr;
  polc_error error_{sizeof(polc_error), POLC_OK, 0, {}};
  std::vector<std::array<polc_entity, 3>> handles_;
  std::vector<char> buffer_ = std::vector<char>(size_t{1} << 20);
};

}  // namespace
}  // namespace polc_bench

int main(int argc, char** argv) {
  if (argc != 2) polc_bench::Die("usage: polc_decide CASE-FOLDER");
  const double begin = polc_bench::Seconds();
  polc_bench::PolcEngine engine(argv[1]);
  return polc_bench::Serve(engine, polc_bench::Seconds() - begin);
}
