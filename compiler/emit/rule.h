// One rule's code: what Emit calls for every rule. Only emit.cc includes this.
#pragma once

#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/emit/declarations.h"
#include "compiler/emit/places.h"
#include "runtime/bundle/builder.h"

namespace polc::emit {

// Turns expressions of one rule into code at the end of the image's code section. Walks with an explicit
// stack: chains of `&&` are as deep as they are long.
class RuleEmitter {
 public:
  RuleEmitter(const core::Rule& rule, const Declarations& declared, bundle::ImageBuilder* builder,
              Places* places);

  // Whether scope and conditions hold; and, of a rule of the program, the parts this consists of (appended to
  // the image).
  bundle::Block Condition(bool with_parts);
  // An expression's value, as a block of its own; with `is_bool` one of another kind errs.
  bundle::Block Value(core::ExprId id, bool is_bool = false);

  // Set if something did not fit an operand.
  bool too_large() const { return too_large_; }

 private:
  void Analyze();
  void Expression(core::ExprId root);
  void EnsureBool(core::ExprId id);
  void Operation(core::ExprId id);
  bundle::Constant ConstantOf(core::ExprId id) const;

  void ScopePart(bundle::PartKind kind, bundle::Variable variable, const core::ScopeTest& test);
  void ActionPart(const core::ActionTest& test);
  void BeginPart(bundle::PartKind kind, source::Span span);

  uint32_t Here() const { return static_cast<uint32_t>(builder_->image.code.size()); }
  // Appends an instruction; returns its word.
  uint32_t Put(bundle::Opcode opcode, uint64_t a = 0);
  void PutFail(size_t pops, bundle::Trap trap, std::string_view name);
  // Lets the jump at `word` lead to the next instruction.
  void Land(uint32_t word);
  void Mark(source::Span span);

  const core::Rule& rule_;
  const Declarations& declared_;
  bundle::ImageBuilder* const builder_;
  Places* const places_;
  std::vector<bundle::StackType> types_;  // by expression: what its code leaves, as the verifier sees it
  // By expression: how deep the constant it is, scalars 1; 0 if it is none. Literals are constants, and sets
  // and records of nothing else, as long as recursion over them is harmless.
  std::vector<uint16_t> constant_depth_;
  std::vector<uint32_t> joins_;  // jumps to the end of the condition
  uint32_t block_first_ = 0;
  bool has_parts_ = false;
  bool too_large_ = false;
};

}  // namespace polc::emit
