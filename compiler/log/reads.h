// What rules may read of a request, found by looking at their code and not by running it: what a log has to
// keep so that a decision can be made again, and whether one that lacks something can be.
//
// An overestimate: every attribute that stands anywhere in a rule, fact, ladder, cap or state declaration
// that the action concerns counts as read. Tested by reads_test.cc.
#pragma once

#include <map>
#include <set>
#include <string>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "compiler/log/record.h"

namespace polc::log {

struct Reads {
  bool whole_context = false;      // it is used as a value, not only through its attributes
  std::set<std::string> context;   // attributes of the context, at its top level
  std::set<std::string> anywhere;  // names of attributes of anything
  bool tags = false;               // tags of some entity

  bool ReadsContext(const std::string& attribute) const {
    return whole_context || context.contains(attribute);
  }
};

// Of one program, by action. A program must outlive it. O(rules) each time an action is asked for first; not
// thread-safe then.
class ReadIndex {
 public:
  explicit ReadIndex(const core::Program& program) : program_(&program) {}
  const Reads& Of(const data::EntityUid& action);

 private:
  const core::Program* program_;
  std::map<data::EntityUid, Reads> known_;
};

// Why the decision of a record cannot be made again without what was masked; empty if it can. `pol`: the
// context of the request's `host` part is read as the agent's is.
std::string ReadsMasked(const Record& record, const data::Request& request, ReadIndex& index, bool pol);

}  // namespace polc::log
