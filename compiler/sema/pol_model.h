// Declarations of types, actions and levels: what a request may look like.
//
// What a Cedar schema declares comes first; Pol may repeat such a type or action to add what Cedar cannot say
// (person, agent, class, levels, percentages, bounds, `from host`, `if missing`, `varies`), and nothing else.
// Tested by pol_model_test.cc.
#pragma once

#include "compiler/sema/pol_world.h"

namespace polc::sema::pol {

// Enters the types and actions of a Cedar schema, before DeclareNames.
void ImportSchema(const model::Schema& schema, World& world);

// Builds levels, records, types, classes, actions, kinds of limits and evidence, hours; after DeclareNames
// and SetSettings. Reports what does not fit together.
void BuildDeclarations(World& world, source::DiagnosticSink& sink);

// Restricts sources by their `needs`.
void ApplyNeeds(World& world, source::DiagnosticSink& sink);

// What the world declares, for deciding and for Cedar.
core::Model ModelOf(const World& world);
model::Schema SchemaOf(const World& world, const model::Schema* base);

}  // namespace polc::sema::pol
