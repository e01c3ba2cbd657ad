#include "runtime/sign/keys.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "runtime/bundle/sha256.h"
#include "runtime/sign/sodium.h"

namespace polc::sign {
namespace {

// The DER around a 32-byte key is constant (RFC 8410 sections 4 and 7): version, the algorithm 1.3.101.112,
// and the octet or bit string that holds the key.
constexpr uint8_t kSecretPrefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                     0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr uint8_t kPublicPrefix[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::string_view kSecretLabel = "PRIVATE KEY", kPublicLabel = "PUBLIC KEY";
constexpr size_t kKeyBytes = 32;

template <size_t N>
std::string Encode(std::string_view label, const uint8_t (&prefix)[N], const uint8_t* key) {
  uint8_t der[N + kKeyBytes];
  std::memcpy(der, prefix, N);
  std::memcpy(der + N, key, kKeyBytes);
  char base64[sodium_base64_ENCODED_LEN(N + kKeyBytes, sodium_base64_VARIANT_ORIGINAL)];
  sodium_bin2base64(base64, sizeof base64, der, sizeof der, sodium_base64_VARIANT_ORIGINAL);
  std::string pem = "-----BEGIN " + std::string(label) + "-----\n" + base64 + "\n-----END " +
                    std::string(label) + "-----\n";
  sodium_memzero(der, sizeof der);
  sodium_memzero(base64, sizeof base64);
  return pem;
}

template <size_t N>
SignError Decode(std::string_view pem, std::string_view label, const uint8_t (&prefix)[N],
                 std::array<uint8_t, kKeyBytes>* key) {
  const std::string begin = "-----BEGIN " + std::string(label) + "-----";
  const std::string end = "-----END " + std::string(label) + "-----";
  size_t from = pem.find(begin);
  if (from == std::string_view::npos) return SignError::kNotPem;
  from += begin.size();
  const size_t to = pem.find(end, from);
  if (to == std::string_view::npos) return SignError::kNotPem;

  uint8_t der[N + kKeyBytes];
  size_t size = 0;
  const bool decoded = sodium_base642bin(der, sizeof der, pem.data() + from, to - from, "\r\n \t", &size,
                                         nullptr, sodium_base64_VARIANT_ORIGINAL) == 0;
  const bool ours = decoded && size == sizeof der && std::equal(prefix, prefix + N, der);
  if (ours) std::copy_n(der + N, kKeyBytes, key->begin());
  sodium_memzero(der, sizeof der);
  return ours ? SignError::kOk : SignError::kNotEd25519;
}

}  // namespace

bool SodiumReady() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

SecretKey::~SecretKey() { sodium_memzero(seed_.data(), seed_.size()); }

std::string_view SignErrorMessage(SignError error) {
  switch (error) {
    case SignError::kOk:
      return "no error";
    case SignError::kUnavailable:
      return "the system's source of randomness is not available";
    case SignError::kNotPem:
      return "there is no PEM key of the wanted kind";
    case SignError::kNotEd25519:
      return "the PEM key is not an Ed25519 key";
    case SignError::kTooManySignatures:
      return "the bundle carries as many signatures as it may";
  }
  return "unknown error";
}

SignError Generate(SecretKey* secret) {
  if (!SodiumReady()) return SignError::kUnavailable;
  SecretKey::Seed seed;
  randombytes_buf(seed.data(), seed.size());
  *secret = SecretKey(seed);
  sodium_memzero(seed.data(), seed.size());
  return SignError::kOk;
}

SignError PublicOf(const SecretKey& secret, PublicKey* key) {
  if (!SodiumReady()) return SignError::kUnavailable;
  uint8_t expanded[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(key->data(), expanded, secret.seed().data());
  sodium_memzero(expanded, sizeof expanded);
  return SignError::kOk;
}

std::string ToPem(const SecretKey& secret) {
  return Encode(kSecretLabel, kSecretPrefix, secret.seed().data());
}
std::string ToPem(const PublicKey& key) { return Encode(kPublicLabel, kPublicPrefix, key.data()); }

SignError FromPem(std::string_view pem, SecretKey* secret) {
  SecretKey::Seed seed{};
  const SignError error = Decode(pem, kSecretLabel, kSecretPrefix, &seed);
  if (error == SignError::kOk) *secret = SecretKey(seed);
  sodium_memzero(seed.data(), seed.size());
  return error;
}

SignError FromPem(std::string_view pem, PublicKey* key) {
  return Decode(pem, kPublicLabel, kPublicPrefix, key);
}

std::string KeyId(const PublicKey& key) {
  const bundle::Digest digest = bundle::Sha256Of(key);
  char hex[17];
  sodium_bin2hex(hex, sizeof hex, digest.data(), 8);
  return hex;
}

}  // namespace polc::sign
