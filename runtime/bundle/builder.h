// Fills an Image: keeps strings, types, entities, constants, patterns and shapes unique while code is
// produced, and brings them into the format's order at the end.
//
// While building, indices are in order of first use. Finish sorts what the format wants sorted and
// renumbers every row and operand that names it; which operands those are it knows from opcodes.def.
// The order in which things were first used decides the order of constants, patterns and shapes, so the
// caller must work in an order that does not depend on chance.
// Tested by bundle_test.cc.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/bundle/image.h"

namespace polc::bundle {

// A constant as a tree. Which fields count depends on the kind, as for Cell.
struct Constant {
  Kind kind = Kind::kBool;
  int64_t number = 0;              // bool, long, decimal, datetime, duration; ip: prefix length
  std::string text;                // string; entity: its id; ip: 4 or 16 bytes, network order
  std::string type;                // entity
  std::vector<Constant> elements;  // set, record
  std::vector<std::string> names;  // record: as many as elements
  friend bool operator==(const Constant&, const Constant&) = default;
};

class ImageBuilder {
 public:
  // Rows whose sections the builder does not keep itself (rules, facts, code, ...) are the caller's to
  // append here, with the builder's indices.
  Image image;

  uint32_t String(std::string_view text);
  uint32_t Type(std::string_view name);
  uint32_t Entity(std::string_view type, std::string_view id);
  uint32_t AddConstant(const Constant& constant);
  // A part is a literal, or nothing for a wildcard. Neighbours of one sort become one part.
  uint32_t Pattern(const std::vector<const std::string*>& parts);
  uint32_t Shape(const std::vector<std::string>& names);

  // The image in the format's order; the builder is spent.
  Image Finish();

 private:
  // Found without making a string of what is looked for.
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  // For look-up only: what is written comes from the lists below, in their order.
  using Index = std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>>;

  Index strings_;
  Index types_;
  std::unordered_map<uint64_t, uint32_t> entities_;  // type in the upper half, string in the lower
  Index constants_;                                  // by their cells, as Key writes them
  std::map<std::vector<uint32_t>, uint32_t> patterns_;
  std::map<std::vector<uint32_t>, uint32_t> shapes_;
  std::vector<Constant> roots_;
  std::vector<std::string> string_list_;
  std::vector<uint32_t> type_list_;  // strings
  std::vector<std::pair<uint32_t, uint32_t>> entity_list_;
};

}  // namespace polc::bundle
