// Which edit a flip comes from, shown by undoing it.
//
// Tested by simulate_test.cc.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "compiler/simulate/judge.h"
#include "compiler/simulate/simulate.h"

namespace polc::simulate {

// Decides as a flip's record was decided: approvals, refusals and evidence that name the recorded action and
// snapshot are taken to name this judge's, since they were given for this action under what was in force.
// Their terms have to be this judge's all the same: nobody approved others.
data::Decision DecideRecorded(const std::shared_ptr<const Judge>& judge, const data::Request& request,
                              bool validate, const std::string& logged_digest,
                              const std::string& logged_snapshot, Scratches& scratches);

// Whether `undone`, a decision with something undone, is the end of a flip from `before` to `after`: where
// the outcome had changed it is the old one, where only the terms had, these are. `whole`: as of Compare.
bool Undone(const data::Decision& before, const data::Decision& after, bool whole,
            const data::Decision& undone);

class Attributor {
 public:
  // Edits that cannot be told apart by single undoing are looked for among as many at most.
  static constexpr size_t kMaxJointEdits = 64;

  Attributor(Variants& variants, bool from_log) : variants_(variants), from_log_(from_log) {}

  // The edits of which one may be the cause, in the order in which they are tried.
  std::vector<size_t> Order(const data::Decision& before, const data::Decision& after) const;
  // The cause by what `removes` says of undoing edits. `by_state`, which may be null, is asked where no
  // single edit does.
  using TryUndoing = std::function<bool(const std::set<size_t>&)>;
  static std::optional<Cause> Search(const std::vector<size_t>& order, const TryUndoing& removes,
                                     const std::function<bool()>& by_state);

  // Thread-safe but for `scratches`. Depends on the flip alone, not on flips before it.
  std::optional<Cause> Attribute(const Flip& flip, Scratches& scratches);
  // Whether undoing `cause` gives the old outcome, or of a flip of terms alone, the old terms.
  bool Removes(const Cause& cause, const Flip& flip, Scratches& scratches);

  Variants& variants() { return variants_; }

 private:
  bool RemovesEdits(const std::set<size_t>& edits, const Flip& flip, Scratches& scratches);

  Variants& variants_;
  bool from_log_;
};

}  // namespace polc::simulate
