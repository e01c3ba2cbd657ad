// Plain requests that are written alike (plain.h): the same text with other values in it.
//
// A Shape is a plain request with holes where its types, ids and scalars were. A text that has the same bytes
// between plain scalars of the same kinds is a plain request with the same members in the same order, of
// which only the types are still to be looked at: all else that makes a request plain stands between the
// holes. So a text is read by comparing what is between and finding where scalars end, and gives what
// ReadPlain gives. Tested by shape_test.cc, against ReadPlain.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/json/plain.h"

namespace polc::api_json {

class Shape {
 public:
  // The shape of a text that ReadPlain read as `plain`. False, and a shape of nothing, if it is too long.
  bool Learn(std::string_view text, const PlainRequest& plain);
  // Whether `text` is of this shape. Its types may be none.
  bool Read(std::string_view text, PlainRequest* out) const;

 private:
  static constexpr size_t kMostBytes = 512;
  static constexpr size_t kMostHoles = 6 + PlainRequest::kMostFields;
  struct Hole {
    uint16_t before;  // bytes between the hole before this one and it
    uint16_t name;    // of a field: where its name begins, in bytes before the hole
    uint16_t name_size;
    PlainKind kind;
    uint8_t of;  // number of what it holds: 0 to 5 a type or an id, then fields
  };
  std::array<Hole, kMostHoles> holes_;
  size_t hole_count_ = 0;  // 0: of nothing
  size_t behind_ = 0;      // bytes behind the last hole
  std::array<char, kMostBytes> between_;
};

// Type names that were found to be such, so that the same few need not be looked at again.
class TypeNames {
 public:
  // As IsTypeName.
  bool Has(std::string_view name);

 private:
  static constexpr size_t kLongest = 31;
  struct Known {
    uint8_t size = 0;
    char name[kLongest];
  };
  std::array<Known, 16> known_;
};

// Reads one caller's requests. Not for two threads at a time.
class PlainReader {
 public:
  // As ReadPlain.
  bool Read(std::string_view text, PlainRequest* out);

 private:
  std::array<Shape, 4> shapes_;
  size_t last_ = 0;  // the one that was used last
  size_t next_ = 0;  // the one that was learned longest ago
  TypeNames types_;
};

}  // namespace polc::api_json
