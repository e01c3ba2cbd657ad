#include "runtime/tree/conjuncts.h"

#include <algorithm>

namespace polc::tree {

using bundle::Instruction;
using bundle::Opcode;
using bundle::Operand;
using bundle::StackType;

void ConjunctSplitter::Split(const bundle::Block& block, std::vector<Slice>* out) {
  const auto code = bundle_.code().subspan(block.first, block.count);
  const uint32_t end = block.count - 1;  // of the last instruction, which in code that splits is `return`
  constexpr uint32_t kUnknown = UINT32_MAX;
  jumps_.clear();
  depth_.assign(block.count, kUnknown);

  uint32_t depth = 0;
  for (uint32_t word = 0; word < block.count;) {
    const Instruction in = *bundle::Decode(code, word);
    const bundle::OpcodeInfo& info = Info(in.opcode);
    const uint32_t next = word + in.words;
    if (depth_[word] != kUnknown) depth = depth_[word];
    const bool jumps = info.operand_count > 0 && info.operands[0] == Operand::kTarget;
    const uint32_t target = jumps ? next + in.a : 0;
    if (in.opcode == Opcode::kEach) {
      // With its block, up to the end, it turns a set into one value.
      word = target;
      continue;
    }
    if (in.opcode == Opcode::kReturn && next != block.count) {
      out->push_back({block.first, block.count - 1});  // several ways out: not what a compiler writes
      return;
    }
    const uint32_t after = depth - PopCount(bundle_, in);
    if (jumps) {
      const bool keeps = in.opcode == Opcode::kAnd || in.opcode == Opcode::kOr;
      depth_[target] = keeps ? depth : after;
      jumps_.push_back({word, target, in.opcode == Opcode::kAnd && depth == 1});
    }
    depth = after + (PushType(bundle_, in) == StackType::kNone ? 0 : 1);
    word = next;
  }

  to_end_.assign(block.count, false);
  to_end_[end] = true;
  for (auto it = jumps_.rbegin(); it != jumps_.rend(); ++it) {
    if (it->is_join) to_end_[it->word] = to_end_[it->target];
  }

  uint32_t begin = 0;
  uint32_t furthest = 0;  // where jumps inside the slice lead
  for (const Jump& jump : jumps_) {
    if (jump.is_join && to_end_[jump.word] && furthest <= jump.word) {
      out->push_back({block.first + begin, jump.word - begin});
      begin = jump.word + 1;
    } else {
      furthest = std::max(furthest, jump.target);
    }
  }
  out->push_back({block.first + begin, end - begin});
}

}  // namespace polc::tree
