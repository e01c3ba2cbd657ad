// Pol text made into an engine, for tests of explanations.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/bridge/bridge.h"
#include "compiler/bridge/decision.h"
#include "compiler/emit/emit.h"
#include "compiler/explain/render.h"
#include "compiler/sema/pol.h"
#include "compiler/stdlib/stdlib.h"

namespace polc::tests {

class TextWorld {
 public:
  // Stops the test where the text is wrong.
  TextWorld(const std::string& text, data::EntityStore store) : store_(std::move(store)) {
    source::SourceMap map;
    source::DiagnosticSink sink;
    sema::pol::Options options;
    for (const stdlib::Module& module : stdlib::Modules()) options.module_names.emplace_back(module.name);
    options.find_module = [&](const std::string& name,
                              source::FileId) -> std::optional<sema::pol::FoundModule> {
      const stdlib::Module* module = stdlib::Find(name);
      if (!module) return std::nullopt;
      return sema::pol::FoundModule{map.Add(name + ".pol", std::string(module->text)), true};
    };
    set_ = Analyze(map, {map.Add("p.pol", text)}, options, sink);
    if (sink.has_errors()) {
      std::fprintf(stderr, "%s\n%s\n", sink.diagnostics()[0].message.c_str(), text.c_str());
      std::abort();
    }
    const auto bytes = emit::Emit(set_.program, {}, sink);
    bytes_ = *bytes;
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    if (!bundle::Bundle::Open(bytes_, &opened).ok() || !Verify(opened, &verified).ok()) std::abort();
    core::PutActions(set_.program.model, store_);
    if (store_.Close()) std::abort();
    engine_ = vm::Engine::Make(verified, bridge::MakeSnapshot(store_));
    scratch_.emplace(*engine_);
  }

  const core::Program& program() const { return set_.program; }
  const data::EntityStore& store() const { return store_; }
  const vm::Engine& engine() const { return *engine_; }
  vm::Scratch& scratch() { return *scratch_; }

  data::Outcome Decide(const data::Request& request) {
    const auto taken = bridge::MakeRequest(*engine_, request);
    return static_cast<data::Outcome>(engine_->Decide(*taken, &*scratch_).outcome);
  }
  bool IsMisfit(const data::Request& request) {
    const auto taken = bridge::MakeRequest(*engine_, request);
    return engine_->Decide(*taken, &*scratch_).misfit != nullptr;
  }

 private:
  sema::pol::Set set_;
  data::EntityStore store_;
  std::vector<uint8_t> bytes_;
  std::shared_ptr<const vm::Engine> engine_;
  std::optional<vm::Scratch> scratch_;
};

}  // namespace polc::tests
