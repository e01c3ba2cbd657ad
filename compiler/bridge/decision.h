// From the runtime's decisions to the compiler's: by name, with messages, as they are printed and compared.
//
// Not for gateways, which ask the runtime itself or write it with polc_json.
// Tested by tests/engine, against the oracle.
#pragma once

#include "compiler/data/decision.h"
#include "runtime/vm/engine.h"
#include "runtime/vm/request.h"

namespace polc::bridge {

// What a request came to, whole: also what is only worked out when it is asked for, digests and state
// (runtime/vm/review.h). `scratch` is the one the decision lies in.
data::Decision MakeDecision(const vm::Engine& engine, const vm::Request& request, const vm::Scratch& scratch,
                            const vm::Decision& decision);

// An entity's name, and a value, with the entities in it by name. Recursion is as deep as values are.
data::EntityUid ReadUid(const vm::World& world, const entities::Memory& memory, entities::EntityId id);
data::Value ReadValue(const vm::World& world, const entities::Memory& memory, const entities::Value& value);

// `sha256:` and 64 hex digits.
std::string DigestName(const bundle::Digest& digest);

}  // namespace polc::bridge
