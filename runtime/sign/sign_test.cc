// Keys and signatures: RFC 8032's first test vector, PEM as OpenSSL writes it, forgeries, rotation.
#include <gtest/gtest.h>

#include "runtime/bundle/test_images.h"
#include "runtime/sign/bundle_signature.h"
#include "runtime/sign/keys.h"

namespace polc::sign {
namespace {

// A bundle in memory that can be signed again and again.
struct SignedFile {
  std::vector<uint8_t> bytes;
  bundle::Bundle view;
  bundle::VerifiedBundle verified;

  SignedFile() {
    EXPECT_TRUE(bundle::Write(bundle::RichImage(), &bytes).ok());
    Reopen();
  }
  void Reopen() {
    ASSERT_TRUE(bundle::Bundle::Open(bytes, &view).ok());
    ASSERT_TRUE(bundle::Verify(view, &verified).ok());
  }
  void Sign(const SecretKey& key) {
    std::vector<uint8_t> next;
    ASSERT_EQ(AddSignature(verified, key, &next), SignError::kOk);
    bytes = std::move(next);
    Reopen();
  }
};

SecretKey NewKey() {
  SecretKey key;
  EXPECT_EQ(Generate(&key), SignError::kOk);
  return key;
}
PublicKey Public(const SecretKey& secret) {
  PublicKey key{};
  EXPECT_EQ(PublicOf(secret, &key), SignError::kOk);
  return key;
}

TEST(KeysTest, Rfc8032FirstVector) {
  const SecretKey::Seed seed = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
  const PublicKey expected = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
                              0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
                              0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};
  EXPECT_EQ(Public(SecretKey(seed)), expected);
}

TEST(KeysTest, PemAsOpenSslWritesIt) {
  // Both made once with `openssl genpkey -algorithm ed25519`; the example of RFC 8410 section 10.
  const char* secret_pem =
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "-----END PRIVATE KEY-----\n";
  const char* public_pem =
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
      "-----END PUBLIC KEY-----\n";
  SecretKey secret;
  PublicKey key{};
  ASSERT_EQ(FromPem(secret_pem, &secret), SignError::kOk);
  ASSERT_EQ(FromPem(public_pem, &key), SignError::kOk);
  EXPECT_EQ(Public(secret), key);
  EXPECT_EQ(ToPem(secret), secret_pem);
  EXPECT_EQ(ToPem(key), public_pem);
  EXPECT_EQ(KeyId(key).size(), 16u);
}

TEST(KeysTest, RefusesWhatIsNoKey) {
  SecretKey secret;
  PublicKey key{};
  EXPECT_EQ(FromPem("", &key), SignError::kNotPem);
  EXPECT_EQ(FromPem(ToPem(NewKey()), &key), SignError::kNotPem) << "a secret key is no public key";
  EXPECT_EQ(FromPem("-----BEGIN PUBLIC KEY-----\nMCow\n", &key), SignError::kNotPem) << "no end";
  EXPECT_EQ(FromPem("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n", &key),
            SignError::kNotEd25519);
  EXPECT_EQ(FromPem("-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n", &key),
            SignError::kNotEd25519);
}

TEST(BundleSignatureTest, SigningKeepsTheSnapshot) {
  SignedFile file;
  const bundle::Digest before = file.verified.snapshot_id();
  const SecretKey key = NewKey();
  file.Sign(key);
  EXPECT_EQ(file.verified.snapshot_id(), before);
  EXPECT_EQ(ValidSigners(file.verified, std::vector{Public(key)}), std::vector{Public(key)});
  EXPECT_TRUE(ValidSigners(file.verified, std::vector{Public(NewKey())}).empty());

  file.Sign(key);
  EXPECT_EQ(ClaimedSigners(file.view).size(), 1u) << "signing again replaces";
}

TEST(BundleSignatureTest, KeysRotate) {
  SignedFile file;
  const SecretKey old_key = NewKey(), new_key = NewKey();
  file.Sign(old_key);
  file.Sign(new_key);
  const std::vector both = {Public(old_key), Public(new_key)};
  EXPECT_EQ(ValidSigners(file.verified, both), both);
  EXPECT_EQ(ValidSigners(file.verified, std::vector{both[1]}), std::vector{both[1]});
  EXPECT_EQ(ValidSigners(file.verified, std::vector{both[1], both[1]}).size(), 1u) << "each key counts once";

  file.bytes = RemoveSignatures(file.verified);
  file.Reopen();
  EXPECT_TRUE(ValidSigners(file.verified, both).empty());
}

TEST(BundleSignatureTest, EveryBitCounts) {
  SignedFile file;
  const SecretKey key = NewKey();
  file.Sign(key);
  const size_t signature = file.bytes.size() - sizeof(bundle::SignatureRow::signature);
  for (size_t i = signature; i < file.bytes.size(); ++i) {
    file.bytes[i] ^= 1;
    EXPECT_TRUE(ValidSigners(file.verified, std::vector{Public(key)}).empty()) << "byte " << i;
    file.bytes[i] ^= 1;
  }
  EXPECT_EQ(ValidSigners(file.verified, std::vector{Public(key)}).size(), 1u);
}

TEST(BundleSignatureTest, AnotherBundlesSignatureIsWorthNothing) {
  SignedFile file, other;
  const SecretKey key = NewKey();
  file.Sign(key);
  ASSERT_TRUE(bundle::Write(bundle::EmptyImage(), &other.bytes).ok());
  other.Reopen();
  other.Sign(key);
  const size_t row = sizeof(bundle::SignatureRow);
  std::copy(file.bytes.end() - static_cast<ptrdiff_t>(row), file.bytes.end(),
            other.bytes.end() - static_cast<ptrdiff_t>(row));
  EXPECT_TRUE(ValidSigners(other.verified, std::vector{Public(key)}).empty());
}

TEST(BundleSignatureTest, SignaturesAreBounded) {
  SignedFile file;
  for (size_t i = 0; i < kMaxSignatures; ++i) file.Sign(NewKey());
  std::vector<uint8_t> next;
  EXPECT_EQ(AddSignature(file.verified, NewKey(), &next), SignError::kTooManySignatures);
}

}  // namespace
}  // namespace polc::sign
