// What the tests of a policy set have shown of it: which rules held, which conditions were reached, and which
// outcomes of conditions decided.
//
// A unit is what holds or does not: a rule, a clause of a fact, a row of a ladder, a cap, a label's cause.
// Its conditions are the tests that `and`, `or`, `not` and `if` join, the parts of its scope first; a rule's
// approvals are conditions, too. An outcome of a condition counts once it decided: had it come out the other
// way, with everything else that was evaluated as it was, so would have the unit. That is MC/DC in its
// masking form, for evaluation that stops when the result is known. So `a and b` needs three tests: both
// true, `a` false, and `b` false while `a` is true.
//
// An outcome that was not seen may be impossible (`on Service` where the action has no other resource).
// Prove() asks the lints' prover, which is never wrong when it says so; these do not count. An error of a
// condition is reported and counts for neither outcome.
//
// Requests are evaluated by the oracle, part by part; Add() returns its decision for whoever compares it with
// the engine's. Invalid requests reach no rule and add nothing. Not thread-safe. Tested by coverage_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"
#include "compiler/model/schema.h"
#include "compiler/source/source_map.h"

namespace polc::oracle {
class Case;
}

namespace polc::coverage {

struct Outcome {
  uint64_t decided = 0;
  uint64_t masked = 0;   // it came out so, and something else decided
  bool possible = true;  // false: proved that it never decides
  bool open() const { return decided == 0 && possible; }
};

struct Condition {
  enum class Of : uint8_t {
    kWho,
    kWhat,
    kWhich,
    kTest,
    kNeeds,  // whether what a require demands was there
    kLift,   // whether an approval lifted the rule
  } of = Of::kTest;
  source::Span span{};
  Outcome is_true{}, is_false{};
  uint64_t erred = 0;

  uint64_t reached() const {
    return is_true.decided + is_true.masked + is_false.decided + is_false.masked + erred;
  }
  // Whether any outcome of it can decide.
  bool counts() const { return is_true.possible || is_false.possible; }
};

struct Unit {
  enum class Kind : uint8_t { kRule, kClause, kRow, kCap, kLabel } kind = Kind::kRule;
  std::string id{};  // of the rule; of others what they belong to
  source::Span span{};
  uint64_t asked = 0;  // requests it was evaluated for
  uint64_t held = 0;   // of these; an error that makes it hold included
  bool can_hold = true;
  std::vector<Condition> conditions{};
};
std::string_view KindName(Unit::Kind kind);  // "rule", "clause", …
// What an outcome of it is called: "true" and "false", "met" and "unmet", "lifted" and "not lifted".
std::string_view OutcomeName(Condition::Of of, bool outcome);

// So many of so many. What cannot be is in neither.
struct Ratio {
  uint64_t covered = 0, all = 0;
  // Floored to a hundredth, so that 100 means all of them; of nothing, everything.
  double percent() const;
};

struct Coverage {
  std::vector<Unit> units;  // by place
  Ratio Units() const;
  Ratio Conditions() const;  // that were reached
  Ratio Outcomes() const;    // that decided
};

class Collector {
 public:
  // Units that stand in `files` count. `program` must outlive this.
  Collector(const core::Program& program, const std::set<source::FileId>& files);
  ~Collector();

  struct Options {
    std::string snapshot{};
    bool validate_request = true;
  };
  // `base` is closed and has what the request does not bring along.
  data::Decision Add(const data::Request& request, const data::EntityStore& base, const Options& options);

  // Which of the outcomes that no test showed are impossible. `schema` may be null.
  void Prove(const model::Schema* schema);

  const Coverage& coverage() const { return coverage_; }

  // An outcome of a condition of a unit, or that the unit holds.
  struct Goal {
    size_t unit = 0;
    std::optional<size_t> condition{};
    bool outcome = true;
  };
  // What no request showed and could be shown, in the order of the units.
  std::vector<Goal> Open() const;
  // How near a request comes to a goal that is about the tree of conditions: kReached if it would show it.
  // Nothing if it is invalid. Adds nothing.
  static constexpr int kReached = 1 << 20;
  std::optional<int> Score(const Goal& goal, const data::Request& request,
                           const data::EntityStore& base) const;

 private:
  struct Tree;
  void Plan(Unit::Kind kind, std::string id, source::Span span, const core::Rule& rule,
            const std::vector<core::ExprId>& roots, bool scope, std::string fact = "");
  void AddCase(const oracle::Case& in, const data::Decision& decision, const std::string& suffix);

  const core::Program& program_;
  std::vector<std::unique_ptr<Tree>> trees_;  // several of one unit: links of one template
  Coverage coverage_;
};

}  // namespace polc::coverage
