// `polc translate --to cedar` for Pol: what of a checked set Cedar can say.
//
// Cedar allows or denies; it asks nobody and sets no limits. So the export allows only what Pol allows with
// no approvals and no limits: `require` and `suggest` become forbids, and so does `limit` unless limits are
// enforced elsewhere. An allow with a condition that Cedar cannot say is left out; a restriction with one is
// exported without it, and so forbids more. Both are remarked upon, and rules that can err as well, since
// Cedar skips what errs. Where every rule is exported whole, named entities are in the store and nothing
// errs, Cedar allows exactly what Pol does; otherwise never more. What the model says and no Cedar schema can
// (percentages, levels) becomes a forbid of each action's own.
//
// Rules in shadow, tests, guarantees and what only reports have no counterpart. docs/cedar-users.md is the
// users' page. Tested by to_cedar_test.cc and tests/engine/export_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/translate/remark.h"

namespace polc::translate {

struct CedarExportOptions {
  bool limits_enforced_elsewhere = false;
};

struct CedarExport {
  std::string policies;         // Cedar text, in Cedar's layout; each with its rule's id as @id
  std::string schema;           // the model, with classes of actions as action groups
  std::vector<Remark> remarks;  // also in front of the policies, as comments
  bool whole = true;            // every enforced rule is there with all of its conditions
  bool can_err = false;
};

// Nothing after reporting an error. `program` is Pol and passes core::Verify.
std::optional<CedarExport> ToCedar(const core::Program& program, const CedarExportOptions& options,
                                   source::SourceMap& map, source::DiagnosticSink& sink);

}  // namespace polc::translate
