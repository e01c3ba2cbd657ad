// The two digests approvals name: of the action, and of the terms the approver was shown.
//
// docs/approvals.md gives the bytes; compiler/oracle makes the same ones without this code. Computed where an
// approval, a refusal or an item of evidence has to be compared with them, and for decisions as they are
// reported; not on the path of a request that nobody has to approve. Tested by digest_test.cc.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/vm/request.h"

namespace polc::vm {

// `2 of A or B` with its pools as they are at this decision.
struct ResolvedPart {
  uint32_t count = 0;
  bool error = false;           // a pool could not be evaluated
  std::vector<EntityId> pools;  // those that could; distinct
};
struct ResolvedQuorum {
  std::vector<ResolvedPart> parts;
  int64_t within_ms = 0;
  bool including_owner = false;
  bool survives_policy_change = false;
};

// The members of the action, in the order they have in its JSON.
enum class ActionPart : uint8_t {
  kAction,
  kActsFor,
  kContext,
  kPrincipal,
  kPrincipalAttributes,
  kResource,
  kResourceAttributes,
  kTool
};
inline constexpr size_t kActionPartCount = 8;
using ActionParts = std::array<std::string_view, kActionPartCount>;

// The action of a request as canonical JSON; `context` is what its rules see.
std::string ActionJson(const Engine& engine, const Request& request, const Value& context,
                       const Memory& memory);
// Its members, each as JSON. Nothing if `json` is no such object; what is said of hosts' texts rests on this.
std::optional<ActionParts> SplitAction(std::string_view json);

// What holds when no approval counts: alternatives of approvals, kinds of evidence, merged limits by kind,
// null where there is no value. In any order.
class TermsJson {
 public:
  TermsJson(const Engine& engine, const Request& request, const Memory& memory)
      : world_(engine, request), memory_(memory) {}
  void AddApproval(std::span<const ResolvedQuorum> alternatives);
  void AddEvidence(std::string_view kind);
  // The value lies in `memory`, which may have another scratch region.
  void AddLimit(std::string_view kind, const Value* value, const Memory& memory);
  std::string Finish();

 private:
  std::string QuorumJson(const ResolvedQuorum& quorum) const;

  const World world_;
  const Memory memory_;
  std::vector<std::string> needs_, limits_;
};

Digest DigestOf(std::string_view text);

}  // namespace polc::vm
