#include <algorithm>

#include "compiler/oracle/authorize.h"

namespace polc::oracle {

using core::Rule;
using data::EntityStore;
using data::EntityUid;

namespace {

bool Holds(const core::ScopeTest& test, const EntityUid& uid, const EntityStore& store) {
  using Op = core::ScopeTest::Op;
  if ((test.op == Op::kIs || test.op == Op::kIsIn) && uid.type != test.type) return false;
  if (test.op == Op::kEq) return uid == test.entity;
  if (test.op == Op::kIn || test.op == Op::kIsIn) return store.In(uid, test.entity);
  return true;
}

bool Holds(const core::ActionTest& test, const EntityUid& uid, const EntityStore& store) {
  using Op = core::ActionTest::Op;
  if (test.op == Op::kAny) return true;
  return std::any_of(test.actions.begin(), test.actions.end(), [&](const EntityUid& action) {
    return test.op == Op::kEq ? uid == action : store.In(uid, action);
  });
}

}  // namespace

bool ScopeHolds(const Rule& rule, const data::EntityStore& store, const data::Request& request) {
  return Holds(rule.principal, request.principal, store) && Holds(rule.action, request.action, store) &&
         Holds(rule.resource, request.resource, store);
}

bool ActionHolds(const Rule& rule, const data::EntityStore& store, const data::Request& request) {
  return Holds(rule.action, request.action, store);
}

}  // namespace polc::oracle
