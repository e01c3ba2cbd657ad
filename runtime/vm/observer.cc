#include "runtime/vm/observer.h"

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

}  // namespace

void Observer::Executed(const TraceEvent& event) {
  const Opcode opcode = event.instruction.opcode;
  const bool after_constant = last_ == Opcode::kConst;
  last_ = opcode;
  if (event.pushed == nullptr || !IsTelling(opcode)) return;
  const bundle::DebugRow* row = RowAt(bundle_, event.word);
  // Without a row of its own an instruction is a step within the expression of the row before.
  if (row == nullptr || row->word != event.word) return;
  // The whole's own result, and `decimal("1.5")`, which is a constant in all but name.
  if (opcode != Opcode::kVar && row->place.begin == whole_.begin && row->place.end == whole_.end) return;
  if (opcode == Opcode::kCall && event.popped.size() == 1 && after_constant) return;
  Observation seen{{}, row->place};
  AppendValue(world_, memory_, *event.pushed, &seen.value);
  // `principal` before `principal.team`: the whole replaces the beginning it was read from.
  std::erase_if(observations_, [&](const Observation& earlier) {
    return earlier.place.file == seen.place.file && earlier.place.begin == seen.place.begin &&
           earlier.place.end <= seen.place.end && opcode != Opcode::kCall && opcode != Opcode::kIs &&
           opcode != Opcode::kIn;
  });
  observations_.push_back(std::move(seen));
}

}  // namespace polc::vm
