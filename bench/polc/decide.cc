// polc, through its installed C interface: the engine that the peers are compared with.
//
// handles   the caller keeps handles of three entities and an attribute, and decides by them in one call
// fresh     the same in steps, behind a reset, which also moves the request to the engine's present state
// strings   reset, entities named by type and id
// json      a JSON text in, a JSON text out

#include "api.h"
#include "polc_json.h"

namespace polc_bench {
namespace {

class PolcEngine final : public Engine {
 public:
  explicit PolcEngine(const std::string& folder) : loaded_(folder), caller_(loaded_) {}

  std::string Name() const override { return "polc"; }
  std::string Version() const override { return polc_version(); }
  std::vector<std::string> Modes() const override { return {"handles", "fresh", "strings", "json"}; }
  std::vector<Want> Wants() const override { return {Want::kDecide, Want::kReasons}; }
  size_t RequestCount() const override { return loaded_.requests.size(); }

  Answer Explain(size_t i) override {
    const Answer by_handles = AnswerOf(caller_.ByHandles(i));
    caller_.FillByHandles(i);
    const Answer fresh = AnswerOf(caller_.Decide());
    caller_.FillByNames(i);
    const Answer by_names = AnswerOf(caller_.Decide());
    polc_decision decision{};
    decision.struct_size = sizeof decision;
    ByJson(i, &decision);
    const Answer by_json = AnswerOf(decision);
    bool same = true;
    for (const Answer& other : {fresh, by_names, by_json}) {
      same &= other.allowed == by_handles.allowed && other.reasons == by_handles.reasons &&
              other.errors == by_handles.errors;
    }
    caller_.FillByHandles(i);
    same &= (caller_.Outcome() == POLC_ALLOW) == by_handles.allowed;
    if (!same) Die("polc: request " + std::to_string(i) + " is not decided alike through all doors");
    return by_handles;
  }

  uint64_t Run(const std::string& mode, Want want, std::span<const uint32_t> requests) override {
    uint64_t last = 0, sum = 0;
    const uint64_t zero = Zero();
    auto each = [&](auto fill) {
      if (want == Want::kDecide) {
        for (const uint32_t i : requests) {
          fill(i + (last & zero));
          sum += last = static_cast<uint64_t>(caller_.Outcome());
        }
      } else {
        for (const uint32_t i : requests) {
          fill(i + (last & zero));
          sum += last = Digest(caller_.Decide());
        }
      }
    };
    if (mode == "handles") {
      caller_.Reset();  // of what another mode has left
      for (const uint32_t i : requests) {
        const polc_decision& decision = caller_.ByHandles(i + (last & zero));
        sum += last = want == Want::kDecide ? static_cast<uint64_t>(decision.outcome) : Digest(decision);
      }
    } else if (mode == "fresh") {
      each([&](size_t i) { caller_.FillByHandles(i); });
    } else if (mode == "strings") {
      each([&](size_t i) { caller_.FillByNames(i); });
    } else {
      polc_decision decision{};
      decision.struct_size = sizeof decision;
      for (const uint32_t i : requests) sum += last = ByJson(i + (last & zero), &decision);
    }
    return sum;
  }

 private:
  size_t ByJson(size_t i, polc_decision* out) {
    const RequestText& r = loaded_.requests[i];
    caller_.Reset();
    Check(polc_request_from_json(caller_.request(), r.line.data(), r.line.size(), &error_), error_,
          "request");
    Check(polc_decide(caller_.request(), out, &error_), error_, "decide");
    const size_t size = polc_decision_to_json(caller_.request(), out, buffer_.data(), buffer_.size());
    if (size == 0 || size >= buffer_.size()) Die("polc: a decision does not fit the buffer");
    return size;
  }

  Answer AnswerOf(const polc_decision& d) {
    Answer out{d.outcome == POLC_ALLOW, {}, {}};
    auto name = [&](uint32_t rule) {
      polc_rule r{};
      r.struct_size = sizeof r;
      Check(polc_request_rule(caller_.request(), rule, &r, &error_), error_, "rule");
      return std::string(r.id.data, r.id.size);
    };
    for (size_t i = 0; i < d.reason_count; ++i) out.reasons.push_back(name(d.reasons[i]));
    for (size_t i = 0; i < d.error_count; ++i) out.errors.push_back(name(d.errors[i]));
    return out;
  }

  Loaded loaded_;
  Caller caller_;
  polc_error error_ = NoError();
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
