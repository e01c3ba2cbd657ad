#include "runtime/bundle/assembly.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "runtime/bundle/test_images.h"

namespace polc::bundle {
namespace {

// Any words at all: what does not decode comes back as `.word`.
RC_GTEST_PROP(AssemblyProperty, AssembleUndoesDisassemble, (std::vector<uint32_t> raw)) {
  std::vector<uint32_t> code;
  for (uint32_t word : raw) {
    // Mostly real opcodes, with small operands half of the time.
    const uint32_t opcode = *rc::gen::inRange<uint32_t>(0, kOpcodeCount + 2);
    code.push_back(opcode | (word & 1 ? word & 0xFFFFFF00 : (word & 0x0F) << 8));
  }
  AssemblyError error;
  const auto again = Assemble(Disassemble(code), &error);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == code);
}

TEST(AssemblyTest, EveryInstructionThereAndBack) {
  for (size_t i = 0; i < kOpcodeCount; ++i) {
    const OpcodeInfo& info = Info(static_cast<Opcode>(i));
    for (uint32_t a : {0u, 1u, 3u, kMaxOperand}) {
      std::vector<uint32_t> code = {EncodeWord(info.opcode, info.operand_count > 0 ? a : 0)};
      if (info.operand_count == 2) code.push_back(a << 8 | 1);
      AssemblyError error;
      const std::string text = Disassemble(code);
      EXPECT_NE(text.find(info.mnemonic), std::string::npos);
      const auto again = Assemble(text, &error);
      ASSERT_TRUE(again) << text << error.message;
      EXPECT_EQ(*again, code) << text;
    }
  }
}

TEST(AssemblyTest, Golden) {
  std::vector<uint8_t> file;
  ASSERT_TRUE(Write(RichImage(), &file).ok());
  Bundle b;
  ASSERT_TRUE(Bundle::Open(file, &b).ok());
  const Block& block = b.rules()[0].condition;
  EXPECT_EQ(Disassemble(b.code().subspan(block.first, block.count), &b),
            R"(     0  var           principal
     1  const         0                     ; User::"alice"
     2  eq
     3  and           12
     4  fact          0                     ; risk
     5  each          11 every/16
     7  element
     8  const         0                     ; User::"alice"
     9  eq
    10  each_end      every/16
    11  not
    12  return
)");
}

// Names in a bundle are any text; none of them makes a line of its own, or one that a terminal obeys.
TEST(AssemblyTest, NamesStayInTheirLine) {
  const char kName[] = "Team\n     0  return\x1b[2K\\";
  ImageBuilder b;
  const uint32_t team = b.AddConstant(EntityConstant(kName, "sre"));
  b.image.facts.push_back(MakeFact(b.String(kName), AddBlock(&b.image, "var principal\nreturn\n")));
  const Block block =
      AddBlock(&b.image, "fact 0\nconst " + std::to_string(team) + "\nin\nvar resource\nis 0\neq\nreturn\n");
  b.image.rules.push_back(MakeRule(b.String("r"), Effect::kAllow, block));
  std::vector<uint8_t> file;
  const Status written = Write(b.Finish(), &file);
  ASSERT_TRUE(written.ok()) << BundleErrorName(written.error) << " at " << written.at;
  Bundle opened;
  ASSERT_TRUE(Bundle::Open(file, &opened).ok());
  const auto code = opened.code().subspan(block.first, block.count);
  const std::string text = Disassemble(code, &opened);
  AssemblyError error;
  const auto again = Assemble(text, &error);
  ASSERT_TRUE(again) << text << error.message;
  EXPECT_TRUE(std::ranges::equal(*again, code)) << text;
  EXPECT_EQ(text.find('\x1b'), text.npos);
  EXPECT_NE(text.find(R"(; Team\x0a     0  return\x1b[2K\\::"sre")"), text.npos) << text;
  EXPECT_NE(text.find(R"(; Team\x0a     0  return\x1b[2K\\)"
                      "\n"),
            text.npos)
      << text;
}

TEST(AssemblyTest, RefusesWithTheLine) {
  AssemblyError error;
  const std::pair<const char*, const char*> kCases[] = {
      {"frobnicate", "`frobnicate` is no mnemonic"},
      {"const", "`` is no const of `const`"},
      {"const x", "`x` is no const of `const`"},
      {"const 16777216", "`16777216` is no const of `const`"},
      {"eq 1", "`1` is more than the instruction takes"},
      {"5 jump 0", "`0` is no target of `jump`"},
      {"fail 0 Nonsense/1", "`Nonsense/1` is no trap of `fail`"},
      {".word", "`.word` wants one number"},
  };
  for (const auto& [text, message] : kCases) {
    EXPECT_FALSE(Assemble(std::string("; comment\n\n") + text, &error)) << text;
    EXPECT_EQ(error.line, 3u) << text;
    EXPECT_EQ(error.message, message);
  }
}

}  // namespace
}  // namespace polc::bundle
