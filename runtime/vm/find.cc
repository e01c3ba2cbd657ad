#include "runtime/vm/find.h"

#include "runtime/vm/interpreter.h"

namespace polc::vm {

Found FindStraight(Machine* machine, Scratch* scratch) {
  machine->ComputeFacts();
  scratch->holding_.clear();
  scratch->errors_.clear();
  const auto rules = machine->bundle().rules();
  for (uint32_t i = 0; i < rules.size(); ++i) {
    const Evaluation e = machine->Run(rules[i].condition);
    if (!e.ok) scratch->errors_.push_back({i, e.error});
    if (e.ok ? e.value.boolean() : HoldsByError(rules[i])) scratch->holding_.push_back(i);
  }
  return {scratch->holding_, scratch->errors_};
}

}  // namespace polc::vm
