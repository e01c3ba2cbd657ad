#include "runtime/sign/approval_signature.h"

#include <sodium.h>

#include <cstring>
#include <vector>

#include "runtime/sign/sodium.h"

namespace polc::sign {
namespace {

constexpr char kApproval[] = "polc approval v1";  // with its zero byte
constexpr char kRefusal[] = "polc refusal v1";

// What is signed: fixed fields, then the texts, each behind its length, so that no two statements are one
// message.
std::vector<uint8_t> MessageOf(const Statement& statement) {
  std::vector<uint8_t> message;
  auto append = [&](const void* bytes, size_t size) {
    const auto* begin = static_cast<const uint8_t*>(bytes);
    message.insert(message.end(), begin, begin + size);
  };
  auto number = [&](uint64_t n) {
    for (int shift = 0; shift < 64; shift += 8) message.push_back(static_cast<uint8_t>(n >> shift));
  };
  if (statement.kind == Statement::Kind::kApproval) {
    append(kApproval, sizeof kApproval);
    append(statement.terms.data(), statement.terms.size());
    append(statement.snapshot.data(), statement.snapshot.size());
  } else {
    append(kRefusal, sizeof kRefusal);
  }
  append(statement.action.data(), statement.action.size());
  number(static_cast<uint64_t>(statement.issued_ms));
  for (std::string_view text : {statement.approver_type, statement.approver_id, statement.id}) {
    number(text.size());
    append(text.data(), text.size());
  }
  return message;
}

}  // namespace

SignError SignStatement(const Statement& statement, const SecretKey& secret, Signature* signature) {
  if (!SodiumReady()) return SignError::kUnavailable;
  PublicKey key;
  uint8_t expanded[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(key.data(), expanded, secret.seed().data());
  const std::vector<uint8_t> message = MessageOf(statement);
  crypto_sign_detached(signature->data(), nullptr, message.data(), message.size(), expanded);
  sodium_memzero(expanded, sizeof expanded);
  return SignError::kOk;
}

bool IsSignedBy(const Statement& statement, const Signature& signature, const PublicKey& key) {
  if (!SodiumReady()) return false;
  const std::vector<uint8_t> message = MessageOf(statement);
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

}  // namespace polc::sign
