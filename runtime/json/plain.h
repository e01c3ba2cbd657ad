// The request as nearly every caller writes it, read from its text in one pass, without a document.
//
// Plain is: an object with `principal`, `action` and `resource`, each {"type": …, "id": …}, and maybe a
// `context` of a few strings, integers of at most 18 digits and booleans; ASCII without escapes; no member of
// another name, none twice. Whatever is not plain is left to the Reader (read.h), which reads everything,
// knows what is wrong with the rest, and reads a plain request as this does. Nothing is allocated.
//
// Who reads many requests of one caller has a PlainReader: callers write alike, so it expects the text to be
// a text like one before with other values in it (shape.h).
// Tested by plain_test.cc, against the Reader.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace polc::api_json {

// As polc_text: what is not read need not be cleared.
struct PlainText {
  const char* data;
  size_t size;
  operator std::string_view() const { return {data, size}; }
};

struct PlainUid {
  PlainText type, id;
};

enum class PlainKind : uint8_t { kBool, kLong, kString };

struct PlainField {
  PlainKind kind;
  int64_t number;  // kLong; kBool: 0 or 1
  PlainText name;
  PlainText text;  // as it stands; kString: between its quotes
};

struct PlainRequest {
  static constexpr size_t kMostFields = 16;
  PlainUid principal, action, resource;
  std::array<PlainField, kMostFields> fields;  // of the context
  size_t field_count = 0;
};

// Whether `text` is a plain request. What is in `*out` points into it.
bool ReadPlain(std::string_view text, PlainRequest* out);

}  // namespace polc::api_json
