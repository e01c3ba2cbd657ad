// Policies and expressions as Cedar text.
//
// The text is canonical: only the parentheses that are needed, one space around operators, one clause a
// line. Parsing it gives the same AST again but for spans and kParen nodes, provided every name in it can be
// written (policy JSON can hold calls and `has` paths that Cedar text has no form for; they are printed in
// an equivalent form, or a call by its name). Keeping a person's layout and comments is
// compiler/format's business.
// Recursion: the depth of the expression, at most kMaxExprDepth (cedar_parser.h).
// Tested by ast_printer_test.cc.
#pragma once

#include <string>

#include "compiler/syntax/ast.h"

namespace polc::syntax {

// With a line break at the end.
std::string PrintPolicy(const Policy& policy);
std::string PrintExpr(const Policy& policy, ExprId id);
// `A::B::"id"`
std::string PrintEntity(const EntityRef& entity);

}  // namespace polc::syntax
