// How bad can a tool be? A first guess, to be reviewed by a person.
//
// The words of a tool's name are looked up in lists of verbs, and the worst of them counts; where the name
// has none, the first word of the description does; where that is none either, it is irreversible. Arguments
// that carry code (`sql`, `command`, `script`) make it irreversible, whatever the name says. What a tool says
// of itself (MCP's hints, an HTTP method) can make the guess worse, and better only where there is no other
// clue: the hints of a server that one does not trust yet are its own word.
// Tested by scaffold_test.cc.
#pragma once

#include <string>

#include "compiler/core/model.h"
#include "compiler/scaffold/tools.h"

namespace polc::scaffold {

struct Guess {
  core::Reversibility reversibility = core::Reversibility::kIrreversible;
  std::string why{};  // "its name has `delete`"
};

Guess GuessClass(const Tool& tool);

}  // namespace polc::scaffold
