#include "cli/decide.h"

#include "compiler/bridge/bridge.h"
#include "compiler/bridge/decision.h"
#include "compiler/host/decision_json.h"
#include "compiler/oracle/decide.h"

namespace polc::cli {
namespace {

// Cedar does not say why.
data::Decision AsCedar(data::Decision decision) {
  decision.why = data::Why::kNone;
  return decision;
}

// The oracle needs no bundle; but approvals name one, and so do answers.
class OracleDecider final : public Decider {
 public:
  explicit OracleDecider(Inputs& inputs)
      : inputs_(inputs), snapshot_(DigestName(inputs.bundle().verified.snapshot_id())) {}

  data::Decision Decide(const data::Request& request, std::optional<Failure>& failure) override {
    data::EntityStore own;
    const data::EntityStore* store = inputs_.StoreFor(request, own, failure);
    if (!store) return Refusal();
    const core::Program& program = inputs_.policies().program;
    data::Decision decision = oracle::Decide(
        program, *store, request, {.snapshot = snapshot_, .validate_request = inputs_.validates_requests()});
    decision.snapshot = snapshot_;
    return program.pol ? decision : AsCedar(std::move(decision));
  }
  data::Decision Refusal() const override {
    data::Decision decision = AsCedar({});
    decision.snapshot = snapshot_;
    return decision;
  }

 private:
  Inputs& inputs_;
  std::string snapshot_;
};

class VmDecider final : public Decider {
 public:
  explicit VmDecider(Inputs& inputs) : machine_(inputs) {}

  data::Decision Decide(const data::Request& request, std::optional<Failure>& failure) override {
    std::optional<vm::Request> taken = machine_.Take(request, failure);
    return taken ? machine_.Decide(*taken) : Refusal();
  }
  data::Decision Refusal() const override {
    data::Decision decision = AsCedar({});
    decision.snapshot = machine_.snapshot();
    return decision;
  }

 private:
  Machine machine_;
};

}  // namespace

void JsonDecision(const data::Decision& decision, llvm::json::OStream& json) {
  host::WriteDecision(decision, json);
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
  std::optional<vm::Request> taken =
      bridge::MakeRequest(*engine_, request, {.validate_request = inputs_.validates_requests()});
  if (!taken) {
    // Over a compiled store, which StoreFor does not look into.
    failure = Failure{"EntityCycle", "the entities of the request close a cycle with those of the store",
                      inputs_.PlaceOf(request.span)};
  }
  return taken;
}

data::Decision Machine::Decide(const vm::Request& request) {
  const vm::Decision decision = engine_->Decide(request, &scratch_);
  data::Decision out = bridge::MakeDecision(*engine_, request, scratch_, decision);
  return inputs_.bundle().bundle().is_pol() ? out : AsCedar(std::move(out));
}

}  // namespace polc::cli
