// What the gateway vouches for beside entities and context: the time, state, approvals, refusals, evidence,
// whom the principal acts for, and what the enforcement point can enforce.
//
// Plain data of one request. It enters by a door of its own (polc_request_set_host and its siblings, the
// `host` part of a request in JSON), never by the agent's part; who filled it has checked signatures, and
// that an approval was not consumed before is said here, not found out. What is missing is missing: nothing
// was approved, no state is known, nothing can be enforced. Values lie in the request's region.
// Tested by vm_test.cc and, against the oracle, by tests/engine.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/bundle/sha256.h"
#include "runtime/entities/value.h"

namespace polc::vm {

using bundle::Digest;
using entities::EntityId;
using entities::Value;

// The value of an input, for one of its keys where it has keys.
struct StateValue {
  uint32_t input = 0;  // of the bundle's Inputs; never `now`
  bool has_key = false;
  Value key{};  // if has_key
  Value value{};
  std::optional<int64_t> as_of_ms{};  // when it was read; unknown is older than any bound
};

// What a person said to one action: yes, to exactly these terms under exactly this snapshot.
struct Approval {
  EntityId approver = entities::kNoId;
  Digest action{};    // the action digest
  Digest terms{};     // the terms digest
  Digest snapshot{};  // the policy snapshot id
  int64_t issued_ms = 0;
  bool consumed = false;  // let another request go already
  Value id{};             // a text: what the host calls it
  Value signing_key{};    // a text: which of the approver's keys signed it; for reports
  Value canonical{};      // a text: the action it names, as canonical JSON, if the host keeps it; else empty
};

// No.
struct Refusal {
  EntityId approver = entities::kNoId;
  Digest action{};
  int64_t issued_ms = 0;
  Value id{};  // a text
};

struct EvidenceItem {
  uint32_t kind = 0;  // of the bundle's EvidenceKinds
  Digest action{};
  Value value{};
};

// Whom the principal acts for, nearest first.
struct ActedFor {
  EntityId principal = entities::kNoId;
  bool has_scope = false;
  std::vector<Value> scope{};  // texts: names of classes
};
inline constexpr size_t kMaxHops = 4;

struct HostInputs {
  std::optional<int64_t> now_ms{};
  // The attributes declared `from host`, a record. Those that the agent sent are not here but in the
  // request's context, where they make it invalid.
  Value context = entities::EmptyRecord();
  std::vector<StateValue> state{};  // ascending by input; no two for one input and key
  std::vector<Approval> approvals{};
  std::vector<Refusal> refusals{};
  std::vector<EvidenceItem> evidence{};
  std::vector<ActedFor> acts_for{};  // at most kMaxHops
  std::vector<uint32_t> enforces{};  // of the bundle's LimitKinds, ascending: what can be enforced
};

}  // namespace polc::vm
