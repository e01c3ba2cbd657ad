// Signatures on bundles: who stands behind a policy snapshot.
//
// A signature is Ed25519 over the text "polc bundle signature v1", a zero byte and the snapshot id, so it
// cannot be mistaken for a signature on anything else. It lies outside what the snapshot id covers: signing
// does not change which policy a bundle is. A bundle carries any number of signatures up to
// kMaxSignatures; keys are rotated by adding the new key's signature before the old key is distrusted.
// Thread-safe. Tested by sign_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/bundle/verify.h"
#include "runtime/sign/keys.h"

namespace polc::sign {

// Enough for every team that has to sign and two rotations; a bound so that checking stays cheap.
inline constexpr size_t kMaxSignatures = 64;

// The bundle `file` with a signature by `secret`; one by the same key is replaced. The bundle must be
// verified first: what is signed is the id it claims.
[[nodiscard]] SignError AddSignature(const bundle::VerifiedBundle& bundle, const SecretKey& secret,
                                     std::vector<uint8_t>* file);

// The bundle without any signature.
std::vector<uint8_t> RemoveSignatures(const bundle::VerifiedBundle& bundle);

// Those of `trusted` that signed this snapshot, in the order given and each once. Malformed and unknown
// signatures count for nothing. A caller that wants M of N asks for the size.
std::vector<PublicKey> ValidSigners(const bundle::VerifiedBundle& bundle, std::span<const PublicKey> trusted);
// The same of any snapshot and the signatures that came with it.
std::vector<PublicKey> ValidSigners(const bundle::Digest& snapshot_id,
                                    std::span<const bundle::SignatureRow> signatures,
                                    std::span<const PublicKey> trusted);

// Every key the bundle names as a signer, valid or not, for display.
std::vector<PublicKey> ClaimedSigners(const bundle::Bundle& bundle);

}  // namespace polc::sign
