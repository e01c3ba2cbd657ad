#include "tests/engine/pol_vm.h"

#include <algorithm>
#include <optional>

#include "compiler/bridge/bridge.h"
#include "compiler/bridge/decision.h"
#include "compiler/emit/emit.h"
#include "runtime/vm/engine.h"
#include "tests/engine/reload.h"

namespace polc::tests {

namespace {

std::string Text(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& s : list) out += s + ", ";
  return out + "]";
}
std::string Text(const data::Value& value) { return data::ToString(value); }
std::string Text(const std::optional<data::Value>& value) { return value ? Text(*value) : "nothing"; }
std::string Text(const std::vector<data::QuorumTerm>& quorums) {
  std::string out;
  for (const data::QuorumTerm& quorum : quorums) {
    out += " or";
    for (const data::QuorumPart& part : quorum.parts) {
      out += " " + std::to_string(part.count) + " of";
      for (const data::EntityUid& pool : part.pools) out += " " + data::ToString(pool);
      if (part.error) out += " !";
    }
    out += " within " + std::to_string(quorum.within_ms);
    if (quorum.including_owner) out += " including owner";
    if (quorum.survives_policy_change) out += " survives";
  }
  return out;
}

// All that a decision says but the words of messages, a line for each part.
std::vector<std::string> Lines(const data::Decision& d) {
  std::vector<std::string> out;
  out.push_back("outcome " + std::string(OutcomeName(d.outcome)));
  out.push_back("why " + std::string(WhyName(d.why)));
  out.push_back("reasons " + Text(d.reasons));
  out.push_back("because " + Text(d.because));
  for (const auto& [catalogue, clause] : d.controls) out.push_back("control " + catalogue + " " + clause);
  for (const auto& [name, value] : d.facts) out.push_back("fact " + name + " " + Text(value));
  for (const auto& [kind, limit] : d.limits)
    out.push_back("limit " + kind + " " + Text(limit.value) + " by " + Text(limit.by));
  for (const auto& need : d.needs)
    out.push_back("need " + need.rule + " " + need.need.evidence + Text(need.need.approval));
  for (const auto& a : d.counted) out.push_back("counted " + a.id + " " + data::ToString(a.approver));
  for (const auto& a : d.not_counted)
    out.push_back("not counted " + a.id + " " + data::ToString(a.approver) + " " +
                  std::string(NotCountedName(a.why)));
  for (const auto& lift : d.liftable)
    out.push_back("liftable " + lift.rule + Text(lift.approval) + (lift.lifted ? " lifted" : ""));
  for (const auto& s : d.suggestions)
    out.push_back("suggestion " + data::ToString(s.action) + " on " + data::ToString(s.resource) + " " +
                  Text(s.context) + " by " + Text(s.by));
  out.push_back("shadow " + Text(d.shadow));
  out.push_back("would be " + std::string(d.would_be ? OutcomeName(*d.would_be) : "nothing"));
  std::vector<std::string> errors;
  for (const data::RuleError& e : d.errors) errors.push_back(e.rule);
  std::ranges::sort(errors);
  errors.erase(std::ranges::unique(errors).begin(), errors.end());
  out.push_back("errors " + Text(errors));
  for (const auto& s : d.state_read) {
    out.push_back("read " + s.input + " by " + s.by + " of " + Text(s.key) + " " + Text(s.value) +
                  (s.as_of ? " as of " + std::to_string(s.as_of->ms) : ""));
  }
  for (const auto& u : d.state_updates) {
    out.push_back("update " + u.input + " by " + u.by + " of " + Text(u.key) + " kind " +
                  std::to_string(static_cast<int>(u.kind)) + " amount " + Text(u.amount) + " read " +
                  Text(u.read));
  }
  out.push_back("action " + d.action_digest);
  out.push_back("terms " + d.terms_digest);
  out.push_back("snapshot " + d.snapshot);
  return out;
}

}  // namespace

struct PolVm::Loaded {
  explicit Loaded(std::vector<uint8_t> b, std::shared_ptr<const entities::Snapshot> snapshot)
      : bytes(std::move(b)) {
    bundle::Bundle opened;
    bundle::VerifiedBundle verified;
    bundle::Status status = bundle::Bundle::Open(bytes, &opened);
    if (status.ok()) status = Verify(opened, &verified);
    if (!status.ok()) Broken(BundleErrorMessage(status.error));
    engine = vm::Engine::Make(verified, std::move(snapshot));
    scratch.emplace(*engine);
  }
  const std::vector<uint8_t> bytes;
  std::shared_ptr<const vm::Engine> engine;
  std::optional<vm::Scratch> scratch;
};

PolVm::PolVm(const core::Program& program, const data::EntityStore& store) {
  source::DiagnosticSink sink;
  std::optional<std::vector<uint8_t>> bytes = emit::Emit(program, {}, sink);
  if (!bytes) Broken(sink.diagnostics().empty() ? "no reason given" : sink.diagnostics()[0].message);
  const auto snapshot = bridge::MakeSnapshot(store);
  if (snapshot == nullptr) Broken("the store makes no snapshot");
  std::vector<uint8_t> again = WrittenAgain(*bytes);
  loaded_.push_back(std::make_unique<Loaded>(std::move(*bytes), snapshot));
  loaded_.push_back(std::make_unique<Loaded>(std::move(again), snapshot));
  snapshot_ = bridge::DigestName(loaded_[0]->engine->bundle().snapshot_id());
}

PolVm::~PolVm() = default;

data::Decision PolVm::Decide(const data::Request& request, bool validate_request, std::string* differ) {
  std::optional<data::Decision> first;
  for (const auto& loaded : loaded_) {
    const vm::Engine& engine = *loaded->engine;
    const auto made = bridge::MakeRequest(engine, request, {.validate_request = validate_request});
    if (!made) Broken("the request closes a cycle");
    for (const char* way : {"straight", "by tree", "by tree again"}) {
      const vm::Decision d = way == std::string_view("straight")
                                 ? engine.DecideStraight(*made, &*loaded->scratch)
                                 : engine.Decide(*made, &*loaded->scratch);
      data::Decision decision = bridge::MakeDecision(engine, *made, *loaded->scratch, d);
      if (!first) {
        first = std::move(decision);
        continue;
      }
      const std::string difference = Difference(*first, decision);
      if (!difference.empty() && differ->empty()) *differ = std::string(way) + ":\n" + difference;
    }
  }
  return std::move(*first);
}

void PolVm::CountExecuted(const data::Request& request, OpcodeCounts* counts) {
  struct Sink final : vm::TraceSink {
    explicit Sink(OpcodeCounts* c) : counts(*c) {}
    void Executed(const vm::TraceEvent& e) override { ++counts[static_cast<size_t>(e.instruction.opcode)]; }
    OpcodeCounts& counts;
  } sink(counts);
  const Loaded& loaded = *loaded_[0];
  const auto made = bridge::MakeRequest(*loaded.engine, request, {.validate_request = false});
  if (!made) Broken("the request closes a cycle");
  for (uint32_t rule = 0; rule < loaded.engine->bundle()->rules().size(); ++rule)
    loaded.engine->EvaluateRule(rule, *made, &*loaded_[0]->scratch, &sink);
}

std::string Difference(const data::Decision& oracle, const data::Decision& vm) {
  const std::vector<std::string> a = Lines(oracle), b = Lines(vm);
  std::string out;
  for (const std::string& line : a) {
    if (std::ranges::count(b, line) == 0) out += "- " + line + "\n";
  }
  for (const std::string& line : b) {
    if (std::ranges::count(a, line) == 0) out += "+ " + line + "\n";
  }
  return out;
}

}  // namespace polc::tests
