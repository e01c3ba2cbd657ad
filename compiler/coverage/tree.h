// A unit's conditions as a tree, and what one evaluation shows of them. Internal to this room.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/coverage/coverage.h"
#include "compiler/lint/prover.h"
#include "compiler/oracle/case.h"

namespace polc::coverage {

// Deepest nesting of `and`, `or`, `not`, `if` that is split; what is deeper is one condition. Chains do not
// nest. The same number as the prover's.
inline constexpr int kMaxNesting = lint::kMaxNesting;

enum class Result : uint8_t { kFalse, kTrue, kErrs, kNotAsked };

class Conditions {
 public:
  // Of `rule`: its scope if asked for, and all of `roots`, one after the other.
  Conditions(const core::Rule& rule, const std::vector<core::ExprId>& roots, bool scope);

  // Without counts, in the order they are evaluated in.
  const std::vector<Condition>& conditions() const { return conditions_; }

  struct Seen {
    Result result = Result::kNotAsked;
    bool decided = false;
  };
  // What it comes to, and of each condition what it came to.
  Result Evaluate(const oracle::Case& in, std::vector<Seen>* seen) const;

  // Whether a condition can decide by this outcome: what has to be true and false for it, as goals.
  bool Possible(lint::Prover& prover, size_t condition, bool outcome) const;
  // Whether the whole can be true, or err if `or_err`.
  bool CanHold(lint::Prover& prover, bool or_err) const;

 private:
  using NodeId = uint32_t;
  struct Node {
    enum class Kind : uint8_t { kTest, kNot, kAnd, kOr, kIf } kind = Kind::kTest;
    std::vector<NodeId> operands{};
    const core::Rule* scope = nullptr;  // kTest: the part of the scope that it is, or else
    core::ExprId expr = core::kNoExpr;  // the expression
    std::optional<size_t> condition{};  // kTest: none for constants
    std::optional<NodeId> parent{};
  };
  NodeId Split(core::ExprId id, int depth);
  NodeId AddTest(Condition::Of of, source::Span span, const core::Rule* scope, core::ExprId expr);
  NodeId Add(Node node);

  Result Run(NodeId id, const oracle::Case& in, std::vector<Result>* results) const;
  void Mark(NodeId id, const oracle::Case& in, const std::vector<Result>& results,
            std::vector<Seen>* seen) const;
  lint::NodeId Formula(lint::Prover& prover, NodeId id) const;
  // Goals for the node to come to this, by way of its tests.
  void Want(lint::Prover& prover, NodeId id, lint::TruthMask among,
            std::vector<lint::Prover::Goal>* goals) const;

  const core::Rule& rule_;
  std::vector<std::unique_ptr<const core::Rule>> scopes_;  // a rule with one part of the scope each
  std::vector<Node> nodes_;
  std::vector<Condition> conditions_;
  NodeId root_ = 0;
};

}  // namespace polc::coverage
