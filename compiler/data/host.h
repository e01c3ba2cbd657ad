// What the gateway says about a request: the second door, beside the agent's own words (docs/requests.md).
//
// Everything here is taken at its word: whoever calls the engine has verified it (signatures of approvals,
// where state comes from). Digests and snapshots are names as decisions print them, `sha256:` and 64 hex
// digits. Entities that the host supplies stand in Request::entities.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/data/value.h"
#include "compiler/source/source_map.h"

namespace polc::data {

// The value of a declared input: a switch, a counter, …
struct StateItem {
  std::string input;           // as declared
  std::string by{};            // what it is kept for each of, as declared; empty: there is one
  std::optional<Value> key{};  // which one; none iff `by` is empty
  Value value{};
  std::optional<Datetime> as_of{};  // when it was read; none: unknown
  source::Span span{};
  friend bool operator==(const StateItem& a, const StateItem& b) {
    return a.input == b.input && a.by == b.by && a.key == b.key && a.value == b.value && a.as_of == b.as_of;
  }
};

// A person's word that an action may go.
struct ApprovalItem {
  std::string id;
  EntityUid approver{};
  std::string signing_key{};  // which of their keys signed it; for reports only
  std::string signature{};    // for who verifies it before anything is decided; nothing here does
  Datetime issued{};
  std::string action_digest{};
  std::string terms_digest{};
  std::string snapshot{};
  bool consumed = false;  // it let an action go before
  // The action it names, as canonical JSON, where the host keeps it: says what has changed since, in reports.
  std::string action{};
  source::Span span{};
};
// A person's word that it may not.
struct RefusalItem {
  std::string id;
  EntityUid approver{};
  Datetime issued{};
  std::string action_digest{};
  std::string signing_key{};
  std::string signature{};
  source::Span span{};
};

struct EvidenceItem {
  std::string kind;
  Value value{};
  std::string action_digest{};
  source::Span span{};
};

// Whom the principal, or the one before, acts for.
struct Hop {
  EntityUid principal;
  std::optional<std::vector<std::string>> scope{};  // classes of actions; none: any
  source::Span span{};
};
inline constexpr size_t kMaxHops = 4;

struct Host {
  std::optional<Datetime> now;
  Value context = Value::MakeRecord({});  // the attributes declared `from host`
  std::vector<StateItem> state;
  std::vector<ApprovalItem> approvals;
  std::vector<RefusalItem> refusals;
  std::vector<EvidenceItem> evidence;
  std::vector<Hop> acts_for;          // nearest first
  std::vector<std::string> enforces;  // kinds of limits
};

}  // namespace polc::data
