// Whom a principal acts for: which of them the action may be asked for at all.
//
// Every rule is asked for the requester and for each hop, with the same action, resource and context; the
// decision is the most restrictive. A hop whose type the action's `by` does not list, or whose scope lacks
// the action's class, grants nothing and demands nothing: the decision is a deny at that hop. Tested by
// pol_test.cc and, against the oracle, by tests/engine.
#pragma once

#include "runtime/vm/request.h"

namespace polc::vm {

// Whether the rules are asked for this hop. `memory` is of the request.
bool MayAct(const Engine& engine, const Request& request, const Memory& memory, const ActedFor& hop);

}  // namespace polc::vm
