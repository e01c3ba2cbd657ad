// What a rule's scope says before its conditions are looked at: which request environments it can hold in,
// and whether the names the rule uses exist.
//
// Tested by scope_test.cc.
#pragma once

#include <vector>

#include "compiler/core/core.h"
#include "compiler/sema/findings.h"
#include "compiler/sema/schema_index.h"

namespace polc::sema {

// The type of a scope test in an environment: kTrue, kFalse or kBool. `ok` is false if it names something
// the schema does not know (reported by CheckNames) or is itself ill-typed.
struct ScopeAnswer {
  TypeId type = kTrue;
  bool ok = true;
  bool looks_up = false;  // asks the entity hierarchy (`in`), which costs a level
};

// For a principal or resource of type `entity`. An open slot may be linked to any fitting entity.
ScopeAnswer CheckScope(const SchemaIndex& schema, const core::ScopeTest& test, EntityTypeId entity);

// The action test of one rule, for all actions.
class ActionScope {
 public:
  // In strict mode a list of actions must be of one type and not empty. `error` says what is wrong.
  ActionScope(const SchemaIndex& schema, const core::ActionTest& test, CheckMode mode);

  ScopeAnswer Check(ActionId action) const;
  // The actions for which the test is not false, ascending.
  const std::vector<ActionId>& candidates() const { return candidates_; }

  enum class Problem { kNone, kEmpty, kMixedTypes };
  Problem problem() const { return problem_; }
  const std::vector<EntityTypeId>& mixed_types() const { return mixed_types_; }

 private:
  bool ok_ = true;
  bool constant_ = true;  // the test has a constant answer per action
  bool looks_up_ = false;
  Problem problem_ = Problem::kNone;
  std::vector<EntityTypeId> mixed_types_;
  std::vector<ActionId> candidates_;
};

// Entity types and actions the schema does not declare, and ids an enumerated type does not have.
void CheckNames(const SchemaIndex& schema, const core::Rule& rule, Findings& findings);
// The same for the entities a link gave the slots of `origin`; Cedar looks only at their types.
void CheckLinkedNames(const SchemaIndex& schema, const core::Rule& rule, const core::Rule* origin,
                      Findings& findings);

// Whether some action applies to some principal and resource type that the scope allows; reports if not.
void CheckApplication(const SchemaIndex& schema, const core::Rule& rule, source::Severity severity,
                      Findings& findings);

}  // namespace polc::sema
