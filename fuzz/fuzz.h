// Fuzz targets: one file each, with the one function libFuzzer calls.
//
// A target gives the bytes to a part of polc that reads what strangers wrote and holds it to a law, said at
// the top of its file: what is refused is refused in order, and what is taken comes out as it went in. With
// the preset `fuzz` libFuzzer makes the bytes up; in every other build replay.cc runs the checked-in seeds
// through the same code. See README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace polc::fuzz {

inline std::string_view Text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Stops the process, as a fuzzer wants it, if a law does not hold. `about` is what it was found with.
inline void Must(bool holds, const char* law, std::string_view about = "") {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", law);
  std::fwrite(about.data(), 1, about.size(), stderr);
  std::fputc('\n', stderr);
  std::abort();
}

}  // namespace polc::fuzz
