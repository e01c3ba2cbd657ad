// A decision with everything it says: outcome, why, reasons, terms, suggestions, facts.
//
// Plain data. Spans and values lie in the Scratch it was made with, until that is used again, and in the
// regions of its engine and request. Rules, needs, kinds are rows of the bundle; lists are ascending unless
// said otherwise, so that the order of rules and files never shows. docs/language.md, The decision, says what
// each part means; to_json (runtime/json) writes them.
// Tested by vm_test.cc and, against the oracle, by tests/engine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/bundle/opcodes.h"
#include "runtime/entities/value.h"

namespace polc::vm {

using bundle::Opcode;
using bundle::Trap;
using entities::Value;

// From least to most restrictive.
enum class Outcome : uint8_t { kAllow, kAllowWithLimits, kRequireApproval, kSuggest, kDeny };
// "allow", "allow_with_limits", "require_approval", "suggest", "deny".
std::string_view OutcomeName(Outcome outcome);

// Why a deny is one.
enum class Why : uint8_t {
  kNone,  // it is no deny, or one of a set without Pol
  kForbidden,
  kNoGrant,
  kError,  // every forbid that holds does so by an error, or the limit does
  kInvalidRequest,
  kUnknownEntity,
  kUnenforceable,
  kRefused,
  kStateConflict
};
// "", "forbidden", "no_grant", "error", "invalid_request", ...
std::string_view WhyName(Why why);

// What went wrong in a code block, with what a message about it needs (message.h).
struct Error {
  Trap trap;
  Opcode opcode;      // of the instruction that erred
  uint16_t expected;  // TypeError: the kinds it takes, as bits
  uint32_t word;      // where it stands in the code section
  uint32_t operand;   // its first operand: attribute name, builtin; `fail`: the name it speaks of
  Value subject;      // the value at fault
  Value other;        // the tag asked for, or an overflow's second number
};

// Where a decision was made along a chain of principals, each acting for the next: `hop` 0 is the requester,
// who is the only one unless the request says otherwise.
struct RuleAt {
  uint32_t rule;
  uint8_t hop;
  friend bool operator==(const RuleAt&, const RuleAt&) = default;
};

// What erred: a rule; a row or cap of a ladder, of Clauses; an input whose amount erred.
enum class Erring : uint8_t { kRule, kClause, kInput };

struct RuleError {
  uint32_t rule;  // or clause, or input
  Error error;
  uint8_t hop = 0;
  Erring what = Erring::kRule;
};

// A kind of limit that holds, with all limits of that kind merged.
struct LimitTerm {
  uint32_t kind;  // of LimitKinds
  Value value;
  std::span<const RuleAt> by;
};

// A need that is not met.
struct NeedTerm {
  uint32_t rule;
  uint32_t need;  // of Needs
  uint8_t hop;
};

// A way to lift a restricting rule that holds.
struct LiftTerm {
  uint32_t rule;
  uint32_t approval;  // of Approvals
  uint8_t hop;
  bool lifted;  // it is met
};

// What to ask for instead: the action of the suggestion, the same principal and resource, this context.
struct SuggestionTerm {
  uint32_t suggestion;  // of Suggestions; of several alike the first
  Value context;
  std::span<const RuleAt> by;
};

// The value of a fact that the action's rules may read and that did not err.
struct FactTerm {
  uint32_t fact;
  uint8_t hop;
  Value value;
};

// Why an approval of the host does not count. Tested in this order, the first that is true is said; those
// from kNotInPool on are about a quorum, and of several quorums the one where it came furthest speaks.
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
  kSecondKey      // the same, signed with another of their keys
};
// "consumed", "no_time", ...
std::string_view NotCountedName(NotCounted why);
struct NotCountedTerm {
  uint32_t approval;  // of HostInputs::approvals
  NotCounted why;
};

// How a request does not fit the model.
enum class MisfitKind : uint8_t {
  kNone,
  kUnknownAction,
  kPrincipalType,     // not one the action is for, or none of an enumerated type's
  kResourceType,      // not one the action is on, or none of an enumerated type's
  kMissingAttribute,  // required, and not there
  kUnknownAttribute,  // not declared
  kWrongSide,         // the host's, and comes from the agent, or the other way
  kAttributeType,     // of another type, or past its bound
  kState,             // not declared, of another type, or there twice
  kEvidence,          // of another type than declared
  kChain,             // more hops than there may be
  kUnknownPrincipal,  // neither in the store nor supplied by the host
  kUnknownResource,
};
struct Misfit {
  MisfitKind kind = MisfitKind::kNone;
  Value name{};     // attributes: the attribute's name, a text
  Value subject{};  // attributes: the value at fault

  bool fits() const { return kind == MisfitKind::kNone; }
  bool is_unknown_entity() const { return kind >= MisfitKind::kUnknownPrincipal; }
};

struct Decision {
  Outcome outcome = Outcome::kDeny;
  Why why = Why::kNone;
  std::span<const uint32_t> reasons{};     // the rules the outcome rests on
  std::span<const uint8_t> reason_hops{};  // one for each reason; empty: all of the requester's
  // What erred, whether or not it holds by it, in shadow too: rules, ascending, then clauses, then inputs.
  std::span<const RuleError> errors{};
  std::span<const uint8_t>
      ungranted{};  // no_grant: the hops for whom nothing allows it, other than the requester
  std::span<const uint32_t> shadow{};      // shadow rules that hold or erred
  std::span<const uint8_t> shadow_hops{};  // one for each; empty: all of the requester's
  std::span<const RuleAt> shadow_caps{};   // of Clauses: caps in shadow that hold or erred
  Outcome would_be = Outcome::kDeny;       // with everything in shadow enforced
  std::span<const LimitTerm> limits{};     // of allow_with_limits, require_approval and suggest
  std::span<const NeedTerm> needs{};       // unmet; of require_approval and suggest
  std::span<const LiftTerm> liftable{};    // of the rules that hold unless they are lifted
  std::span<const SuggestionTerm> suggestions{};
  std::span<const FactTerm> facts{};
  std::span<const uint32_t> counted{};  // of HostInputs::approvals
  std::span<const NotCountedTerm> not_counted{};
  const Misfit* misfit = nullptr;  // of invalid_request and unknown_entity
};

// A decision with no more to it: every rule that could matter is an allow or a forbid in force.
struct QuickDecision {
  Outcome outcome;  // kAllow or kDeny; `would_be` is the same
  std::span<const uint32_t> reasons;
  std::span<const RuleError> errors;
};

}  // namespace polc::vm
