#include "compiler/simulate/concern.h"

#include <algorithm>

namespace polc::simulate {

Concern::Concern(const core::Program& before, const core::Program& after, const std::vector<Edit>& edits,
                 const data::EntityStore& store)
    : store_(store) {
  constexpr size_t kMostRules = 4096, kBits = 32;
  const auto add = [&](const core::Program& program, size_t index) {
    rules_.push_back({&program.rules[index], uint32_t{1} << rules_.size() % kBits});
  };
  for (const Edit& edit : edits) {
    if (edit.item != Edit::Item::kRule || rules_.size() >= kMostRules) {
      all_ = ~uint32_t{0};
      rules_.clear();
      return;
    }
    if (edit.change != Edit::Change::kAdded) add(before, edit.old_index);
    if (edit.change != Edit::Change::kRemoved) add(after, edit.new_index);
  }
}

bool Concern::Fits(const core::ScopeTest& test, const data::EntityUid& uid) const {
  using Op = core::ScopeTest::Op;
  switch (test.op) {
    case Op::kAny:
      return true;
    case Op::kEq:
      return uid == test.entity;
    case Op::kIn:
      return store_.In(uid, test.entity);
    case Op::kIs:
      return uid.type == test.type;
    case Op::kIsIn:
      return uid.type == test.type && store_.In(uid, test.entity);
  }
  return true;
}

uint32_t Concern::OfPrincipal(const data::EntityUid& uid) const {
  uint32_t out = all_;
  for (const Edited& e : rules_) out |= Fits(e.rule->principal, uid) ? e.bit : 0;
  return out;
}

uint32_t Concern::OfAction(const data::EntityUid& uid) const {
  using Op = core::ActionTest::Op;
  uint32_t out = all_;
  for (const Edited& e : rules_) {
    const core::ActionTest& test = e.rule->action;
    const bool fits = test.op == Op::kAny || std::ranges::any_of(test.actions, [&](const auto& named) {
                        return test.op == Op::kEq ? uid == named : store_.In(uid, named);
                      });
    out |= fits ? e.bit : 0;
  }
  return out;
}

uint32_t Concern::OfResource(const data::EntityUid& uid) const {
  uint32_t out = all_;
  for (const Edited& e : rules_) out |= Fits(e.rule->resource, uid) ? e.bit : 0;
  return out;
}

}  // namespace polc::simulate
