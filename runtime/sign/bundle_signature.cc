#include "runtime/sign/bundle_signature.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/sign/sodium.h"

namespace polc::sign {
namespace {

constexpr uint32_t kEd25519 = 1;
constexpr char kContext[] = "polc bundle signature v1";  // with its zero byte

using Message = std::array<uint8_t, sizeof kContext + sizeof(bundle::Digest)>;

Message MessageOf(const bundle::Digest& snapshot_id) {
  Message message;
  std::memcpy(message.data(), kContext, sizeof kContext);
  std::memcpy(message.data() + sizeof kContext, snapshot_id.data(), snapshot_id.size());
  return message;
}

PublicKey KeyOf(const bundle::SignatureRow& row) {
  PublicKey key;
  std::copy(std::begin(row.public_key), std::end(row.public_key), key.begin());
  return key;
}

// The bundle's content and seal with `rows` as its tail.
std::vector<uint8_t> WithSignatures(const bundle::Bundle& bundle,
                                    std::span<const bundle::SignatureRow> rows) {
  const size_t kept = bundle.content().size() + sizeof(bundle::Digest);
  std::vector<uint8_t> file(bundle.file().begin(), bundle.file().begin() + static_cast<ptrdiff_t>(kept));
  const bundle::Tail tail{static_cast<uint32_t>(rows.size()), 0};
  auto append = [&](const void* bytes, size_t size) {
    const auto* begin = static_cast<const uint8_t*>(bytes);
    file.insert(file.end(), begin, begin + size);
  };
  append(&tail, sizeof tail);
  if (!rows.empty()) append(rows.data(), rows.size_bytes());
  return file;
}

}  // namespace

SignError AddSignature(const bundle::VerifiedBundle& bundle, const SecretKey& secret,
                       std::vector<uint8_t>* file) {
  if (!SodiumReady()) return SignError::kUnavailable;
  bundle::SignatureRow row{};
  row.algorithm = kEd25519;
  uint8_t expanded[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(row.public_key, expanded, secret.seed().data());
  const Message message = MessageOf(bundle.snapshot_id());
  crypto_sign_detached(row.signature, nullptr, message.data(), message.size(), expanded);
  sodium_memzero(expanded, sizeof expanded);

  std::vector<bundle::SignatureRow> rows(bundle->signatures().begin(), bundle->signatures().end());
  auto same = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return KeyOf(r) == KeyOf(row); });
  if (same != rows.end()) {
    *same = row;
  } else if (rows.size() == kMaxSignatures) {
    return SignError::kTooManySignatures;
  } else {
    rows.push_back(row);
  }
  *file = WithSignatures(bundle.bundle(), rows);
  return SignError::kOk;
}

std::vector<uint8_t> RemoveSignatures(const bundle::VerifiedBundle& bundle) {
  return WithSignatures(bundle.bundle(), {});
}

std::vector<PublicKey> ValidSigners(const bundle::VerifiedBundle& bundle,
                                    std::span<const PublicKey> trusted) {
  return ValidSigners(bundle.snapshot_id(), bundle->signatures(), trusted);
}

std::vector<PublicKey> ValidSigners(const bundle::Digest& snapshot_id,
                                    std::span<const bundle::SignatureRow> rows,
                                    std::span<const PublicKey> trusted) {
  std::vector<PublicKey> signers;
  if (!SodiumReady()) return signers;
  const Message message = MessageOf(snapshot_id);
  for (const PublicKey& key : trusted) {
    const bool repeated = std::find(signers.begin(), signers.end(), key) != signers.end();
    const bool valid = std::any_of(rows.begin(), rows.end(), [&](const bundle::SignatureRow& row) {
      return row.algorithm == kEd25519 && KeyOf(row) == key &&
             crypto_sign_verify_detached(row.signature, message.data(), message.size(), key.data()) == 0;
    });
    if (valid && !repeated) signers.push_back(key);
  }
  return signers;
}

std::vector<PublicKey> ClaimedSigners(const bundle::Bundle& bundle) {
  std::vector<PublicKey> signers;
  for (const bundle::SignatureRow& row : bundle.signatures()) signers.push_back(KeyOf(row));
  return signers;
}

}  // namespace polc::sign
