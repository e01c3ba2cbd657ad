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
#include "runtime/vm/request.h"

namespace polc::vm {

enum class Verdict : uint8_t { kSatisfied, kNotSatisfied, kErred };

// An expression's value, where the expression stands in the source. What a scope test looked at (the
// principal, action or resource) has the place of the test.
struct Observation {
  std::string value;  // as Cedar writes it
  bundle::Place place;
};

struct RuleExplanation {
  Verdict verdict = Verdict::kNotSatisfied;
  // The part that decided: an index into the bundle's parts. Nothing if the rule is satisfied.
  std::optional<uint32_t> part;
  std::string message;  // kErred: why
  // Of the deciding part's expressions that are neither constants nor the part itself, in the order of
  // evaluation; an expression evaluated once per element stands once, with its last value.
  std::vector<Observation> observations;
};

RuleExplanation ExplainRule(const Engine& engine, uint32_t rule, const Request& request, Scratch* scratch);

}  // namespace polc::vm
