// A test as a few questions, where it is that simple: `resource.isPublic`, `principal in
// resource.owner.readers`, `resource has owner`, and such joined by `&&`, `||`, `!` and `if`.
//
// The loop is exact about everything that can go wrong; most of the time nothing does. Then a test like these
// is a handful of questions about values that a row of attributes leads to, and each answer says what is
// next: another question, or the answer of the test. Questions know no errors: whoever asks them
// (runtime/vm/asker.h) and meets anything unusual gives up, and the loop runs the test's code from its
// beginning. Tested by formula_test.cc and, against the oracle, by tests/engine.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/bundle/verify.h"
#include "runtime/tree/conjuncts.h"

namespace polc::tree {

// Where a value is found without running code: `principal`, `context.risk`, `resource.owner.readers`.
struct Source {
  static constexpr uint8_t kMostSteps = 3;  // further ones are left to the loop
  enum class From : uint8_t { kPrincipal, kAction, kResource, kContext, kConstant, kFact } from;
  uint8_t steps;            // so many attributes lead there; of a constant none
  uint32_t at[kMostSteps];  // their names, strings
  uint32_t row;             // of the constant or the fact
  uint32_t first_lookup;    // in a tree: the first of its steps among the tree's lookups

  bool IsAttributeOfContext() const { return from == From::kContext && steps == 1; }
  friend bool operator==(const Source&, const Source&) = default;
};

struct Question {
  // As the instructions of these names; `what` is their operand. Of kHas its name is one more lookup, behind
  // those of the subject.
  enum class Op : uint8_t {
    kIsTrue,   // the subject is the bool true
    kCompare,  // comparison `what` is true of the subject
    kEqual,
    kLess,
    kLessEqual,
    kIn,
    kInStrict,
    kContains,
    kHas,
    kHasStrict,
    kIs
  } op;
  Source subject, object;
  uint32_t what;
  // The question after this one, always a later one, or what the test comes to.
  uint32_t if_true, if_false;
};
inline constexpr uint32_t kYes = UINT32_MAX, kNo = UINT32_MAX - 1;

// Appends the questions of a slice that leaves a bool, the first of which is asked first. False, and nothing
// appended, if it is not that simple. Linear in the code: longer slices are not that simple.
bool MakeQuestions(const bundle::Bundle& bundle, const Slice& slice, std::vector<Question>* out);

// What the code of an operand comes to, if that is a source.
bool IsSource(const bundle::Bundle& bundle, const Slice& slice, Source* out);

}  // namespace polc::tree
