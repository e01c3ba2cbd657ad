// Random Pol files: an AST, and texts that say it.
//
// Every construct of the grammar comes up, with names that are words of the language elsewhere, reserved
// words where any word is a name, and literals at the ends of their ranges. What the files say makes no
// sense: names are not declared, types do not agree. For the reader and the formatter, and for whatever must
// not fall over. The printer shares nothing with polc's formatter: it is a second opinion on the grammar.
// Everything is drawn from an Rng, so a seed names a file. Tested by pol_gen_test.cc.
#pragma once

#include <string>

#include "compiler/syntax/pol_ast.h"
#include "tests/gen/rng.h"

namespace polc::gen {

struct PolOptions {
  size_t declarations = 6;
  int depth = 4;  // of expressions, in brackets
};

syntax::pol::File RandomPol(Rng& rng, const PolOptions& options = {});

enum class PolText : uint8_t {
  kPlain,  // a space between tokens, a line for each declaration
  kWild,   // any white space between any two tokens, comments, redundant parentheses, trailing commas
};

// `rng` is needed for kWild only. `comments`, if given, gets every comment that was written.
std::string PrintPol(const syntax::pol::File& file, PolText text, Rng* rng,
                     std::vector<std::string>* comments = nullptr);

}  // namespace polc::gen
