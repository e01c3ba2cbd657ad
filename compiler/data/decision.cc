#include "compiler/data/decision.h"

namespace polc::data {

std::string_view OutcomeName(Outcome outcome) {
  constexpr std::string_view kNames[] = {"allow", "allow_with_limits", "require_approval", "suggest", "deny"};
  return kNames[static_cast<size_t>(outcome)];
}

std::string_view WhyName(Why why) {
  constexpr std::string_view kNames[] = {
      "",        "forbidden",     "no_grant", "error", "invalid_request", "unknown_entity", "unenforceable",
      "refused", "state_conflict"};
  return kNames[static_cast<size_t>(why)];
}

std::string_view NotCountedName(NotCounted why) {
  constexpr std::string_view kNames[] = {
      "consumed",           "no_time",           "issued_in_future", "from_requester",
      "from_chain",         "not_a_person",      "unknown_approver", "changed_principal",
      "changed_action",     "changed_resource",  "changed_chain",    "changed_tool",
      "changed_context",    "changed_attribute", "another_request",  "changed_terms",
      "nothing_to_approve", "not_in_pool",       "from_owner",       "owner_unknown",
      "changed_snapshot",   "expired",           "same_approver",    "second_key",
      "bad_signature"};
  return kNames[static_cast<size_t>(why)];
}

}  // namespace polc::data
