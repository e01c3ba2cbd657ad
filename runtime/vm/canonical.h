// Canonical JSON (RFC 8785) of what a request and a decision consist of: the bytes that digests are made of.
//
// One value has one text, whatever made it and wherever it lies, and two values of one type never have the
// same. docs/approvals.md gives the form. RFC 8785 leaves numbers to IEEE doubles, which cannot tell two
// longs beyond 2^53 apart, so numbers are texts here; and it knows no sets, so theirs are sorted by the bytes
// of their elements' text. Not for output that people or programs read: see runtime/json. Recursion is
// bounded by bundle::kMaxValueDepth. Tested by canonical_test.cc with the vectors of RFC 8785.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/vm/request.h"

namespace polc::vm {

// The order of an object's keys: by UTF-16 code units, as RFC 8785 has it. Not that of their bytes: U+10000
// and above come before U+E000.
bool CanonicalKeyLess(std::string_view a, std::string_view b);

// A JSON string. `text` must be UTF-8.
void AppendCanonicalText(std::string_view text, std::string* out);
// `{"id":…,"type":…}`.
void AppendCanonicalEntity(std::string_view type, std::string_view id, std::string* out);
void AppendCanonicalEntity(const World& world, const Memory& memory, EntityId id, std::string* out);
void AppendCanonicalValue(const World& world, const Memory& memory, const Value& value, std::string* out);

// An array of texts that are JSON already: as they stand, or as the set they are.
void AppendCanonicalArray(const std::vector<std::string>& items, std::string* out);
void AppendCanonicalSet(std::vector<std::string> items, std::string* out);

// An object from keys and the JSON of their values, added in any order. Keys are distinct.
class CanonicalObject {
 public:
  void Add(std::string_view key, std::string json) { members_.emplace_back(key, std::move(json)); }
  void AddText(std::string_view key, std::string_view text);
  void Append(std::string* out);  // the object is empty afterwards

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

}  // namespace polc::vm
