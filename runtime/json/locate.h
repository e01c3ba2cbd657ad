// Places in JSON text, for error messages: where a text breaks, and where the value at a path begins.
//
// simdjson says that a text is malformed, not where, and its documents do not remember places. So when a
// text has been refused it is read once more here, slowly and exactly. Not for texts that are fine.
// Tested by locate_test.cc; that it refuses what simdjson refuses, by json_readers_test.cc and fuzz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace polc::api_json {

// The deepest nesting of arrays and objects, that of entity and request files everywhere in polc.
inline constexpr size_t kMaxDepth = 512;

struct Breach {
  size_t at;         // byte offset; the text's size: it ends too early
  const char* what;  // "expected `,` or `}`"
};

// The first breach of RFC 8259, of UTF-8 or of kMaxDepth, or number that no reader of integers takes as one:
// `-0`. Nothing if there is none. O(n), no recursion.
std::optional<Breach> FindBreach(std::string_view text);

// Whether the text may hold a `-0`: false for certain, or worth a FindBreach. O(n), fast.
bool MayHoldMinusZero(std::string_view text);

enum class Target : uint8_t { kValue, kKey };

// Where the value begins that is reached by taking the elements or members of these numbers, from the root;
// or the key of that member. 0 if there is none. O(n).
size_t FindPlace(std::string_view text, std::span<const uint32_t> path, Target target);

}  // namespace polc::api_json
