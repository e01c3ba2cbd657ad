#include "compiler/log/crc.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace polc::log {

namespace {

constexpr size_t kLanes = 8;

// kTables[n][b]: what byte b comes to with n more bytes behind it.
constexpr std::array<std::array<uint32_t, 256>, kLanes> MakeTables() {
  std::array<std::array<uint32_t, 256>, kLanes> out{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t sum = b;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xEDB88320u : 0);
    out[0][b] = sum;
  }
  for (uint32_t b = 0; b < 256; ++b) {
    for (size_t n = 1; n < kLanes; ++n) out[n][b] = (out[n - 1][b] >> 8) ^ out[0][out[n - 1][b] & 0xFF];
  }
  return out;
}
constexpr auto kTables = MakeTables();

// `sum` is not complemented here and below.
uint32_t AddByTables(uint32_t sum, const char* at, size_t size) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; size >= kLanes; at += kLanes, size -= kLanes) {
      uint64_t word;
      std::memcpy(&word, at, sizeof(word));
      word ^= sum;
      sum = 0;
      for (size_t n = 0; n < kLanes; ++n) sum ^= kTables[kLanes - 1 - n][(word >> (8 * n)) & 0xFF];
    }
  }
  for (; size > 0; ++at, --size) sum = (sum >> 8) ^ kTables[0][(sum ^ static_cast<uint8_t>(*at)) & 0xFF];
  return sum;
}

#if defined(__x86_64__)

bool HasFolding() {
  static const bool has = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  return has;
}

constexpr size_t kLeastToFold = 64;

// Of at least kLeastToFold bytes, a multiple of 16. What has been read is kept as four, then one remainder of
// 128 bits, and each step moves a remainder past the bytes that follow by multiplying its halves with powers
// of x modulo the polynomial (reflected, so all are one bit up); Barrett's reduction makes 32 bits of the
// last.
[[gnu::target("pclmul,sse4.1")]] uint32_t AddByFolding(uint32_t sum, const char* at, size_t size) {
  const auto load = [](const char* p) __attribute__((target("pclmul,sse4.1"))) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  };
  const auto fold = [](__m128i remainder, __m128i powers, __m128i next)
                        __attribute__((target("pclmul,sse4.1"))) {
                          const __m128i low = _mm_clmulepi64_si128(remainder, powers, 0x00);
                          const __m128i high = _mm_clmulepi64_si128(remainder, powers, 0x11);
                          return _mm_xor_si128(_mm_xor_si128(low, high), next);
                        };
  const __m128i by_512 = _mm_set_epi64x(0x01C6E41596, 0x0154442BD4);  // x^(512-32), x^(512+32)
  const __m128i by_128 = _mm_set_epi64x(0x00CCAA009E, 0x01751997D0);  // x^(128-32), x^(128+32)
  const __m128i by_64 = _mm_set_epi64x(0, 0x0163CD6124);              // x^64
  const __m128i barrett = _mm_set_epi64x(0x01F7011641, 0x01DB710641);
  const __m128i low_words = _mm_setr_epi32(-1, 0, -1, 0);

  __m128i a = _mm_xor_si128(load(at), _mm_cvtsi32_si128(static_cast<int>(sum)));
  __m128i b = load(at + 16), c = load(at + 32), d = load(at + 48);
  at += 64, size -= 64;
  for (; size >= 64; at += 64, size -= 64) {
    a = fold(a, by_512, load(at));
    b = fold(b, by_512, load(at + 16));
    c = fold(c, by_512, load(at + 32));
    d = fold(d, by_512, load(at + 48));
  }
  a = fold(a, by_128, b);
  a = fold(a, by_128, c);
  a = fold(a, by_128, d);
  for (; size > 0; at += 16, size -= 16) a = fold(a, by_128, load(at));

  a = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, by_128, 0x10));
  a = _mm_xor_si128(_mm_srli_si128(a, 4), _mm_clmulepi64_si128(_mm_and_si128(a, low_words), by_64, 0x00));
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(a, low_words), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), barrett, 0x00);
  return static_cast<uint32_t>(_mm_extract_epi32(_mm_xor_si128(a, quotient), 1));
}

#endif

}  // namespace

uint32_t Crc32ByTables(std::string_view bytes, uint32_t before) {
  return ~AddByTables(~before, bytes.data(), bytes.size());
}

uint32_t Crc32(std::string_view bytes, uint32_t before) {
#if defined(__x86_64__)
  if (bytes.size() >= kLeastToFold && HasFolding()) {
    const size_t whole = bytes.size() / 16 * 16;
    const uint32_t sum = AddByFolding(~before, bytes.data(), whole);
    return ~AddByTables(sum, bytes.data() + whole, bytes.size() - whole);
  }
#endif
  return Crc32ByTables(bytes, before);
}

}  // namespace polc::log
