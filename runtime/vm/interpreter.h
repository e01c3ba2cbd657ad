// The loop: runs one verified code block. Private to runtime/vm.
//
// A Machine lives for one decision. Stack, arena and fact values lie in the Scratch; the arena is cut
// back before every block to where what is kept ends. Facts are facts.cc's. What the verifier proved is
// asserted, not checked. Tested by vm_test.cc.
#pragma once

#include "runtime/tree/conjuncts.h"
#include "runtime/vm/dispatch.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace polc::vm {

// A kind among several.
constexpr uint32_t Bit(Kind kind) { return 1u << static_cast<uint32_t>(kind); }

class Machine {
 public:
  using FactSlot = Scratch::FactSlot;

  Machine(const Engine& engine, const Request& request, Scratch* scratch);
  // Of somebody the principal acts for: one of several machines of a decision that share the scratch.
  // `request` is the requester's with another principal; `facts` has room for each of the bundle's.
  Machine(const Engine& engine, const Request& request, Scratch* scratch, FactSlot* facts, uint8_t hop);

  const bundle::Bundle& bundle() const { return bundle_; }
  const Memory& memory() const { return memory_; }
  const World& world() const { return world_; }

  const Request& request() const { return request_; }
  uint8_t hop() const { return hop_; }

  // Computes the facts, in order, each seeing the ones before it; once. Before code that reads them runs. Of
  // a bundle with Pol those that the action's rules may read: any other errs where it is read.
  void NeedFacts() {
    if (!has_facts_) ComputeFacts();
  }
  // Where to note what facts have to say beside their values, and whether caps in shadow count. Before facts
  // are needed.
  void Note(PolScratch* notes, bool enforces_shadow) {
    notes_ = notes;
    enforces_shadow_ = enforces_shadow;
  }
  const FactSlot& fact(uint32_t row) const { return facts_[row]; }

  // What the last block left in the arena outlives the blocks to come, for as long as the decision.
  void Keep() { scratch_->arena_kept_ = scratch_->arena_used_; }
  // Room for a value of the decision's own, kept from now on.
  Value* AllocateKept(size_t cells, uint64_t* offset);
  // The union or intersection of two sets, kept; false if that is more than one instruction may do.
  bool Combine(const Value& a, const Value& b, bool all, Value* result);

  Evaluation Run(const bundle::Block& block);
  // Whether a block is but a constant.
  static bool IsConstant(const bundle::Bundle& bundle, const bundle::Block& block) {
    return block.count == 2 && bundle::WordOpcode(bundle.code()[block.first]) == Opcode::kConst;
  }
  Evaluation RunTraced(const bundle::Block& block, TraceSink* trace);
  // Part of a block that leaves one value (tree/conjuncts.h). False if it errs, with error() saying why; the
  // value may lie in the Scratch, until the next run.
  bool RunSlice(const tree::Slice& slice, Value* value) {
    return Execute<false>(slice.first, slice.first + slice.count, value, nullptr);
  }
  bool RunSliceTraced(const tree::Slice& slice, Value* value, TraceSink* trace);
  const Error& error() const { return error_; }

  // For engines with a tree.
  const tree::Tree& tree() const { return engine_.dispatch_->tree; }
  // The bundle's entity of this number that the tree asks for, plus one; or 0.
  uint32_t NameOf(EntityId id) const {
    return engine_.dispatch_->classes[engine_.ClassOf(request_, id)].named;
  }
  // The numbers of the bundle's entities.
  std::span<const EntityId> numbers() const { return engine_.entities_; }
  const Value& constant(uint32_t row) const { return engine_.Constant(row); }
  // Of an entity and one of the bundle's types.
  bool IsOfType(const Value& entity, uint32_t type) const {
    return entity.kind == Kind::kEntity && world_.Type(entity.entity()) == engine_.types_[type];
  }
  AtomId TypeAtomOf(EntityId id) const {
    const TypeId type = world_.Type(id);
    return type < engine_.type_atoms_.size() ? engine_.type_atoms_[type] : tree::kAnyAtom;
  }

 private:
  void ComputeFacts();
  void ComputeFact(uint32_t row);
  bool ValueOf(const bundle::FactRow& fact, const bundle::Block& block, Value* value);
  bool HighestOf(const bundle::FactRow& fact, Value* value);
  bool FirstOf(const bundle::FactRow& fact, Value* value);
  void AutonomyOf(uint32_t row, Value* value);
  std::optional<uint32_t> GrantOf(uint32_t clause, const bundle::FactRow& fact);
  bool RankOfStep(const bundle::ClauseRow& step, const bundle::FactRow& fact, uint32_t* rank);
  bool RankInData(const Value& set, const bundle::FactRow& fact, uint32_t* rank);
  // Negative, zero, positive; nothing if they have no order.
  std::optional<int> CompareOf(const bundle::FactRow& fact, const Value& a, const Value& b) const;
  // An error that no instruction made: it stands at the end of the block.
  bool FailAfter(const bundle::Block& block, Trap trap, const Value& subject, uint32_t operand);
  // Runs from `first` up to `end`, words of the code section, or to a `return`.
  template <bool kTraced>
  bool Execute(uint32_t first, uint32_t end, Value* result, TraceSink* trace);

  // One helper per instruction that does more than a line's work: false with `error_` set if it errs.
  // `at` is the instruction's first popped value, where its result goes.
  bool Equal(Value* at);
  bool Order(Value* at, bool or_equal);
  bool Arithmetic(Value* at, Opcode opcode);
  bool In(Value* at, bool strict);
  bool Has(Value* at, uint32_t name, bool strict);
  bool Attribute(Value* at, uint32_t name);
  bool AttributeOr(Value* at, uint32_t name);
  bool Tag(Value* at, Opcode opcode);
  bool Like(Value* at, uint32_t pattern);
  bool Contains(Value* at, Opcode opcode);
  bool MakeSet(Value* at, uint32_t count);
  bool MakeRecord(Value* at, uint32_t shape);
  bool Call(Value* at, uint32_t builtin);
  bool Combine(Value* at, Opcode opcode);
  // The union, or the intersection; false if there was not enough work.
  bool CombineSets(const Value& a, const Value& b, bool all, entities::Work* work, Value* result);
  std::optional<uint32_t> RankOf(std::string_view level, uint32_t levels) const;
  // Room in the arena; past its end, which only results that are as large as data come to, memory of its own.
  uint8_t* Allocate(size_t bytes, uint64_t* offset);
  bool Lower(Value* at);
  bool Rank(Value* at, uint32_t levels);
  bool InHours(Value* at, uint32_t hours);
  // `key` null: the input has none.
  bool Input(Value* at, uint32_t input, const Value* key);

  bool Fail(Trap trap) { return error_.trap = trap, false; }
  bool Fail(Trap trap, const Value& subject) { return error_.subject = subject, Fail(trap); }
  bool WrongKind(const Value& subject, uint32_t expected) {
    error_.expected = static_cast<uint16_t>(expected);
    return Fail(Trap::kTypeError, subject);
  }
  // Whether the instruction stayed within the data limits.
  bool Afforded(const entities::Work& work) {
    if (work.exceeded()) return Fail(work.too_many_elements ? Trap::kTooManyElements : Trap::kTooManyBytes);
    spent_ = (max_elements_ - work.elements) + (max_bytes_ - work.bytes);
    return true;
  }
  entities::Work Budget() const { return {max_elements_, max_bytes_}; }

  const Engine& engine_;
  const bundle::Bundle& bundle_;
  const Request& request_;
  const World world_;
  Scratch* const scratch_;
  const Memory memory_;
  const uint64_t max_elements_;
  const uint64_t max_bytes_;
  FactSlot* const facts_;
  const uint8_t hop_ = 0;
  bool has_facts_ = false;
  bool enforces_shadow_ = false;
  PolScratch* notes_ = nullptr;
  uint64_t spent_ = 0;  // by the current instruction, beyond its one step
  Error error_{};
};

}  // namespace polc::vm
