// The model of a Pol program as a Cedar schema, with classes of actions as action groups.
//
// Levels are Strings there and percentages decimals; bounds of sets, whose word an attribute is and what it
// is where it is left out have no place in a Cedar schema. Attributes of both sides are one context. Only
// to_cedar.cc includes this. Tested by to_cedar_test.cc.
#pragma once

#include <map>
#include <string>

#include "compiler/core/core.h"
#include "compiler/syntax/schema_ast.h"

namespace polc::translate {

// The group that stands for each class: `Action::"pod_restart"`; a class whose name an action has is left
// out.
std::map<std::string, data::EntityUid> ClassGroups(const core::Model& model);

syntax::SchemaFragment CedarSchema(const core::Model& model);

}  // namespace polc::translate
