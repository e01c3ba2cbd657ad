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
// Tested by verify_test.cc and verify_pol_test.cc (each rule) and runtime/vm/mutation_test.cc (hostile bytes).
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
  explicit BlockAnalyzer(const Bundle& bundle)
      : bundle_(bundle), version_1_(bundle.header().format_version == 1) {}

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
  const bool version_1_;
  std::vector<Node> nodes_;
  std::vector<NodeId> incoming_;  // by word: the state jumps bring there
};

// How many values an instruction pops and which type it pushes, for sound operands.
uint32_t PopCount(const Bundle& bundle, const Instruction& instruction);
StackType PushType(const Bundle& bundle, const Instruction& instruction);

// The sum of the bounds of all code blocks, as the header has it: what facts, limits and suggestions came to
// stays alive for the whole decision, so their scratch adds up; of the other blocks the neediest counts.
struct ProgramBounds {
  uint32_t max_stack = 0;
  uint64_t scratch_bytes = 0;
  uint64_t max_steps = 0;
};
ProgramBounds SumBounds(const Bundle& bundle);

// Everything that the rows of a Pol program have to satisfy beside their code: indices, ranges, enumerators,
// and that what stands in a row fits what it is for. Strings, types, entities and cells are sound already.
// verify_pol.cc; what Verify calls.
Status VerifyPolRows(const Bundle& bundle);

// What a code block is for.
struct BlockUse {
  StackType result = StackType::kAny;  // what it must return
  uint32_t visible_facts = 0;          // how many facts it may read
  bool optional = false;               // there may be none
  bool kept = false;                   // its value outlives it
};

// The rows `range` names; none if it leads outside.
template <typename Row>
std::span<const Row> Slice(std::span<const Row> rows, const Range& range) {
  if (range.first > rows.size() || range.count > rows.size() - range.first) return {};
  return rows.subspan(range.first, range.count);
}

// Calls `visit(block, use)` for every code block in the order they have in the code section. Sound for any
// rows; with unsound ranges it leaves blocks out.
template <typename Visit>
void VisitBlocks(const Bundle& b, Visit visit) {
  const uint32_t all = static_cast<uint32_t>(b.facts().size());
  for (uint32_t i = 0; i < all; ++i) {
    const FactRow& fact = b.facts()[i];
    for (const ClauseRow& clause : Slice(b.clauses(), fact.clauses)) {
      visit(clause.when, BlockUse{StackType::kBool, i, false, true});
      visit(clause.value, BlockUse{StackType::kAny, i, false, true});
    }
    visit(fact.value, BlockUse{StackType::kAny, i, true, true});
  }
  for (const InputRow& input : b.inputs()) {
    visit(input.counts, BlockUse{StackType::kBool, all, true, false});
    visit(input.key, BlockUse{StackType::kAny, all, true, false});
    visit(input.amount, BlockUse{StackType::kAny, all, true, false});
  }
  auto visit_approval = [&](const ApprovalRow& approval) {
    for (const QuorumRow& quorum : Slice(b.quorums(), approval.alternatives)) {
      for (const QuorumPartRow& part : Slice(b.quorum_parts(), quorum.parts)) {
        for (const PoolRow& pool : Slice(b.pools(), part.pools))
          visit(pool.group, BlockUse{StackType::kAny, all, false, false});
      }
    }
  };
  for (const RuleRow& rule : b.rules()) {
    visit(rule.condition, BlockUse{StackType::kBool, all, false, false});
    for (const LimitRow& limit : Slice(b.limits(), rule.limits))
      visit(limit.value, BlockUse{StackType::kAny, all, false, true});
    for (const NeedRow& need : Slice(b.needs(), rule.needs)) {
      if (static_cast<NeedKind>(need.kind) == NeedKind::kApproval && need.what < b.approvals().size())
        visit_approval(b.approvals()[need.what]);
    }
    if (rule.pol == 0 || rule.pol > b.pol_rules().size()) continue;
    const PolRuleRow& pol = b.pol_rules()[rule.pol - 1];
    for (const ApprovalRow& approval : Slice(b.approvals(), pol.lifted_by)) visit_approval(approval);
    if (pol.suggestion >= b.suggestions().size()) continue;
    for (const ChangeRow& change : Slice(b.changes(), b.suggestions()[pol.suggestion].changes))
      visit(change.value, BlockUse{StackType::kAny, all, false, true});
  }
}

}  // namespace polc::bundle
