#include "compiler/core/kinds.h"

namespace polc::core {

std::optional<data::Kind> ResultKind(const Rule& rule, const Expr& e) {
  using data::Kind;
  switch (e.op) {
    case Op::kLiteral:
      return rule.value(e).kind();
    case Op::kVar:
      if (e.var() == Var::kElement) return std::nullopt;
      return e.var() == Var::kContext ? Kind::kRecord : Kind::kEntity;
    case Op::kCall:
      return data::Info(e.fn()).result;
    case Op::kNeg:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kSize:
    case Op::kRank:
    case Op::kNumber:
      return Kind::kLong;
    case Op::kLower:
      return Kind::kString;
    case Op::kSet:
    case Op::kUnion:
    case Op::kIntersect:
      return Kind::kSet;
    case Op::kRecord:
      return Kind::kRecord;
    case Op::kIf:
    case Op::kGetAttr:
    case Op::kGetTag:
    case Op::kAttrOr:
    case Op::kFactRef:
    case Op::kInput:
    case Op::kCallUnknown:
      return std::nullopt;
    default:
      return Kind::kBool;
  }
}

}  // namespace polc::core
