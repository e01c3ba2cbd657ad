// WHO to WHAT on WHICH: what a rule, a cap, a ladder or a guarantee is about.
//
// Classes, `do anything` and `change anything` become lists of the actions that are done by and on what the
// scope names; `any agent` and `any person` become their types. What does not fit the tests of a core scope
// (several types, a group that is a path, the scope that a policy `governs`) becomes the first conditions.
// Tested by pol_rules_test.cc.
#pragma once

#include "compiler/sema/pol_expr.h"

namespace polc::sema::pol {

// Where reports go and where names are looked up.
struct Place {
  const World& world;
  SourceId source;
  const source::SourceMap& map;
  source::DiagnosticSink& sink;
};

enum class Fit : uint8_t {
  kGood,
  kNothing,  // no request can be meant; reported unless the module is of the standard library
  kError,    // reported
};

// Fills in the scope and first conditions of `rule`, and says what its conditions can be about. `what` null:
// anything; `which` null: anything. `span` is the sentence.
Fit BuildScope(const Place& at, const ast::Scope& who, const ast::Acts* what, const ast::Scope* which,
               source::Span span, core::Rule& rule, Reach& reach);

// The actions an author names, in the order of their uids; nothing after a report.
std::optional<std::vector<const ActionInfo*>> ExpandActs(const Place& at, const ast::Acts& acts);

// All requests of the model; `agents`: those of agents.
Reach WholeReach(const World& world, SourceId source, bool agents);

core::ActionTest TestFor(const World& world, const std::vector<const ActionInfo*>& actions, bool any,
                         source::Span span);

}  // namespace polc::sema::pol
