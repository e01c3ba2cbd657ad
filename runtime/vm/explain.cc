#include "runtime/vm/explain.h"

#include <algorithm>

#include "runtime/vm/message.h"

namespace polc::vm {
namespace {

// The debug row that holds at `word`, or null.
const bundle::DebugRow* RowAt(const bundle::Bundle& bundle, uint32_t word) {
  const auto rows = bundle.debug();
  auto next = std::upper_bound(rows.begin(), rows.end(), word,
                               [](uint32_t w, const bundle::DebugRow& row) { return w < row.word; });
  return next == rows.begin() ? nullptr : &*(next - 1);
}

// Whether an instruction's value tells the reader something that the source text does not.
bool IsTelling(Opcode opcode) {
  switch (opcode) {
    case Opcode::kVar:
    case Opcode::kElement:
    case Opcode::kFact:
    case Opcode::kInput:
    case Opcode::kNeg:
    case Opcode::kAdd:
    case Opcode::kSub:
    case Opcode::kMul:
    case Opcode::kAttr:
    case Opcode::kGetTag:
    case Opcode::kHas:
    case Opcode::kHasTag:
    case Opcode::kCall:
    case Opcode::kIs:
    case Opcode::kIn:
      return true;
    default:
      return false;
  }
}

// Notes, part by part, the values of a rule's expressions.
class Observer final : public TraceSink {
 public:
  Observer(const Engine& engine, uint32_t rule, const Request& request, const Scratch& scratch)
      : bundle_(engine.bundle().bundle()),
        row_(bundle_.rules()[rule]),
        world_(engine, request),
        memory_(engine.MemoryFor(request, scratch)) {}

  // The part that was being evaluated last.
  std::optional<uint32_t> part() const { return part_; }
  std::vector<Observation> TakeObservations() { return std::move(observations_); }

  void Executed(const TraceEvent& event) override {
    // A false part leads to the last instruction, which stands behind the last part and is of none.
    if (event.instruction.opcode == Opcode::kReturn) return;
    const bool after_constant = last_ == Opcode::kConst;
    last_ = event.instruction.opcode;
    const std::optional<uint32_t> part = PartAt(event.word);
    if (!part) return;  // a fact's code
    if (part != part_) observations_.clear();
    part_ = part;
    if (event.pushed == nullptr || !IsTelling(event.instruction.opcode)) return;
    const bundle::DebugRow* row = RowAt(bundle_, event.word);
    // Without a row of its own an instruction is a step within the expression of the row before.
    if (row == nullptr || row->word != event.word) return;
    const Opcode opcode = event.instruction.opcode;
    // The part's own result, and `decimal("1.5")`, which is a constant in all but name.
    const bundle::Place& whole = bundle_.parts()[*part].place;
    if (opcode != Opcode::kVar && row->place.begin == whole.begin && row->place.end == whole.end) return;
    if (opcode == Opcode::kCall && event.popped.size() == 1 && after_constant) return;
    Observation seen{{}, row->place};
    AppendValue(world_, memory_, *event.pushed, &seen.value);
    // `principal` before `principal.team`: the whole replaces the beginning it was read from.
    std::erase_if(observations_, [&](const Observation& earlier) {
      return earlier.place.file == seen.place.file && earlier.place.begin == seen.place.begin &&
             (earlier.place.end <= seen.place.end) && event.instruction.opcode != Opcode::kCall &&
             event.instruction.opcode != Opcode::kIs && event.instruction.opcode != Opcode::kIn;
    });
    observations_.push_back(std::move(seen));
  }

 private:
  std::optional<uint32_t> PartAt(uint32_t word) const {
    const uint32_t first = row_.condition.first;
    if (word < first || word >= first + row_.condition.count || row_.parts.count == 0) return std::nullopt;
    const auto parts = bundle_.parts().subspan(row_.parts.first, row_.parts.count);
    auto next = std::upper_bound(parts.begin(), parts.end(), word - first,
                                 [](uint32_t w, const bundle::PartRow& part) { return w < part.first; });
    if (next == parts.begin()) return std::nullopt;
    return row_.parts.first + static_cast<uint32_t>(next - parts.begin() - 1);
  }

  const bundle::Bundle& bundle_;
  const bundle::RuleRow& row_;
  World world_;
  Memory memory_;
  std::optional<uint32_t> part_;
  Opcode last_ = Opcode::kReturn;  // the instruction before
  std::vector<Observation> observations_;
};

}  // namespace

RuleExplanation ExplainRule(const Engine& engine, uint32_t rule, const Request& request, Scratch* scratch) {
  Observer observer(engine, rule, request, *scratch);
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
