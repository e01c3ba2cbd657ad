// Bundles. The bytes are opened as they are and once more with the right hash put in, since no fuzzer guesses
// one. What the verifier takes disassembles and assembles to the same code, decides, explains its errors and
// stays within the steps it says; nothing that it refuses is run.
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "runtime/bundle/assembly.h"
#include "runtime/bundle/image.h"
#include "runtime/bundle/verify.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/message.h"
#include "runtime/vm/request.h"

using namespace polc;

namespace {

std::shared_ptr<const entities::Snapshot> World() {
  entities::SnapshotBuilder b;
  const entities::EntityId agent = b.Intern("Agent", "oncall"), team = b.Intern("Team", "sre");
  entities::ValueBuilder& v = b.values();
  b.Add(agent, *v.Record({{"tier", entities::MakeLong(2)}, {"name", v.String("oncall")}}),
        *v.Record({{"color", v.String("red")}}), {team});
  b.Add(team, entities::EmptyRecord(), entities::EmptyRecord(), {});
  entities::EntityId in_cycle;
  return b.Finish(&in_cycle);
}

struct Steps final : vm::TraceSink {
  void Executed(const vm::TraceEvent& event) override { total += event.steps; }
  uint64_t total = 0;
};

void Run(const bundle::VerifiedBundle& verified) {
  static const std::shared_ptr<const entities::Snapshot> world = World();
  const std::shared_ptr<const vm::Engine> engine = vm::Engine::Make(verified, world);
  vm::Scratch scratch(*engine);
  vm::RequestBuilder builder(*engine);
  entities::ValueBuilder& v = builder.values();
  builder.SetPrincipal(builder.Entity("Agent", "oncall"));
  builder.SetAction(builder.Entity("Action", "restart"));
  builder.SetResource(builder.Entity("Service", "web"));
  builder.SetContext(*v.Record({{"blast_radius", entities::MakeLong(-1)}, {"source", v.String("chat")}}));
  for (uint32_t i = 0; i < verified->inputs().size(); ++i) {
    const bundle::InputRow& row = verified->inputs()[i];
    if (static_cast<bundle::InputKind>(row.kind) == bundle::InputKind::kNow) continue;
    builder.host().state.push_back({.input = i,
                                    .has_key = row.by != bundle::kNone,
                                    .key = entities::MakeEntity(builder.Entity("Agent", "oncall")),
                                    .value = entities::MakeBool(true)});
  }
  entities::EntityId in_cycle;
  const std::optional<vm::Request> request = builder.Finish(&in_cycle);
  fuzz::Must(request.has_value(), "a request without entities has no cycle");

  const vm::Decision decision = engine->Decide(*request, &scratch);
  std::string text;
  for (const vm::RuleError& e : decision.errors) AppendMessage(*engine, *request, scratch, e.error, &text);
  for (uint32_t i = 0; i < verified->rules().size(); ++i) {
    Steps steps;
    engine->EvaluateRule(i, *request, &scratch, &steps);
    fuzz::Must(steps.total <= verified->rules()[i].condition.max_steps, "a rule stays within its steps");
  }
  for (uint32_t i = 0; i < verified->limits().size(); ++i) engine->EvaluateLimit(i, *request, &scratch);
}

void Try(const std::vector<uint8_t>& file) {
  bundle::Bundle opened;
  bundle::VerifiedBundle verified;
  if (!bundle::Bundle::Open(file, &opened).ok() || !bundle::Verify(opened, &verified).ok()) return;
  const std::vector<uint32_t> code = ReadImage(opened).code;
  bundle::AssemblyError error;
  fuzz::Must(bundle::Assemble(Disassemble(code, &opened), &error) == code, "disassembled code assembles",
             error.message);
  Run(verified);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // In vectors of their own size: sanitizers see a step past the end.
  std::vector<uint8_t> file(data, data + size);
  Try(file);
  bundle::Bundle opened;
  if (!bundle::Bundle::Open(file, &opened).ok()) return 0;
  bundle::Reseal(&file);
  Try(file);
  return 0;
}
