// Signatures on approvals and refusals: that a person said it, and to exactly this.
//
// Ed25519 over everything the engine counts an approval by (docs/approvals.md), after a text and a zero byte
// that no other signature of polc begins with: an approval is no refusal, no bundle's signature, and the
// other way round. Which keys are whose is the host's to know; one key should be one person's. Thread-safe.
// Tested by approval_signature_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/bundle/sha256.h"
#include "runtime/sign/keys.h"

namespace polc::sign {

using Signature = std::array<uint8_t, 64>;

struct Statement {
  enum class Kind : uint8_t { kApproval, kRefusal } kind = Kind::kApproval;
  std::string_view id;
  std::string_view approver_type, approver_id;
  int64_t issued_ms = 0;
  bundle::Digest action{};
  // Of approvals; a refusal is one whatever the terms and the policies.
  bundle::Digest terms{};
  bundle::Digest snapshot{};
};

[[nodiscard]] SignError SignStatement(const Statement& statement, const SecretKey& secret,
                                      Signature* signature);
// False, too, if libsodium is unavailable.
bool IsSignedBy(const Statement& statement, const Signature& signature, const PublicKey& key);

}  // namespace polc::sign
