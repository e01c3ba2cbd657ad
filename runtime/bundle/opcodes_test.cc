#include "runtime/bundle/opcodes.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace polc::bundle {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string_view CostName(Cost cost) {
  constexpr std::string_view kNames[] = {"1", "elements", "bytes", "elements + bytes"};
  return kNames[static_cast<size_t>(cost)];
}

std::string OpcodeTable() {
  std::string out =
      "| code | mnemonic | operands | pops | of | pushes | cost | meaning "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& info = Info(static_cast<Opcode>(i));
    std::string operands;
    for (int k = 0; k < info.operand_count; ++k) {
      operands += (k > 0 ? ", " : "") + std::string(OperandName(info.operands[k]));
    }
    out += "| " + std::to_string(i) + " | `" + std::string(info.mnemonic) + "` | " + operands + " | " +
           (info.pops == kPopsByOperand ? "by operand" : std::to_string(info.pops)) + " | " +
           std::string(info.pops == 0 ? "-" : StackTypeName(info.pop_type)) + " | " +
           std::string(StackTypeName(info.pushes)) + " | " + std::string(CostName(info.cost)) + " | " +
           std::string(info.meaning) + " |\n";
  }
  return out;
}

std::string BuiltinTable() {
  std::string out = "| number | name | arguments | result |\n|---|---|---|---|\n";
  for (size_t i = 0; i < kBuiltinCount; ++i) {
    const BuiltinInfo& info = Info(static_cast<Builtin>(i));
    out += "| " + std::to_string(i) + " | `" + std::string(info.name) + "` | ";
    for (int k = 0; k < info.argument_count; ++k) {
      out += (k > 0 ? ", " : "") + std::string(KindName(info.arguments[k]));
    }
    out += " | " + std::string(KindName(info.result)) + " |\n";
  }
  return out;
}

std::string TrapTable() {
  std::string out = "| number | trap | meaning |\n|---|---|---|\n";
  for (size_t i = 0; i < kTrapCount; ++i) {
    const Trap trap = static_cast<Trap>(i);
    out += "| " + std::to_string(i) + " | " + std::string(TrapName(trap)) + " | " +
           std::string(TrapMeaning(trap)) + " |\n";
  }
  return out;
}

// The tables of docs/bytecode.md are the lists' own words. POLC_UPDATE=1 writes them anew.
TEST(OpcodesTest, DocumentedAsListed) {
  const std::string path = POLC_SOURCE_DIR "/docs/bytecode.md";
  std::string text = ReadFile(path);
  const std::vector<std::pair<std::string, std::string>> tables = {
      {"opcodes", OpcodeTable()}, {"builtins", BuiltinTable()}, {"traps", TrapTable()}};
  std::string wanted = text;
  for (const auto& [name, table] : tables) {
    const std::string begin = "<!-- begin " + name + " -->\n", end = "<!-- end " + name + " -->\n";
    const size_t from = wanted.find(begin), to = wanted.find(end);
    ASSERT_NE(from, std::string::npos) << name;
    ASSERT_NE(to, std::string::npos) << name;
    wanted.replace(from + begin.size(), to - from - begin.size(), table);
  }
  if (std::getenv("POLC_UPDATE") != nullptr) std::ofstream(path, std::ios::binary) << wanted;
  EXPECT_EQ(ReadFile(path), wanted);
}

TEST(OpcodesTest, TableIsInOrderAndMnemonicsAreUnique) {
  std::set<std::string_view> seen;
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& info = Info(static_cast<Opcode>(i));
    EXPECT_EQ(static_cast<size_t>(info.opcode), i);
    EXPECT_TRUE(seen.insert(info.mnemonic).second) << info.mnemonic;
    EXPECT_EQ(FindOpcode(info.mnemonic), info.opcode);
    EXPECT_FALSE(info.meaning.empty());
    // Only one operand of each instruction can say how many values it pops.
    if (info.pops == kPopsByOperand) {
      EXPECT_TRUE(info.operands[0] == Operand::kCount || info.operands[0] == Operand::kShape ||
                  info.operands[0] == Operand::kBuiltin);
    }
  }
  for (size_t i = 0; i < kBuiltinCount; ++i) {
    const Builtin builtin = static_cast<Builtin>(i);
    EXPECT_EQ(Info(builtin).builtin, builtin);
    EXPECT_EQ(FindBuiltin(Info(builtin).name), builtin);
  }
  EXPECT_FALSE(FindOpcode("no such").has_value());
  EXPECT_FALSE(FindBuiltin("no such").has_value());
}

TEST(OpcodesTest, DecodeGivesBackWhatWasEncoded) {
  const std::vector<uint32_t> code = {EncodeWord(Opcode::kConst, kMaxOperand), EncodeWord(Opcode::kFail, 2),
                                      PackTrap(Trap::kWrongArity, 77), EncodeWord(Opcode::kReturn)};
  auto in = Decode(code, 0);
  ASSERT_TRUE(in);
  EXPECT_EQ(in->opcode, Opcode::kConst);
  EXPECT_EQ(in->a, kMaxOperand);
  EXPECT_EQ(in->words, 1u);
  in = Decode(code, 1);
  ASSERT_TRUE(in);
  EXPECT_EQ(in->a, 2u);
  EXPECT_EQ(in->b, PackTrap(Trap::kWrongArity, 77));
  EXPECT_EQ(in->words, 2u);
  EXPECT_TRUE(Decode(code, 3));
  EXPECT_FALSE(Decode(code, 4));
}

TEST(OpcodesTest, DecodeRefusesHalfAndUnknownInstructions) {
  EXPECT_FALSE(Decode(std::vector<uint32_t>{EncodeWord(Opcode::kFail, 0)}, 0));
  EXPECT_FALSE(Decode(std::vector<uint32_t>{static_cast<uint32_t>(kOpcodeCount)}, 0));
  EXPECT_FALSE(Decode(std::vector<uint32_t>{0xFF}, 0));
}

}  // namespace
}  // namespace polc::bundle
