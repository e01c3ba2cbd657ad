#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "compiler/bridge/bridge.h"
#include "compiler/emit/emit.h"
#include "runtime/bundle/assembly.h"
#include "runtime/bundle/image.h"
#include "runtime/vm/engine.h"
#include "tests/engine/engine.h"

namespace polc::tests {

namespace {

// What must not happen on the way to an engine is a failure of polc, not a decision: it stops the test at
// once, with the reason.
[[noreturn]] void Broken(std::string_view what) {
  std::fprintf(stderr, "the VM cannot be loaded: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

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
  std::vector<uint8_t> bytes_;
  std::shared_ptr<const vm::Engine> engine_;
  std::optional<vm::Scratch> scratch_;
};

std::vector<uint8_t> EmitOrStop(const core::Program& program) {
  source::DiagnosticSink sink;
  std::optional<std::vector<uint8_t>> bytes = emit::Emit(program, {}, sink);
  if (!bytes) Broken(sink.diagnostics().empty() ? "no reason given" : sink.diagnostics()[0].message);
  return std::move(*bytes);
}

// The bundle as Emit wrote it.
class VmEngine : public Engine {
 public:
  std::string_view name() const override { return "vm"; }
  void SetStore(const data::EntityStore& store) override {
    snapshot_ = bridge::MakeSnapshot(store);
    if (snapshot_ == nullptr) Broken("the store makes no snapshot");
  }
  std::unique_ptr<Loaded> Load(const core::Program& program) override {
    return std::make_unique<LoadedVm>(EmitOrStop(program), snapshot_);
  }

 protected:
  std::shared_ptr<const entities::Snapshot> snapshot_;
};

// The bundle taken apart and put together again: read into an image, all code disassembled and assembled,
// written anew. The bytes must be the same.
class ReloadedEngine : public VmEngine {
 public:
  std::string_view name() const override { return "reloaded"; }
  std::unique_ptr<Loaded> Load(const core::Program& program) override {
    const std::vector<uint8_t> first = EmitOrStop(program);
    bundle::Bundle opened;
    if (!bundle::Bundle::Open(first, &opened).ok()) Broken("does not open");
    bundle::Image image = ReadImage(opened);
    bundle::AssemblyError error;
    std::optional<std::vector<uint32_t>> code = bundle::Assemble(Disassemble(image.code, &opened), &error);
    if (!code) Broken(error.message);
    image.code = std::move(*code);
    std::vector<uint8_t> second;
    if (!Write(image, &second).ok()) Broken("does not write again");
    if (first != second) Broken("the bytes written again are others");
    return std::make_unique<LoadedVm>(std::move(second), snapshot_);
  }
};

}  // namespace

std::unique_ptr<Engine> MakeVmEngine() { return std::make_unique<VmEngine>(); }
std::unique_ptr<Engine> MakeReloadedEngine() { return std::make_unique<ReloadedEngine>(); }

}  // namespace polc::tests
