// The files of a new project.
//
// Nothing in them allows anything: model.pol says what there is, policy.pol has no rule. Every guess stands
// beside its action with its reason and the word `review`, and in the table of README.md.
// The texts parse; who writes them formats them.
// Tested by scaffold_test.cc and tests/new.
#pragma once

#include <string>
#include <string_view>

#include "compiler/model/schema.h"
#include "compiler/scaffold/tools.h"

namespace polc::scaffold {

struct Draft {
  std::string model{};   // model.pol
  std::string policy{};  // policy.pol
  std::string readme{};  // README.md
};

// `project` names it, `source` is where the tools came from as a reader may see it.
Draft OfTools(const ToolList& list, std::string_view project, std::string_view source);
// The schema stays beside it as it is; model.pol adds classes.
Draft OfSchema(const model::Schema& schema, std::string_view project, std::string_view source);
// With neither: a model to start from.
Draft OfNothing(std::string_view project);

// polc.toml; `schema` is the file beside it, or "".
std::string ProjectFile(std::string_view schema);

}  // namespace polc::scaffold
