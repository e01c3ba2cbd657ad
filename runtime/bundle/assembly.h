// Code as text and back: what `polc inspect --disasm` shows and tests write by hand.
//
// One instruction a line: its word, mnemonic and operands; after `;` a comment that Assemble ignores.
// Operands: an index as a number; a variable, builtin or trap by name; a jump as the word it leads to.
//
//       0  var          principal
//       1  const        0                     ; User::"alice"
//       2  eq
//       3  return
//
// Assemble(Disassemble(code)) is code again. Tested by assembly_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/bundle/reader.h"

namespace polc::bundle {

// One code block. With a bundle (verified), comments say what the indices name. Code that does not
// decode is shown as far as it does, then as `.word` lines.
std::string Disassemble(std::span<const uint32_t> code, const Bundle* names = nullptr);

struct AssemblyError {
  uint32_t line = 0;  // 1-based
  std::string message;
};

// The leading word number of a line is optional and ignored; jump targets count words from the start.
std::optional<std::vector<uint32_t>> Assemble(std::string_view text, AssemblyError* error);

// A constant as text: `"a"`, `User::"a"`, `[1, 2]`, `{"k": true}`, `decimal 1.5000`.
std::string ConstantText(const Bundle& bundle, uint32_t constant);

}  // namespace polc::bundle
