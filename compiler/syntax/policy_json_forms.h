// What the reader and the writer of policy JSON both know: the operators and variables by their JSON names.
// For policy_json_reader.cc and policy_json_writer.cc alone.
#pragma once

#include <string_view>

#include "compiler/syntax/ast.h"

namespace polc::syntax {

// Operators with two operands, named `left` and `right`.
struct BinaryForm {
  std::string_view key;
  ExprKind kind;
};
inline constexpr BinaryForm kBinaryForms[] = {
    {"==", ExprKind::kEq}, {"!=", ExprKind::kNe}, {"in", ExprKind::kIn}, {"<", ExprKind::kLt},
    {"<=", ExprKind::kLe}, {">", ExprKind::kGt},  {">=", ExprKind::kGe}, {"&&", ExprKind::kAnd},
    {"||", ExprKind::kOr}, {"+", ExprKind::kAdd}, {"-", ExprKind::kSub}, {"*", ExprKind::kMul},
};
// Methods of Cedar itself; those with an argument have `left` and `right`, `isEmpty` has `arg`.
inline constexpr std::string_view kBinaryMethods[] = {"contains", "containsAll", "containsAny", "getTag",
                                                      "hasTag"};
inline constexpr std::string_view kVars[] = {"principal", "action", "resource", "context"};

}  // namespace polc::syntax
