// A rule's condition as what it is: a sequence of tests joined by `&&`.
//
// A condition block evaluates scope tests and conditions in order and ends with the first that is false, so
// its code is a row of slices that each leave one bool, joined by `and`s that lead to the block's end, one to
// another or directly. SplitConjuncts finds these slices in verified code, wherever the `&&` was written: in
// the scope, between conditions or inside one. What it cannot take apart stays one slice; that is slower and
// never wrong.
//
// A slice can be run by itself: it begins with an empty stack, its jumps lead at most to its end, and there
// its bool is the only value.
// Tested by conjuncts_test.cc.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/bundle/verify.h"

namespace polc::tree {

// Words of the code section.
struct Slice {
  uint32_t first;
  uint32_t count;
  friend bool operator==(const Slice&, const Slice&) = default;
};

// Reusable over many blocks without allocating anew.
class ConjunctSplitter {
 public:
  explicit ConjunctSplitter(const bundle::Bundle& bundle) : bundle_(bundle) {}

  // The slices of a condition block of the verified bundle, in order; at least one. Linear in its code.
  void Split(const bundle::Block& block, std::vector<Slice>* out);

 private:
  struct Jump {
    uint32_t word;
    uint32_t target;
    bool is_join;  // an `and` with one value on the stack
  };
  const bundle::Bundle& bundle_;
  std::vector<Jump> jumps_;
  std::vector<uint32_t> depth_;  // by word: of the stack, where a jump leads
  std::vector<bool> to_end_;     // by word: a join from which a false goes to the block's end
};

}  // namespace polc::tree
