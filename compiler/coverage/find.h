// Requests that show what no test shows yet.
//
// A search from the requests of the tests there are, and from plain ones of the model: it changes one thing
// after the other (action, entities, attributes, groups, context, state, time, to values that the policies
// speak of and those next to them) and keeps the requests that come nearest. What it returns has been
// evaluated: it reaches its goal. It finds what a few changes reach and gives up after kMaxTried; that it
// finds nothing proves nothing.
//
// For Pol programs. Deterministic. Tested by coverage_test.cc.
#pragma once

#include <optional>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/coverage/coverage.h"
#include "compiler/data/entities.h"

namespace polc::coverage {

// Requests evaluated for one goal: a fraction of a second.
inline constexpr size_t kMaxTried = 6000;

class Finder {
 public:
  // `base` as of Collector::Add. All must outlive this.
  Finder(const core::Program& program, const data::EntityStore& base, std::vector<data::Request> seeds);

  std::optional<data::Request> Find(const Collector& collector, const Collector::Goal& goal) const;

  // The request with everything the decision says is missing: people who approve (as `approvals` without
  // digests), evidence.
  struct Completed {
    data::Request request;
    std::vector<data::EntityUid> approvers;
  };
  std::optional<Completed> Complete(const data::Request& request, const data::Decision& decision) const;

 private:
  std::vector<data::Request> Neighbours(const data::Request& request) const;
  std::vector<data::Value> Values(const core::Type& type, const data::Request& request) const;
  std::optional<data::Value> Sample(const core::Type& type, int depth = 0) const;
  std::optional<data::Entity> SampleEntity(const std::string& type, const std::string& id) const;
  std::optional<data::Request> Plain(const core::Action& action, const std::string& principal,
                                     const std::string& resource, const data::Request* like) const;
  void Fill(const core::Action& action, data::Request& request) const;

  const core::Program& program_;
  const data::EntityStore& base_;
  std::vector<data::Request> seeds_;
  std::vector<data::Value> constants_;     // that the policies speak of, and next to these
  std::vector<data::EntityUid> entities_;  // that the policies name
};

}  // namespace polc::coverage
