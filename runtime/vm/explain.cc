#include "runtime/vm/explain.h"

#include <algorithm>

#include "runtime/vm/message.h"

namespace polc::vm {
namespace {

// Notes what a rule's parts see, each by itself.
class PartObserver final : public TraceSink {
 public:
  PartObserver(const Engine& engine, uint32_t rule, const Request& request, const Scratch& scratch)
      : bundle_(engine.bundle().bundle()), row_(bundle_.rules()[rule]), observer_(engine, request, scratch) {}

  // The part that was being evaluated last.
  std::optional<uint32_t> part() const { return part_; }
  std::vector<Observation> TakeObservations() { return observer_.Take(); }

  void Executed(const TraceEvent& event) override {
    // A false part leads to the last instruction, which stands behind the last part and is of none.
    if (event.instruction.opcode == Opcode::kReturn) return;
    const std::optional<uint32_t> part = PartAt(bundle_, row_, event.word);
    if (!part) return;  // a fact's code
    if (part != part_) observer_.Begin(bundle_.parts()[*part].place);
    part_ = part;
    observer_.Executed(event);
  }

 private:
  const bundle::Bundle& bundle_;
  const bundle::RuleRow& row_;
  Observer observer_;
  std::optional<uint32_t> part_;
};

}  // namespace

std::optional<uint32_t> PartAt(const bundle::Bundle& bundle, const bundle::RuleRow& row, uint32_t word) {
  const uint32_t first = row.condition.first;
  if (word < first || word >= first + row.condition.count || row.parts.count == 0) return std::nullopt;
  const auto parts = Slice(bundle.parts(), row.parts);
  const auto next = std::ranges::upper_bound(parts, word - first, {}, &bundle::PartRow::first);
  if (next == parts.begin()) return std::nullopt;
  return row.parts.first + static_cast<uint32_t>(next - parts.begin() - 1);
}

RuleExplanation ExplainRule(const Engine& engine, uint32_t rule, const Request& request, Scratch* scratch) {
  PartObserver observer(engine, rule, request, *scratch);
  const Evaluation evaluation = engine.EvaluateRule(rule, request, scratch, &observer);
  RuleExplanation explanation;
  if (!evaluation.ok) {
    explanation.verdict = Verdict::kErred;
    AppendMessage(engine, request, *scratch, evaluation.error, &explanation.message);
  } else if (evaluation.value.boolean()) {
    explanation.verdict = Verdict::kSatisfied;
    return explanation;
  }
  explanation.part = observer.part();
  explanation.observations = observer.TakeObservations();
  return explanation;
}

}  // namespace polc::vm
