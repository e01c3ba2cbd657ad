// The verifier: decides once, at load, whether a bundle's bytes may be run.
//
// It checks the hash, that every index, range, enumerator and string is sound, and interprets every
// code block abstractly: instructions are whole, jumps lead forward to instructions of the same block
// and `each` region, the stack has what each instruction pops with the type it needs, every way into an
// instruction leaves the same stack, every instruction can be reached, every way ends in `return`, and
// the static bounds are those of the code. After that the VM asserts instead of checking.
//
// Time is linear in the file (times log n for the names of wide record shapes); memory is a few words
// per word of the largest code block. No recursion.
// Tested by verify_test.cc (each rule) and mutation_test.cc (hostile bytes).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/bundle/reader.h"

namespace polc::bundle {

// A bundle the verifier accepted, with its snapshot id. Still a view: the bytes belong to somebody else.
class VerifiedBundle {
 public:
  const Bundle& bundle() const { return bundle_; }
  const Bundle* operator->() const { return &bundle_; }
  const Digest& snapshot_id() const { return snapshot_id_; }

 private:
  friend Status Verify(const Bundle& bundle, VerifiedBundle* out);
  Bundle bundle_;
  Digest snapshot_id_{};

 public:
  VerifiedBundle() = default;  // holds nothing: for Verify to fill
};

Status Verify(const Bundle& bundle, VerifiedBundle* out);

// What the analysis of one code block finds.
struct BlockBounds {
  uint32_t max_stack = 0;
  uint32_t scratch_bytes = 0;
  uint64_t max_steps = 0;
};

// Interprets one code block abstractly. Reusable over many blocks without allocating anew. The bundle's
// tables must be sound; the code need not be.
class BlockAnalyzer {
 public:
  explicit BlockAnalyzer(const Bundle& bundle) : bundle_(bundle) {}

  // `result` is the type `return` must give (kAny: any value). Facts with an index of at least
  // `visible_facts` may not be read. An error's `at` is a word of `code`.
  Status Analyze(std::span<const uint32_t> code, StackType result, uint32_t visible_facts,
                 BlockBounds* bounds);

 private:
  // The stack is a list shared by all states: a push is a new node, a pop goes to its parent. Two ways
  // into one instruction agree if they differ at most in the type of the top, so joining is O(1).
  using NodeId = uint32_t;
  struct Node {
    NodeId below;
    NodeId far_below;  // skips many nodes, so that popping n values takes O(log n)
    uint32_t depth;    // 1 for the lowest value
    StackType type;
  };
  static constexpr NodeId kEmpty = 0;  // nodes_[0]: the empty stack
  static constexpr NodeId kUnreached = UINT32_MAX;

  NodeId Push(NodeId on, StackType type);
  NodeId PopTo(NodeId from, uint32_t depth) const;
  Status Join(size_t word, NodeId state);
  Status CheckOperand(Operand operand, uint32_t value, uint32_t visible_facts) const;

  const Bundle& bundle_;
  std::vector<Node> nodes_;
  std::vector<NodeId> incoming_;  // by word: the state jumps bring there
};

// How many values an instruction pops and which type it pushes, for sound operands.
uint32_t PopCount(const Bundle& bundle, const Instruction& instruction);
StackType PushType(const Bundle& bundle, const Instruction& instruction);

// The sum of the bounds of all code blocks, as the header has it: facts stay alive for the whole
// decision, so their scratch adds up; of the other blocks the neediest counts.
struct ProgramBounds {
  uint32_t max_stack = 0;
  uint64_t scratch_bytes = 0;
  uint64_t max_steps = 0;
};
ProgramBounds SumBounds(const Bundle& bundle);

}  // namespace polc::bundle
