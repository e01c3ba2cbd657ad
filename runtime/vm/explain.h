// Why a rule came out as it did: the part of it that decided, and the values seen there.
//
// Runs the rule's own code once more with the trace on, so what is explained is what was decided. A rule's
// parts are its scope tests and conditions in source order; the first that is false or errs decides.
// Not on the hot path: builds strings. Thread-safe as Engine is.
// Tested by explain_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/vm/engine.h"
#include "runtime/vm/observer.h"
#include "runtime/vm/request.h"

namespace polc::vm {

enum class Verdict : uint8_t { kSatisfied, kNotSatisfied, kErred };

struct RuleExplanation {
  Verdict verdict = Verdict::kNotSatisfied;
  // The part that decided: an index into the bundle's parts. Nothing if the rule is satisfied.
  std::optional<uint32_t> part;
  std::string message;  // kErred: why
  // Of the deciding part.
  std::vector<Observation> observations;
};

// The part of a rule that a word of its condition is of, an index into the bundle's parts; nothing if it is
// of none.
std::optional<uint32_t> PartAt(const bundle::Bundle& bundle, const bundle::RuleRow& row, uint32_t word);

RuleExplanation ExplainRule(const Engine& engine, uint32_t rule, const Request& request, Scratch* scratch);

}  // namespace polc::vm
