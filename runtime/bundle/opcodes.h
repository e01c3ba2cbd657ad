// Instructions as data: their table, encoding and decoding.
//
// Code is a vector of 32-bit words. An instruction is one word, opcode in the low 8 bits and its first
// operand in the upper 24; the few instructions with a second operand have it in the word after. Jump
// targets are distances from the end of the instruction, unsigned: code cannot name a place behind it,
// so that it ends shows in the format.
//
// The lists are opcodes.def, builtins.def and traps.def. Tested by opcodes_test.cc, which also holds
// docs/bytecode.md against the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace polc::bundle {

enum class Opcode : uint8_t {
#define POLC_OP(name, ...) k##name,
#include "runtime/bundle/opcodes.def"
};
inline constexpr size_t kOpcodeCount = 0
#define POLC_OP(name, ...) +1
#include "runtime/bundle/opcodes.def"
    ;

// What version 1 of the format has.
inline constexpr size_t kOpcodeCountV1 = static_cast<size_t>(Opcode::kReturn) + 1;

enum class Builtin : uint8_t {
#define POLC_BUILTIN(name, ...) k##name,
#include "runtime/bundle/builtins.def"
};
inline constexpr size_t kBuiltinCount = 0
#define POLC_BUILTIN(name, ...) +1
#include "runtime/bundle/builtins.def"
    ;

enum class Trap : uint8_t {
#define POLC_TRAP(name, ...) k##name,
#include "runtime/bundle/traps.def"
};
inline constexpr size_t kTrapCount = 0
#define POLC_TRAP(name, ...) +1
#include "runtime/bundle/traps.def"
    ;

inline constexpr size_t kTrapCountV1 = static_cast<size_t>(Trap::kInputStale) + 1;

// Kinds of values. The order is the on-disk encoding of constants.
enum class Kind : uint8_t {
  kBool,
  kLong,
  kString,
  kEntity,
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  kSet,
  kRecord
};
inline constexpr size_t kKindCount = 10;
// "bool", "long", "string", "entity", "decimal", "ipaddr", "datetime", "duration", "set", "record".
std::string_view KindName(Kind kind);

// What the verifier knows about a value on the stack: one kind, or nothing.
enum class StackType : uint8_t {
  kBool,
  kLong,
  kString,
  kEntity,
  kDecimal,
  kIp,
  kDatetime,
  kDuration,
  kSet,
  kRecord,
  kAny,        // of a kind known only at run time
  kNone,       // pushes: no value
  kByOperand,  // pushes: told by the operand
};

enum class Operand : uint8_t {
  kConst,       // index of a constant
  kVar,         // a Variable
  kFact,        // index of a fact that comes before
  kInput,       // index of an input
  kTarget,      // words to skip after this instruction; at least one, inside the code block
  kType,        // index of an entity type
  kName,        // index of a string: an attribute name
  kPattern,     // index of a `like` pattern
  kCount,       // number of values popped
  kShape,       // index of a record shape
  kBuiltin,     // a Builtin
  kTrap,        // a Trap in the low 8 bits, index of a string (the name it speaks of) in the upper 24
  kQuantifier,  // a Quantifier in the low 8 bits, the bound on the set's size in the upper 16
  kLevels,      // index of a row of Levels
  kHours,       // index of a row of Hours
};

enum class Variable : uint8_t { kPrincipal, kAction, kResource, kContext };
inline constexpr size_t kVariableCount = 4;
std::string_view VariableName(Variable variable);

// `every` is false if one element is false, else an error if one errs, else true; `some` dually; `number`
// counts the true ones and errs if one errs.
enum class Quantifier : uint8_t { kEvery, kSome, kNumber };
inline constexpr size_t kQuantifierCount = 3;
std::string_view QuantifierName(Quantifier quantifier);

// What data can make an instruction cost, beside its one step.
enum class Cost : uint8_t { kOne, kElements, kBytes, kBoth };

inline constexpr uint8_t kPopsByOperand = 0xFF;

struct OpcodeInfo {
  Opcode opcode;
  std::string_view name;      // "BranchFalse"
  std::string_view mnemonic;  // "br_false"
  uint8_t operand_count;
  Operand operands[2];
  uint8_t pops;  // or kPopsByOperand
  StackType pop_type;
  StackType pushes;
  Cost cost;
  std::string_view meaning;
};

struct BuiltinInfo {
  Builtin builtin;
  std::string_view name;  // "lessThan"
  Kind result;
  uint8_t argument_count;
  Kind arguments[2];
};

const OpcodeInfo& Info(Opcode opcode);
const BuiltinInfo& Info(Builtin builtin);
std::string_view TrapName(Trap trap);
std::string_view TrapMeaning(Trap trap);
std::optional<Opcode> FindOpcode(std::string_view mnemonic);
std::optional<Builtin> FindBuiltin(std::string_view name);
std::string_view OperandName(Operand operand);
std::string_view StackTypeName(StackType type);

// The largest first operand, and so the largest index code can name: 24 bits.
inline constexpr uint32_t kMaxOperand = (1u << 24) - 1;

struct Instruction {
  Opcode opcode;
  uint32_t a = 0;  // first operand
  uint32_t b = 0;  // second operand
  uint32_t words = 1;
};

// Decodes the instruction at `at`; nothing if the opcode is unknown or the second word is missing.
std::optional<Instruction> Decode(std::span<const uint32_t> code, size_t at);

constexpr uint32_t EncodeWord(Opcode opcode, uint32_t a = 0) {
  return static_cast<uint32_t>(opcode) | a << 8;
}
constexpr Opcode WordOpcode(uint32_t word) { return static_cast<Opcode>(word & 0xFF); }
constexpr uint32_t WordOperand(uint32_t word) { return word >> 8; }

// The second operand of `fail`, and the quantifier operands of `each` (second) and `each_end` (first).
constexpr uint32_t PackTrap(Trap trap, uint32_t name) { return static_cast<uint32_t>(trap) | name << 8; }
constexpr uint32_t PackQuantifier(Quantifier q, uint32_t bound) {
  return static_cast<uint32_t>(q) | bound << 8;
}

}  // namespace polc::bundle
