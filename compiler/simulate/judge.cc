#include "compiler/simulate/judge.h"

#include "compiler/bridge/bridge.h"
#include "compiler/bridge/decision.h"
#include "compiler/emit/emit.h"

namespace polc::simulate {

std::shared_ptr<const Judge> Judge::Make(const core::Program& program,
                                         std::shared_ptr<const entities::Snapshot> store,
                                         std::vector<uint8_t> bytes) {
  if (bytes.empty()) {
    source::DiagnosticSink sink;
    std::optional<std::vector<uint8_t>> made = emit::Emit(program, {}, sink);
    if (!made || sink.has_errors()) return nullptr;
    bytes = std::move(*made);
  }
  std::shared_ptr<Judge> judge(new Judge);
  judge->bytes_ = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  bundle::Bundle opened;
  bundle::VerifiedBundle verified;
  if (!bundle::Bundle::Open(*judge->bytes_, &opened).ok() || !bundle::Verify(opened, &verified).ok()) {
    return nullptr;
  }
  judge->snapshot_ = bridge::DigestName(verified.snapshot_id());
  judge->engine_ = vm::Engine::Make(verified, std::move(store), judge->bytes_);
  judge->pol_ = program.pol;
  return judge;
}

std::optional<data::Decision> Judge::Decide(const data::Request& request, bool validate,
                                            vm::Scratch& scratch) const {
  const std::optional<vm::Request> taken =
      bridge::MakeRequest(*engine_, request, {.validate_request = validate});
  if (!taken) return std::nullopt;
  data::Decision decision =
      bridge::MakeDecision(*engine_, *taken, scratch, engine_->Decide(*taken, &scratch));
  if (!pol_) decision.why = data::Why::kNone;  // Cedar does not say
  return decision;
}

std::optional<data::Decision> Scratches::Decide(const std::shared_ptr<const Judge>& judge,
                                                const data::Request& request, bool validate) {
  auto found = kept_.find(judge.get());
  if (found == kept_.end()) {
    if (kept_.size() > Variants::kMaxKept) kept_.clear();
    found = kept_.emplace(judge.get(), Kept{judge, judge->MakeScratch()}).first;
  }
  return judge->Decide(request, validate, found->second.scratch);
}

std::shared_ptr<const Judge> Variants::Without(const std::set<size_t>& undone) {
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(undone);
  if (known != known_.end()) return known->second;
  const std::optional<core::Program> program = Undo(old_set_, new_set_, edits_, undone);
  std::shared_ptr<const Judge> judge = program ? Judge::Make(*program, store_) : nullptr;
  if (known_.size() >= kMaxKept) known_.clear();
  return known_.emplace(undone, std::move(judge)).first->second;
}

}  // namespace polc::simulate
