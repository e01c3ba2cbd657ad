// Guarantees: what a set says of itself for every request. Read and checked here; proved elsewhere.
//
// Tested by pol_facts_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"

namespace polc::sema::pol {

// `never allow T without …` or `always allow T`, both `when E`.
struct Guarantee {
  enum class Without : uint8_t { kNothing, kAnyApproval, kApproval, kLimit };
  std::string name;  // "prod-safety/no_silent_drop"
  std::string title;
  bool always = false;
  Without without = Without::kNothing;
  core::Approval approval;  // kApproval; its pools are expressions of `scope`
  std::string limit;        // kLimit: the kind
  core::Rule scope;         // whom and what it is about, with `when` as its conditions
  source::Span span;
};
// `assume NAME E`: stores and requests of which E does not hold are not spoken about.
struct Assumption {
  std::string name;
  core::Rule rule;  // conditions[0] is E
  source::Span span;
};

}  // namespace polc::sema::pol
