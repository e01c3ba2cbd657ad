// Terms: the expressions of all rules, each different one numbered once.
//
// Two expressions have one number exactly if they say the same: same operators, same payloads, same operands.
// `==` is the same either way round, a set of constants the same in any order, and an extension constructor
// of a literal is its value. So "does this rule ask what that one asks" is a comparison of two numbers.
//
// An operand's number is smaller than its term's. Terms point into the rules they were made of, which must
// outlive them. O(size of the rules), no recursion. Tested by prover_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/core/core.h"

namespace polc::lint {

using TermId = uint32_t;
inline constexpr TermId kNoTerm = UINT32_MAX;

struct Term {
  core::Op op = core::Op::kLiteral;
  std::vector<TermId> operands;
  std::string name;                  // where core::HasName(op)
  core::Var var{};                   // kVar
  data::ExtFn fn{};                  // kCall
  std::optional<data::Value> value;  // a constant
  const core::Rule* rule = nullptr;  // where it was first met; null for constants made up
  core::ExprId expr = core::kNoExpr;
};

class Terms {
 public:
  // The term of every expression of `rule`, by ExprId.
  std::vector<TermId> Number(const core::Rule& rule);

  TermId OfValue(const data::Value& value);
  TermId OfVar(core::Var var);

  const Term& operator[](TermId id) const { return terms_[id]; }
  size_t size() const { return terms_.size(); }

  // The constants of a set that consists of nothing else.
  std::optional<std::vector<TermId>> ConstantElements(TermId id);

 private:
  TermId Intern(std::string key, Term term);
  TermId Of(const core::Rule& rule, core::ExprId id, const std::vector<TermId>& numbered);

  std::vector<Term> terms_;
  std::unordered_map<std::string, TermId> index_;
};

}  // namespace polc::lint
