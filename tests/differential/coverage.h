// What was evaluated: operators as authors write them, scope forms, extension functions.
//
// Counts nodes that the oracle reached, not nodes that exist: the walk follows an evaluation, entering the
// second operand of `&&` and the branches of `if` only where the oracle's value of the first says so, and
// stopping at the operand that errs.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "compiler/syntax/ast.h"

namespace polc::differential {

using Evaluated = std::map<std::string, uint64_t>;

// Every name that can be counted, at zero: what never occurs must show.
Evaluated NothingEvaluated();

// What an author wrote at each place of a policy set, by byte range: `>` where the core has a negated `<=`.
class Surface {
 public:
  void Add(const syntax::Policy& policy);
  const std::set<std::string>* At(source::Span span) const;

 private:
  std::map<std::pair<uint32_t, uint32_t>, std::set<std::string>> at_;
};

// Counts one decision.
void CountEvaluated(const core::Program& program, const Surface& surface, const data::EntityStore& store,
                    const data::Request& request, Evaluated& counts);

}  // namespace polc::differential
