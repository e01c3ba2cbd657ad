// The oracle: what an expression of the core means, written down the obvious way.
//
// THIS CODE IS NEVER PART OF THE RUNTIME and must not be made fast. It allocates at every step, copies values
// and knows no tricks, so that one can read it beside docs/language.md and see that it is right; everything
// that is fast is compared to it. It shares no code with runtime/vm.
//
// Policies need not have been checked: every operator looks at the kinds it is given. What only Pol has is in
// pol_ops.cc.
// Tested by eval_test.cc and pol_ops_test.cc; against Cedar's own answers by tests/corpus and
// tests/differential.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"

namespace polc::oracle {

struct EvalError {
  enum class Code : uint8_t {
    kTypeError,
    kEntityDoesNotExist,
    kAttributeDoesNotExist,
    kTagDoesNotExist,
    kIntegerOverflow,
    kExtensionError,  // a malformed literal, an overflow
    kUnknownFunction,
    kWrongArgumentCount,
    kRecursionLimit,  // nested deeper than core::kMaxExprDepth
    kNotSupplied,     // an input that the host left out, or that is too old
    kFactError,       // a fact that errs
    kUnknownLevel,    // a text that is none of the levels
    kNoTimeTable,     // past the end of a zone's table
    kTooManyElements  // a quantifier over more than kMaxQuantified
  } code;
  std::string message;
  source::Span span;  // of the expression at fault
};

using EvalResult = std::variant<data::Value, EvalError>;

// The most elements a quantifier looks at: what a declaration may promise by `at most`. Only data that was
// not held against the model has more. The same number as bundle::kMaxEachBound.
inline constexpr size_t kMaxQuantified = 256;

// What expressions of Pol read besides the request: facts and inputs, by name. Errors are messages.
class Surroundings {
 public:
  using Read = std::variant<data::Value, std::string>;
  virtual ~Surroundings() = default;
  virtual const core::Program& program() const = 0;
  virtual Read ReadFact(const std::string& name) const = 0;
  virtual Read ReadInput(const std::string& id, const data::Value* key) const = 0;
};

// Evaluates expression `id` of `rule`. `store` must be closed and hold what the request sees: entities that
// come with it included. Rules that read facts, inputs, levels or hours need `around`.
EvalResult Evaluate(const core::Rule& rule, core::ExprId id, const data::Request& request,
                    const data::EntityStore& store, const Surroundings* around = nullptr);

// The operators of Pol that evaluate all their operands, given their values; `e` is one of them.
EvalResult ApplyPol(const core::Rule& rule, const core::Expr& e, const std::vector<data::Value>& args,
                    const Surroundings* around);
// Whether `at` lies within `hours`; nothing past the end of the zone's table.
std::optional<bool> WithinHours(const core::Hours& hours, const core::Zone& zone, data::Datetime at);

// Whether `text` matches a `like` pattern. O(text * pattern).
bool MatchesPattern(std::string_view text, const core::Pattern& pattern);

}  // namespace polc::oracle
