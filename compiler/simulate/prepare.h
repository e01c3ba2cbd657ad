// Records made ready to be decided: requests read by each side's model, or the field that is missing for it.
//
// Tested by simulate_test.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/log/reads.h"
#include "compiler/log/record.h"
#include "compiler/log/request.h"
#include "compiler/simulate/simulate.h"

namespace polc::simulate {

// A request as one side reads it; nothing where it does not fit that side's model.
using Taken = log::LoggedRequest;

struct Prepared {
  log::Record record;
  std::string missing;  // not replayable, and this is why
  bool validate = true;
  std::shared_ptr<const Taken> before, after;  // the same where the models are; `before` null without old set
};

class Preparer {
 public:
  // `same_model`: both sides read requests alike.
  Preparer(const Options& options, bool same_model);
  Prepared Prepare(log::Record record);

 private:
  std::shared_ptr<const Taken> Take(const Side& side, const log::Record& record, bool validate) const;
  static std::string Missing(const log::Record& record, log::ReadIndex& reads, const Taken& taken,
                             const Side& side);

  const Options& options_;
  bool same_model_;
  std::optional<log::ReadIndex> reads_before_;
  log::ReadIndex reads_after_;
};

// The answer where a side cannot read a request.
data::Decision Unreadable(const Side& side, const Taken& taken);

}  // namespace polc::simulate
