// Small changes of a policy set that its tests should notice.
//
// Each mutant is one change of one rule, fact, ladder row, cap or counter, as an author might make it by
// mistake: a comparison's boundary moved, an operator turned round, a condition, a rule, an approver or a
// limit left out, a scope widened, a level raised. Every one of them is a program that verifies. What Pol and
// Cedar have in common is mutated alike.
//
// Mutants come in the order of the source, and are the same ones every time. They refer to the program and
// the sources, which must outlive them. Thread-safe once made. Tested by mutants_test.cc.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/source/source_map.h"

namespace polc::mutate {

struct Mutant {
  enum class Kind : uint8_t { kOperator, kThreshold, kCondition, kRule, kScope, kEffect, kFact, kState } kind;
  std::string rule;      // id of the rule; of others, what it belongs to
  source::Span span;     // what is changed
  std::string what;      // "the condition is left out"
  std::string was, now;  // the source of the place, and the mutant's; on one line each; `now` empty: gone

  // What it touches, so that it can be undone: rules (several: links of a template), a fact, an input.
  std::vector<size_t> rules{};
  std::optional<size_t> fact{}, input{};
  // Conditions and scope of a rule only: what the prover can compare.
  bool only_tests = false;
  std::function<void(core::Program&)> apply{};
};
std::string_view KindName(Mutant::Kind kind);  // "operator", "threshold", …

// Of what stands in `files`.
std::vector<Mutant> MakeMutants(const core::Program& program, const source::SourceMap& map,
                                const std::set<source::FileId>& files);

// What a mutant touches, as it is in `original`.
void Undo(const Mutant& mutant, const core::Program& original, core::Program& program);

}  // namespace polc::mutate
