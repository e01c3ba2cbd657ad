// Which rules hold and which err: what every decision begins with. outcome.h has what follows from them.
//
// The straight way, one code block per rule, every rule, as the language says: a rule that errs follows its
// error rule, and what is found does not depend on the rules' order.
// Tested by vm_test.cc and, against the oracle, by tests/engine.
#pragma once

#include "runtime/vm/engine.h"
#include "runtime/vm/outcome.h"

namespace polc::vm {

class Machine;

// Facts are computed first. What is found lies in `scratch`, until it is used again.
Found FindStraight(Machine* machine, Scratch* scratch);

}  // namespace polc::vm
