#include "cli/decide.h"

#include <algorithm>

#include "compiler/bridge/bridge.h"
#include "compiler/oracle/authorize.h"
#include "compiler/source/render.h"
#include "runtime/bundle/text.h"
#include "runtime/vm/message.h"

namespace polc::cli {
namespace {

class OracleDecider final : public Decider {
 public:
  explicit OracleDecider(Inputs& inputs) : inputs_(inputs) {}

  Answer Decide(const data::Request& request, std::optional<Failure>& failure) override {
    data::EntityStore own;
    const data::EntityStore* store = inputs_.StoreFor(request, own, failure);
    if (!store) return {};
    oracle::Answer decided = oracle::Authorize(inputs_.policies().program, *store, request);
    Answer answer{
        oracle::OutcomeName(decided.outcome), decided.allowed(), std::move(decided.reasons), {}, {}};
    for (oracle::RuleError& e : decided.errors) {
      answer.errors.push_back({std::move(e.rule), std::move(e.error.message)});
    }
    std::sort(answer.reasons.begin(), answer.reasons.end(), Before);
    std::sort(answer.errors.begin(), answer.errors.end(),
              [](const Answer::Error& a, const Answer::Error& b) { return Before(a.rule, b.rule); });
    return answer;
  }
  Answer Refusal() const override { return {}; }

 private:
  static bool Before(const std::string& a, const std::string& b) { return bundle::CompareText(a, b) < 0; }

  Inputs& inputs_;
};

class VmDecider final : public Decider {
 public:
  explicit VmDecider(Inputs& inputs) : machine_(inputs) {}

  Answer Decide(const data::Request& request, std::optional<Failure>& failure) override {
    std::optional<vm::Request> taken = machine_.Take(request, failure);
    return taken ? machine_.Decide(*taken) : Refusal();
  }
  Answer Refusal() const override {
    Answer answer;
    answer.snapshot = machine_.snapshot();
    return answer;
  }

 private:
  Machine machine_;
};

}  // namespace

void JsonAnswer(const Answer& answer, llvm::json::OStream& json) {
  json.attribute("outcome", llvm::StringRef(answer.outcome.data(), answer.outcome.size()));
  json.attribute("decision", answer.allowed ? "allow" : "deny");
  json.attributeArray("reasons", [&] {
    for (const std::string& rule : answer.reasons) json.value(rule);
  });
  json.attributeArray("errors", [&] {
    for (const Answer::Error& e : answer.errors) {
      json.object([&] {
        json.attribute("rule", e.rule);
        json.attribute("message", e.message);
      });
    }
  });
  if (!answer.snapshot.empty()) json.attribute("snapshot", answer.snapshot);
}

std::unique_ptr<Decider> MakeOracleDecider(Inputs& inputs) { return std::make_unique<OracleDecider>(inputs); }
std::unique_ptr<Decider> MakeVmDecider(Inputs& inputs) { return std::make_unique<VmDecider>(inputs); }

Machine::Machine(Inputs& inputs)
    : inputs_(inputs),
      engine_(vm::Engine::Make(inputs.bundle().verified, inputs.snapshot(), inputs.bundle().bytes)),
      scratch_(*engine_),
      snapshot_(DigestName(inputs.bundle().verified.snapshot_id())) {}

std::optional<vm::Request> Machine::Take(const data::Request& request, std::optional<Failure>& failure) {
  data::EntityStore own;
  if (!inputs_.StoreFor(request, own, failure)) return std::nullopt;
  std::optional<vm::Request> taken = bridge::MakeRequest(*engine_, request);
  if (!taken) {
    // Over a compiled store, which StoreFor does not look into.
    failure = Failure{"EntityCycle", "the entities of the request close a cycle with those of the store",
                      source::Place(inputs_.sources().map, request.span)};
  }
  return taken;
}

Answer Machine::Decide(const vm::Request& request) {
  const vm::Decision decision = engine_->Decide(request, &scratch_);
  const bundle::Bundle& b = inputs_.bundle().bundle();
  Answer answer{
      OutcomeName(decision.outcome), decision.outcome <= vm::Outcome::kAllowWithLimits, {}, {}, snapshot_};
  auto id = [&](uint32_t rule) { return std::string(b.String(b.rules()[rule].id)); };
  for (uint32_t rule : decision.reasons) answer.reasons.push_back(id(rule));
  for (const vm::RuleError& e : decision.errors) {
    std::string message;
    AppendMessage(*engine_, request, scratch_, e.error, &message);
    answer.errors.push_back({id(e.rule), std::move(message)});
  }
  return answer;
}

}  // namespace polc::cli
