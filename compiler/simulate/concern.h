// Which requests an edit may matter to, by the scope of the rules that it is about alone.
//
// A rule that was changed, added or removed holds, and errs, for nobody whom its scope does not fit. So where
// the scopes of all of them fit not, both sets come to the same rules and say the same, but for the names of
// unchanged rules and of the snapshot. Edited rules have one bit each, or share one if there are more than
// bits: a request may be concerned if its principal, its action and its resource have a bit in common.
// An overestimate, never less. Of Cedar sets over one store. Immutable. Tested by
// tests/simulate/lane_test.cc, through what is left out.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "compiler/simulate/edit.h"

namespace polc::simulate {

class Concern {
 public:
  // All must outlive this.
  Concern(const core::Program& before, const core::Program& after, const std::vector<Edit>& edits,
          const data::EntityStore& store);

  // O(edited rules).
  uint32_t OfPrincipal(const data::EntityUid& uid) const;
  uint32_t OfAction(const data::EntityUid& uid) const;
  uint32_t OfResource(const data::EntityUid& uid) const;

 private:
  struct Edited {
    const core::Rule* rule;
    uint32_t bit;
  };
  bool Fits(const core::ScopeTest& test, const data::EntityUid& uid) const;

  const data::EntityStore& store_;
  std::vector<Edited> rules_;
  // What concerns everybody: edits of something else than rules, or of more of them than are worth asking.
  uint32_t all_ = 0;
};

}  // namespace polc::simulate
