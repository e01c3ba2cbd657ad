// Which approvals, refusals and items of evidence of the host count, and what they meet.
//
// The outcome (outcome.h) asks while it is being made: first it says what the terms are, every requirement
// and limit that holds when no approval counts; then it asks about each approval and need of the rules that
// hold. An approval counts only if it names this action, these terms and this snapshot; a refusal only this
// action. Nothing is computed, no digest above all, before the first question to which the host has supplied
// anything that could say yes.
// Tested by approvals_test.cc.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/vm/decision.h"
#include "runtime/vm/engine.h"

namespace polc::vm {

class Machine;

// What holds when no approval counts, met or not: what an approver was shown.
struct Terms {
  std::span<const NeedTerm> needs;    // of every require that holds
  std::span<const LimitTerm> limits;  // merged, of every limit that holds
};

class Approvals {
 public:
  Approvals(Machine* machine, const Terms& terms, Scratch* scratch);

  // Of rows of the bundle's Approvals: whether one of the alternatives is met; whether somebody in one of its
  // pools refused this action, no longer ago than that alternative's `within`.
  bool Met(uint32_t approval);
  bool Refused(uint32_t approval);
  // Of a row of EvidenceKinds.
  bool HasEvidence(uint32_t kind);

  // Fills in what was counted and what was not, after the last question.
  void Report(Decision* decision);

 private:
  Machine* const machine_;
  const Terms terms_;
  Scratch* const scratch_;
};

}  // namespace polc::vm
