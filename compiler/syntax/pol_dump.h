// A Pol AST as S-expressions: one declaration a line, every operand in brackets, nothing but the meaning.
//
// Spans, spelling and parentheses that change nothing are left out, so two files say the same exactly if
// their dumps are equal (Equal() of pol_ast.h). For tests and for looking; it is not read back.
// Recursion over expressions: the parser bounds their depth.
// Tested by pol_parser_test.cc.
#pragma once

#include <string>

#include "compiler/syntax/pol_ast.h"

namespace polc::syntax::pol {

std::string Dump(const File& file);
std::string Dump(const File& file, ExprId id);

}  // namespace polc::syntax::pol
