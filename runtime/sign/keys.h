// Ed25519 keys (RFC 8032) in PEM files, as OpenSSL and every other tool write them: PKCS #8 for secret
// keys, SubjectPublicKeyInfo for public ones (RFC 8410).
//
// A key id is the first 16 hex digits of the SHA-256 of the public key: short enough to say, long enough
// that two keys of one organisation differ.
// Thread-safe. Tested by sign_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace polc::sign {

using PublicKey = std::array<uint8_t, 32>;

// A secret key as its 32-byte seed. Wiped when destroyed.
class SecretKey {
 public:
  using Seed = std::array<uint8_t, 32>;
  SecretKey() = default;
  explicit SecretKey(const Seed& seed) : seed_(seed) {}
  SecretKey(const SecretKey&) = default;
  SecretKey& operator=(const SecretKey&) = default;
  ~SecretKey();
  const Seed& seed() const { return seed_; }

 private:
  Seed seed_{};
};

enum class SignError : uint8_t {
  kOk,
  kUnavailable,        // libsodium could not be initialised (no source of randomness)
  kNotPem,             // no PEM block of the wanted kind
  kNotEd25519,         // a PEM block of another algorithm, or malformed
  kTooManySignatures,  // more than kMaxSignatures
};
std::string_view SignErrorMessage(SignError error);

// A new key from the operating system's randomness.
[[nodiscard]] SignError Generate(SecretKey* secret);
[[nodiscard]] SignError PublicOf(const SecretKey& secret, PublicKey* key);

// PEM text. Reading takes the first block of the wanted kind and ignores text around it.
std::string ToPem(const SecretKey& secret);
std::string ToPem(const PublicKey& key);
[[nodiscard]] SignError FromPem(std::string_view pem, SecretKey* secret);
[[nodiscard]] SignError FromPem(std::string_view pem, PublicKey* key);

std::string KeyId(const PublicKey& key);

}  // namespace polc::sign
