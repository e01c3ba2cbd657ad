// The VM on a bundle of other rules and an update that makes it the program: of the program's rules some are
// the base's, some the base has with the opposite effect, some it does not have; and it has one that goes.
#include <algorithm>

#include "compiler/bridge/bridge.h"
#include "compiler/emit/emit.h"
#include "runtime/bundle/update.h"
#include "runtime/vm/amended_test_quick.h"
#include "runtime/vm/message.h"
#include "tests/engine/engine.h"
#include "tests/engine/reload.h"

namespace polc::tests {

namespace {

using Bytes = std::shared_ptr<const std::vector<uint8_t>>;

Bytes EmitOrStop(const core::Program& program) {
  source::DiagnosticSink sink;
  std::optional<std::vector<uint8_t>> bytes = emit::Emit(program, {}, sink);
  if (!bytes) Broken(sink.diagnostics().empty() ? "no reason given" : sink.diagnostics()[0].message);
  return std::make_shared<const std::vector<uint8_t>>(std::move(*bytes));
}

bundle::VerifiedBundle VerifyOrStop(const Bytes& bytes) {
  bundle::Bundle opened;
  bundle::VerifiedBundle verified;
  bundle::Status status = bundle::Bundle::Open(*bytes, &opened);
  if (status.ok()) status = Verify(opened, &verified);
  if (!status.ok()) Broken(BundleErrorMessage(status.error));
  return verified;
}

core::Effect Opposite(core::Effect effect) {
  return effect == core::Effect::kAllow ? core::Effect::kForbid : core::Effect::kAllow;
}

struct Parts {
  core::Program base, added;
  std::vector<std::string> removed;  // of the base's rules
};

Parts Split(const core::Program& program) {
  Parts out;
  const size_t count = program.rules.size();
  for (size_t i = 0; i < count; ++i) {
    const core::Rule& rule = program.rules[i];
    switch ((i + count) % 4) {
      case 0:
      case 3:
        out.base.rules.push_back(rule);
        break;
      case 1:
        out.base.rules.push_back(rule);
        out.base.rules.back().effect = Opposite(rule.effect);
        out.removed.push_back(rule.id);
        [[fallthrough]];
      default:
        out.added.rules.push_back(rule);
        break;
    }
  }
  if (count > 0) {
    core::Rule gone = program.rules[0];
    gone.id = "a rule that goes";
    gone.effect = Opposite(gone.effect);
    out.removed.push_back(gone.id);
    out.base.rules.push_back(std::move(gone));
  }
  return out;
}

// Has to decide as the whole program does, down to why each rule erred; by the tree, by the memo that it
// fills, rule by rule, and by the memos alone where those know.
class LoadedUpdated : public Loaded {
 public:
  LoadedUpdated(const core::Program& program, const std::shared_ptr<const entities::Snapshot>& snapshot)
      : whole_bytes_(EmitOrStop(program)) {
    whole_ = vm::Engine::Make(VerifyOrStop(whole_bytes_), snapshot, whole_bytes_);
    whole_scratch_.emplace(*whole_);
    // What has Pol is compiled whole.
    if (whole_->bundle()->header().format_version != 1) return;
    const Parts parts = Split(program);
    const Bytes base_bytes = EmitOrStop(parts.base), added_bytes = EmitOrStop(parts.added);
    const bundle::VerifiedBundle base = VerifyOrStop(base_bytes);
    std::vector<uint32_t> removed;
    for (const std::string& id : parts.removed)
      removed.push_back(bundle::FindRule(base.bundle(), id).value());
    std::sort(removed.begin(), removed.end());
    const auto file = std::make_shared<const std::vector<uint8_t>>(
        bundle::WriteUpdate(base.snapshot_id(), removed, *added_bytes));
    bundle::VerifiedUpdate update;
    const bundle::UpdateStatus status = bundle::VerifyUpdate(*file, base, &update);
    if (!status.ok()) Broken(UpdateErrorMessage(status.error));
    const auto engine = vm::Engine::Make(base, snapshot, base_bytes);
    amended_ = vm::Amended::Make(engine, update, file);
    scratch_.emplace(amended_->base());
    beside_.emplace(*amended_);
  }

  Decision Decide(const data::Request& request) override {
    const std::optional<vm::Request> made = bridge::MakeRequest(*whole_, request);
    if (!made) return {};  // a cycle: no such request can be read
    const vm::Decision wanted = whole_->Decide(*made, &*whole_scratch_);
    const Decision out =
        Shown(wanted, [&](uint32_t r) { return whole_->bundle()->String(whole_->bundle()->rules()[r].id); });
    if (!amended_) return out;
    const std::string whole = Describe(
        wanted, [&](uint32_t r) { return whole_->bundle()->String(whole_->bundle()->rules()[r].id); },
        [&](const vm::RuleError& e, std::string* to) {
          AppendMessage(*whole_, *made, *whole_scratch_, e.error, to);
        });

    const std::optional<vm::Request> of_base = bridge::MakeRequest(amended_->base(), request);
    if (!of_base || !beside_->Follow(*amended_, *of_base))
      Broken("there is no such request for an updated bundle");
    for (const bool straight : {true, false, false}) {
      const vm::Decision d = vm::Decide(*amended_, *of_base, &*scratch_, &*beside_, straight);
      const std::string updated = Describe(
          d, [&](uint32_t r) { return amended_->IdOf(r); },
          [&](const vm::RuleError& e, std::string* to) {
            if (e.rule < amended_->first_added()) {
              AppendMessage(amended_->base(), *of_base, *scratch_, e.error, to);
            } else {
              AppendMessage(amended_->added(), beside_->request(), *beside_->scratch(), e.error, to);
            }
          });
      if (updated != whole) Broken("an updated bundle decides otherwise: " + updated + "not " + whole);
    }
    if (const auto quick = vm::DecideQuickly(*amended_, *of_base, &*beside_)) {
      const std::string updated = Describe(
          *quick, [&](uint32_t r) { return amended_->IdOf(r); }, [](const vm::RuleError&, std::string*) {});
      if (updated != whole)
        Broken("an updated bundle quickly decides otherwise: " + updated + "not " + whole);
    }
    return out;
  }

 private:
  static Decision Shown(const vm::Decision& d, auto id_of) {
    Decision out{d.outcome <= vm::Outcome::kAllowWithLimits, {}, {}};
    for (uint32_t rule : d.reasons) out.reasons.emplace_back(id_of(rule));
    for (const vm::RuleError& e : d.errors) out.errors.emplace_back(id_of(e.rule));
    std::sort(out.reasons.begin(), out.reasons.end());
    std::sort(out.errors.begin(), out.errors.end());
    return out;
  }
  // All that is in a decision, by name, in its order.
  static std::string Describe(const vm::Decision& d, auto id_of, auto append_message) {
    std::string out(OutcomeName(d.outcome));
    out += " would be " + std::string(OutcomeName(d.would_be));
    for (uint32_t rule : d.reasons) out += " reason " + std::string(id_of(rule));
    for (uint32_t rule : d.shadow) out += " shadow " + std::string(id_of(rule));
    for (const vm::RuleError& e : d.errors) {
      out += " error " + std::string(id_of(e.rule)) + " (";
      append_message(e, &out);
      out += ')';
    }
    return out + "\n";
  }

  const Bytes whole_bytes_;
  std::shared_ptr<const vm::Engine> whole_;
  std::optional<vm::Scratch> whole_scratch_;
  std::shared_ptr<const vm::Amended> amended_;
  std::optional<vm::Scratch> scratch_;
  std::optional<vm::AmendedScratch> beside_;
};

class UpdatedEngine : public Engine {
 public:
  std::string_view name() const override { return "updated"; }
  void SetStore(const data::EntityStore& store) override {
    snapshot_ = bridge::MakeSnapshot(store);
    if (snapshot_ == nullptr) Broken("the store makes no snapshot");
  }
  std::unique_ptr<Loaded> Load(const core::Program& program) override {
    return std::make_unique<LoadedUpdated>(program, snapshot_);
  }

 private:
  std::shared_ptr<const entities::Snapshot> snapshot_;
};

}  // namespace

std::unique_ptr<Engine> MakeUpdatedEngine() { return std::make_unique<UpdatedEngine>(); }

}  // namespace polc::tests
