// Constants: expressions that are values by themselves, where nothing else may stand.
//
// Defaults (`100% if missing`), values of settings, what tests give. The type that is wanted is known, so a
// level is named without saying of which levels, and `[]` has an element type.
// Tested by pol_model_test.cc.
#pragma once

#include <optional>

#include "compiler/sema/pol_world.h"

namespace polc::sema::pol {

// The value of `id` in a file, which must be of `type`. `what` names the place for messages: "the default of
// `blast_radius`". Nothing after a report. Recursion: the depth of the type.
std::optional<data::Value> ConstantOf(const World& world, SourceId source, ast::ExprId id, const Type& type,
                                      std::string_view what, source::DiagnosticSink& sink);

// What an expression looks like to someone who wanted something else: "a number", "a text", "`x`".
std::string Describe(const ast::File& file, ast::ExprId id);

// The text of an address or a range as a value.
data::Value AddressOf(const std::string& text);

}  // namespace polc::sema::pol
