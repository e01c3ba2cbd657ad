// SHA-256 (FIPS 180-4), for the policy snapshot id.
//
// Uses the x86 SHA instructions where the processor has them and portable code elsewhere; both give
// the same digest. Not for secrets: nothing here is meant to resist timing analysis.
// Tested by sha256_test.cc with the FIPS vectors, on both paths.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace polc::bundle {

using Digest = std::array<uint8_t, 32>;

class Sha256 {
 public:
  enum class Path { kBest, kPortable };  // kPortable: for tests
  explicit Sha256(Path path = Path::kBest);

  void Update(std::span<const uint8_t> bytes);
  // The digest of everything added; the object is spent afterwards.
  Digest Finish();

 private:
  using Compress = void (*)(uint32_t* state, const uint8_t* blocks, size_t count);
  Compress compress_;
  std::array<uint32_t, 8> state_;
  std::array<uint8_t, 64> pending_;
  size_t pending_bytes_ = 0;
  uint64_t total_bytes_ = 0;
};

Digest Sha256Of(std::span<const uint8_t> bytes);

}  // namespace polc::bundle
