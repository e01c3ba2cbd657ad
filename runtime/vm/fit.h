// Whether a request fits the model its bundle declares, and the context its rules see.
//
// What language.md calls step 0, worked out once when a request is finished: it does not change from then on.
// The context that rules see has the agent's attributes from the agent, those declared `from host` from the
// host and from nowhere else, and, where a value is declared for what is missing, that, at every level of
// records. Recursion is bounded by bundle::kMaxTypeDepth.
// Tested by pol_test.cc and, against the oracle, by tests/engine.
#pragma once

#include "runtime/entities/value_builder.h"
#include "runtime/vm/request.h"

namespace polc::vm {

// How the request, its context still the agent's part alone, does not fit. Its values are in `memory`.
// `context_fits`: FitsAsItLies is true of it.
Misfit WhyNotFit(const Engine& engine, const Request& request, const Memory& memory, bool context_fits);

// Whether the agent's attributes are what rules see, as they lie: all are declared and of their types, none
// is missing or has to be completed, and the host adds none. `names`, ascending, are strings of the bundle;
// `fields` are names and values in turn. What is false here may still fit.
bool FitsAsItLies(const Engine& engine, const Request& request, const Memory& memory,
                  std::span<const uint32_t> names, std::span<const Value> fields);

// Whether action, principal and resource are known, and principal and resource such as the action is for. Of
// a request that brings no entities, and whose three have numbers of the engine: then it follows from their
// classes (dispatch.h), because it is made of Engine::StandingOf. False of others, which may fit all the
// same.
bool EntitiesFit(const Engine& engine, const Request& request, const Memory& memory);

// Whether principal, resource and each the principal acts for are in the store, come with the request, or are
// of an enumerated type's.
Misfit WhyNotKnown(const Engine& engine, const Request& request, const Memory& memory);

// The context that rules see, made by `values`; nothing if it would be nested too deep.
std::optional<Value> CompleteContext(const Engine& engine, const Request& request, const Memory& memory,
                                     entities::ValueBuilder* values);

}  // namespace polc::vm
