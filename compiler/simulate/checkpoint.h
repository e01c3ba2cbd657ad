// A simulation that goes on where another was stopped: what its state is made of, and the file it is kept in.
//
// The state of a run (Resuming in simulate.h) is everything that it has counted, the examples it has kept,
// and what its books of state hold; with it the report is the same bytes as that of a run that was never
// stopped. A Checkpoint is the state with what it is of: of another log, or by other policies, it would add
// up things that do not belong together, and is refused. Paths are no part of it. Memory and size are those
// of the report, not of the log. Tested by checkpoint_test.cc and tests/simulate/resume_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/simulate/archive.h"
#include "compiler/simulate/replay.h"

namespace polc::simulate {

// How much of the beginning of a log tells it from others at once.
inline constexpr size_t kHeadBytes = size_t{1} << 20;

// What a checkpoint is of.
struct Identity {
  std::string version;        // of polc: another may decide otherwise
  uint64_t log_size = 0;      // in bytes
  std::string log_head;       // digest of its first kHeadBytes, or of as many as there are
  std::string before, after;  // ids of the snapshots; `before` is empty where the log's decisions are
  std::string inputs;         // digest of what else decides: entities, schemas, how the log is read, windows
};

struct Checkpoint {
  Identity of;
  uint64_t bytes = 0;  // of the log that were read
  uint32_t sum = 0;    // theirs (log::Crc32)
  std::string state;
};

std::string FileOf(const Checkpoint& checkpoint);
// Nothing if it is none, or not whole.
std::optional<Checkpoint> ReadCheckpoint(std::string_view file);
// What is different about them, in words; nothing if they are of the same.
std::optional<std::string> Differs(const Identity& then, const Identity& now);

// Descriptions of everything that the state of a run has in it (archive.h). Members that are left out are
// made anew by the run that goes on, or are places in texts that are not there any more.

template <>
constexpr data::Outcome LastOf() {
  return data::Outcome::kDeny;
}
template <>
constexpr data::Why LastOf() {
  return data::Why::kStateConflict;
}
template <>
constexpr data::NotCounted LastOf() {
  return data::NotCounted::kBadSignature;
}
template <>
constexpr data::StateUpdate::Kind LastOf() {
  return data::StateUpdate::Kind::kDenial;
}
template <>
constexpr Bucket LastOf() {
  return Bucket::kNotReplayable;
}
template <>
constexpr source::Code LastOf() {
  constexpr int kCodes = 0
#define POLC_DIAGNOSTIC(name, severity, summary) +1
#include "compiler/source/diagnostics.def"
      ;
  return static_cast<source::Code>(kCodes - 1);
}

void Pass(auto& a, Is<data::Datetime> auto& value) {
  auto& [ms] = value;
  PassAny(a, ms);
}
void Pass(auto& a, Is<data::StateItem> auto& value) {
  auto& [input, by, key, of, as_of, span] = value;
  PassAll(a, input, by, key, of, as_of);
}
void Pass(auto& a, Is<data::ApprovalItem> auto& value) {
  auto& [id, approver, signing_key, signature, issued, action_digest, terms_digest, snapshot, consumed,
         action, span] = value;
  PassAll(a, id, approver, signing_key, signature, issued, action_digest, terms_digest, snapshot, consumed,
          action);
}
void Pass(auto& a, Is<data::RefusalItem> auto& value) {
  auto& [id, approver, issued, action_digest, signing_key, signature, span] = value;
  PassAll(a, id, approver, issued, action_digest, signing_key, signature);
}
void Pass(auto& a, Is<data::EvidenceItem> auto& value) {
  auto& [kind, of, action_digest, span] = value;
  PassAll(a, kind, of, action_digest);
}
void Pass(auto& a, Is<data::Hop> auto& value) {
  auto& [principal, scope, span] = value;
  PassAll(a, principal, scope);
}
void Pass(auto& a, Is<data::Host> auto& value) {
  auto& [now, context, state, approvals, refusals, evidence, acts_for, enforces] = value;
  PassAll(a, now, context, state, approvals, refusals, evidence, acts_for, enforces);
}
void Pass(auto& a, Is<data::Entity> auto& value) {
  auto& [uid, attrs, tags, parents, span] = value;
  PassAll(a, uid, attrs, tags, parents);
}
void Pass(auto& a, Is<data::Request> auto& value) {
  auto& [principal, action, resource, context, entities, host, span] = value;
  PassAll(a, principal, action, resource, context, entities, host);
}
void Pass(auto& a, Is<data::RuleError> auto& value) {
  auto& [rule, message] = value;
  PassAll(a, rule, message);
}
void Pass(auto& a, Is<data::LimitTerm> auto& value) {
  auto& [of, by] = value;
  PassAll(a, of, by);
}
void Pass(auto& a, Is<data::QuorumPart> auto& value) {
  auto& [count, pools, error] = value;
  PassAll(a, count, pools, error);
}
void Pass(auto& a, Is<data::QuorumTerm> auto& value) {
  auto& [parts, within_ms, including_owner, survives_policy_change] = value;
  PassAll(a, parts, within_ms, including_owner, survives_policy_change);
}
void Pass(auto& a, Is<data::NeedTerm> auto& value) {
  auto& [approval, evidence] = value;
  PassAll(a, approval, evidence);
}
void Pass(auto& a, Is<data::UnmetNeed> auto& value) {
  auto& [rule, need] = value;
  PassAll(a, rule, need);
}
void Pass(auto& a, Is<data::Liftable> auto& value) {
  auto& [rule, approval, lifted] = value;
  PassAll(a, rule, approval, lifted);
}
void Pass(auto& a, Is<data::CountedApproval> auto& value) {
  auto& [id, approver] = value;
  PassAll(a, id, approver);
}
void Pass(auto& a, Is<data::UncountedApproval> auto& value) {
  auto& [id, approver, why] = value;
  PassAll(a, id, approver, why);
}
void Pass(auto& a, Is<data::SuggestionTerm> auto& value) {
  auto& [action, resource, context, by] = value;
  PassAll(a, action, resource, context, by);
}
void Pass(auto& a, Is<data::StateUpdate> auto& value) {
  auto& [input, by, key, kind, amount, read] = value;
  PassAll(a, input, by, key, kind, amount, read);
}
void Pass(auto& a, Is<data::Decision> auto& value) {
  auto& [outcome, why, reasons, because, controls, facts, limits, needs, counted, not_counted, liftable,
         suggestions, shadow, would_be, errors, state_read, state_updates, action_digest, terms_digest,
         snapshot] = value;
  PassAll(a, outcome, why, reasons, because, controls, facts, limits, needs, counted, not_counted, liftable,
          suggestions, shadow, would_be, errors, state_read, state_updates, action_digest, terms_digest,
          snapshot);
}
void Pass(auto& a, Is<log::Problem> auto& value) {
  auto& [code, line, column, message, help, key] = value;
  PassAll(a, code, line, column, message, help, key);
}
void Pass(auto& a, Is<log::Splitter::Position> auto& value) {
  auto& [rest, line, bytes, skipping] = value;
  PassAll(a, rest, line, bytes, skipping);
}
void Pass(auto& a, Is<Flip> auto& value) {
  auto& [line, before_request, after_request, before, after, whole, validate, logged_digest,
         logged_snapshot] = value;
  PassAll(a, line, before_request, after_request, before, after, whole, validate, logged_digest,
          logged_snapshot);
}
void Pass(auto& a, Is<Cause> auto& value) {
  auto& [edits, state] = value;
  PassAll(a, edits, state);
}
void Pass(auto& a, Is<Group> auto& value) {
  auto& [bucket, cause, before, after, principal_type, action, resource_type, count, examples, smallest] =
      value;
  PassAll(a, bucket, cause, before, after, principal_type, action, resource_type, count, examples, smallest);
}
void Pass(auto& a, Is<Missing> auto& value) {
  auto& [count, first_line] = value;
  PassAll(a, count, first_line);
}
void Pass(auto& a, Is<Window> auto& value) {
  auto& [outcomes, actions] = value;
  PassAll(a, outcomes, actions);
}
void Pass(auto& a, Is<Tally> auto& value) {
  auto& [outcomes, why, limits, rules, shadow, would_be, approvals, counted, expired, other_snapshot] = value;
  PassAll(a, outcomes, why, limits, rules, shadow, would_be, approvals, counted, expired, other_snapshot);
}
void Pass(auto& a, Is<Report> auto& value) {
  // Edits and what they are of are made of the policies, groups at the end.
  auto& [edits, from_log, lines, records, broken, buckets, groups, missing, before, after, drifted, complete,
         partial, asked, granted, other_entities, assumed, approval_waits_ms, days, windows, problems,
         problem_counts, flips_unattributed, quick] = value;
  PassAll(a, lines, records, broken, buckets, missing, before, after, drifted, complete, partial, asked,
          granted, other_entities, assumed, approval_waits_ms, days, windows, problems, problem_counts,
          flips_unattributed, quick);
}
void Pass(auto& a, Is<Identity> auto& value) {
  auto& [version, log_size, log_head, before, after, inputs] = value;
  PassAll(a, version, log_size, log_head, before, after, inputs);
}
void Pass(auto& a, Is<Checkpoint> auto& value) {
  auto& [of, bytes, sum, state] = value;
  PassAll(a, of, bytes, sum, state);
}

}  // namespace polc::simulate
