#include "compiler/core/core.h"

#include <algorithm>

namespace polc::core {

namespace {

struct OpInfo {
  std::string_view mnemonic;
  int arity;
  std::string_view meaning;
};

constexpr OpInfo kOps[] = {
#define POLC_CORE_OP(name, mnemonic, arity, meaning) {mnemonic, arity, meaning},
#include "compiler/core/ops.def"
};

}  // namespace

std::string_view OpName(Op op) { return kOps[static_cast<size_t>(op)].mnemonic; }
std::string_view OpMeaning(Op op) { return kOps[static_cast<size_t>(op)].meaning; }
int OpArity(Op op) { return kOps[static_cast<size_t>(op)].arity; }

bool SameHead(const Rule& x_rule, const Expr& x, const Rule& y_rule, const Expr& y) {
  if (x.op != y.op || x.operand_count != y.operand_count) return false;
  if (HasName(x.op)) return x_rule.name(x) == y_rule.name(y);
  switch (x.op) {
    case Op::kLiteral:
      return x_rule.value(x) == y_rule.value(y);
    case Op::kLike:
      return x_rule.pattern(x) == y_rule.pattern(y);
    case Op::kRecord:
      return std::ranges::equal(x_rule.names(x), y_rule.names(y));
    default:
      return x.payload == y.payload;
  }
}

std::string_view KindName(Kind kind) {
  if (kind == Kind::kUnknown) return "?";
  return data::KindName(static_cast<data::Kind>(static_cast<uint8_t>(kind) - 1));
}

std::string_view VarName(Var var) {
  constexpr std::string_view kNames[] = {"principal", "action", "resource", "context", "element"};
  return kNames[static_cast<size_t>(var)];
}

std::string_view EffectName(Effect effect) {
  constexpr std::string_view kNames[] = {"allow", "limit", "require", "suggest", "forbid"};
  return kNames[static_cast<size_t>(effect)];
}

std::string_view FormName(Fact::Form form) {
  constexpr std::string_view kNames[] = {"expression", "highest", "first", "autonomy"};
  return kNames[static_cast<size_t>(form)];
}

std::string_view InputKindName(Input::Kind kind) {
  constexpr std::string_view kNames[] = {"now", "switch", "counter", "attempts", "total", "label", "breaker"};
  return kNames[static_cast<size_t>(kind)];
}

bool HasName(Op op) {
  switch (op) {
    case Op::kIs:
    case Op::kHas:
    case Op::kGetAttr:
    case Op::kAttrOr:
    case Op::kCallUnknown:
    case Op::kRank:
    case Op::kFactRef:
    case Op::kInput:
    case Op::kInHours:
      return true;
    default:
      return false;
  }
}

const Input* FindInput(const std::vector<Input>& inputs, std::string_view id) {
  for (const Input& input : inputs) {
    if (input.id == id) return &input;
  }
  return nullptr;
}

const PolPart& Rule::pol() const {
  static const PolPart kNone;
  return pol_part ? *pol_part : kNone;
}

ExprId Rule::Add(Op op, std::span<const ExprId> operands, Span at, uint32_t payload) {
  Expr e;
  e.op = op;
  e.first_operand = static_cast<uint32_t>(operand_pool.size());
  e.operand_count = static_cast<uint32_t>(operands.size());
  e.payload = payload;
  e.span = at;
  operand_pool.insert(operand_pool.end(), operands.begin(), operands.end());
  exprs.push_back(e);
  return static_cast<ExprId>(exprs.size() - 1);
}

ExprId Rule::AddLiteral(data::Value value, Span at) {
  value_pool.push_back(std::move(value));
  return Add(Op::kLiteral, {}, at, static_cast<uint32_t>(value_pool.size() - 1));
}

ExprId Rule::AddVar(Var var, Span at) { return Add(Op::kVar, {}, at, static_cast<uint32_t>(var)); }

ExprId Rule::AddNamed(Op op, std::span<const ExprId> operands, std::string name, Span at) {
  name_pool.push_back(std::move(name));
  return Add(op, operands, at, static_cast<uint32_t>(name_pool.size() - 1));
}

ExprId Rule::AddLike(ExprId operand, Pattern pattern, Span at) {
  pattern_pool.push_back(std::move(pattern));
  return Add(Op::kLike, std::span(&operand, 1), at, static_cast<uint32_t>(pattern_pool.size() - 1));
}

ExprId Rule::AddCall(data::ExtFn fn, std::span<const ExprId> operands, Span at) {
  return Add(Op::kCall, operands, at, static_cast<uint32_t>(fn));
}

ExprId Rule::AddRecord(std::vector<std::pair<std::string, ExprId>> fields, Span at) {
  std::sort(fields.begin(), fields.end());
  const auto first_name = static_cast<uint32_t>(name_pool.size());
  std::vector<ExprId> operands;
  for (auto& [key, value] : fields) {
    name_pool.push_back(std::move(key));
    operands.push_back(value);
  }
  return Add(Op::kRecord, operands, at, first_name);
}

}  // namespace polc::core
