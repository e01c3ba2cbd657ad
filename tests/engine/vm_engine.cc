#include <algorithm>

#include "compiler/bridge/bridge.h"
#include "compiler/emit/emit.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/message.h"
#include "tests/engine/engine.h"
#include "tests/engine/reload.h"

namespace polc::tests {

namespace {

// Decides, and decides again: the first may work out what the second finds in the memo. Where there is a
// tree, the rules run one by one must come to the same, down to where and why each rule erred.
class LoadedVm : public Loaded {
 public:
  LoadedVm(std::vector<uint8_t> bytes, std::shared_ptr<const entities::Snapshot> snapshot)
      : bytes_(std::move(bytes)) {
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    bundle::Status status = bundle::Bundle::Open(bytes_, &opened);
    if (status.ok()) status = Verify(opened, &verified);
    if (!status.ok()) Broken(BundleErrorMessage(status.error));
    engine_ = vm::Engine::Make(verified, std::move(snapshot));
    scratch_.emplace(*engine_);
  }

  Decision Decide(const data::Request& request) override {
    const std::optional<vm::Request> made = bridge::MakeRequest(*engine_, request);
    if (!made) return {};  // a cycle: no such request can be read
    const std::string straight = Describe(*made, engine_->DecideStraight(*made, &*scratch_));
    for (const char* time : {"first", "second"}) {
      const std::string by_tree = Describe(*made, engine_->Decide(*made, &*scratch_));
      if (by_tree != straight)
        Broken(std::string("decides otherwise the ") + time + " time: " + by_tree + "not " + straight);
    }
    const vm::Decision decision = engine_->Decide(*made, &*scratch_);
    const bundle::Bundle& b = engine_->bundle().bundle();
    Decision out{decision.outcome <= vm::Outcome::kAllowWithLimits, {}, {}};
    for (uint32_t rule : decision.reasons) out.reasons.emplace_back(b.String(b.rules()[rule].id));
    for (const vm::RuleError& e : decision.errors) out.errors.emplace_back(b.String(b.rules()[e.rule].id));
    std::sort(out.reasons.begin(), out.reasons.end());
    std::sort(out.errors.begin(), out.errors.end());
    return out;
  }

 private:
  // All that is in a decision.
  std::string Describe(const vm::Request& request, const vm::Decision& d) const {
    std::string out(OutcomeName(d.outcome));
    out += " would be " + std::string(OutcomeName(d.would_be));
    for (uint32_t rule : d.reasons) out += " reason " + std::to_string(rule);
    for (uint32_t rule : d.shadow) out += " shadow " + std::to_string(rule);
    for (const vm::RuleError& e : d.errors) {
      out += " error " + std::to_string(e.rule) + " at " + std::to_string(e.error.word) + " (";
      AppendMessage(*engine_, request, *scratch_, e.error, &out);
      out += ')';
    }
    return out + "\n";
  }

  std::vector<uint8_t> bytes_;
  std::shared_ptr<const vm::Engine> engine_;
  std::optional<vm::Scratch> scratch_;
};

std::vector<uint8_t> EmitOrStop(const core::Program& program, tree::Level level = tree::Level::kFull) {
  source::DiagnosticSink sink;
  emit::EmitOptions options;
  if (level != tree::Level::kFull) {
    options.meta.emplace_back(tree::kLevelKey, std::to_string(static_cast<int>(level)));
  }
  std::optional<std::vector<uint8_t>> bytes = emit::Emit(program, options, sink);
  if (!bytes) Broken(sink.diagnostics().empty() ? "no reason given" : sink.diagnostics()[0].message);
  return std::move(*bytes);
}

// The bundle as Emit wrote it, at one level.
class VmEngine : public Engine {
 public:
  explicit VmEngine(tree::Level level = tree::Level::kFull) : level_(level) {}
  std::string_view name() const override {
    return level_ == tree::Level::kStraight ? "straight" : level_ == tree::Level::kScope ? "scope" : "tree";
  }
  void SetStore(const data::EntityStore& store) override {
    snapshot_ = bridge::MakeSnapshot(store);
    if (snapshot_ == nullptr) Broken("the store makes no snapshot");
  }
  std::unique_ptr<Loaded> Load(const core::Program& program) override {
    return std::make_unique<LoadedVm>(EmitOrStop(program, level_), snapshot_);
  }

 protected:
  tree::Level level_;
  std::shared_ptr<const entities::Snapshot> snapshot_;
};

// By the bundle that was taken apart and put together again.
class ReloadedEngine : public VmEngine {
 public:
  std::string_view name() const override { return "reloaded"; }
  std::unique_ptr<Loaded> Load(const core::Program& program) override {
    return std::make_unique<LoadedVm>(WrittenAgain(EmitOrStop(program)), snapshot_);
  }
};

}  // namespace

std::unique_ptr<Engine> MakeStraightEngine() { return std::make_unique<VmEngine>(tree::Level::kStraight); }
std::unique_ptr<Engine> MakeScopeEngine() { return std::make_unique<VmEngine>(tree::Level::kScope); }
std::unique_ptr<Engine> MakeTreeEngine() { return std::make_unique<VmEngine>(); }
std::unique_ptr<Engine> MakeReloadedEngine() { return std::make_unique<ReloadedEngine>(); }

}  // namespace polc::tests
