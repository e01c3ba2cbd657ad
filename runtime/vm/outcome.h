// From the rules that were found to the decision: the seam between finding and concluding.
//
// Whoever finds the rules (find.h) says which hold and which erred and nothing else; what they mean together,
// their effects, their modes, their terms, is settled here and only here. A rule that erred and holds by its
// error rule is in both lists.
// Tested by vm_test.cc.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/vm/engine.h"

namespace polc::vm {

class Machine;

// Rules by index, ascending, enforced and shadow. Rules that neither hold nor err are not there.
struct Found {
  std::span<const uint32_t> holding;
  std::span<const RuleError> errors;
};

// Whether a rule that erred holds all the same.
inline bool HoldsByError(const bundle::RuleRow& rule) {
  return static_cast<bundle::ErrorRule>(rule.error_rule) == bundle::ErrorRule::kFailClosed &&
         static_cast<bundle::Effect>(rule.effect) != bundle::Effect::kAllow;
}

// The decision that `found` makes; it lies in `scratch`, as `found` may. `machine` is that of this decision.
Decision Conclude(Machine* machine, const Found& found, Scratch* scratch);

// The same of rules that lie in two bundles, numbered as one list; it lies in `reasons` and `shadow`.
Decision Conclude(std::span<const bundle::RuleRow> first, std::span<const bundle::RuleRow> then,
                  const Found& found, std::vector<uint32_t>* reasons, std::vector<uint32_t>* shadow);

}  // namespace polc::vm
