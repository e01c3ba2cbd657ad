// The oracle: what an expression of the core means, written down the obvious way.
//
// THIS CODE IS NEVER PART OF THE RUNTIME and must not be made fast. It allocates at every step, copies values
// and knows no tricks, so that one can read it beside docs/language.md and see that it is right; everything
// that is fast is compared to it. It shares no code with runtime/vm.
//
// Policies need not have been checked: every operator looks at the kinds it is given.
// Tested by eval_test.cc; against Cedar's own answers by tests/corpus and tests/differential.
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
  } code;
  std::string message;
  source::Span span;  // of the expression at fault
};

using EvalResult = std::variant<data::Value, EvalError>;

// Evaluates expression `id` of `rule`. `store` must be closed and hold what the request sees: entities that
// come with it included.
EvalResult Evaluate(const core::Rule& rule, core::ExprId id, const data::Request& request,
                    const data::EntityStore& store);

// Whether `text` matches a `like` pattern. O(text * pattern).
bool MatchesPattern(std::string_view text, const core::Pattern& pattern);

}  // namespace polc::oracle
