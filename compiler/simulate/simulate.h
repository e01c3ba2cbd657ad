// Replays a decision log against a policy set and says what comes out otherwise, and which edit does it.
//
// Every record falls into exactly one bucket (compare.h). A flip is attributed to an edit by undoing it: the
// request is decided once more by the new set without that edit, and if that has the old outcome (and where
// only terms changed, the old terms) the edit is the cause. Where no single edit is, a set of edits is, from
// which none can be left out; where the old state alone undoes it, decisions before are. What cannot be
// decided again as it was is not replayable, with the field that is missing named, and never guessed.
//
// Law: buckets sum to the records; a flip is what two separate evaluations say; undoing the edit a flip is
// attributed to removes it. Memory does not grow with the log, but with the kinds of flips. Without state
// that requests move, records are replayed on all cores, with it in order on one, behind reading on all; the
// result is the same bytes in any case. Tested by simulate_test.cc.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/decision.h"
#include "compiler/data/entities.h"
#include "compiler/log/reader.h"
#include "compiler/model/schema.h"
#include "compiler/simulate/compare.h"
#include "compiler/simulate/edit.h"

namespace polc::simulate {

struct Side {
  Source source;
  const model::Schema* schema = nullptr;     // what Cedar requests are read by; may be null
  const data::EntityStore* store = nullptr;  // read by its model; closed
  std::vector<uint8_t> bundle;               // empty: made of the program
};

// How a run that is stopped goes on later, to the same report.
struct Resuming {
  // What `save` was given by a run with the same options, of the same log; empty: from the beginning. What
  // is read of the log begins behind the bytes that `save` was told of.
  std::string from;
  std::function<bool()> due;  // asked after each stretch of the log
  std::function<void(std::string state, uint64_t bytes)> save;
};

struct Options {
  const Side* before = nullptr;  // null: what the log says is the old decision
  const Side* after = nullptr;
  std::string entities_digest;  // of the entities that are given; empty: not known
  unsigned jobs = 1;
  size_t examples = 3;  // kept of each group
  // The day, `2026-11-20`, on which the later of two windows begins; empty: all of the log is the later one.
  std::string split;
  const Resuming* resuming = nullptr;
  bool quick = true;  // read and decide from the bytes where that gives the same report (lane.h)
};

// How a request was decided on both sides, with the state each of them saw.
struct Flip {
  uint64_t line = 0;  // of the log
  data::Request before_request, after_request;
  data::Decision before, after;
  bool whole = true;     // `before` says more than allow or deny
  bool validate = true;  // requests have to fit the model; not where something is masked
  std::string logged_digest, logged_snapshot;  // what approvals of the record name
};

// What a flip comes from.
struct Cause {
  std::vector<size_t> edits;  // in Report::edits; undoing them removes it
  bool state = false;         // decisions before it, by what they counted
  friend auto operator<=>(const Cause&, const Cause&) = default;
};

struct Group {
  Bucket bucket = Bucket::kUnchanged;
  Cause cause;
  std::string before, after;  // outcomes
  std::string principal_type, action, resource_type;
  uint64_t count = 0;
  std::vector<Flip> examples;
  // The least of the first example that still flips by the same cause; request.
  std::optional<Flip> smallest;
};

struct Missing {
  uint64_t count = 0;
  uint64_t first_line = 0;
};

// What one side's decisions come to.
struct Tally {
  std::array<uint64_t, 5> outcomes{};  // by data::Outcome
  std::map<std::string, uint64_t> why;
  std::map<std::string, uint64_t> limits;    // by kind
  std::map<std::string, uint64_t> rules;     // how many decisions named it
  std::map<std::string, uint64_t> shadow;    // rules in shadow that held
  std::map<std::string, uint64_t> would_be;  // `allow -> deny`, with all in shadow enforced
  uint64_t approvals = 0, counted = 0, expired = 0, other_snapshot = 0;

  void Add(const data::Decision& decision, uint64_t times = 1);
  void Add(const Tally& other);
};

// What was asked for, and how it was decided, as logged, in one stretch of time.
struct Window {
  std::array<uint64_t, 5> outcomes{};  // by data::Outcome
  std::map<std::string, uint64_t> actions;
};

struct Report {
  std::vector<Edit> edits;
  bool from_log = false;                        // the old decisions are the log's
  uint64_t lines = 0, records = 0, broken = 0;  // broken: lines that are no records
  std::array<uint64_t, kBuckets> buckets{};
  std::vector<Group> groups;               // looser first; then by count, then by what they are
  std::map<std::string, Missing> missing;  // not replayable: by field
  Tally before, after;
  uint64_t drifted = 0;                     // replayed by the old set, the outcome is not the log's
  uint64_t complete = 0;                    // records with time, request, snapshot and decision
  uint64_t partial = 0;                     // records that say allow or deny and no more
  uint64_t asked = 0, granted = 0;          // actions that had to be approved; those let go with an approval
  uint64_t other_entities = 0;              // records decided with other entities than are given
  std::set<std::string> assumed;            // state that the log does not have
  std::vector<uint64_t> approval_waits_ms;  // from the first demand to being let go; sorted
  std::map<std::string, std::array<uint64_t, 5>> days;  // old outcomes by day
  std::array<Window, 2> windows;                        // the earlier one, if there is one, and the later
  std::map<std::string, log::Problem> problems;         // one of each kind
  std::map<std::string, uint64_t> problem_counts;
  uint64_t flips_unattributed = 0;
  uint64_t quick = 0;  // replayed from their bytes (lane.h); how, not what, so no part of what is rendered

  uint64_t looser() const { return buckets[static_cast<size_t>(Bucket::kLooser)]; }
};

// Bytes read of the log so far, and records.
using Progress = std::function<void(uint64_t bytes, uint64_t records)>;

// Nothing if the new or the old set fits no bundle, or if what is to be resumed is of other policies.
// `progress` may be null; of a run that is resumed it is told of all bytes, but only of its own records.
std::optional<Report> Simulate(const Options& options, const log::Reader& reader, log::Splitter& splitter,
                               const Progress& progress);

}  // namespace polc::simulate
