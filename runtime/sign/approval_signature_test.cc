// Approvals and refusals: what is signed is signed as a whole, and as what it is.
#include "runtime/sign/approval_signature.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

namespace polc::sign {
namespace {

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

Statement AnApproval() {
  Statement s;
  s.id = "a1";
  s.approver_type = "Human";
  s.approver_id = "kim";
  s.issued_ms = 1795232040000;
  s.action.fill(1);
  s.terms.fill(2);
  s.snapshot.fill(3);
  return s;
}

TEST(ApprovalSignatureTest, TheKeyThatSignedAndNoOther) {
  const SecretKey secret = NewKey();
  Signature signature{};
  ASSERT_EQ(SignStatement(AnApproval(), secret, &signature), SignError::kOk);
  EXPECT_TRUE(IsSignedBy(AnApproval(), signature, Public(secret)));
  EXPECT_FALSE(IsSignedBy(AnApproval(), signature, Public(NewKey())));
  EXPECT_FALSE(IsSignedBy(AnApproval(), Signature{}, Public(secret)));
  signature[63] ^= 1;
  EXPECT_FALSE(IsSignedBy(AnApproval(), signature, Public(secret)));
}

TEST(ApprovalSignatureTest, NothingOfItMayChange) {
  const SecretKey secret = NewKey();
  Signature signature{};
  ASSERT_EQ(SignStatement(AnApproval(), secret, &signature), SignError::kOk);
  const std::pair<const char*, std::function<void(Statement&)>> kChanges[] = {
      {"kind", [](Statement& s) { s.kind = Statement::Kind::kRefusal; }},
      {"id", [](Statement& s) { s.id = "a2"; }},
      {"approver", [](Statement& s) { s.approver_id = "lee"; }},
      {"type", [](Statement& s) { s.approver_type = "Agent"; }},
      {"later", [](Statement& s) { ++s.issued_ms; }},
      {"much later", [](Statement& s) { s.issued_ms += int64_t{1} << 56; }},
      {"action", [](Statement& s) { s.action[31] ^= 1; }},
      {"terms", [](Statement& s) { s.terms[0] ^= 1; }},
      {"snapshot", [](Statement& s) { s.snapshot[31] ^= 1; }},
      {"terms and snapshot exchanged", [](Statement& s) { std::swap(s.terms, s.snapshot); }},
      {"a letter moved from the type to the id",
       [](Statement& s) {
         s.approver_type = "Huma";
         s.approver_id = "nkim";
       }},
      {"a letter moved from the approver to the id", [](Statement& s) {
         s.approver_id = "ki";
         s.id = "ma1";
       }}};
  for (const auto& [name, change] : kChanges) {
    Statement changed = AnApproval();
    change(changed);
    EXPECT_FALSE(IsSignedBy(changed, signature, Public(secret))) << name;
  }
}

TEST(ApprovalSignatureTest, ARefusalStandsWhateverTheTerms) {
  const SecretKey secret = NewKey();
  Statement refusal = AnApproval();
  refusal.kind = Statement::Kind::kRefusal;
  Signature signature{};
  ASSERT_EQ(SignStatement(refusal, secret, &signature), SignError::kOk);
  refusal.terms.fill(9);
  refusal.snapshot.fill(9);
  EXPECT_TRUE(IsSignedBy(refusal, signature, Public(secret)));
  refusal.action.fill(9);
  EXPECT_FALSE(IsSignedBy(refusal, signature, Public(secret)));
}

}  // namespace
}  // namespace polc::sign
