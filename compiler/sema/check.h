// Checks rules against a schema: Cedar's policy validation, with the verdicts of Cedar 4.12 (or 4.13).
//
// A rule is valid if it cannot fail, other than by integer overflow or a missing entity, on any request and
// entity store that conform to the schema, as far as the type system can tell. Static rules and templates are
// checked in full; a linked rule only for what its link brought, since its template is checked by itself.
// Warnings (impossible policy, confusable text) never make a rule invalid.
//
// Rules are checked independently and may be spread over threads; what is reported, and its order, does not
// depend on that.
// Tested by check_test.cc; verdicts on the corpora by tests/corpus.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/model/schema.h"
#include "compiler/sema/types.h"
#include "compiler/source/diagnostic.h"

namespace polc::sema {

// Whose verdicts to give. 4.13 turns InvalidActionApplication into a warning.
enum class CedarVersion : uint8_t { k412, k413 };

struct CheckOptions {
  CheckMode mode = CheckMode::kStrict;
  std::optional<uint32_t> level;  // also require that the policy needs no higher level (RFC 76)
  CedarVersion cedar = CedarVersion::k412;
  unsigned jobs = 1;  // threads; 0 = as many as the machine has
};

struct RuleVerdict {
  std::string id;
  bool valid = true;
};

struct CheckResult {
  std::vector<RuleVerdict> rules;      // as Program::rules
  std::vector<RuleVerdict> templates;  // as Program::templates
  bool valid = true;                   // all of them
};

// Reports into `sink` in the order of rules, then templates. O(rules x environments they tell apart x size).
CheckResult Check(const core::Program& program, const model::Schema& schema, const CheckOptions& options,
                  source::DiagnosticSink& sink);

// As Check, and sets Expr::kind in every valid rule to what the expression is in all environments in which
// it is reached; kUnknown where that differs or it is never reached. Holds for requests and entities that
// conform to the schema.
CheckResult CheckAndAnnotate(core::Program& program, const model::Schema& schema, const CheckOptions& options,
                             source::DiagnosticSink& sink);

}  // namespace polc::sema
