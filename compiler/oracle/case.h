// One principal's case: a request as its rules see it, with the facts and inputs they read.
//
// A request of somebody who acts for others is a case of its own for each of them. See eval.h for what the
// oracle is.
// Tested by facts_test.cc and state_test.cc.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/decision.h"
#include "compiler/oracle/eval.h"

namespace polc::oracle {

// Whether rules and caps in shadow count as if they were enforced.
enum class Shadow : uint8_t { kAside, kEnforced };

// What a fact came to, and what its rows and caps had to say on the way.
struct FactResult {
  Surroundings::Read value;
  std::vector<data::RuleError> errors{};  // of rows and caps, in their order
  std::vector<std::string> shadow{};      // caps in shadow that hold or err
};

class Case final : public Surroundings {
 public:
  // `request` has its context completed (validate.h). All must outlive the case.
  Case(const core::Program& program, const data::EntityStore& store, const data::Request& request,
       Shadow shadow)
      : program_(program), store_(store), request_(request), shadow_(shadow) {}

  const core::Program& program() const override { return program_; }
  const data::EntityStore& store() const { return store_; }
  const data::Request& request() const { return request_; }
  const data::Host& host() const;  // an empty one where there is none
  bool counts(core::Mode mode) const { return mode == core::Mode::kEnforced || shadow_ == Shadow::kEnforced; }

  EvalResult Evaluate(const core::Rule& rule, core::ExprId id) const {
    return oracle::Evaluate(rule, id, request_, store_, this);
  }

  // Whether scope and conditions of a rule, row, cap or update hold.
  struct Test {
    bool in_scope = false;
    bool holds = false;                // and did not err
    std::optional<EvalError> error{};  // a condition erred before one was false
  };
  Test TestRule(const core::Rule& rule) const;
  // An expression that has to be a bool.
  EvalResult EvaluateBool(const core::Rule& rule, core::ExprId id) const;

  // Computed when first read.
  const FactResult& FactOf(const std::string& name) const;
  Read ReadFact(const std::string& name) const override { return FactOf(name).value; }
  // What the host supplied, if it is fresh (language.md, State).
  Read ReadInput(const std::string& id, const data::Value* key) const override;

 private:
  const core::Program& program_;
  const data::EntityStore& store_;
  const data::Request& request_;
  Shadow shadow_;
  mutable std::map<std::string, FactResult> facts_;
};

// A fact by its clauses, or autonomy by its rows and caps (language.md, §3 Errors and §5).
FactResult ComputeFact(const core::Fact& fact, const Case& in);

}  // namespace polc::oracle
