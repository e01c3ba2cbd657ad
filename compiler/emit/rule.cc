#include "compiler/emit/rule.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "compiler/core/can_err.h"

namespace polc::emit {

using bundle::Block;
using bundle::Builtin;
using bundle::Constant;
using bundle::Opcode;
using bundle::PartKind;
using bundle::StackType;
using bundle::Trap;
using bundle::Variable;
using core::Expr;
using core::ExprId;
using core::Op;

namespace {

// The core's operators that are one instruction.
Opcode OpcodeOf(Op op, bool strict) {
  switch (op) {
    case Op::kNot:
      return Opcode::kNot;
    case Op::kNeg:
      return Opcode::kNeg;
    case Op::kEq:
      return Opcode::kEq;
    case Op::kLess:
      return Opcode::kLess;
    case Op::kLessEq:
      return Opcode::kLessEq;
    case Op::kAdd:
      return Opcode::kAdd;
    case Op::kSub:
      return Opcode::kSub;
    case Op::kMul:
      return Opcode::kMul;
    case Op::kIn:
      return strict ? Opcode::kInStrict : Opcode::kIn;
    case Op::kIs:
      return Opcode::kIs;
    case Op::kHas:
      return strict ? Opcode::kHasStrict : Opcode::kHas;
    case Op::kGetAttr:
      return Opcode::kAttr;
    case Op::kHasTag:
      return strict ? Opcode::kHasTagStrict : Opcode::kHasTag;
    case Op::kGetTag:
      return Opcode::kGetTag;
    case Op::kLike:
      return Opcode::kLike;
    case Op::kContains:
      return Opcode::kContains;
    case Op::kContainsAll:
      return Opcode::kContainsAll;
    case Op::kContainsAny:
      return Opcode::kContainsAny;
    case Op::kIsEmpty:
      return Opcode::kIsEmpty;
    case Op::kSet:
      return Opcode::kSet;
    case Op::kRecord:
      return Opcode::kRecord;
    case Op::kCall:
      return Opcode::kCall;
    case Op::kAttrOr:
      return Opcode::kAttrOr;
    case Op::kUnion:
      return Opcode::kUnion;
    case Op::kIntersect:
      return Opcode::kIntersect;
    case Op::kSize:
      return Opcode::kSize;
    case Op::kLower:
      return Opcode::kLower;
    case Op::kRank:
      return Opcode::kRank;
    case Op::kFactRef:
      return Opcode::kFact;
    case Op::kInput:
      return Opcode::kInput;
    case Op::kInHours:
      return Opcode::kInHours;
    // Handled before one asks: constants, variables, control flow.
    case Op::kLiteral:
    case Op::kVar:
    case Op::kIf:
    case Op::kAnd:
    case Op::kOr:
    case Op::kCallUnknown:
      break;
    default:  // Pol's, which Emit refuses
      break;
  }
  return Opcode::kFail;
}

// Set and record literals nested deeper than this are built at run time, one level at a time.
constexpr uint16_t kMaxConstantDepth = 256;

static_assert(static_cast<int>(data::Kind::kRecord) == static_cast<int>(bundle::Kind::kRecord) &&
              static_cast<int>(data::Kind::kEntity) == static_cast<int>(bundle::Kind::kEntity) &&
              static_cast<int>(data::Kind::kIp) == static_cast<int>(bundle::Kind::kIp));

bundle::Quantifier QuantifierOf(Op op) {
  return op == Op::kEvery  ? bundle::Quantifier::kEvery
         : op == Op::kSome ? bundle::Quantifier::kSome
                           : bundle::Quantifier::kNumber;
}

// The two lists of extension functions are each their own; they meet by name.
Builtin BuiltinOf(data::ExtFn fn) {
  static const auto kTable = [] {
    std::array<Builtin, bundle::kBuiltinCount> table{};
    for (const data::ExtFnInfo& info : data::AllExtFns()) {
      table[static_cast<size_t>(info.fn)] = bundle::FindBuiltin(info.name).value();
    }
    return table;
  }();
  return kTable[static_cast<size_t>(fn)];
}

}  // namespace

RuleEmitter::RuleEmitter(const core::Rule& rule, const Declarations& declared, bundle::ImageBuilder* builder,
                         Places* places)
    : rule_(rule), declared_(declared), builder_(builder), places_(places) {
  Analyze();
}

// Operands come before their operators, so one loop knows them all.
void RuleEmitter::Analyze() {
  types_.reserve(rule_.exprs.size());
  constant_depth_.reserve(rule_.exprs.size());
  for (const Expr& e : rule_.exprs) {
    const auto operands = rule_.operands(e);
    uint16_t depth = 0;
    StackType type = StackType::kAny;
    switch (e.op) {
      case Op::kLiteral:
        depth = 1;
        type = static_cast<StackType>(rule_.value(e).kind());
        break;
      case Op::kVar:
        type = e.var() == core::Var::kContext   ? StackType::kRecord
               : e.var() == core::Var::kElement ? StackType::kAny
                                                : StackType::kEntity;
        break;
      case Op::kNumber:
        type = StackType::kLong;
        break;
      case Op::kEvery:
      case Op::kSome:
      case Op::kAnd:
      case Op::kOr:
        type = StackType::kBool;
        break;
      case Op::kIf:
        type = types_[operands[1]] == types_[operands[2]] ? types_[operands[1]] : StackType::kAny;
        break;
      case Op::kCallUnknown:
        break;
      case Op::kCall: {
        const bundle::BuiltinInfo& info = Info(BuiltinOf(e.fn()));
        if (info.argument_count == operands.size()) type = static_cast<StackType>(info.result);
        break;
      }
      case Op::kSet:
      case Op::kRecord:
        depth = 1;
        for (ExprId id : operands) {
          const uint16_t below = constant_depth_[id];
          if (below == 0 || below >= kMaxConstantDepth) {
            depth = 0;
            break;
          }
          depth = std::max<uint16_t>(depth, static_cast<uint16_t>(below + 1));
        }
        type = e.op == Op::kSet ? StackType::kSet : StackType::kRecord;
        break;
      default:
        type = Info(OpcodeOf(e.op, rule_.strict)).pushes;
        break;
    }
    types_.push_back(type);
    constant_depth_.push_back(depth);
  }
}

uint32_t RuleEmitter::Put(Opcode opcode, uint64_t a) {
  if (a > bundle::kMaxOperand) too_large_ = true, a = 0;
  builder_->image.code.push_back(bundle::EncodeWord(opcode, static_cast<uint32_t>(a)));
  return Here() - 1;
}

void RuleEmitter::PutFail(size_t pops, Trap trap, std::string_view name) {
  const uint32_t string = builder_->String(name);
  if (string > bundle::kMaxOperand) too_large_ = true;
  Put(Opcode::kFail, pops);
  builder_->image.code.push_back(PackTrap(trap, string));
}

void RuleEmitter::Land(uint32_t word) {
  uint32_t& jump = builder_->image.code[word];
  const uint32_t words = Info(bundle::WordOpcode(jump)).operand_count == 2 ? 2 : 1;
  const uint32_t distance = Here() - word - words;
  if (distance > bundle::kMaxOperand) too_large_ = true;
  jump = bundle::EncodeWord(bundle::WordOpcode(jump), distance & bundle::kMaxOperand);
}

// A debug row holds until the next one, so one is written only where the place changes.
void RuleEmitter::Mark(source::Span span) {
  const bundle::Place place = places_->At(span);
  auto& rows = builder_->image.debug;
  if (!rows.empty() && rows.back().word == Here()) rows.pop_back();
  const bool same = !rows.empty() && std::memcmp(&rows.back().place, &place, sizeof(place)) == 0;
  const bool nowhere_anyway = rows.empty() && place.file == bundle::kNone;
  if (!same && !nowhere_anyway) rows.push_back({Here(), place});
}

Constant RuleEmitter::ConstantOf(ExprId root) const {
  // Recursion is bounded by kMaxConstantDepth.
  const Expr& e = rule_.exprs[root];
  if (e.op == Op::kLiteral) return emit::ConstantOf(rule_.value(e));
  Constant c;
  c.kind = e.op == Op::kSet ? bundle::Kind::kSet : bundle::Kind::kRecord;
  for (ExprId id : rule_.operands(e)) c.elements.push_back(ConstantOf(id));
  if (e.op == Op::kRecord) {
    const auto names = rule_.names(e);
    c.names.assign(names.begin(), names.end());
  }
  return c;
}

void RuleEmitter::EnsureBool(ExprId id) {
  if (types_[id] == StackType::kBool) return;
  Mark(rule_.exprs[id].span);
  Put(Opcode::kCheckBool);
}

void RuleEmitter::Operation(ExprId id) {
  const Expr& e = rule_.exprs[id];
  const size_t count = rule_.operands(e).size();
  Mark(e.span);
  switch (e.op) {
    case Op::kCallUnknown:
      PutFail(count, Trap::kUnknownFunction, rule_.name(e));
      return;
    case Op::kCall: {
      const bundle::BuiltinInfo& info = Info(BuiltinOf(e.fn()));
      if (info.argument_count != count) {
        PutFail(count, Trap::kWrongArity, info.name);
        return;
      }
      Put(Opcode::kCall, static_cast<uint32_t>(info.builtin));
      return;
    }
    case Op::kIs:
      Put(Opcode::kIs, builder_->Type(rule_.name(e)));
      return;
    case Op::kHas:
    case Op::kGetAttr:
    case Op::kAttrOr:
      Put(OpcodeOf(e.op, rule_.strict), builder_->String(rule_.name(e)));
      return;
    case Op::kRank:
      Put(Opcode::kRank, declared_.Levels(rule_.name(e)));
      return;
    case Op::kInHours:
      Put(Opcode::kInHours, declared_.Hours(rule_.name(e)));
      return;
    case Op::kFactRef:
      Put(Opcode::kFact, declared_.Fact(rule_.name(e)));
      return;
    case Op::kInput:
      Put(count == 0 ? Opcode::kInput : Opcode::kInputOf, declared_.Input(rule_.name(e)));
      return;
    case Op::kLike: {
      std::vector<const std::string*> parts;
      for (const core::PatternPart& part : rule_.pattern(e))
        parts.push_back(part.wildcard ? nullptr : &part.literal);
      Put(Opcode::kLike, builder_->Pattern(parts));
      return;
    }
    case Op::kSet:
      Put(Opcode::kSet, count);
      return;
    case Op::kRecord: {
      const auto names = rule_.names(e);
      Put(Opcode::kRecord, builder_->Shape({names.begin(), names.end()}));
      return;
    }
    default:
      Put(OpcodeOf(e.op, rule_.strict));
      return;
  }
}

void RuleEmitter::Expression(ExprId root) {
  // An expression whose operands are being emitted, and the jumps it still has to land.
  struct Open {
    ExprId id;
    uint32_t next = 0;  // operand
    uint32_t jump = 0;  // word
  };
  std::vector<Open> open = {{root}};
  while (!open.empty()) {
    Open& top = open.back();
    const Expr& e = rule_.exprs[top.id];
    const auto operands = rule_.operands(e);
    if (constant_depth_[top.id] > 0) {
      Put(Opcode::kConst, builder_->AddConstant(ConstantOf(top.id)));
      open.pop_back();
      continue;
    }
    if (e.op == Op::kVar) {
      if (e.var() == core::Var::kElement) {
        Put(Opcode::kElement);
      } else {
        Put(Opcode::kVar, static_cast<uint32_t>(e.var()));
      }
      open.pop_back();
      continue;
    }
    // What goes between the operands, and after the last.
    const uint32_t done = top.next;
    switch (e.op) {
      case Op::kAnd:
      case Op::kOr:
        if (done > 0) EnsureBool(operands[done - 1]);
        if (done == 1) top.jump = Put(e.op == Op::kAnd ? Opcode::kAnd : Opcode::kOr);
        if (done == 2) Land(top.jump);
        break;
      case Op::kIf:
        if (done == 1) {
          EnsureBool(operands[0]);
          top.jump = Put(Opcode::kBranchFalse);
        } else if (done == 2) {
          const uint32_t to_end = Put(Opcode::kJump);
          Land(top.jump);
          top.jump = to_end;
        } else if (done == 3) {
          Land(top.jump);
        }
        break;
      case Op::kEvery:
      case Op::kSome:
      case Op::kNumber: {
        const uint32_t quantifier = bundle::PackQuantifier(QuantifierOf(e.op), bundle::kMaxEachBound);
        if (done == 1) {
          Mark(e.span);
          top.jump = Put(Opcode::kEach);
          builder_->image.code.push_back(quantifier);
        } else if (done == 2) {
          EnsureBool(operands[1]);
          Mark(e.span);
          Put(Opcode::kEachEnd, quantifier);
          Land(top.jump);
        }
        break;
      }
      case Op::kNot:
        if (done == 1) EnsureBool(operands[0]);
        [[fallthrough]];
      default:
        if (done == operands.size()) Operation(top.id);
        break;
    }
    if (done == operands.size()) {
      open.pop_back();
    } else {
      ++top.next;
      open.push_back({operands[done]});  // moves `top`
    }
  }
}

void RuleEmitter::BeginPart(PartKind kind, source::Span span) {
  // Parts are joined as by `&&`: the one before left its bool.
  bundle::Image& image = builder_->image;
  if (Here() > block_first_) joins_.push_back(Put(Opcode::kAnd));
  if (!has_parts_) return;
  bundle::PartRow row{};
  row.kind = static_cast<uint8_t>(kind);
  row.first = Here() - block_first_;
  row.place = places_->At(span);
  image.parts.push_back(row);
}

void RuleEmitter::ScopePart(PartKind kind, Variable variable, const core::ScopeTest& test) {
  using TestOp = core::ScopeTest::Op;
  if (test.op == TestOp::kAny) return;
  BeginPart(kind, test.span);
  Mark(test.span);
  const auto variable_operand = static_cast<uint32_t>(variable);
  uint32_t skip = 0;
  if (test.op == TestOp::kIs || test.op == TestOp::kIsIn) {
    Put(Opcode::kVar, variable_operand);
    Put(Opcode::kIs, builder_->Type(test.type));
    if (test.op == TestOp::kIs) return;
    skip = Put(Opcode::kAnd);
  }
  Put(Opcode::kVar, variable_operand);
  Put(Opcode::kConst, builder_->AddConstant(emit::ConstantOf(test.entity)));
  Put(test.op == TestOp::kEq ? Opcode::kEq : Opcode::kIn);
  if (test.op == TestOp::kIsIn) Land(skip);
}

void RuleEmitter::ActionPart(const core::ActionTest& test) {
  using TestOp = core::ActionTest::Op;
  if (test.op == TestOp::kAny) return;
  BeginPart(PartKind::kAction, test.span);
  Mark(test.span);
  Put(Opcode::kVar, static_cast<uint32_t>(Variable::kAction));
  if (test.op == TestOp::kEq) {
    Put(Opcode::kConst, builder_->AddConstant(emit::ConstantOf(test.actions[0])));
    Put(Opcode::kEq);
    return;
  }
  // A Pol program knows which actions there are, and so does not depend on a store that knows their groups.
  Constant set;
  set.kind = bundle::Kind::kSet;
  std::set<data::EntityUid> actions(test.actions.begin(), test.actions.end());
  if (declared_.program().pol) {
    for (const core::Action& action : declared_.program().model.actions) {
      if (core::Covers(test, action)) actions.insert(action.uid);
    }
    for (const data::EntityUid& uid : actions) set.elements.push_back(emit::ConstantOf(uid));
  } else {
    for (const data::EntityUid& uid : test.actions) set.elements.push_back(emit::ConstantOf(uid));
  }
  Put(Opcode::kConst, builder_->AddConstant(set));
  Put(Opcode::kIn);
}

Block RuleEmitter::Condition(bool with_parts) {
  block_first_ = Here();
  has_parts_ = with_parts;
  ScopePart(PartKind::kPrincipal, Variable::kPrincipal, rule_.principal);
  ActionPart(rule_.action);
  ScopePart(PartKind::kResource, Variable::kResource, rule_.resource);
  for (ExprId id : rule_.conditions) {
    BeginPart(PartKind::kCondition, rule_.exprs[id].span);
    Expression(id);
    EnsureBool(id);
  }
  if (Here() == block_first_) {
    Constant yes;
    yes.number = 1;
    Put(Opcode::kConst, builder_->AddConstant(yes));
  }
  for (uint32_t jump : joins_) Land(jump);
  Put(Opcode::kReturn);
  return {block_first_, Here() - block_first_, 0, 0, 0};
}

Block RuleEmitter::Value(ExprId id, bool is_bool) {
  const uint32_t first = Here();
  Expression(id);
  if (is_bool) EnsureBool(id);
  Put(Opcode::kReturn);
  return {first, Here() - first, 0, 0, 0};
}

}  // namespace polc::emit
