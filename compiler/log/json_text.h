// JSON texts cut and named: pointers into them, copies with members left out.
//
// A pointer is RFC 6901's (`/context/token`, `~0` and `~1` for `~` and `/`). In a pattern the segment `*` is
// any member or element. Recursion is bounded by json::kMaxDepth. Everything is pure.
// Tested by json_text_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/json/json.h"
#include "compiler/source/source_map.h"

namespace polc::log {

// The segments of a pointer, unescaped; nothing if it does not start with `/` (the empty pointer, which is
// the whole, has none).
std::optional<std::vector<std::string>> Segments(std::string_view pointer);
std::string PointerOf(const std::vector<std::string>& segments);

// What a pointer leads to.
std::optional<json::Value> At(json::Value root, const std::vector<std::string>& segments);

// What is to be left out of a JSON text.
class Mask {
 public:
  // Adds a pattern; false if it is no pointer, or the whole.
  bool Add(std::string_view pattern);
  bool empty() const { return patterns_.empty(); }
  bool Matches(const std::vector<std::string>& path) const;

 private:
  std::vector<std::vector<std::string>> patterns_;
};

// The value without white space, members in their order, scalars byte for byte as they stand, and without
// what `mask` matches; the pointers of that are added to `removed`. O(size * patterns).
std::string Compact(const source::SourceMap& map, json::Value value, const Mask& mask = {},
                    std::vector<std::string>* removed = nullptr);

}  // namespace polc::log
