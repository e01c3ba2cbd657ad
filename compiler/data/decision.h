// A decision with everything it says: what `polc eval` prints and what engines are compared by.
//
// Plain data, filled in by the oracle and by whoever asks the VM. INVARIANT: lists of rules are sorted by
// RuleOrder and hold none twice, so that the order of rules never shows; a rule that speaks for somebody the
// principal acts for is named `RULE for UID`.
// Tested where decisions are made and printed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/data/host.h"
#include "compiler/data/value.h"

namespace polc::data {

// From least to most restrictive. Cedar knows the first and the last.
enum class Outcome : uint8_t { kAllow, kAllowWithLimits, kRequireApproval, kSuggest, kDeny };
std::string_view OutcomeName(Outcome outcome);  // "allow", "allow_with_limits", "require_approval", …

// Why it is a deny.
enum class Why : uint8_t {
  kNone,  // it is none
  kForbidden,
  kNoGrant,
  kError,  // what denies does so by an error
  kInvalidRequest,
  kUnknownEntity,
  kUnenforceable,
  kRefused,
  kStateConflict,  // said by hosts, never by an engine
};
std::string_view WhyName(Why why);  // "", "forbidden", …

// Why an approval does not count. Tested in this order, the first that is true is said; those from kNotInPool
// on are about a quorum, and of several quorums the one where it came furthest speaks.
enum class NotCounted : uint8_t {
  kConsumed,          // it let an action go before
  kNoTime,            // the host did not say what time it is
  kIssuedInFuture,    // after now
  kFromRequester,     // the principal
  kFromChain,         // somebody the principal acts for
  kNotAPerson,        // of a type that is no `person`
  kUnknownApprover,   // not in the store
  kChangedPrincipal,  // the approved action is kept, and names another principal …
  kChangedAction,
  kChangedResource,
  kChangedChain,
  kChangedTool,       // … the same tool with another schema, publisher or baseline
  kChangedContext,    // … another argument
  kChangedAttribute,  // … the same principal and resource with other attributes
  kAnotherRequest,    // the action digest is another's, and what was approved is not known
  kChangedTerms,      // the terms shown to the approver are not those of now
  kNothingToApprove,  // no rule that holds asks for an approval
  kNotInPool,
  kFromOwner,
  kOwnerUnknown,  // the principal's owner is not in the store, so this might be them
  kChangedSnapshot,
  kExpired,
  kSameApprover,  // another approval of theirs counts
  kSecondKey,     // the same, signed with another of their keys
  kBadSignature,  // said by hosts, never by an engine
};
std::string_view NotCountedName(NotCounted why);  // "consumed", "no_time", …

struct RuleError {
  std::string rule;  // or cap, ladder row or input; empty: the request
  std::string message;
  friend bool operator==(const RuleError&, const RuleError&) = default;
};

struct LimitTerm {
  Value value;
  std::vector<std::string> by;
  friend bool operator==(const LimitTerm&, const LimitTerm&) = default;
};

// `2 of Team "a" or Team "b"`, pools resolved: sorted, distinct.
struct QuorumPart {
  uint32_t count = 0;
  std::vector<EntityUid> pools{};
  bool error = false;  // a pool erred
  friend auto operator<=>(const QuorumPart&, const QuorumPart&) = default;
};
struct QuorumTerm {
  std::vector<QuorumPart> parts;  // sorted
  int64_t within_ms = 0;
  bool including_owner = false;
  bool survives_policy_change = false;
  friend auto operator<=>(const QuorumTerm&, const QuorumTerm&) = default;
};
// Alternatives, sorted; or the kind of evidence.
struct NeedTerm {
  std::vector<QuorumTerm> approval{};
  std::string evidence{};
  friend auto operator<=>(const NeedTerm&, const NeedTerm&) = default;
};
struct UnmetNeed {
  std::string rule;
  NeedTerm need;
  friend auto operator<=>(const UnmetNeed&, const UnmetNeed&) = default;
};
struct Liftable {
  std::string rule;
  std::vector<QuorumTerm> approval;  // of one `unless approved by`
  bool lifted = false;               // this one is met
  friend auto operator<=>(const Liftable&, const Liftable&) = default;
};

struct CountedApproval {
  std::string id;
  EntityUid approver;
  friend auto operator<=>(const CountedApproval&, const CountedApproval&) = default;
};
struct UncountedApproval {
  std::string id;
  EntityUid approver;
  NotCounted why = NotCounted::kConsumed;
  friend auto operator<=>(const UncountedApproval&, const UncountedApproval&) = default;
};

// What to ask for instead.
struct SuggestionTerm {
  EntityUid action;
  EntityUid resource;
  Value context;
  std::vector<std::string> by;
  friend bool operator==(const SuggestionTerm&, const SuggestionTerm&) = default;
};

// What the host writes in the step that lets the action go.
struct StateUpdate {
  enum class Kind : uint8_t { kAdd, kSet, kDenial };
  std::string input;
  std::string by{};
  std::optional<Value> key{};
  Kind kind = Kind::kAdd;
  std::optional<Value> amount{};  // kAdd
  std::optional<Value> read{};    // the value the decision saw, if the host supplied it
  friend bool operator==(const StateUpdate&, const StateUpdate&) = default;
};

struct Decision {
  Outcome outcome = Outcome::kDeny;
  Why why = Why::kNoGrant;
  std::vector<std::string> reasons;
  std::vector<std::string> because;                           // of the reasons; in their order
  std::vector<std::pair<std::string, std::string>> controls;  // of the reasons: catalogue, clause; sorted
  std::map<std::string, Value> facts;                         // by name; those that err are left out
  std::map<std::string, LimitTerm> limits;                    // by kind
  std::vector<UnmetNeed> needs;                               // sorted
  std::vector<CountedApproval> counted;                       // sorted
  std::vector<UncountedApproval> not_counted;                 // sorted
  std::vector<Liftable> liftable;                             // sorted
  std::vector<SuggestionTerm> suggestions;                    // sorted by action, then context
  std::vector<std::string> shadow;
  std::optional<Outcome> would_be;  // there iff `shadow` is not empty
  std::vector<RuleError> errors;
  std::vector<StateItem> state_read;       // sorted by input, by, key
  std::vector<StateUpdate> state_updates;  // the same
  std::string action_digest;               // empty: no request of the model
  std::string terms_digest;                // the same
  std::string snapshot;

  bool allowed() const { return outcome <= Outcome::kAllowWithLimits; }
  friend bool operator==(const Decision&, const Decision&) = default;
};

// The order of rules in a bundle: shorter ids first, then by their bytes.
inline bool RuleOrder(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace polc::data
