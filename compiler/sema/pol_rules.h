// Rules: effect, clauses and terms of each, as the core has them.
//
// Tested by pol_rules_test.cc.
#pragma once

#include "compiler/sema/pol_scope.h"

namespace polc::sema::pol {

// The rule, or nothing: after a report, or because a module's rule is about nothing there is.
std::optional<core::Rule> BuildRule(const Place& at, const ast::RuleDecl& decl);

// Adds the conditions of clauses to `rule`, in order; `unless approved by`, `because` and `meets` to `part`.
// Whether all were good.
bool AddClauses(const Place& at, const std::vector<ast::Clause>& clauses, const Reach& reach, Known& known,
                core::Rule& rule, core::PolPart* part);

// A quorum with the expressions of its pools in `rule`; nothing after a report.
std::optional<core::Quorum> BuildQuorum(const Place& at, const ast::Quorum& quorum, const Reach& reach,
                                        const Known& known, core::Rule& rule);

// The mode of something declared with `mode` in a source.
core::Mode ModeOf(const Source& source, ast::Mode mode);

// Whether rules of this effect restrict.
bool Restricts(core::Effect effect);

}  // namespace polc::sema::pol
