// From the compiler's entities and requests to the runtime's.
//
// The command line reads JSON with the compiler's reader, which knows schemas and says where something is
// wrong; what it read goes to the VM through here. A gateway does without: it fills the runtime's
// builders itself or through polc_json.
// Tested by bridge_test.cc and tests/engine.
#pragma once

#include <memory>
#include <optional>

#include "compiler/data/entities.h"
#include "runtime/entities/snapshot.h"
#include "runtime/vm/request.h"

namespace polc::bridge {

// `store` need not be closed. Null if it has more than entities::kMaxAncestors ancestors; also if its
// parents form a cycle or a value is nested deeper than values may be (bundle::kMaxValueDepth), which
// the JSON readers do not let through.
std::shared_ptr<const entities::Snapshot> MakeSnapshot(const data::EntityStore& store);

struct RequestOptions {
  bool validate_request = true;  // Pol: without, what does not fit the model errs where it is read
};

// With the entities that come with the request and what the host says. Nothing as above.
std::optional<vm::Request> MakeRequest(const vm::Engine& engine, const data::Request& request,
                                       const RequestOptions& options = {});

}  // namespace polc::bridge
