// A request with some of what it was decided from changed (candidates.h): context, entities, state, time,
// what people said.
//
// Evidence and approvals that a change adds name the action and the terms as they are with the other changes
// made, so they count if what they are about fits. Tested by tests/explain/laws_test.cc and
// tests/explain/minimal_test.cc.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "compiler/data/entities.h"
#include "compiler/explain/candidates.h"
#include "runtime/vm/engine.h"

namespace polc::explain {

// At most one change of each thing.
using ChangeSet = std::map<Key, Change>;

class Changer {
 public:
  // All must outlive the changer.
  Changer(const vm::Engine& engine, const data::Request& request, bool validates)
      : engine_(engine), b_(engine.bundle().bundle()), request_(request), validates_(validates) {}

  // How many approvals the request brought.
  size_t own_approvals() const { return request_.host ? request_.host->approvals.size() : 0; }

  // The request with the changes made.
  std::optional<data::Request> Apply(const ChangeSet& set);

 private:
  // Another action has other attributes: what it does not declare goes with the old one.
  void LeaveOut(data::Value* context, const data::EntityUid& action) const;
  // The request's own copy of an entity, made if need be.
  data::Entity& EntityIn(data::Request* request, const data::EntityUid& uid);
  data::Entity Stored(const data::EntityUid& uid);

  const vm::Engine& engine_;
  const bundle::Bundle& b_;
  const data::Request& request_;
  const bool validates_;
  std::map<data::EntityUid, data::Entity> stored_;
};

}  // namespace polc::explain
