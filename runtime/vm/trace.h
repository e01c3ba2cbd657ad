// The whole trace of a decision: each test of each rule with the values it saw, and how facts came out.
//
// Runs the bundle's own code once more, for the requester and for each it acts for, in a scratch of its own:
// a decision that was made stays as it is. Every test is asked by itself, so that all that fail are known and
// not the first alone; one that errs behind a test that failed counts as not asked, which is what it was. A
// request that is denied before a rule is asked (invalid, or of somebody unknown) has no trace. Not on the
// hot path: builds strings, allocates. Thread-safe as Engine is. Tested by explain_test.cc and, against the
// decision and the compiler's explanations, by tests/explain/laws_test.cc.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tree/conjuncts.h"
#include "runtime/vm/explain.h"
#include "runtime/vm/interpreter.h"
#include "runtime/vm/outcome.h"

namespace polc::vm {

enum class Answer : uint8_t { kYes, kNo, kError, kNotAsked };

struct TestTrace {
  tree::Slice code{};
  std::optional<uint32_t> part;  // an index into the bundle's parts
  bundle::Place place = kNoPlace;
  Answer answer = Answer::kNo;
  std::string message;  // kError: why
  std::vector<Observation> observations;
};

struct RuleTrace {
  RuleAt by{};
  Verdict verdict = Verdict::kNotSatisfied;
  bool in_scope = true;  // otherwise the tests are those of the scope
  bool holds = false;    // by an error, too
  std::vector<TestTrace> tests;

  size_t failed() const;  // tests that are not true
};

// A clause, row or cap of a fact, in the bundle's order; last what it is otherwise, or its expression.
struct ClauseTrace {
  std::optional<uint32_t>
      clause;         // an index into the bundle's clauses; nothing: otherwise, or the expression
  std::string value;  // what it gives; empty: that erred
  TestTrace when;     // of the last: kYes, or kError if its value erred
};

struct FactTrace {
  uint32_t fact = 0;
  uint8_t hop = 0;
  std::optional<std::string> value;  // as Cedar writes it; nothing: it erred
  std::vector<ClauseTrace> clauses;
};

struct RuleAnswer {
  Answer answer = Answer::kYes;
  bool in_scope = true;
  bool holds = false;
};

// Asks the tests of a rule in order, those of its conditions only if its scope fits.
// `ask(const tree::Slice&, std::optional<uint32_t> part, bool decided)` gives an Answer; `decided`: an
// earlier test was not true. `slices` is room to work in.
template <typename Ask>
RuleAnswer AskTests(const bundle::Bundle& bundle, uint32_t rule, tree::ConjunctSplitter* splitter,
                    std::vector<tree::Slice>* slices, Ask ask);

// Nearest first, by the number of tests that fail; those whose scope fits before the others.
inline constexpr size_t kMaxNearMisses = 3;

class DecisionTracer {
 public:
  // Both must outlive the tracer.
  DecisionTracer(const Engine& engine, const Request& request);

  // Of the requester and of each it acts for whose rules are asked: 0, and the numbers of these.
  const std::vector<uint8_t>& hops() const { return hops_; }

  RuleTrace Rule(uint32_t rule, uint8_t hop);
  FactTrace Fact(uint32_t fact, uint8_t hop);
  // The facts that the action's rules may read.
  std::vector<uint32_t> Facts() const;
  // The enforced allows that come nearest to holding for a hop; none if one holds.
  std::vector<RuleAt> NearMisses(uint8_t hop);
  // How near an allow came: those whose scope fits are before the others.
  struct Near {
    bool out_of_scope;
    size_t failed;
    uint32_t rule;
    friend auto operator<=>(const Near&, const Near&) = default;
  };
  // The same of all enforced allows but those `removed`, ascending, in no order; false if one holds.
  bool AllNear(uint8_t hop, std::span<const uint32_t> removed, std::vector<Near>* out);
  // The nearest of them, nearest first.
  static void KeepNearest(std::vector<Near>* near);

 private:
  // Whose case is at hand.
  struct Case {
    Case(const Engine& engine, Request r, uint8_t h)
        : request(std::move(r)), scratch(engine), machine(engine, request, &scratch), hop(h) {
      machine.NeedFacts();
    }
    Request request;
    Scratch scratch;
    Machine machine;
    uint8_t hop;
  };
  bool IsScope(std::optional<uint32_t> part) const {
    return part && static_cast<bundle::PartKind>(b_.parts()[*part].kind) != bundle::PartKind::kCondition;
  }
  Case& Of(uint8_t hop);
  RuleAnswer Answers(uint32_t rule, Case& c, size_t* failed);
  TestTrace Traced(Case& c, const bundle::Block& block);
  std::string ValueOf(Case& c, const bundle::Block& block);

  const Engine& engine_;
  const bundle::Bundle& b_;
  const Request& request_;
  std::vector<uint8_t> hops_;
  std::unique_ptr<Case> case_;
  tree::ConjunctSplitter splitter_;
  std::vector<tree::Slice> slices_;
};

// Where a piece of code comes from, all of it, within one file.
bundle::Place PlaceOf(const bundle::Bundle& bundle, uint32_t first, uint32_t end);

template <typename Ask>
RuleAnswer AskTests(const bundle::Bundle& bundle, uint32_t rule, tree::ConjunctSplitter* splitter,
                    std::vector<tree::Slice>* slices, Ask ask) {
  const bundle::RuleRow& row = bundle.rules()[rule];
  slices->clear();
  splitter->Split(row.condition, slices);
  RuleAnswer out;
  for (const tree::Slice& slice : *slices) {
    const std::optional<uint32_t> part = PartAt(bundle, row, slice.first);
    const bool scope =
        part && static_cast<bundle::PartKind>(bundle.parts()[*part].kind) != bundle::PartKind::kCondition;
    if (!out.in_scope && !scope) break;
    const bool decided = out.answer != Answer::kYes;
    const Answer answer = ask(slice, part, decided);
    if (!decided) out.answer = answer;
    if (scope && answer != Answer::kYes) out.in_scope = false;
  }
  out.holds = out.answer == Answer::kYes || (out.answer == Answer::kError && HoldsByError(row));
  return out;
}

}  // namespace polc::vm
