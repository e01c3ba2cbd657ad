// Levels: how many steps a policy follows from the request into the entity store (Cedar RFC 76).
//
// `principal.manager.name` takes two steps: a store that fetched entities up to level 2 of a request can
// decide it. Entities written in the policy may not be followed at all: they are not reached from a request.
// Tested by level_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/sema/findings.h"
#include "compiler/sema/typecheck.h"

namespace polc::sema {

// Checks the conditions `checker` has just typed in `environment`; dead sides do not count.
void CheckLevels(const SchemaIndex& schema, const core::Rule& rule, const Typechecker& checker,
                 const Environment& environment, uint32_t max_level, Findings& findings);

// Reports a test of the scope that needs level 1 where only level 0 is allowed.
void ReportScopeLevel(source::Span span, Findings& findings);

}  // namespace polc::sema
