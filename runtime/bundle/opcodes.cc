#include "runtime/bundle/opcodes.h"

namespace polc::bundle {
namespace {

// Turns the parenthesised operand list of opcodes.def into a count and an array.
struct OperandList {
  uint8_t count = 0;
  Operand operands[2] = {};
  constexpr OperandList() = default;
  constexpr explicit OperandList(Operand a) : count(1), operands{a, {}} {}
  constexpr OperandList(Operand a, Operand b) : count(2), operands{a, b} {}
};

struct ArgumentList {
  uint8_t count = 0;
  Kind kinds[2] = {};
  constexpr explicit ArgumentList(Kind a) : count(1), kinds{a, {}} {}
  constexpr ArgumentList(Kind a, Kind b) : count(2), kinds{a, b} {}
};

constexpr OpcodeInfo MakeInfo(Opcode opcode, std::string_view name, std::string_view mnemonic,
                              OperandList operands, uint8_t pops, StackType pop_type, StackType pushes,
                              Cost cost, std::string_view meaning) {
  return {opcode, name,     mnemonic, operands.count, {operands.operands[0], operands.operands[1]},
          pops,   pop_type, pushes,   cost,           meaning};
}

constexpr BuiltinInfo MakeInfo(Builtin builtin, std::string_view name, Kind result, ArgumentList arguments) {
  return {builtin, name, result, arguments.count, {arguments.kinds[0], arguments.kinds[1]}};
}

// The names opcodes.def and builtins.def use inside their columns.
namespace in_operands {
constexpr Operand Const = Operand::kConst, Var = Operand::kVar, Fact = Operand::kFact,
                  Input = Operand::kInput, Target = Operand::kTarget, Type = Operand::kType,
                  Name = Operand::kName, Pattern = Operand::kPattern, Count = Operand::kCount,
                  Shape = Operand::kShape, Builtin = Operand::kBuiltin, Trap = Operand::kTrap,
                  Quantifier = Operand::kQuantifier, Levels = Operand::kLevels, Hours = Operand::kHours;
constexpr uint8_t kByOperand = kPopsByOperand;
constexpr OpcodeInfo kOpcodes[] = {
#define POLC_OP(name, mnemonic, operands, pops, of, pushes, cost, meaning)                 \
  MakeInfo(Opcode::k##name, #name, mnemonic, OperandList operands, pops, StackType::k##of, \
           StackType::k##pushes, Cost::k##cost, meaning),
#include "runtime/bundle/opcodes.def"
};
}  // namespace in_operands
using in_operands::kOpcodes;

namespace in_arguments {
constexpr Kind Bool = Kind::kBool, Long = Kind::kLong, String = Kind::kString, Decimal = Kind::kDecimal,
               Ip = Kind::kIp, Datetime = Kind::kDatetime, Duration = Kind::kDuration;
constexpr BuiltinInfo kBuiltins[] = {
#define POLC_BUILTIN(name, text, result, ...) \
  MakeInfo(Builtin::k##name, text, result, ArgumentList(__VA_ARGS__)),
#include "runtime/bundle/builtins.def"
};
}  // namespace in_arguments
using in_arguments::kBuiltins;

constexpr std::string_view kTrapNames[] = {
#define POLC_TRAP(name, meaning) #name,
#include "runtime/bundle/traps.def"
};
constexpr std::string_view kTrapMeanings[] = {
#define POLC_TRAP(name, meaning) meaning,
#include "runtime/bundle/traps.def"
};

}  // namespace

std::string_view KindName(Kind kind) {
  constexpr std::string_view kNames[kKindCount] = {"bool",   "long",     "string",   "entity", "decimal",
                                                   "ipaddr", "datetime", "duration", "set",    "record"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view StackTypeName(StackType type) {
  switch (type) {
    case StackType::kAny:
      return "any";
    case StackType::kNone:
      return "-";
    case StackType::kByOperand:
      return "by operand";
    default:
      return KindName(static_cast<Kind>(type));
  }
}

std::string_view VariableName(Variable variable) {
  constexpr std::string_view kNames[kVariableCount] = {"principal", "action", "resource", "context"};
  return kNames[static_cast<size_t>(variable)];
}

std::string_view QuantifierName(Quantifier quantifier) {
  constexpr std::string_view kNames[kQuantifierCount] = {"every", "some", "number"};
  return kNames[static_cast<size_t>(quantifier)];
}

std::string_view OperandName(Operand operand) {
  constexpr std::string_view kNames[] = {"const",   "var",  "fact",       "input",  "target",
                                         "type",    "name", "pattern",    "count",  "shape",
                                         "builtin", "trap", "quantifier", "levels", "hours"};
  return kNames[static_cast<size_t>(operand)];
}

const OpcodeInfo& Info(Opcode opcode) { return kOpcodes[static_cast<size_t>(opcode)]; }
const BuiltinInfo& Info(Builtin builtin) { return kBuiltins[static_cast<size_t>(builtin)]; }
std::string_view TrapName(Trap trap) { return kTrapNames[static_cast<size_t>(trap)]; }
std::string_view TrapMeaning(Trap trap) { return kTrapMeanings[static_cast<size_t>(trap)]; }

std::optional<Opcode> FindOpcode(std::string_view mnemonic) {
  for (const OpcodeInfo& info : kOpcodes) {
    if (info.mnemonic == mnemonic) return info.opcode;
  }
  return std::nullopt;
}

std::optional<Builtin> FindBuiltin(std::string_view name) {
  for (const BuiltinInfo& info : kBuiltins) {
    if (info.name == name) return info.builtin;
  }
  return std::nullopt;
}

std::optional<Instruction> Decode(std::span<const uint32_t> code, size_t at) {
  if (at >= code.size()) return std::nullopt;
  const uint32_t word = code[at];
  if ((word & 0xFF) >= kOpcodeCount) return std::nullopt;
  Instruction out{WordOpcode(word), WordOperand(word), 0, 1};
  if (Info(out.opcode).operand_count == 2) {
    if (at + 1 >= code.size()) return std::nullopt;
    out.b = code[at + 1];
    out.words = 2;
  }
  return out;
}

}  // namespace polc::bundle
