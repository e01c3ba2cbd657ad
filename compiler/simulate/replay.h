// One record replayed: decided by both sides, compared, attributed, counted.
//
// What a stretch of the log comes to is a Part; parts are merged in the order of the log (simulate.cc). Sums
// of a Part are the same in any order, its lists are in the log's. A Replayer is one thread's.
// Tested by simulate_test.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/log/record.h"
#include "compiler/simulate/attribute.h"
#include "compiler/simulate/judge.h"
#include "compiler/simulate/prepare.h"
#include "compiler/simulate/simulate.h"
#include "compiler/simulate/state.h"

namespace polc::simulate {

// Bucket, cause, whether there is one, outcomes, principal type, action, resource type.
using GroupKey =
    std::tuple<Bucket, Cause, bool, std::string, std::string, std::string, std::string, std::string>;
// The group of a key, begun in `groups` if there is none.
Group& GroupOf(const GroupKey& key, std::map<GroupKey, Group>& groups);

// What approvals waited for, in the order of the log.
struct Asked {
  std::string digest;
  int64_t at_ms = 0;
  bool granted = false;  // let go with approvals that counted; otherwise it was asked for
};

// What some records of the log come to.
struct Part {
  Report sums;
  std::map<GroupKey, Group> groups;
  std::vector<Asked> asked;
};

// Everything that replaying needs and that does not change.
struct World {
  const Options& options;
  std::shared_ptr<const Judge> before, after;
  Attributor& attributor;
  bool same_model;
};

// The day of outcomes by day; empty outside of the years that have four digits.
std::string DayOf(data::Datetime time);
// The number of the window that a day is in, if it is not empty.
size_t WindowOf(const Options& options, std::string_view day);

// What came of one record.
struct Told {
  Bucket bucket = Bucket::kUnchanged;
  std::string missing{};  // not replayable: why; then there are no decisions
  data::Decision before{}, after{};
  std::optional<Cause> cause{};
};

class Replayer {
 public:
  explicit Replayer(const World& world) : world_(world), preparer_(world.options, world.same_model) {}

  Prepared Prepare(log::Record record) { return preparer_.Prepare(std::move(record)); }

  // With state: books of both sides, else null. `told` may be null.
  void Replay(const Prepared& item, StateBook* before_book, StateBook* after_book, Part& part,
              Told* told = nullptr);

 private:
  data::Decision Decide(const std::shared_ptr<const Judge>& judge, const Side& side, const Taken& taken,
                        const log::Record& record, const data::Decision* logged, StateBook* book,
                        const Flip& flip, data::Request& request, Report& sums);
  void See(const Prepared& item, Report& sums) const;
  void AddFlip(Bucket bucket, const std::optional<Cause>& cause, Flip flip, Part& part);

  const World& world_;
  Preparer preparer_;
  Scratches scratches_;
};

}  // namespace polc::simulate
