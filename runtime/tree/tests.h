// What can be said about one test, a slice of code that leaves a bool, by looking at its code alone.
//
// Three things decide how a test may be used:
//   whether it can err      one that cannot may be asked earlier than it is written, as long as nothing
//                           between its places can err either
//   whether it is of scope  it asks nothing but what the principal, action or resource is, is in, or is
//                           named: its answer depends on the entities' scope classes alone
//   whether it compares     a value with a constant: tests that differ in the constant alone are asked as
//                           one, by a look-up (equality) or a search (order)
// Whatever is not recognised is none of these, which is always right. Tested by tests_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/bundle/verify.h"
#include "runtime/tree/conjuncts.h"
#include "runtime/tree/formula.h"

namespace polc::tree {

// What can be asked of one entity by its name, type and place in the hierarchy.
struct Atom {
  enum class Op : uint8_t { kEqual, kBelow, kIs } op;
  uint32_t subject;  // an entity of the bundle; kIs: a type of the bundle
  friend bool operator==(const Atom&, const Atom&) = default;
};

// A value that tests compare with. By kind: bool, long, decimal, datetime, duration: the number; string,
// entity: the bundle's index.
struct Key {
  bundle::Kind kind;
  int64_t number;
  friend bool operator==(const Key&, const Key&) = default;
};

struct Comparison {
  Slice operand;                 // leaves the value that is compared
  std::optional<Source> source;  // what the operand is, if it is that simple
  uint32_t first;                // the words of the test that hold the constant
  uint32_t count;
  Key key;
  bool is_order;   // otherwise equality
  bool upward;     // order: greater keys make it true, otherwise lesser ones
  bool inclusive;  // order: so does an equal one

  // Whether an order is true of a number of the key's kind.
  bool Orders(int64_t n) const {
    return upward ? n < key.number || (inclusive && n == key.number)
                  : n > key.number || (inclusive && n == key.number);
  }
};

struct Analysis {
  uint8_t reads = 0;  // variables, as bits
  bool reads_facts = false;
  bool cannot_err = false;
  bool is_scope = false;
  std::optional<bool> constant;  // the test is this constant

  // Of scope and true exactly if one of the atoms is true of `variable`.
  bool is_any_of = false;
  bundle::Variable variable = bundle::Variable::kPrincipal;
  std::vector<Atom> atoms;  // all that a scope test asks

  std::optional<Comparison> comparison;
};

// Makes the number of `decimal("1.5")`, `datetime("…")` or `duration("…")`; nothing if it would err.
using FoldLiteral = std::optional<int64_t> (*)(bundle::Builtin builtin, std::string_view text);

Analysis Analyze(const bundle::Bundle& bundle, const Slice& slice, FoldLiteral fold);

}  // namespace polc::tree
