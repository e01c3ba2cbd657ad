#include "compiler/policytest/machine.h"

#include <algorithm>

#include "compiler/bridge/bridge.h"
#include "fmt/format.h"
#include "runtime/vm/explain.h"

namespace polc::policytest {

namespace {

// Source text on one line.
std::string TextAt(const bundle::Bundle& bundle, const bundle::Place& place) {
  if (place.file == bundle::kNone) return "";
  const bundle::FileRow& file = bundle.files()[place.file];
  if (place.end > file.bytes) return "";
  std::string out;
  for (uint8_t c : bundle.source_bytes().subspan(file.first + place.begin, place.end - place.begin)) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) out += static_cast<char>(c);
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

}  // namespace

std::shared_ptr<const entities::Snapshot> ActionStore(const core::Program& program) {
  data::EntityStore actions;
  core::PutActions(program.model, actions);
  actions.Close();
  return bridge::MakeSnapshot(actions);
}

data::Decision Machine::Decide(const data::Request& request) {
  std::optional<data::Decision> decision = judge_->Decide(request, true, scratch_);
  if (decision) return *std::move(decision);
  data::Decision refused;
  refused.why = data::Why::kInvalidRequest;
  refused.errors.push_back({"", "the entities of the test close a cycle"});
  return refused;
}

std::vector<std::string> Machine::Seen(const data::Request& request, const std::vector<std::string>& rules) {
  std::vector<std::string> lines;
  const vm::Engine& engine = judge_->engine();
  const bundle::Bundle& b = engine.bundle().bundle();
  std::optional<vm::Request> taken = bridge::MakeRequest(engine, request);
  if (!taken) return lines;
  engine.Decide(*taken, &scratch_);  // facts are computed
  for (uint32_t i = 0; i < b.rules().size(); ++i) {
    const std::string id(b.String(b.rules()[i].id));
    if (std::ranges::count(rules, id) == 0) continue;
    const vm::RuleExplanation rule = vm::ExplainRule(engine, i, *taken, &scratch_);
    if (rule.verdict == vm::Verdict::kSatisfied || !rule.part) {
      lines.push_back(id + (rule.verdict == vm::Verdict::kSatisfied ? " holds" : " does not hold"));
      continue;
    }
    const bundle::PartRow& part = b.parts()[*rule.part];
    const bool erred = rule.verdict == vm::Verdict::kErred;
    lines.push_back(fmt::format("{} {}: {}", id, erred ? "errs" : "does not hold", TextAt(b, part.place)));
    if (erred) lines.push_back("  " + rule.message);
    for (const vm::Observation& seen : rule.observations) {
      constexpr const char* kOf[] = {"principal", "action", "resource", "it"};
      const bool whole = seen.place.begin == part.place.begin && seen.place.end == part.place.end;
      lines.push_back(fmt::format("  {} is {}", whole ? kOf[part.kind] : TextAt(b, seen.place), seen.value));
    }
  }
  return lines;
}

}  // namespace polc::policytest
