// Which rules hold and which err: what every decision begins with. outcome.h has what follows from them.
//
// Two ways, one answer. Straight: one code block per rule, every rule, as the language says: a rule that errs
// follows its error rule, and what is found does not depend on the rules' order. By the tree: only the groups
// of rules whose scope fits are looked at, and in each the tests that its rules share are run once
// (runtime/tree/tree.h, dispatch.h). Both run slices of the same code.
// Tested by vm_test.cc and, against the oracle, by tests/engine.
#pragma once

#include "runtime/vm/dispatch.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/outcome.h"

namespace polc::vm {

class Machine;

// What is found lies in `scratch`, until it is used again.
Found FindStraight(Machine* machine, Scratch* scratch);

// The groups whose scope fits: rules that hold whatever else is asked, and groups whose trees must be walked.
struct Candidates {
  std::span<const uint32_t> always;
  std::span<const uint32_t> groups;
};

// Finds them anew, from the atoms that are true of the three. They lie in `scratch`.
Candidates Gather(Machine* machine, std::span<const AtomId> principal, std::span<const AtomId> action,
                  std::span<const AtomId> resource, Scratch* scratch);

// The atoms that are true of an entity as the request sees it, where it brings entities: its place in the
// hierarchy is walked. False if that may be more than an instruction may visit: then only straight is exact.
bool WalkAtoms(Machine* machine, EntityId id, Scratch* scratch, std::vector<AtomId>* out);

// The same where every rule is an allow or a forbid in force (Tree::is_simple): apart, each ascending.
struct SimplyFound {
  std::span<const uint32_t> forbids, allows;
};
SimplyFound FindSimple(Machine* machine, const Memo::Entry& entry, Scratch* scratch);

// Walks the groups' trees. `always` in any order.
Found FindAmong(Machine* machine, const Candidates& candidates, Scratch* scratch);

}  // namespace polc::vm
