// Whether a request fits the model, and the context its rules see (language.md, §3 step 0 and §2).
//
// Tested by validate_test.cc.
#pragma once

#include <optional>
#include <string>

#include "compiler/core/core.h"
#include "compiler/data/entities.h"

namespace polc::oracle {

// Why the request does not fit the program's model, or nothing: its action, the types of principal and
// resource, both parts of the context (undeclared, missing, of another type, past a bound, from the wrong
// side), what the host supplies that is declared (state, evidence), and the number of hops. A required
// attribute that the host left out is no reason: it errs where it is read.
std::optional<std::string> WhyInvalid(const core::Program& program, const data::Request& request);

// Why a value is none of the type, or nothing. `what` names it.
std::optional<std::string> WhyNot(const core::Program& program, const core::Type& type,
                                  const data::Value& value, const std::string& what);

// The context that rules see: attributes declared `from host` from the host and from nowhere else, all others
// from the agent, and values for what is missing. Nothing is checked; an action that is not declared gets
// what the agent says.
data::Value CompleteContext(const core::Program& program, const data::Request& request);

// Whether the entity is in the store or is one of an enumerated type.
bool IsKnown(const core::Program& program, const data::EntityStore& store, const data::EntityUid& uid);

}  // namespace polc::oracle
