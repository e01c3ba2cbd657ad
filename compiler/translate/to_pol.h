// `polc translate --to pol`: Cedar policies as Pol rules, beside the Cedar schema they were written for.
//
// Attributes of the context are declared `from host`: in Cedar the whole context is the caller's word. An
// action group becomes the list of the actions in it, an id the rule's name, other annotations nothing. Pol
// checks strictly, so what came out is checked, and what does not check is given up, safely: a permit is left
// out, a forbid forbids without its conditions. What is left decides as the Cedar policies do, but for
// errors: a forbid that errs was skipped and now holds, and `in` and `has` of an entity that is not in the
// store are errors. Templates are left out. All of this is remarked upon, policy by policy. Tested by
// to_pol_test.cc and tests/engine/import_test.cc; docs/cedar-users.md is the users' page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/model/schema.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source_map.h"
#include "compiler/syntax/ast.h"
#include "compiler/translate/remark.h"

namespace polc::translate {

struct CedarPolicy {
  std::string id;
  syntax::Policy policy;
};

struct PolTranslation {
  std::string text;             // in Pol's one form
  std::vector<Remark> remarks;  // also in front of the rules, as comments
  bool whole = true;            // every policy is there with all of its conditions
  bool can_err = false;
};

// A set without text, and with the reason among its remarks, if there is a forbid that cannot be said at all.
PolTranslation ToPol(const std::vector<CedarPolicy>& policies, const model::Schema& schema,
                     source::SourceMap& map);

// Reads a file of Cedar policies, in Cedar syntax or JSON. Ids are those of @id, or their positions.
std::vector<CedarPolicy> ReadCedarPolicies(const source::SourceMap& map, source::FileId file,
                                           source::DiagnosticSink& sink);

}  // namespace polc::translate
