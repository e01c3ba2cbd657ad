// Mutants: valid inputs made (mostly) invalid by a small change.
//
// A mutant may well still be valid: nothing here knows the verdict, the engines that are compared say it.
// Text mutants keep to valid UTF-8, because they travel inside JSON.
// Tested by gen_test.cc.
#pragma once

#include <string>
#include <vector>

#include "tests/gen/world.h"

namespace polc::gen {

// One to three small edits of policy or schema text: a token dropped, doubled, moved, or replaced by
// another of the text or by one that is known to be awkward.
std::string MutateTokens(const std::string& text, Rng& rng);
// One or two edits of single characters.
std::string MutateChars(const std::string& text, Rng& rng);
// One or two edits of a JSON tree: members dropped, renamed, added, values of another kind or of one from
// elsewhere in the tree.
Json MutateJson(Json value, Rng& rng);
// A request that probably is none of the schema's: another action, a wrong entity, a context that lacks,
// mistypes or adds something.
Request MutateRequest(const World& world, Request request, Rng& rng);
// An entity that probably does not conform.
Json MutateEntity(const World& world, Json entity, Rng& rng);

}  // namespace polc::gen
