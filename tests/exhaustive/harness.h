// Exhaustive small models: every policy set of a bound on every request of a bound, on every engine.
//
// A test is a bound, not a list of cases. Each decision is compared with a second reading that is nothing
// like an evaluator (truth tables, closed forms, laws between two rules of one program), and each engine with
// the first. Bounds shrink under sanitizers (kSanitized). A mismatch is shown as the program in the core's
// golden form with the request and both answers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"
#include "tests/engine/engine.h"

namespace polc::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

// --- Building expressions ---

// Appends an expression to a rule. Used many times over, since expressions of the core share nothing.
using Build = std::function<core::ExprId(core::Rule&)>;

Build Lit(data::Value value);
inline Build Long(int64_t v) { return Lit(data::Value(v)); }
inline Build Bool(bool v) { return Lit(data::Value(v)); }
inline Build Str(const std::string& v) { return Lit(data::Value(v)); }
inline Build Ent(const std::string& type, const std::string& id) {
  return Lit(data::Value(data::EntityUid{type, id}));
}
Build Var(core::Var var);
Build Apply(core::Op op, std::vector<Build> operands);
Build Named(core::Op op, Build operand, std::string name);
Build Call(data::ExtFn fn, std::vector<Build> operands);
Build Like(Build operand, core::Pattern pattern);
Build Rec(std::vector<std::pair<std::string, Build>> fields);
inline Build Not(Build a) { return Apply(core::Op::kNot, {std::move(a)}); }
inline Build And(Build a, Build b) { return Apply(core::Op::kAnd, {std::move(a), std::move(b)}); }
inline Build Or(Build a, Build b) { return Apply(core::Op::kOr, {std::move(a), std::move(b)}); }
inline Build Eq(Build a, Build b) { return Apply(core::Op::kEq, {std::move(a), std::move(b)}); }
inline Build SetOf(std::vector<Build> elements) { return Apply(core::Op::kSet, std::move(elements)); }
inline Build Context(const std::string& attribute) {
  return Named(core::Op::kGetAttr, Var(core::Var::kContext), attribute);
}

// An allow without scope that holds where `condition` does.
core::Rule Allow(std::string id, const Build& condition);
core::Program ProgramOf(std::vector<core::Rule> rules);

data::Request MakeRequest(data::EntityUid principal, data::EntityUid resource, data::Record context = {});

// What one rule did, as the decision on a program of allows tells it.
enum class Outcome : char { kHolds = 'T', kFails = 'F', kErrs = 'E' };
Outcome OutcomeOf(const Decision& decision, const std::string& id);

// --- Running ---

class Family {
 public:
  explicit Family(std::string name);
  // Prints policy sets, requests, pairs and mismatches; fails the test on mismatches or if there were fewer
  // pairs than `at_least` (ignored under sanitizers).
  void Finish(size_t at_least);

  // The store of the runs to come; outlives them.
  void SetStore(const data::EntityStore& store);

  // Decides every request on every engine. `judge` sees the first engine's decision and says what is wrong
  // with it by the second reading; the other engines must say the same as the first.
  using Judge = std::function<std::optional<std::string>(size_t request, const Decision& decision)>;
  void Run(const core::Program& program, const std::vector<data::Request>& requests, const Judge& judge);

  // A law: two expressions that must both hold, both not hold or both err.
  void Law(const std::string& name, const Build& left, const Build& right,
           const std::vector<data::Request>& requests);

 private:
  void Mismatch(const std::string& what, const core::Program& program, const data::Request& request);

  std::string name_;
  std::vector<std::unique_ptr<Engine>> engines_;
  size_t sets_ = 0;
  size_t requests_ = 0;  // in the largest run
  size_t pairs_ = 0;
  size_t mismatches_ = 0;
  double start_;
};

}  // namespace polc::tests
