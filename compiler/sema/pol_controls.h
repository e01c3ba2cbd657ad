// The control catalogues that `meets` may name (controls.def), known without any `use`.
//
// Tested by pol_rules_test.cc.
#pragma once

#include <span>
#include <string_view>

#include "compiler/source/diagnostic.h"
#include "compiler/syntax/pol_ast.h"

namespace polc::sema::pol {

struct KnownControl {
  std::string_view catalogue;  // "soc2"
  std::string_view clause;     // "CC8.1"
  std::string_view text;       // "changes are authorised, tested and approved"
};
std::span<const KnownControl> KnownControls();

// Whether the catalogue has the clause; reports if not.
bool CheckControl(const syntax::pol::Control& control, source::DiagnosticSink& sink);

}  // namespace polc::sema::pol
